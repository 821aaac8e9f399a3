"""One after the other: records of each step, each strictly later than the one before.

A  A     B   C        the chain that ends at a record is best begun late: of each record the latest beginning of a
└──┼─────┴───┤        chain that ends there is enough, and follows from those of the step before
   └─────────┘
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir

from xiaohe.ledger.engine import micros
from xiaohe.segments.query.additive import counts, fields_of
from xiaohe.segments.query.windows import CYCLE, during, needs_from, with_cycle
from xiaohe.segments.records.registry import kind_named
from xiaohe.segments.rules.tree import Records, Sequence
from xiaohe.segments.rules.windows import Unit, Window

if TYPE_CHECKING:
    from xiaohe.segments.query.world import World

MICROS_PER_HOUR = 3_600_000_000
_DAYS = {Unit.DAYS: 1, Unit.WEEKS: 7}


def people(world: World, leaf: Sequence) -> ir.Table:
    """(person) of those with a chain of all steps, begun in the window, whose ends are near enough.

    Within hours: by the instants. Within days and weeks: by the shop days, ends included.
    """
    first, *others = leaf.steps
    chains = _records(world, first, leaf.window, first=True)
    chains = chains.select("person", "us", "on", begun=chains.us if _in_hours(leaf) else chains.on)
    for step in others:
        chains = _carried_on(chains, _records(world, step, leaf.window))
    return chains.filter(_near(leaf, chains)).select("person").distinct()


def _in_hours(leaf: Sequence) -> bool:
    return leaf.unit is Unit.HOURS


def _records(world: World, step: Records, window: Window, *, first: bool = False) -> ir.Table:
    """(person, us, on) of a step's records; of the first those in the window, of others not much earlier ones."""
    kind = kind_named(step.of)
    if kind is None:
        raise KeyError(step.of)
    since = needs_from(world, [window])
    if since is not None and not first:
        # A day told without a time may be a later instant of an earlier day.
        since -= timedelta(1)
    rows = world.records(step.of, sorted(fields_of(step.where)), since=since)
    if (counted := counts(world, rows, kind, step)) is not None:
        rows = rows.filter(counted)
    if first:
        rows = with_cycle(world, rows, [window])
        cycle = rows[CYCLE] if CYCLE in rows.columns else None
        if (inside := during(world, window, rows.on, rows["at"], cycle)) is not None:
            rows = rows.filter(inside)
    return rows.select("person", "on", us=micros(rows["at"]))


def _carried_on(chains: ir.Table, rows: ir.Table) -> ir.Table:
    """Chains one step longer: each record with the latest beginning of a chain that ended strictly before it."""
    nothing = ibis.null(chains.begun.type())
    both = chains.select("person", "us", "on", "begun", is_step=ibis.literal(False)).union(
        rows.select("person", "us", "on", begun=nothing, is_step=ibis.literal(True))
    )
    earlier = ibis.range_window(
        group_by=both.person, order_by=both.us, preceding=(None, 1), following=None
    )
    reached = both.mutate(before=both.begun.max().over(earlier))
    longer = reached.filter(reached.is_step, reached.before.notnull())
    return longer.select("person", "us", "on", begun=longer.before)


def _near(leaf: Sequence, chains: ir.Table) -> Any:
    if _in_hours(leaf):
        return chains.us - chains.begun <= leaf.within * MICROS_PER_HOUR
    apart = chains.on.delta(chains.begun, unit="day").cast("int64")
    return apart <= leaf.within * _DAYS[leaf.unit]
