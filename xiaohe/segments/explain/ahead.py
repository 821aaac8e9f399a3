"""Attributes of one person over the days ahead, if nothing happens: those that move with the day, and days that come back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import ibis.expr.types as ir
import pyarrow as pa

from xiaohe.segments.attributes import cuts, moving
from xiaohe.segments.explain.folding import Clock, days_it_turns, passes
from xiaohe.segments.explain.timeline import Line, unknown
from xiaohe.segments.query.world import World
from xiaohe.segments.rules.tree import Compare

# How far ahead is told.
HORIZON = timedelta(days=400)
# Years by the sun and by the moon begin the next such day so many days later.
YEARS = (353, 366, 385)

Days = Mapping[date, Mapping[str, Any]]


def days_ahead(world: World, evidence: ir.Table) -> Days:
    """What moves, for each day ahead, by the lines that reckon today's; `evidence` is the person's one row."""
    days = [world.on + timedelta(ahead) for ahead in range(HORIZON.days + 1)]
    asked = world.read.register("explained_days", pa.table({"day": pa.array(days, pa.date32())}))
    known = evidence.select(*moving.STAYING).cross_join(asked)
    moved = moving.moving(known, known.day, cuts.of(world))
    rows = world.read.run(known.select("day", **moved)).to_pylist()
    return {row["day"]: row for row in rows}


def of_moving(leaf: Compare, is_now: bool, told: Days, now: datetime, clock: Clock) -> Line:
    """A leaf of an attribute that moves; told only as far ahead as the days reach, and not back."""
    first, last = min(told), max(told)
    found = {day: passes(exact(row[leaf.field]), leaf.test, day) for day, row in told.items()}
    if found[first] is not is_now:
        return unknown(is_now)
    turned = {day for day in found if day > first and found[day] is not found[day - timedelta(1)]}
    ends = clock.start_of(last)

    def truth(at: datetime) -> bool | None:
        return found.get(clock.day_of(at)) if now <= at < ends else None

    return Line(is_now, truth, frozenset(clock.start_of(each) for each in turned) | {ends})


def of_recurring(
    leaf: Compare, is_now: bool, days: tuple[date | None, date | None], now: datetime, clock: Clock
) -> Line:
    """A leaf of a day that comes back; `days`: the former and the next one, the one after it is known only by about a year."""
    former, following = days
    window, test = leaf.test.window, leaf.test
    if window is None or following is None:
        return unknown(is_now)

    def lies(day: date) -> bool | None:
        known = [each for each in (former, following) if each is not None]
        if day > following:
            if any(passes(following + timedelta(later), test, day) for later in YEARS):
                return None
            known = [following]
        return any(passes(each, test, day) for each in known)

    if lies(clock.day_of(now)) is not is_now:
        return unknown(is_now)
    turned = {following + timedelta(1), following + timedelta(min(YEARS))}
    for each in (former, following):
        turned |= days_it_turns(window, each) if each else set()
    return Line(
        is_now,
        lambda at: lies(clock.day_of(at)) if now <= at else None,
        frozenset(clock.start_of(each) for each in turned),
    )


def exact(value: Any) -> Any:
    return Decimal(repr(value)) if isinstance(value, float) else value
