"""Days that come back every year, found by looking at one day after the other; the moon by its table alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from typing import Any

from xiaohe.stats import lunar


def around(said: Mapping[str, Any], on: date) -> tuple[date | None, date | None]:
    """The latest such day before `on`, and the next from it on, found by looking at one day after the other."""
    month, day, is_lunar = said.get("month"), said.get("day"), said.get("calendar") == "lunar"
    if not month or not day:
        return None, None
    years = range(on.year - 2, on.year + 3)
    found = [each for year in years for each in the_days(year, month, day, is_lunar)]
    return max(each for each in found if each < on), min(each for each in found if each >= on)


@cache
def the_days(year: int, month: int, day: int, is_lunar: bool) -> tuple[date, ...]:
    every = (date(year, 1, 1) + timedelta(by) for by in range(366))
    return tuple(
        each
        for each in every
        if each.year == year and is_the_day(each, month, day, is_lunar=is_lunar)
    )


def is_the_day(each: date, month: int, day: int, *, is_lunar: bool) -> bool:
    """By the sun or the moon; a day that the month does not reach is its last."""
    if not is_lunar:
        is_last = (each + timedelta(1)).month != each.month
        return each.month == month and (each.day == day or (is_last and each.day < day))
    year = each.year if each >= lunar.months_of(each.year)[0][0] else each.year - 1
    begins, length = lunar.months_of(year)[month - 1]
    return each == begins + timedelta(min(day, length) - 1)
