"""Own cycle, overdue ratio, due day and the bulk rule, each worked by hand."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xiaohe.stats import rhythm

DAYS = st.lists(st.dates(date(2023, 1, 1), date(2025, 6, 30)), min_size=1, max_size=30)
CYCLES = st.floats(3, 730, allow_nan=False)


def test_median_keeps_halves() -> None:
    assert rhythm.median([40, 28, 31, 30]) == 30.5
    with pytest.raises(ValueError, match="no values"):
        rhythm.median([])


def test_cycle_of_one_gap_is_mostly_borrowed() -> None:
    # One gap of 38 days in a shop of 45: (38 + 3·45) ÷ 4 = 43.25; ten gaps: (380 + 135) ÷ 13.
    assert rhythm.shrunk_cycle(1, 38, 45) == 43.25
    assert rhythm.shrunk_cycle(10, 38, 45) == pytest.approx(39.615, abs=1e-3)


def test_due_day_rounds_the_cycle_up() -> None:
    assert rhythm.due_on(date(2025, 5, 20), 43.25) == date(2025, 7, 3)
    assert rhythm.due_on(date(2025, 5, 20), 41.0) == date(2025, 6, 30)


def test_overdue_ratio_and_due_band() -> None:
    assert rhythm.overdue_ratio(41, 38) == pytest.approx(1.0789, abs=1e-4)
    assert [rhythm.is_due(r) for r in (0.89, 0.9, 1.49, 1.5)] == [False, True, True, False]


def test_group_needs_thirty_people_and_gives_each_one_vote() -> None:
    assert rhythm.group_median([30.0] * 29) is None
    assert rhythm.group_median([30.0] * 15 + [60.0] * 15) == 45.0


def test_several_orders_on_one_day_are_one_occasion() -> None:
    days = [date(2025, 1, 1), date(2025, 1, 31), date(2025, 1, 31), date(2025, 3, 2)]
    assert rhythm.gaps_between(days) == (30, 30)


def test_bulk_is_five_times_the_usual_or_above_the_ninety_ninth_percentile() -> None:
    assert rhythm.usual_quantity([1, 2]) is None
    assert rhythm.usual_quantity([1, 2, 2]) == 2
    assert not rhythm.is_bulk(10, usual=2, threshold=None)
    assert rhythm.is_bulk(11, usual=2, threshold=None)
    # P99 of 1..101 lies at position 99 of 0..100: exactly 100.
    assert rhythm.bulk_threshold(range(1, 102)) == 100
    assert rhythm.is_bulk(101, usual=None, threshold=100)
    assert not rhythm.is_bulk(None, usual=2, threshold=1)


def test_consumable_factor_is_held_within_half_and_three() -> None:
    assert rhythm.consumable_factor(2, 1) == 2
    assert rhythm.consumable_factor(9, 1) == 3
    assert rhythm.consumable_factor(1, 4) == 0.5
    assert rhythm.consumable_factor(None, 4) == 1


@given(st.lists(st.integers(0, 10_000), min_size=1), st.floats(0, 1))
def test_percentile_agrees_with_numpy(values: list[int], share: float) -> None:
    assert rhythm.percentile(values, share) == pytest.approx(np.percentile(values, share * 100))


@given(st.lists(st.integers(-(10**9), 10**9), min_size=1))
def test_median_agrees_with_numpy(values: list[int]) -> None:
    assert rhythm.median(values) == np.median(values)


@given(DAYS)
def test_gaps_add_up_to_the_span(days: list[date]) -> None:
    assert sum(rhythm.gaps_between(days)) == (max(days) - min(days)).days


@given(st.integers(1, 50), st.floats(1, 500), st.floats(1, 500))
def test_shrunk_cycle_lies_between_own_and_group(n: int, own: float, group: float) -> None:
    cycle = rhythm.shrunk_cycle(n, own, group)
    assert min(own, group) - 1e-9 <= cycle <= max(own, group) + 1e-9


@given(CYCLES)
def test_first_due_day_is_the_first_with_nine_tenths(cycle: float) -> None:
    last_on = date(2025, 1, 1)
    first = rhythm.first_due_on(last_on, cycle)
    days = (first - last_on).days
    assert rhythm.overdue_ratio(days, cycle) >= 0.9
    assert rhythm.overdue_ratio(days - 1, cycle) < 0.9
    assert first <= rhythm.due_on(last_on, cycle) <= last_on + timedelta(days=731)
