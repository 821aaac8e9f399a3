"""Which records a window has, as an expression; and from which day on records are needed at all."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir

from xiaohe.segments.rules.windows import (
    Last,
    Window,
    days_of,
    is_hours,
    is_of_cycles,
    since_hours,
)
from xiaohe.stats.rhythm import LONGEST_CYCLE_DAYS

if TYPE_CHECKING:
    from xiaohe.segments.query.world import World

CYCLE = "own_cycle"


def during(world: World, window: Window, on: Any, at: Any = None, cycle: Any = None) -> Any:
    """Whether day `on` (instant `at`, for hours) lies in the window, None where every day does.

    `cycle`: the person's own, for windows in cycles.
    """
    if isinstance(window, Last) and is_hours(window):
        return at > ibis.literal(since_hours(window, world.at))
    if isinstance(window, Last) and is_of_cycles(window):
        back = ibis.literal(world.on).delta(on, unit="day").cast("float64")
        return (back <= (cycle * float(window.count)).ceil()).fill_null(False)
    days = days_of(window, world.on)
    assert days is not None
    conditions = []
    if days.first is not None:
        conditions.append(on >= ibis.literal(days.first))
    if days.last is not None:
        conditions.append(on <= ibis.literal(days.last))
    return ibis.and_(*conditions) if conditions else None


def needs_from(world: World, windows: Iterable[Window]) -> date | None:
    """The first shop day of which one of these windows may have a record; None: there is no first."""
    firsts = [_first(world, each) for each in windows]
    known = [each for each in firsts if each is not None]
    return min(known) if known and len(known) == len(firsts) else None


def _first(world: World, window: Window) -> date | None:
    if isinstance(window, Last) and is_hours(window):
        # A day told without a time is put at the midnight before its shop day begins.
        return world.calendar.day_of(since_hours(window, world.at))
    cycle = LONGEST_CYCLE_DAYS if is_of_cycles(window) else None
    days = days_of(window, world.on, cycle)
    return days.first if days else None


def with_cycle(world: World, table: ir.Table, windows: Iterable[Window]) -> ir.Table:
    """`table` with each person's own cycle beside, if a window is in cycles."""
    if not any(is_of_cycles(each) for each in windows):
        return table
    rhythm = world.read.table("state_rhythm")
    cycles = rhythm.select("person", **{CYCLE: rhythm.cycle})
    return table.left_join(cycles, "person").drop("person_right")


def cycle_of(table: ir.Table) -> Any:
    return table[CYCLE] if CYCLE in table.columns else None
