"""The Chinese lunar calendar of 1989 to 2061: on which solar day a lunar day falls. Pure.

Months begin on the day of the new moon at 120° E (GB/T 33661-2017); the tests reckon every one anew. One line per year: the solar day on which it begins, the
month after which its leap month stands (0: none), and its months in order, the leap one too: L has 30 days, s 29.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

_TABLE = """
1989 02-06  0 LssLsLsLsLLL
1990 01-27  5 sLssLssLsLLLL
1991 02-15  0 sLssLssLsLLL
1992 02-04  0 sLLssLssLsLL
1993 01-23  3 sLLsLsLssLsLs
1994 02-10  0 LLLsLsLssLsL
1995 01-31  8 sLLsLsLLssLsL
1996 02-19  0 sLsLLsLsLLss
1997 02-07  0 LsLsLsLLsLLs
1998 01-28  5 LssLssLLsLLsL
1999 02-16  0 LssLssLsLLLs
2000 02-05  0 LLssLssLsLLs
2001 01-24  4 LLsLsLssLsLsL
2002 02-12  0 LLsLsLssLsLs
2003 02-01  0 LLsLLsLssLsL
2004 01-22  2 sLsLLsLsLsLsL
2005 02-09  0 sLsLsLLsLsLs
2006 01-29  7 LsLsLsLsLLsLL
2007 02-18  0 ssLssLsLLLsL
2008 02-07  0 LssLssLsLLsL
2009 01-26  5 LLssLssLsLsLL
2010 02-14  0 LsLsLssLsLsL
2011 02-03  0 LsLLsLssLsLs
2012 01-23  4 LsLLsLsLsLsLs
2013 02-10  0 LsLsLLsLsLsL
2014 01-31  9 sLsLsLsLLsLsL
2015 02-19  0 sLssLsLLLsLs
2016 02-08  0 LsLssLsLLsLL
2017 01-28  6 sLsLssLsLsLLL
2018 02-16  0 sLsLssLsLsLL
2019 02-05  0 LsLsLssLssLL
2020 01-25  4 sLLLsLssLsLsL
2021 02-12  0 sLLsLsLsLsLs
2022 02-01  0 LsLsLLsLsLsL
2023 01-22  2 sLssLLsLLsLsL
2024 02-10  0 sLssLsLLsLLs
2025 01-29  6 LsLssLsLsLLLs
2026 02-17  0 LsLssLssLLLs
2027 02-06  0 LLsLssLssLLs
2028 01-26  5 LLLsLssLssLLs
2029 02-13  0 LLsLsLsLssLL
2030 02-03  0 sLsLLsLsLsLs
2031 01-23  3 sLLsLsLLsLsLs
2032 02-11  0 LssLsLLsLLsL
2033 01-31 11 sLssLsLsLLLsL
2034 02-19  0 sLssLsLsLLsL
2035 02-08  0 LsLssLssLLsL
2036 01-28  6 LLsLssLssLsLL
2037 02-15  0 LLsLssLssLsL
2038 02-04  0 LLsLsLsLssLs
2039 01-24  5 LLsLLsLsLsLss
2040 02-12  0 LsLLsLsLLsLs
2041 02-01  0 sLsLsLLsLLsL
2042 01-22  2 sLssLsLsLLsLL
2043 02-10  0 sLssLssLLsLL
2044 01-30  7 LsLssLssLsLLL
2045 02-17  0 LsLssLssLsLL
2046 02-06  0 LsLsLsLssLsL
2047 01-26  5 LsLLsLsLssLsL
2048 02-14  0 sLLsLLsLssLs
2049 02-02  0 LsLsLLsLLsLs
2050 01-23  3 sLsLsLsLLsLLs
2051 02-11  0 LssLssLLsLLL
2052 02-01  8 sLssLssLsLLLL
2053 02-19  0 sLssLssLsLLL
2054 02-08  0 sLLssLssLsLL
2055 01-28  6 sLLsLsLssLsLs
2056 02-15  0 LLLsLsLssLsL
2057 02-04  0 sLLsLsLLssLs
2058 01-24  4 LsLsLsLLsLLss
2059 02-12  0 LsLsLsLsLLLs
2060 02-02  0 LssLssLsLLLs
2061 01-21  3 LLssLssLsLLLs
"""
_MONTHS = 12
FIRST_YEAR, LAST_YEAR = 1989, 2061


@lru_cache(maxsize=128)
def months_of(year: int) -> tuple[tuple[date, int], ...]:
    """(first solar day, number of days) of the twelve ordinary months of a lunar year; raises ValueError outside."""
    ordinary = []
    begins, leap, lengths = _row(year)
    for place, letter in enumerate(lengths):
        days = 30 if letter == "L" else 29
        # The leap month is the one right after the month whose number it repeats.
        if not leap or place != leap:
            ordinary.append((begins, days))
        begins += timedelta(days)
    return tuple(ordinary)


def leap_month(year: int) -> int:
    """The month that comes twice in a lunar year; 0 if none does."""
    return _row(year)[1]


def solar(year: int, month: int, day: int) -> date:
    """The solar day of a lunar day; of a month of 29 days the 30th is its last. Leap months: the ordinary one."""
    if not (1 <= month <= _MONTHS and 1 <= day <= 30):
        raise ValueError(f"not a lunar day: {month}, {day}")
    begins, days = months_of(year)[month - 1]
    return begins + timedelta(min(day, days) - 1)


def year_of(on: date) -> int:
    """The lunar year that holds a solar day."""
    return on.year if on >= _row(on.year)[0] else on.year - 1


@lru_cache(maxsize=1)
def _rows() -> dict[int, tuple[date, int, str]]:
    found = {}
    for line in _TABLE.split("\n"):
        if not line:
            continue
        year, begins, leap, lengths = line.split()
        month, day = begins.split("-")
        found[int(year)] = (date(int(year), int(month), int(day)), int(leap), lengths)
    return found


def _row(year: int) -> tuple[date, int, str]:
    try:
        return _rows()[year]
    except KeyError:
        raise ValueError(f"the lunar calendar is known from {FIRST_YEAR} to {LAST_YEAR}") from None
