"""Windows: which shop days count, against days counted one by one."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xiaohe.segments.rules.windows import (
    EVER,
    Ago,
    Between,
    Calendar,
    Days,
    Last,
    Next,
    Period,
    SameLastYear,
    Unit,
    days_of,
    days_of_a_day,
)

DAYS = st.dates(date(2019, 1, 1), date(2032, 12, 31))
SUNDAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("window", "first", "last"),
    [
        (EVER, None, None),
        (Last(90, Unit.DAYS), date(2026, 8, 24), None),
        (Last(2, Unit.WEEKS), date(2026, 11, 8), None),
        (Last(1, Unit.QUARTERS), date(2026, 8, 22), None),
        (Next(7, Unit.DAYS), SUNDAY, date(2026, 11, 29)),
        (Ago(60, 30), date(2026, 9, 23), date(2026, 10, 23)),
        (Calendar(Period.WEEK), date(2026, 11, 16), SUNDAY),
        (Calendar(Period.MONTH, -1), date(2026, 10, 1), date(2026, 10, 31)),
        (Calendar(Period.QUARTER, 1), date(2027, 1, 1), date(2027, 3, 31)),
        (Calendar(Period.YEAR), date(2026, 1, 1), date(2026, 12, 31)),
        (SameLastYear(Period.WEEK), date(2025, 11, 17), date(2025, 11, 23)),
        (SameLastYear(Period.MONTH), date(2025, 11, 1), date(2025, 11, 30)),
        (Between(None, date(2026, 1, 31)), None, date(2026, 1, 31)),
    ],
)
def test_a_window_asked_on_a_sunday(window, first, last):
    assert days_of(window, SUNDAY) == Days(first, last)


def test_the_last_days_end_today_also_for_days_that_lie_ahead():
    assert days_of_a_day(Last(7, Unit.DAYS), SUNDAY) == Days(SUNDAY - timedelta(7), SUNDAY)
    assert days_of_a_day(Calendar(Period.WEEK), SUNDAY) == days_of(Calendar(Period.WEEK), SUNDAY)


def test_a_month_without_that_day_ends_on_its_last():
    assert days_of(Last(1, Unit.MONTHS), date(2026, 3, 31)) == Days(date(2026, 2, 28))
    assert days_of(Last(1, Unit.YEARS), date(2028, 2, 29)) == Days(date(2027, 2, 28))


@pytest.mark.parametrize(("cycle", "first"), [(None, None), (30.2, date(2026, 9, 22))])
def test_cycles_are_the_persons_own_and_without_one_nothing_counts(cycle, first):
    found = days_of(Last(2, Unit.CYCLES), SUNDAY, cycle)

    assert found == (None if cycle is None else Days(first))


@given(on=DAYS, offset=st.integers(-30, 30), period=st.sampled_from(Period))
def test_periods_follow_one_another_without_gap_or_overlap(on, offset, period):
    one, next_one = (days_of(Calendar(period, each), on) for each in (offset, offset + 1))

    assert one is not None
    assert next_one is not None
    assert one.last is not None
    assert one.last + timedelta(1) == next_one.first


@given(on=DAYS, period=st.sampled_from(Period))
def test_a_day_lies_in_its_own_period_alone(on, period):
    holding = [
        each for each in (-1, 0, 1) if (days_of(Calendar(period, each), on) or Days()).holds(on)
    ]

    assert holding == [0]


@given(
    on=DAYS, later=st.integers(0, 400), unit=st.sampled_from([Unit.DAYS, Unit.WEEKS, Unit.MONTHS])
)
def test_a_window_never_begins_earlier_on_a_later_day(on, later, unit):
    early, late = days_of(Last(3, unit), on), days_of(Last(3, unit), on + timedelta(later))

    assert early is not None
    assert late is not None
    assert early.first <= late.first
