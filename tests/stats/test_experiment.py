"""A comparison is read only when there is something to read."""

from datetime import date

import pytest

from xiaohe.stats.experiment import ArmCount, Compared, NotMeasurableYet, read

START, TODAY = date(2025, 6, 1), date(2025, 7, 1)


def test_first_reading_has_an_interval_and_orders_brought() -> None:
    found = read(ArmCount(70, 56), ArmCount(80, 48), started_on=START, today=TODAY)
    assert isinstance(found, Compared)
    assert found.effect.estimate == pytest.approx(0.2)
    assert (round(found.effect.low, 4), round(found.effect.high, 4)) == (0.0524, 0.3339)
    assert found.brought.estimate == pytest.approx(14)


@pytest.mark.parametrize("left", [ArmCount(29, 29), ArmCount(300, 4)])
def test_too_few_people_or_orders_in_either_arm(left: ArmCount) -> None:
    assert isinstance(read(ArmCount(90, 30), left, started_on=START, today=TODAY), NotMeasurableYet)
    assert isinstance(read(left, ArmCount(90, 30), started_on=START, today=TODAY), NotMeasurableYet)


def test_the_expected_day_follows_the_present_pace() -> None:
    # 14 people in 30 days: 16 more take 34.3 days; orders at 5 in 14 are reached before that.
    found = read(ArmCount(40, 12), ArmCount(14, 5), started_on=START, today=TODAY)
    assert found == NotMeasurableYet(14, 30, 5, 5, date(2025, 8, 5), False)


def test_slow_shops_hear_that_it_would_take_over_a_year() -> None:
    found = read(ArmCount(4, 1), ArmCount(1, 0), started_on=START, today=TODAY)
    assert isinstance(found, NotMeasurableYet)
    assert found.over_a_year
    assert found.expected_on is None


def test_without_a_pace_there_is_no_date() -> None:
    found = read(ArmCount(0, 0), ArmCount(0, 0), started_on=TODAY, today=TODAY)
    assert found == NotMeasurableYet(0, 30, 0, 5, None, False)
