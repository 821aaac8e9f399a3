"""What asking everybody (`whole`) and asking few people (`few`) share: the world, whose it is, which leaves go together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta

import ibis
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from xiaohe.ledger.engine import Reading
from xiaohe.ledger.instants import from_us
from xiaohe.ledger.timeline import MANY
from xiaohe.segments.attributes import cuts
from xiaohe.segments.query.logged import CHANGED
from xiaohe.segments.query.world import PERSON, SUBJECT, World, at_moment
from xiaohe.segments.records import purchases
from xiaohe.segments.rules.tree import Compare, Leaf, Measure, Rank, Sequence
from xiaohe.segments.rules.windows import Last, Window, is_hours, is_of_cycles
from xiaohe.segments.state.generation import Ids, Rules
from xiaohe.shop import queries
from xiaohe.traits.state import State

# Where a world of few people keeps which of its tables mean the same under the same name in every delta.
SAME_NAMES = "the same names"


def world_at(
    read: Reading, state: State, now: datetime, rules: Mapping[str, Rules], began_us: int
) -> World:
    """The world at `now`, with the segments that rules name; `began_us`: since when standing is logged."""
    calendar = queries.calendar()

    def first_day(name: str) -> date | None:
        if name in CHANGED:
            return calendar.day_of(from_us(began_us))
        return calendar.day_of(from_us(rules[name].first_us)) if name in rules else None

    return at_moment(read, state, now, segment=lambda slug: rules[slug].rule, logged_from=first_day)


def end_of_day(world: World) -> datetime:
    return world.calendar.start_of(world.on + timedelta(days=1)) - timedelta(microseconds=1)


def only(world: World, people: Ids) -> World:
    """The same moment of these people alone; under names that are always the same, so that questions are compiled once."""
    read = world.read
    table = read.register("touched_people", pa.table([pa.array(people)], schema=PERSON))
    theirs = read.table("state_persons").semi_join(table, "person").select("subject")
    more = read.run(theirs)["subject"].to_numpy()
    subjects = np.union1d(people, more)
    shown = read.register("touched_subjects", pa.table([pa.array(subjects)], schema=SUBJECT))
    # What was kept of everybody is not of these people, but the shop's cuts and its touched orders are.
    kept = {name: each for name, each in world.kept.items() if name == cuts.KEPT}
    kept[purchases.OF_SHOP] = purchases.of_shop(world)
    return replace(world, people=table, subjects=shown, few=len(subjects) < MANY, kept=kept)


def groups_of(wanted: Mapping[str, Leaf]) -> list[dict[str, Leaf]]:
    """Leaves that are one question: of one kind of record, of attributes, of places among others; each sequence alone."""
    found: dict[str, dict[str, Leaf]] = {}
    for key, leaf in wanted.items():
        match leaf:
            case Measure(records=records):
                name = f"records {records.of} {is_hours(records.window)}"
            case Sequence():
                name = f"sequence {key}"
            case Rank():
                name = "rank"
            case _:
                name = "person"
        found.setdefault(name, {})[key] = leaf
    return list(found.values())


def running_out(world: World, wanted: Iterable[Leaf], *, ahead: bool = True) -> NDArray[np.int64]:
    """(instant in µs, person): when people must be looked at again before the day ends though nothing happens to them.

    Windows of hours run out; a fact dated ahead comes true (not `ahead`: there is none).
    """
    now, end = ibis.literal(world.at), end_of_day(world)
    found = []
    for name, hours in of_hours(wanted):
        told = world.records(name, ())
        told = told.filter(told.at > ibis.literal(world.at - timedelta(hours=hours)))
        found.append(told.select("person", runs_out=told.at + ibis.interval(hours=hours)))
    if ahead:
        facts = world.of_people(replace(world, at=end).seen(since=world.at))
        facts = facts.filter(facts.occurred_at > now)
        found.append(facts.select("person", runs_out=facts.occurred_at))
    rows = []
    for each in found:
        told = world.read.run(each.filter(each.runs_out <= ibis.literal(end)).distinct())
        rows.append(
            np.stack([told["runs_out"].cast(pa.int64()).to_numpy(), told["person"].to_numpy()], 1)
        )
    every = np.unique(np.concatenate(rows), axis=0) if rows else np.empty((0, 2), np.int64)
    return every


def of_hours(wanted: Iterable[Leaf]) -> list[tuple[str, int]]:
    """Names of records in windows of hours, and the hours."""
    found = set()
    for leaf in wanted:
        match leaf:
            case Measure(records=records):
                found.add((records.of, _hours(records.window)))
            case Sequence(steps=steps, window=window):
                found.add((steps[0].of, _hours(window)))
    return sorted((name, hours) for name, hours in found if hours)


def _hours(window: Window) -> int:
    """0: it is not of hours."""
    return window.count if isinstance(window, Last) and is_hours(window) else 0


def by_attributes(leaf: Leaf) -> bool:
    """Whether it looks at attributes: itself, or for the cycle that its windows are of."""
    match leaf:
        case Compare():
            return True
        case Measure(records=records, test=test):
            windows = (records.window, test.window)
            return any(each is not None and is_of_cycles(each) for each in windows)
        case Sequence(window=window):
            return is_of_cycles(window)
    return False
