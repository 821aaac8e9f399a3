"""Windows of time, pure. `D` is the shop day at which a rule is asked, `now` the instant; nothing after `now` counts.

| text | a record counts if its shop day d … |
|------|--------------------------------------|
| `ever` | always |
| `in last 90 days` | D − 90 ≤ d ≤ D: ninety whole days and today so far; weeks are 7 days |
| `in last 3 months` (quarters, years) | d ≥ the same day of the month so many months before, the month's last if it has none |
| `in last 24 hours` | its instant is later than now − 24 h |
| `in last 2 cycles` | d ≥ D − ⌈2 C⌉, C the person's own cycle; without C no record counts |
| `60 to 30 days ago` | D − 60 ≤ d ≤ D − 30 |
| `today`, `yesterday`, `this week`, `last month`, `next quarter`, `this year` | d lies in it; weeks begin on Monday |
| `same week last year` (month, quarter, day) | d lies in the one of D − 364 days (week), of a year before D (others) |
| `in next 7 days` | D ≤ d ≤ D + 7; for dates that lie ahead |
| `since 2026-01-01`, `before 2026-02-01`, `from 2026-01-01 to 2026-01-31` | ends included, but `before` excludes its day |

Windows of days begin and end with shop days, so within a day records only come in; hours alone run out by the clock.
"""

from __future__ import annotations

import calendar as months
import math
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TypeAlias


class Unit(StrEnum):
    HOURS = "hours"
    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"
    QUARTERS = "quarters"
    YEARS = "years"
    CYCLES = "cycles"


class Period(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


@dataclass(frozen=True)
class Ever:
    pass


@dataclass(frozen=True)
class Last:
    count: int
    unit: Unit


@dataclass(frozen=True)
class Next:
    """For dates that lie ahead; DAYS, WEEKS, MONTHS, QUARTERS or YEARS."""

    count: int
    unit: Unit


@dataclass(frozen=True)
class Ago:
    """`far` ≥ `near`, in days."""

    far: int
    near: int


@dataclass(frozen=True)
class Calendar:
    """The period of D, `offset` periods later (−1 the last, 1 the next)."""

    period: Period
    offset: int = 0


@dataclass(frozen=True)
class SameLastYear:
    """DAY, WEEK, MONTH or QUARTER."""

    period: Period


@dataclass(frozen=True)
class Between:
    """Shop days, both ends included; None is open."""

    first: date | None = None
    last: date | None = None


Window: TypeAlias = Ever | Last | Next | Ago | Calendar | SameLastYear | Between
EVER = Ever()
DAYS_OF_A_WEEK = 7
# 52 weeks: the same weekday of the year before.
DAYS_OF_52_WEEKS = 364


@dataclass(frozen=True)
class Days:
    """Shop days, both ends included; None is open."""

    first: date | None = None
    last: date | None = None

    def holds(self, day: date) -> bool:
        return (self.first is None or day >= self.first) and (self.last is None or day <= self.last)


def days_of(window: Window, on: date, cycle: float | None = None) -> Days | None:
    """The shop days of a window asked on day `on`; None: no day counts (no cycle). Not for windows of hours."""
    match window:
        case Ever():
            return Days()
        case Last(count, Unit.CYCLES):
            return None if cycle is None else Days(first=on - timedelta(math.ceil(count * cycle)))
        case Last(count, unit):
            return Days(first=moved(on, -count, unit))
        case Next(count, unit):
            return Days(on, moved(on, count, unit))
        case Ago(far, near):
            return Days(on - timedelta(far), on - timedelta(near))
        case Calendar(period, offset):
            return period_of(on, period, offset)
        case SameLastYear(Period.WEEK):
            return period_of(on - timedelta(DAYS_OF_52_WEEKS), Period.WEEK)
        case SameLastYear(period):
            return period_of(moved(on, -1, Unit.YEARS), period)
        case Between(first, last):
            return Days(first, last)
    raise ValueError(f"not a window: {window}")


def days_of_a_day(window: Window, on: date) -> Days | None:
    """As `days_of`, for a day that may lie ahead: the last seven days end with D, which of what happened needs no word."""
    days = days_of(window, on)
    return Days(days.first, on) if isinstance(window, Last) and days is not None else days


def since_hours(window: Last, now: datetime) -> datetime:
    """The instant after which records of a window of hours count."""
    return now - timedelta(hours=window.count)


def is_hours(window: Window) -> bool:
    return isinstance(window, Last) and window.unit is Unit.HOURS


def is_of_cycles(window: Window) -> bool:
    return isinstance(window, Last) and window.unit is Unit.CYCLES


def moved(day: date, count: int, unit: Unit) -> date:
    """`day` moved by so many units; of a month that has no such day, its last."""
    match unit:
        case Unit.DAYS:
            return day + timedelta(count)
        case Unit.WEEKS:
            return day + timedelta(count * DAYS_OF_A_WEEK)
        case Unit.MONTHS:
            return _months_later(day, count)
        case Unit.QUARTERS:
            return _months_later(day, 3 * count)
        case Unit.YEARS:
            return _months_later(day, 12 * count)
    raise ValueError(f"days do not move by {unit}")


def period_of(day: date, period: Period, offset: int = 0) -> Days:
    """The period that holds `day`, `offset` periods later."""
    match period:
        case Period.DAY:
            first = day + timedelta(offset)
            return Days(first, first)
        case Period.WEEK:
            first = day - timedelta(day.weekday()) + timedelta(offset * DAYS_OF_A_WEEK)
            return Days(first, first + timedelta(DAYS_OF_A_WEEK - 1))
        case Period.MONTH:
            first = _months_later(day.replace(day=1), offset)
            return Days(first, _months_later(first, 1) - timedelta(1))
        case Period.QUARTER:
            first = date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)
            first = _months_later(first, 3 * offset)
            return Days(first, _months_later(first, 3) - timedelta(1))
        case Period.YEAR:
            return Days(date(day.year + offset, 1, 1), date(day.year + offset, 12, 31))
    raise ValueError(f"not a period: {period}")


def _months_later(day: date, count: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    last = months.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))
