"""Days that come back every year, by the sun or the moon: which there are, and when they are next. Pure.

The 29th of February is the 28th in common years, the 30th of a short lunar month its last day, a day of a leap lunar
month the ordinary month's.
"""

from __future__ import annotations

import calendar as months
from datetime import date

from xiaohe.stats import lunar

MONTHS = 12
# Of a leap year, so that the 29th of February is a day.
_LEAP_YEAR = 2000
LONGEST_LUNAR = 30


def longest(month: int, *, is_lunar: bool, year: int | None = None) -> int:
    """How many days a month has: in that year, or at most if none is given or the lunar table does not know it."""
    if not is_lunar:
        return months.monthrange(year or _LEAP_YEAR, month)[1]
    if year is None or not lunar.FIRST_YEAR <= year <= lunar.LAST_YEAR:
        return LONGEST_LUNAR
    if lunar.leap_month(year) == month:
        # Of the two months of this number one may have 30 days.
        return LONGEST_LUNAR
    return lunar.months_of(year)[month - 1][1]


def near(month: int, day: int, on: date, *, is_lunar: bool) -> tuple[date, date] | None:
    """(the latest such day before `on`, the next one from `on` on); None beyond the lunar table."""
    year = lunar_year(on) if is_lunar else on.year
    if year is None:
        return None
    day_of = lunar.solar if is_lunar else by_sun
    found = [day_of(year + shift, month, day) for shift in (-1, 0, 1)]
    return max(each for each in found if each < on), min(each for each in found if each >= on)


def by_sun(year: int, month: int, day: int) -> date:
    return date(year, month, min(day, months.monthrange(year, month)[1]))


def lunar_year(on: date) -> int | None:
    """The lunar year that holds a day; None beyond the table, with a year before and after."""
    inside = on.year - 1 > lunar.FIRST_YEAR and on.year + 1 < lunar.LAST_YEAR
    return lunar.year_of(on) if inside else None
