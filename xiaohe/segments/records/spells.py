"""Spells of links, and where people came from: the state's, but of people of whom link facts came since folded again.

state's rows ── of people without such facts ──┐
facts since ─► those people ─► all of their facts (people.spells, people.came_from) ─┴─► rows as they stand

Scans, claims and requests count among link facts: a link that does not say where from takes its source from them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc

from xiaohe.people import came_from
from xiaohe.people.spells import ENDED, STARTED, folded
from xiaohe.traits import coming

if TYPE_CHECKING:
    from xiaohe.segments.query.world import World

FOLDED_TYPES = (STARTED, ENDED, *coming.OF_PEOPLE)
# Spells of so many people are held in memory while questions are asked about them.
KEPT_PEOPLE = 20_000
# What was recorded this long before the state was built may have become visible only afterwards.
BEHIND = timedelta(minutes=10)


def spells(world: World) -> ir.Table:
    """The state's table `spells` of these people, as it would be if it were built of all facts seen."""
    known = world.table("spells")
    found = _anew(world)
    if found is None:
        return known
    fresh = world.whose(found.spells).select(*known.columns)
    return known.anti_join(found.people, "person").union(fresh)


def came(world: World) -> ir.Table:
    """The state's table `came` of these people with such facts; orders count as far as the state knows them."""
    known = world.table("came")
    found = _anew(world)
    if found is None:
        return known
    orders = world.everybody().table("orders").semi_join(found.people, "person")
    links = found.spells.mutate(at=found.spells.started_at)
    stated = came_from.statements(came_from.of_orders(orders), links, found.heard)
    fresh = world.whose(came_from.came_from(stated)).select(*known.columns)
    return known.anti_join(found.people, "person").union(fresh)


def as_stated(at: datetime) -> dict[str, Any]:
    """`World.kept` of a world whose tables `spells` and `came` are as they stand at `at`."""
    return {_name(at): (None, None)}


# ---------------------------------------------------------------- people whose spells are folded again


@dataclass(frozen=True)
class _Anew:
    """(person) of those whose spells are folded again, these, and their scans, claims and requests (`coming.told`)."""

    people: ir.Table
    spells: ir.Table
    heard: ir.Table


def _anew(world: World) -> _Anew | None:
    """None if the state knows everything."""
    if (kept := _kept(world)) is None:
        about = world if world.people is not None else world.everybody()
        kept = about.people, _folded_again(about, _touched(about))
        world.kept[_name(world.at, whole=about.people is None)] = kept
    found: _Anew | None = kept[1]
    return found


def _kept(world: World) -> tuple[ir.Table | None, Any] | None:
    """(of whom, `_anew`) as it was found at this moment of everybody, or of the same people."""
    of_all: tuple[None, Any] | None = world.kept.get(_name(world.at))
    if of_all is not None or world.people is None:
        return of_all
    found: tuple[ir.Table, Any] | None = world.kept.get(_name(world.at, whole=False))
    return found if found is not None and found[0] is world.people else None


def _name(at: datetime, *, whole: bool = True) -> str:
    return f"spells {at}" if whole else f"spells of few {at}"


def _touched(world: World) -> pa.Table:
    """(person) of whom there are link facts the state does not know, or of whom it knows some that are no more."""
    facts = world.seen(FOLDED_TYPES)
    later = facts.occurred_at > ibis.literal(world.state.at)
    if not _is_of_fewer_facts(world):
        return _people(world, facts.filter(later))
    told = facts.filter(later | (facts.recorded_at >= ibis.literal(world.state.at - BEHIND)))
    found = _people(world, told)
    if not _some_taken_back(world):
        return found
    return pa.table({"person": _both(found, world.read.run(_gone(world)))})


def _is_of_fewer_facts(world: World) -> bool:
    version = world.state.version
    return (world.read.version, world.read.tap_version) != (version.lake, version.tap)


def _people(world: World, facts: ir.Table) -> pa.Table:
    return world.read.run(world.of_people(facts).select("person").distinct())


def _some_taken_back(world: World) -> bool:
    taken = world.read.snapshot
    if taken is None or not taken.retracted.num_rows:
        return False
    return bool(pc.max(taken.retracted["until"]).as_py() >= world.state.at - BEHIND)


def _gone(world: World) -> ir.Table:
    """(person) of spells whose beginning or end no fact tells any more."""
    known, facts = world.table("spells"), world.seen([STARTED, ENDED])
    told = facts.select("type", "subject", "account_id", at=facts.occurred_at)
    begun = known.select("person", "subject", "account_id", type=ibis.literal(STARTED), at=known.started_at)  # fmt: skip
    ended = known.select("person", "subject", "account_id", type=ibis.literal(ENDED), at=known.ended_at)  # fmt: skip
    turns = begun.union(ended.filter(ended["at"].notnull()))
    return turns.anti_join(told, told.columns).select("person").distinct()


def _both(one: pa.Table, two: pa.Table) -> pa.ChunkedArray:
    return pa.chunked_array([*one["person"].chunks, *two["person"].chunks], pa.int64()).unique()


def _folded_again(world: World, people: pa.Table) -> _Anew | None:
    """All there is of these people, as `traits.coming` writes it."""
    if not people.num_rows:
        return None
    own = world.everybody().only(people["person"].to_pylist())
    assert own.people is not None
    persons = world.read.table("state_persons")
    begun = folded(world.read, own.seen([STARTED, ENDED]), persons)
    heard = coming.told(own.seen(coming.OF_PEOPLE), persons, world.calendar, own.until)
    fresh = own.whose(came_from.sourced(coming.with_days(begun, world.calendar), heard))
    if people.num_rows <= KEPT_PEOPLE:
        in_order = fresh.order_by("person", "started_at", "account_id", "kind", "subject")
        told = f"{world.at} {people['person'].to_pylist()}".encode()
        name = world.read.name_for("spells_anew", blake2b(told, digest_size=16).digest())
        fresh = world.read.register(name, world.read.run(in_order))
    return _Anew(own.people, fresh, own.whose(heard))
