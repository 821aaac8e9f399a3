"""Spells of links, and where people came from: the state's, but of people of whom facts came since folded again.

state's rows ── of people without such facts ──┐
facts since ─► those people ─► all of their facts (people.spells, people.came_from) ─┴─► rows as they stand

Scans, claims and requests count among link facts: a link that does not say where from takes its source from them.
Where somebody came from their orders tell, too, from the moment on when the first word of one came.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from xiaohe.people import came_from
from xiaohe.people.spells import ENDED, STARTED, folded
from xiaohe.segments.attributes.present import has_lately
from xiaohe.segments.records import purchases
from xiaohe.segments.records.gone import BEHIND, taken_back
from xiaohe.traits import coming
from xiaohe.traits.people import persons_of, without

if TYPE_CHECKING:
    from xiaohe.segments.query.world import World

Ids = NDArray[np.int64]
FOLDED_TYPES = (STARTED, ENDED, *coming.OF_PEOPLE)
# Spells of so many people are held in memory while questions are asked about them.
KEPT_PEOPLE = 20_000


def spells(world: World) -> ir.Table:
    """The state's table `spells` of these people, as it would be if it were built of all facts seen."""
    known = world.table("spells")
    found = _anew(world)
    if found is None:
        return known
    fresh = world.whose(found.spells).select(*known.columns)
    return known.anti_join(found.people, "person").union(fresh)


def came(world: World) -> ir.Table:
    """The state's table `came` of these people, as it would be if it were built of all facts seen, today's orders too."""
    known = world.table("came")
    if _name_of_came(world.at) in world.kept:
        return known
    if world.people is not None:
        return _came_of(world).select(*known.columns)
    shop = world.everybody()
    again, found = purchases.whose_are_touched(shop), _anew(shop)
    if found is not None:
        again = np.union1d(again, shop.read.run(found.people)["person"].to_numpy())
    if not len(again):
        return known
    own = shop.only(again.tolist())
    assert own.people is not None
    fresh = world.whose(_came_of(own)).select(*known.columns)
    return known.anti_join(own.people, "person").union(fresh)


def _came_of(few: World) -> ir.Table:
    """Where these people came from, by all there is of them; as `traits.coming` writes it."""
    links = spells(few)
    heard = coming.told(
        few.seen(coming.OF_PEOPLE), few.read.table("state_persons"), few.calendar, few.until
    )
    return came_from.came_from(
        came_from.statements(
            came_from.of_orders(purchases.every(few)),
            links.mutate(at=links.started_at),
            few.whose(heard),
        )
    )


def as_stated(at: datetime) -> dict[str, Any]:
    """`World.kept` of a world whose tables `spells` and `came` are as they stand at `at`."""
    return {_name(at): (None, None), _name_of_came(at): None}


def are_as_stated(world: World) -> bool:
    """Whether the state's spells are those of these people as they stand."""
    return _anew(world) is None


def _name_of_came(at: datetime) -> str:
    return f"came {at}"


# ---------------------------------------------------------------- people whose spells are folded again


@dataclass(frozen=True)
class _Anew:
    """(person) of those whose spells are folded again, and these."""

    people: ir.Table
    spells: ir.Table


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
    if not has_lately(world, FOLDED_TYPES, world.state.at - BEHIND) and not len(
        taken_back(world, FOLDED_TYPES)
    ):
        return pa.table({"person": np.empty(0, np.int64)})
    facts = world.seen(FOLDED_TYPES)
    later = facts.occurred_at > ibis.literal(world.state.at)
    if not _is_of_fewer_facts(world):
        return _people(world, facts.filter(later))
    told = facts.filter(later | (facts.recorded_at >= ibis.literal(world.state.at - BEHIND)))
    found = _people(world, told)
    gone = taken_back(world, FOLDED_TYPES)
    if not gone.num_rows:
        return found
    return pa.table({"person": np.union1d(found["person"].to_numpy(), _people_of(world, gone))})


def _is_of_fewer_facts(world: World) -> bool:
    version = world.state.version
    return (world.read.version, world.read.tap_version) != (version.lake, version.tap)


def _people(world: World, facts: ir.Table) -> pa.Table:
    return world.read.run(world.of_people(facts).select("person").distinct())


def _people_of(world: World, gone: pa.Table) -> Ids:
    subjects = pa.table({"subject": np.unique(gone["subject"].to_numpy())})
    name = world.read.name_for("links_gone", subjects["subject"].to_numpy().tobytes())
    told = world.read.register(name, subjects)
    theirs = without(
        persons_of(told, world.read.table("state_persons")), world.read.table("state_left_out")
    )
    found: Ids = world.read.run(world.whose(theirs.select("person")).distinct())[
        "person"
    ].to_numpy()
    return found


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
    return _Anew(own.people, fresh)
