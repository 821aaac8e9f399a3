"""A measure of one person at any instant, pure: their records are few, so windows and folds are counted in Python.

It is a second look at what the query says: whoever uses it compares both at the instant asked, and believes neither where
they differ. None: cannot be told here.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from xiaohe.segments.rules.tree import Fold, Measure, Money, Op, Test
from xiaohe.segments.rules.windows import (
    Ago,
    Calendar,
    Last,
    Period,
    SameLastYear,
    Unit,
    Window,
    days_of,
    is_hours,
    is_of_cycles,
    moved,
    period_of,
)

Value = Any
# Windows of months end within so many days of where days alone would put them.
SLACK = 3


@dataclass(frozen=True)
class Row:
    """A record that passed the measure's conditions; `key` is the fact's or the order's, `times` what is counted.

    `seen`: from when on it counts; of a day told without a time that is where its shop day begins, `at` its midnight.
    """

    at: datetime
    on: date
    row_no: int
    key: int
    times: int
    seen: datetime
    value: Value = None

    @property
    def place(self) -> tuple[datetime, int, int]:
        return (self.at, self.row_no, self.key)


@dataclass(frozen=True)
class Clock:
    """Days of the shop: the day of an instant, and when a day begins."""

    day_of: Callable[[datetime], date]
    start_of: Callable[[date], datetime]
    cycle: float | None = None


def counted(rows: Sequence[Row], window: Window, at: datetime, clock: Clock) -> list[Row]:
    """The rows of a window at an instant, oldest first."""
    on = clock.day_of(at)
    seen = sorted((row for row in rows if row.seen <= at), key=lambda row: row.place)
    if is_hours(window):
        begins = at - timedelta(hours=window.count)  # type: ignore[union-attr]
        return [row for row in seen if row.at > begins]
    days = days_of(window, on, clock.cycle)
    return [row for row in seen if days is not None and days.holds(row.on)]


def folded(leaf: Measure, rows: Sequence[Row], on: date) -> Value:
    """What the measure makes of these rows (oldest first); None is unknown."""
    known = [row for row in rows if row.value is not None]
    values = [row.value for row in known]
    match leaf.fold:
        case Fold.COUNT:
            return len({row.times for row in rows})
        case Fold.DAYS_SINCE_FIRST:
            return (on - min(row.on for row in rows)).days if rows else None
        case Fold.DAYS_SINCE_LAST:
            return (on - max(row.on for row in rows)).days if rows else None
        case Fold.DISTINCT:
            return len(set(values))
        case Fold.SUM:
            return sum(values, Decimal(0)) if values else 0
        case Fold.AVERAGE:
            return sum(values, Decimal(0)) / len(values) if values else None
        case Fold.MIN:
            return min(values, default=None)
        case Fold.MAX:
            return max(values, default=None)
        case Fold.FIRST:
            return values[0] if values else None
        case Fold.LAST:
            return values[-1] if values else None
    return None


def passes(value: Value, test: Test, on: date) -> bool | None:
    """Whether a value passes a test; None where only the query can tell."""
    if test.op is Op.KNOWN:
        return value is not None
    if value is None:
        return False
    if test.op is Op.WITHIN and isinstance(value, date) and test.window is not None:
        if is_hours(test.window) or is_of_cycles(test.window):
            return None
        days = days_of(test.window, on)
        return days is not None and days.holds(value)
    wanted = [_plain(each) for each in test.values]
    if isinstance(value, bool):
        return (value in wanted) if test.op in (Op.IS, Op.IN) else value
    if isinstance(value, str):
        return _textual(value, test.op, wanted)
    if any(isinstance(each, str | bool) for each in wanted):
        return None
    match test.op:
        case Op.IS | Op.IN:
            return value in wanted
        case Op.LESS:
            return bool(value < wanted[0])
        case Op.AT_MOST:
            return bool(value <= wanted[0])
        case Op.MORE:
            return bool(value > wanted[0])
        case Op.AT_LEAST:
            return bool(value >= wanted[0])
        case Op.BETWEEN:
            return bool(wanted[0] <= value <= wanted[1])
    return None


def _textual(value: str, op: Op, wanted: list[Any]) -> bool | None:
    if not all(isinstance(each, str) for each in wanted):
        return None
    value, wanted = _folded_text(value), [_folded_text(each) for each in wanted]
    match op:
        case Op.IS | Op.IN:
            return value in wanted
        case Op.CONTAINS:
            return wanted[0] in value
        case Op.STARTS:
            return bool(value.startswith(wanted[0]))
        case Op.ENDS:
            return bool(value.endswith(wanted[0]))
    return None


def _folded_text(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _plain(value: Any) -> Any:
    return value.minor if isinstance(value, Money) else value


# ---------------------------------------------------------------- when it may change


def turns(leaf: Measure, rows: Sequence[Row], now: datetime, clock: Clock) -> set[datetime]:
    """Every instant, before and after `now`, at which the measure may be another than just before; perhaps more."""
    window = leaf.records.window
    found = {row.seen for row in rows}
    for day in {row.on for row in rows}:
        found |= {clock.start_of(each) for each in days_it_turns(window, day, clock.cycle)}
    if is_hours(window):
        found |= {row.at + timedelta(hours=window.count) for row in rows}  # type: ignore[union-attr]
    if leaf.fold in (Fold.DAYS_SINCE_FIRST, Fold.DAYS_SINCE_LAST):
        for value in leaf.test.values:
            if isinstance(value, Decimal):
                whole = int(value)
                found |= {
                    clock.start_of(row.on + timedelta(whole + more))
                    for row in rows
                    for more in (0, 1)
                }
    if leaf.test.window is not None:
        days = {row.value for row in rows if isinstance(row.value, date)}
        for day in days:
            found |= {clock.start_of(each) for each in days_it_turns(leaf.test.window, day)}
    return found


def days_it_turns(window: Window, day: date, cycle: float | None = None) -> set[date]:
    """Shop days D from which on a window asked on D begins or ends to hold `day`; perhaps some more."""
    match window:
        case Last(count, Unit.CYCLES):
            around = {day, day + timedelta(int(count * (cycle or 0)) + 1)}
        case Last(count, unit) if unit is not Unit.HOURS:
            around = {day, moved(day, count, unit)}
        case Ago(far, near):
            around = {day + timedelta(near), day + timedelta(far + 1)}
        case Calendar(period, offset):
            held = period_of(day, period, -offset)
            around = {each for each in (held.first, held.last) if each}
        case SameLastYear(Period.WEEK):
            held = period_of(day + timedelta(364), Period.WEEK)
            around = {each for each in (held.first, held.last) if each}
        case SameLastYear(period):
            held = period_of(moved(day, 1, Unit.YEARS), period)
            around = {each for each in (held.first, held.last) if each}
        case _:
            return _ahead(window, day)
    return {each + timedelta(by) for each in around for by in range(-SLACK, SLACK + 1)}


def _ahead(window: Window, day: date) -> set[date]:
    """Windows of days that lie ahead; others stand still."""
    count, unit = getattr(window, "count", None), getattr(window, "unit", None)
    if count is None or unit is None or unit in (Unit.HOURS, Unit.CYCLES):
        return set()
    around = {day + timedelta(1), moved(day, -count, unit)}
    return {each + timedelta(by) for each in around for by in range(-SLACK, SLACK + 1)}
