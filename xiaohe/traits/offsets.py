"""A zone's offsets from UTC as few periods: one offset each, or one rule of summer time for many years.

    New York   1992 – 2006   summer from the first Sunday of April to the last of October
               2007 –        summer from the second Sunday of March to the first of November
    Shanghai   1992 –        +8

Rules are found in the zone's own changes: years whose changes fall on the same weekday of the same week at the same
time. What fits none is a period by itself, so whatever a zone did is told exactly between EARLIEST and LATEST.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from xiaohe.kernel.clock import ShopCalendar

# Order files of earlier years exist in nobody's hands; before it the zone's offset of that day holds. China had its last
# summer time in 1991: from here on its clock is one addition.
EARLIEST = datetime(1992, 1, 1, tzinfo=UTC)
# Years divisible by four are leap years until then; afterwards the last offset holds.
LATEST = datetime(2099, 1, 1, tzinfo=UTC)
FIRST_MARCH = datetime(1968, 3, 1, tzinfo=UTC)
FOUR_YEARS = 1461
SECOND_US = 1_000_000
DAY_US = 86_400 * SECOND_US
WEEK_US = 7 * DAY_US
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_MARCH_US = (FIRST_MARCH - _EPOCH) // timedelta(microseconds=1)
# Fewer years are told one by one.
LEAST_YEARS = 3


@dataclass(frozen=True)
class Turn:
    """A change of every year: at `time_us` (UTC) of the first day, `earliest` days after the first of March or later,
    whose number is `weekday` mod 7. Days are numbered from the first of March 1968.

    Days of that weekday are the weeks w = 0, 1 … of which 7w + weekday is the day. The first of March of year y is day
    ⌊1461y/4⌋, so the change of year y has come by week w if ⌊1461y/4⌋ + earliest ≤ 7w + weekday, which is
    y ≤ ⌊(28w + 4(weekday − earliest) + 3) / 1461⌋: how many have come is as easy to tell as the week.
    """

    earliest: int
    weekday: int
    time_us: int

    @property
    def week_0_us(self) -> int:
        """Since 1970: when the first of its weeks begins."""
        return FIRST_MARCH_US + self.weekday * DAY_US + self.time_us

    @property
    def ahead(self) -> int:
        return 4 * (self.weekday - self.earliest) + 3

    def come_by(self, time_us: Any) -> Any:
        """The last year, from 1968, whose change has come by an instant: a number, or an expression of numbers."""
        week = (time_us - self.week_0_us) // WEEK_US
        return (week * 28 + self.ahead) // FOUR_YEARS


@dataclass(frozen=True)
class Summer:
    """Between two changes of each year, counted from March, another offset holds."""

    offset: timedelta
    begins: Turn
    ends: Turn

    def holds(self, time_us: Any) -> Any:
        """Whether it is one at an instant, in microseconds since 1970."""
        return self.begins.come_by(time_us) > self.ends.come_by(time_us)


@dataclass(frozen=True)
class Period:
    """From `since` on this offset holds, but in its summers."""

    since: datetime
    offset: timedelta
    summer: Summer | None = None


Change = tuple[datetime, timedelta]


@lru_cache(maxsize=8)
def periods(zone: str) -> tuple[Period, ...]:
    """Oldest first; the first holds before EARLIEST too and has no summers."""
    first, *changes = changes_of(zone)
    found = [Period(*first)]
    at = 0
    while at < len(changes):
        many = _ruled(changes, at, found[-1].offset)
        if many is None:
            found.append(Period(*changes[at]))
            at += 1
            continue
        summer, count = many
        # The year's own offset held before its first change, too.
        usual = found[-1].offset
        # Over with its last change, until another is found.
        found += [Period(changes[at][0], usual, summer), Period(changes[at + count - 1][0], usual)]
        at += count
    return tuple(found)


def _ruled(changes: list[Change], at: int, usual: timedelta) -> tuple[Summer, int] | None:
    """The rule by which the changes from `at` on come in pairs, one pair a year, and how many do; None for few."""
    best = None
    count = 2 * LEAST_YEARS
    while at + count <= len(changes):
        some = changes[at : at + count]
        summer = _rule_of(some, usual)
        if summer is None:
            break
        best = (summer, count)
        count += 2
    return best


def _rule_of(changes: list[Change], usual: timedelta) -> Summer | None:
    begins, ends = changes[0::2], changes[1::2]
    years = [_march_of(at) for at, _offset in begins]
    together = years == [_march_of(at) for at, _offset in ends]
    in_a_row = years == list(range(years[0], years[0] + len(years)))
    summer = begins[0][1]
    alike = all(each == summer for _at, each in begins) and all(each == usual for _at, each in ends)
    if not (together and in_a_row and alike):
        return None
    first, last = (_turn_of([at for at, _offset in each]) for each in (begins, ends))
    return None if first is None or last is None else Summer(summer, first, last)


def _turn_of(instants: list[datetime]) -> Turn | None:
    told = [_since_march(at) for at in instants]
    earliest = min(since // DAY_US for _first, since in told)
    first, since = told[0]
    turn = Turn(earliest, (first + since // DAY_US) % 7, since % DAY_US)
    return turn if all(_is_turn(turn, at) for at in instants) else None


def _is_turn(turn: Turn, at: datetime) -> bool:
    """Whether this very instant is the change of its year."""
    us = (at - _EPOCH) // timedelta(microseconds=1)
    year = _march_of(at) - FIRST_MARCH.year
    return (turn.come_by(us - 1), turn.come_by(us)) == (year - 1, year)


def _march_of(at: datetime) -> int:
    return at.year if at.month >= 3 else at.year - 1


def _since_march(at: datetime) -> tuple[int, int]:
    """Days from the first of March 1968 to that of the instant's year, and microseconds from there."""
    first = datetime(_march_of(at), 3, 1, tzinfo=UTC)
    return (first - FIRST_MARCH).days, (at - first) // timedelta(microseconds=1)


def changes_of(zone: str) -> list[Change]:
    """(since, offset from UTC) of a zone, oldest first, each change found to the second by halving."""
    local = ShopCalendar(zone).zone

    def offset(at: datetime) -> timedelta:
        return at.astimezone(local).utcoffset() or timedelta(0)

    changes = [(EARLIEST, offset(EARLIEST))]
    # Shorter than between any two changes of a zone, also where clocks go back for a month of fasting.
    step = timedelta(days=5)
    at = EARLIEST
    while at < LATEST:
        ahead = at + step
        if offset(ahead) != offset(at):
            low, high = at, ahead
            while high - low > timedelta(seconds=1):
                middle = (low + (high - low) / 2).replace(microsecond=0)
                low, high = (middle, high) if offset(middle) == offset(at) else (low, middle)
            changes.append((high, offset(high)))
        at = ahead
    return changes
