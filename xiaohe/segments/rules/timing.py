"""Which windows make sense where. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from xiaohe.segments.rules.windows import (
    Ago,
    Between,
    Calendar,
    Ever,
    Last,
    Next,
    Period,
    SameLastYear,
    Unit,
    Window,
)

# A hundred years of each; cycles end at two years apiece, hours at a year of them.
LONGEST = {
    Unit.HOURS: 8_784,
    Unit.DAYS: 36_500,
    Unit.WEEKS: 5_200,
    Unit.MONTHS: 1_200,
    Unit.QUARTERS: 400,
    Unit.YEARS: 100,
    Unit.CYCLES: 50,
}
LONGEST_LOG_DAYS = 3_650
# Steps lie within a real length of time, which a month is not.
SPANS = (Unit.HOURS, Unit.DAYS, Unit.WEEKS)
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)


@dataclass(frozen=True)
class Problem:
    """`code` of the sentence (errors.py) and what it names. `of_window`: the window is wrong, not the operator."""

    code: str
    data: Mapping[str, Any] = field(default_factory=dict)
    suggestion: str = ""
    of_window: bool = False


def of_records(window: Window) -> Problem | None:
    """What is wrong with a window in which something happened."""
    ahead = isinstance(window, Next) or (isinstance(window, Calendar) and window.offset > 0)
    return Problem("window_ahead") if ahead else shape(window)


def of_day(window: Window) -> Problem | None:
    """What is wrong with a window in which a day lies."""
    if isinstance(window, Last | Next) and window.unit in (Unit.HOURS, Unit.CYCLES):
        return Problem("window_of_day", of_window=True)
    return shape(window)


def of_recurring(window: Window) -> Problem | None:
    """What is wrong with a window in which a day lies that comes back every year."""
    if isinstance(window, Ever | Between | Ago | SameLastYear):
        return Problem("window_of_recurring", of_window=True)
    return of_day(window)


def span_problem(count: int, unit: Unit) -> Problem | None:
    """What is wrong with the time from the first step of a sequence to the last."""
    if unit not in SPANS:
        return Problem("sequence_unit")
    return _count(count, LONGEST[unit])


def shape(window: Window) -> Problem | None:
    match window:
        case Ever():
            return None
        case Last(count, unit) if unit in LONGEST:
            return _count(count, LONGEST[unit])
        case Next(count, unit) if unit in LONGEST and unit not in (Unit.HOURS, Unit.CYCLES):
            return _count(count, LONGEST[unit])
        case Ago(far, near):
            return _ago(far, near)
        case Calendar(period, offset) if isinstance(period, Period) and offset in (-1, 0, 1):
            return None
        case SameLastYear(period) if isinstance(period, Period) and period is not Period.YEAR:
            return None
        case Between(first, last):
            return _between(first, last)
    return Problem("window_unfit")


def day_problem(day: date) -> Problem | None:
    return None if FIRST_DAY <= day <= LAST_DAY else Problem("day_too_far")


def _count(count: int, most: int) -> Problem | None:
    fits = isinstance(count, int) and not isinstance(count, bool) and 1 <= count <= most
    return None if fits else Problem("window_count", {"limit": most})


def _ago(far: int, near: int) -> Problem | None:
    most = LONGEST[Unit.DAYS]
    if any(isinstance(each, bool) or not 0 <= each <= most for each in (far, near)):
        return Problem("window_count", {"limit": most})
    return Problem("ends_swapped") if far < near else None


def _between(first: date | None, last: date | None) -> Problem | None:
    for each in (first, last):
        if each is not None and (problem := day_problem(each)):
            return problem
    return Problem("ends_swapped") if first and last and first > last else None
