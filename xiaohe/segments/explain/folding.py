"""A measure of one person at any instant, pure: their records are few, so windows and folds are counted in Python.

It is a second look at what the query says: whoever uses it compares both at the instant asked, and believes neither where
they differ. None: cannot be told here.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import accumulate
from typing import Any

from xiaohe.segments.rules.tree import (
    All,
    AnyOf,
    Compare,
    Fold,
    Measure,
    Money,
    Not,
    Op,
    Test,
)
from xiaohe.segments.rules.tree import Sequence as Chain
from xiaohe.segments.rules.windows import (
    Ago,
    Calendar,
    Last,
    Period,
    SameLastYear,
    Unit,
    Window,
    days_of,
    days_of_a_day,
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
    # Its fields, where conditions on them may come out otherwise on another day; of a link when it ended.
    fields: Mapping[str, Value] = field(default_factory=dict, compare=False, hash=False)
    over: datetime | None = None

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


def exact(value: Any) -> Any:
    """A number as it is compared: of floats the decimal they are written as."""
    return Decimal(repr(value)) if isinstance(value, float) else value


def passes(value: Value, test: Test, on: date) -> bool | None:
    """Whether a value passes a test; None where only the query can tell."""
    if test.op is Op.KNOWN:
        return value is not None
    if value is None:
        return False
    value = exact(value)
    if test.op is Op.WITHIN and isinstance(value, date) and test.window is not None:
        if is_hours(test.window) or is_of_cycles(test.window):
            return None
        days = days_of_a_day(test.window, on)
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


# ---------------------------------------------------------------- one after the other


def chained(leaf: Chain, steps: Sequence[Sequence[Row]], at: datetime, clock: Clock) -> bool:
    """Whether there is a chain at an instant: of each step its rows, the first step's begun in the window."""
    by_hours = leaf.unit is Unit.HOURS
    first = counted(steps[0], leaf.window, at, clock)
    # Instants reached, ascending, and of each the latest beginning of a chain that ends there, with the end's own.
    reached: list[tuple[datetime, Any, Any]] = [
        (row.at, begun, begun) for row in first for begun in [row.at if by_hours else row.on]
    ]
    for rows in steps[1:]:
        instants = [each[0] for each in reached]
        begun = list(accumulate((each[1] for each in reached), max))
        reached = []
        for row in sorted((row for row in rows if row.seen <= at), key=lambda row: row.at):
            before = bisect_left(instants, row.at)
            if before:
                reached.append((row.at, begun[before - 1], row.at if by_hours else row.on))
    if by_hours:
        within = timedelta(hours=leaf.within)
    else:
        within = timedelta(leaf.within * (7 if leaf.unit is Unit.WEEKS else 1))
    return any(ends - begun <= within for _at, begun, ends in reached)


def chain_turns(leaf: Chain, steps: Sequence[Sequence[Row]], clock: Clock) -> set[datetime]:
    """Every instant at which there may be a chain, or none any longer; perhaps more."""
    found = {row.seen for rows in steps for row in rows}
    return found | window_turns(leaf.window, steps[0], clock)


# ---------------------------------------------------------------- conditions that look at the day


def as_of(row: Row, at: datetime, clock: Clock) -> Mapping[str, Value]:
    """The fields of a record as they were, or will be, at an instant: a link lives until it has ended."""
    if "live" not in row.fields:
        return row.fields
    live = row.over is None or row.over > at
    ended_on = row.fields.get("ended_on")
    until = ended_on if not live and ended_on else clock.day_of(at)
    return {
        **row.fields,
        "live": live,
        "days": (until - row.on).days,
        "ended_on": None if live else ended_on,
        "ended_by": None if live else row.fields.get("ended_by"),
    }


def holds(where: Any, fields: Mapping[str, Value], on: date) -> bool | None:
    """Whether fields pass a condition on a record; None where only the query can tell."""
    match where:
        case None:
            return True
        case Compare(name, test):
            return passes(fields.get(name), test, on)
        case Not(inner):
            truth = holds(inner, fields, on)
            return None if truth is None else not truth
        case All(rules) | AnyOf(rules):
            found = [holds(each, fields, on) for each in rules]
            decides = isinstance(where, AnyOf)
            return decides if decides in found else None if None in found else not decides
    return None


def passing(rows: Sequence[Row], where: Any, at: datetime, clock: Clock) -> list[Row] | None:
    """The rows that pass a condition at an instant; None where only the query can tell."""
    on, found = clock.day_of(at), []
    for row in rows:
        # A tag is held until then; a link is a record still.
        is_gone = row.over is not None and row.over <= at and "live" not in row.fields
        if row.seen > at or is_gone:
            continue
        truth = holds(where, as_of(row, at, clock), on)
        if truth is None:
            return None
        if truth:
            found.append(row)
    return found


# ---------------------------------------------------------------- when it may change


def turns(leaf: Measure, rows: Sequence[Row], now: datetime, clock: Clock) -> set[datetime]:
    """Every instant, before and after `now`, at which the measure may be another than just before; perhaps more."""
    window = leaf.records.window
    found = {row.seen for row in rows} | window_turns(window, rows, clock)
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


def window_turns(window: Window, rows: Sequence[Row], clock: Clock) -> set[datetime]:
    """Instants from which on a window begins or ends to hold one of the rows; perhaps some more."""
    found: set[datetime] = set()
    for day in {row.on for row in rows}:
        found |= {clock.start_of(each) for each in days_it_turns(window, day, clock.cycle)}
    if is_hours(window):
        found |= {row.at + timedelta(hours=window.count) for row in rows}  # type: ignore[union-attr]
    return found


def where_turns(where: Any, rows: Sequence[Row], clock: Clock) -> set[datetime]:
    """Instants at which a condition on a record may come out otherwise; perhaps some more."""
    found: set[datetime] = {row.over for row in rows if row.over is not None}
    for each in comparisons(where):
        window = each.test.window
        if each.field == "days":
            for row in rows:
                for value in each.test.values:
                    if isinstance(value, Decimal):
                        later = (row.on + timedelta(int(value) + more) for more in (0, 1))
                        found |= {clock.start_of(day) for day in later}
        elif window is not None:
            days = {row.fields.get(each.field) for row in rows}
            for day in days:
                if isinstance(day, date):
                    found |= {clock.start_of(one) for one in days_it_turns(window, day)}
    return found


def comparisons(where: Any) -> list[Compare]:
    match where:
        case Compare():
            return [where]
        case Not(inner):
            return comparisons(inner)
        case All(rules) | AnyOf(rules):
            return [found for each in rules for found in comparisons(each)]
    return []


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
