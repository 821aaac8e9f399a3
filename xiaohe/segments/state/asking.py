"""Asks the compiled rules: every leaf of everybody, or of few people, as columns of yes and no.

Everybody is asked about in parts, so that memory is bounded however many people there are; leaves of one kind of record
are one question, so that each type of fact is read once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TypeAlias

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from xiaohe.ledger.engine import Reading
from xiaohe.ledger.engine.compiled import compiled
from xiaohe.ledger.instants import from_us
from xiaohe.ledger.timeline import MANY
from xiaohe.segments.attributes import cuts
from xiaohe.segments.query.compile import leaf_table
from xiaohe.segments.query.world import PERSON, SUBJECT, World, at_moment
from xiaohe.segments.rules.tree import Compare, Leaf, Measure, Rank, Sequence
from xiaohe.segments.rules.windows import Last, Window, is_hours, is_of_cycles
from xiaohe.segments.state.bits import Flags, packed
from xiaohe.segments.state.generation import Ids, Rules
from xiaohe.shop import queries
from xiaohe.traits.state import State

# People of one question; a part of them needs some 300 MB at twenty facts each.
PART = 500_000
# The attribute whose changes are facts.
LOGGED = "stage"


@dataclass(frozen=True)
class Few:
    """What was found of few people: who of them is known at all, ascending, and the truths that were asked."""

    persons: Ids
    flags: Mapping[str, Flags]
    # None: as they were.
    attributes: pa.Table | None


def world_at(
    read: Reading, state: State, now: datetime, rules: Mapping[str, Rules], began_us: int
) -> World:
    """The world at `now`, with the segments that rules name; `began_us`: since when stages are logged."""
    calendar = queries.calendar()

    def first_day(name: str) -> date | None:
        if name == LOGGED:
            return calendar.day_of(from_us(began_us))
        return calendar.day_of(from_us(rules[name].first_us)) if name in rules else None

    return at_moment(read, state, now, segment=lambda slug: rules[slug].rule, logged_from=first_day)


def end_of_day(world: World) -> datetime:
    return world.calendar.start_of(world.on + timedelta(days=1)) - timedelta(microseconds=1)


def everybody(world: World, wanted: Mapping[str, Leaf], folder: Path) -> Ids:
    """Write persons.npy, attributes.parquet and a column per leaf of the whole shop; who there is."""
    persons = _population(world, folder)
    world = replace(
        world, known_population=world.read.register("everyone", folder / "persons.parquet")
    )
    parts = _parts(persons)
    files = []
    for number, part in enumerate(parts):
        path = folder / f"attributes-{number}.parquet"
        files.append(path)
        world.read.write(_of(world, part, len(parts)).attributes().order_by("person"), path)
    world = replace(world, known_attributes=world.read.register("attributes", files))
    columns(world, persons, wanted, folder)
    _one_file(files, folder / "attributes.parquet")
    (folder / "persons.parquet").unlink()
    np.save(folder / "persons.npy", persons)
    return persons


def columns(
    world: World,
    persons: Ids,
    wanted: Mapping[str, Leaf],
    folder: Path,
    *,
    whole: bool = False,
) -> None:
    """A column of bits per leaf, of `persons` (ascending); `world` knows its population and attributes.

    `whole`: not in parts, for what must be quick.
    """
    parts = [persons] if whole else _parts(persons)
    for group in groups_of(wanted):
        flags = {key: np.zeros(len(persons), bool) for key in group}
        together = any(isinstance(each, Rank) for each in group.values())
        for part in parts[:1] if together else parts:
            some = world if together else _of(world, part, len(parts))
            found = world.read.run(leaf_table(some, group))
            places = np.searchsorted(persons, found["person"].to_numpy())
            for key in group:
                flags[key][places] = np.asarray(found[key])
        for key, of in flags.items():
            np.save(folder / "columns" / f"{key}.npy", packed(of))


def few(
    world: World,
    people: Ids,
    wanted: Mapping[str, Leaf],
    types: Types = None,
    *,
    ahead: bool = True,
) -> Few:
    """The truths of these people at the world's moment.

    `types`: nothing but facts of these came of them since they were asked last; what does not look at such facts is
    left out of the answer. Not `ahead`: none of their facts is dated later today, so the day's end may stand for now,
    and questions are the same all day: putting them together takes longer than answering them.
    """
    moment, narrow = world.at, only(world, people)
    narrow = narrow if ahead else replace(narrow, at=end_of_day(world))
    attributes = None
    if _concerns(world, "attributes", lambda: _attributes_of(narrow), types):
        attributes = world.read.run(narrow.attributes().order_by("person"))
        persons = attributes["person"].to_numpy()
        told = world.read.register("touched_attributes", attributes)
        narrow = replace(narrow, known_attributes=told)
    else:
        persons = people
    known = world.read.register("touched_known", pa.table({"person": persons}))
    narrow = replace(narrow, known_population=known)
    flags: dict[str, Flags] = {}
    for group in groups_of(wanted):
        # Attributes stay as they are unless they were read again.
        if types is not None and attributes is None:
            group = {key: each for key, each in group.items() if not isinstance(each, Compare)}
        if not group:
            continue
        sure = attributes is not None and any(_by_attributes(each) for each in group.values())
        by_hours = bool(of_hours(group.values()))
        asked = replace(narrow, at=moment) if by_hours else narrow
        concerned = sure or _concerns(
            world, "".join(group), partial(leaf_table, asked, group), types
        )
        if not concerned:
            continue
        question = leaf_table(asked, group)
        found = world.read.run(question)
        order = np.argsort(found["person"].to_numpy())
        for key in group:
            flags[key] = np.asarray(found[key])[order]
    return Few(persons, flags, attributes)


def _by_attributes(leaf: Leaf) -> bool:
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


Types: TypeAlias = frozenset[str] | None


def _attributes_of(narrow: World) -> ir.Table:
    """The attributes of people who are known: who is known hangs on any fact."""
    known = narrow.read.register("touched_known", PERSON.empty_table())
    return replace(narrow, known_population=known).attributes()


_known_concerns: dict[tuple[str, str, frozenset[str]], bool] = {}


def _concerns(world: World, what: str, question: Callable[[], ir.Table], types: Types) -> bool:
    """Whether facts of these types may change the answer; the engine says which facts it reads for it.

    Putting a question together takes long, so what it looks at is remembered for the state it is asked of.
    """
    if types is None:
        return True
    key = (world.state.id, what, types)
    if key not in _known_concerns:
        if len(_known_concerns) > 10_000:
            _known_concerns.clear()
        _known_concerns[key] = any(
            each.types is None or any(each.types.allows(name) for name in types)
            for each in compiled(question()).demands
        )
    return _known_concerns[key]


def only(world: World, people: Ids) -> World:
    """The same moment of these people alone; under names that are always the same, so that questions are compiled once."""
    read = world.read
    table = read.register("touched_people", pa.table([pa.array(people)], schema=PERSON))
    theirs = read.table("state_persons").semi_join(table, "person").select("subject")
    more = read.run(theirs)["subject"].to_numpy()
    subjects = np.union1d(people, more)
    shown = read.register("touched_subjects", pa.table([pa.array(subjects)], schema=SUBJECT))
    # What was kept of everybody is not of these people, but the shop's cuts are.
    kept = {name: each for name, each in world.kept.items() if name == cuts.KEPT}
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


def _population(world: World, folder: Path) -> Ids:
    path = folder / "persons.parquet"
    world.read.write(world.population().order_by("person"), path)
    found: Ids = pq.read_table(path)["person"].to_numpy()
    return found


def _parts(persons: Ids) -> list[Ids]:
    """People by a hash of the person, which their ids are."""
    count = -(-len(persons) // PART) or 1
    return [persons] if count == 1 else [persons[persons % count == each] for each in range(count)]


def _of(world: World, part: Ids, parts: int) -> World:
    return world if parts == 1 else only(world, part)


def _one_file(files: list[Path], target: Path) -> None:
    if len(files) == 1:
        files[0].rename(target)
        return
    with pq.ParquetWriter(target, pq.read_schema(files[0]), compression="zstd") as out:
        for each in files:
            for batch in pq.ParquetFile(each).iter_batches():
                out.write_batch(batch)
            each.unlink()


def running_out(world: World, wanted: Iterable[Leaf]) -> NDArray[np.int64]:
    """(instant in µs, person): when people must be looked at again before the day ends though nothing happens to them.

    Windows of hours run out; a fact dated ahead comes true.
    """
    now, end = ibis.literal(world.at), end_of_day(world)
    found = []
    for name, hours in of_hours(wanted):
        told = world.records(name, ())
        told = told.filter(told.at > ibis.literal(world.at - timedelta(hours=hours)))
        found.append(told.select("person", runs_out=told.at + ibis.interval(hours=hours)))
    ahead = world.of_people(replace(world, at=end).seen(since=world.at))
    ahead = ahead.filter(ahead.occurred_at > now)
    found.append(ahead.select("person", runs_out=ahead.occurred_at))
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
