"""A column of yes and no per leaf, of everybody.

Leaves of one kind of record are one question, so that each type of fact is read once. No answer is joined with the people
there are: whoever is not in it has the truth of one without records, and places are found by ids. What measures have
added up is kept on the way (`accumulated`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import ibis
import numpy as np
import pyarrow as pa

from xiaohe.segments.query import additive
from xiaohe.segments.query.compile import compared, people
from xiaohe.segments.query.world import World
from xiaohe.segments.records.registry import kind_named
from xiaohe.segments.rules.tree import Been, Compare, Fold, Leaf, Measure, Sequence
from xiaohe.segments.rules.vocabulary import Kind
from xiaohe.segments.state import accumulated
from xiaohe.segments.state.accumulated import Group
from xiaohe.segments.state.asking import groups_of
from xiaohe.segments.state.bits import Flags, packed
from xiaohe.segments.state.generation import Ids

# What a question may hold in memory. Beyond it people are asked about in shares, and facts are read once for each.
MEMORY = 500_000_000
# Of one person: a row of a table of sums, and each of its columns; all rows of a sequence.
BYTES_A_ROW, BYTES_A_COLUMN, BYTES_OF_STEPS = 64, 16, 600


def columns(
    world: World,
    persons: Ids,
    wanted: Mapping[str, Leaf],
    folder: Path,
    *,
    whole: bool = False,
    keep_as: str = "",
) -> list[Group]:
    """A column of bits per leaf, of `persons` (ascending); `world` knows its population and attributes.

    `whole`: not in shares, for what must be quick. `keep_as`: also keep what measures have added up, in the draft of the
    generation of that name; those groups are given.
    """
    without = without_records(world, wanted)
    kept = [
        answer(world, persons, leaves, without, folder, whole=whole, keep_as=keep_as)
        for leaves in questions(wanted)
    ]
    return [each for each in kept if each is not None]


def questions(wanted: Mapping[str, Leaf]) -> list[dict[str, Leaf]]:
    """Leaves that are asked together."""
    found: list[dict[str, Leaf]] = []
    for group in groups_of(wanted):
        measures = {key: each for key, each in group.items() if isinstance(each, Measure)}
        found += [dict(each) for each in _questions(measures)] if measures else [group]
    return found


def answer(
    world: World,
    persons: Ids,
    leaves: Mapping[str, Leaf],
    without: Mapping[str, bool],
    folder: Path,
    *,
    whole: bool = False,
    keep_as: str = "",
) -> Group | None:
    """The columns of one of the `questions`; `without`: `without_records` of these at least. The group that is kept."""
    flags = {key: np.full(len(persons), without.get(key, False)) for key in leaves}
    measures = {key: each for key, each in leaves.items() if isinstance(each, Measure)}
    keeps = accumulated.keepable(measures) if keep_as else {}
    group = None
    if keeps:
        parts = _summed(world, persons, measures, flags, whole=whole)
        (of,) = {each.records.of for each in measures.values()}
        group = accumulated.write(folder, keep_as, of, keeps, parts)
    elif measures:
        _measured(world, persons, measures, flags, without, whole=whole)
    else:
        _of_people(world, persons, leaves, flags, whole=whole)
    for key, of_key in flags.items():
        np.save(folder / "columns" / f"{key}.npy", packed(of_key))
    return group


def without_records(world: World, wanted: Mapping[str, Leaf]) -> dict[str, bool]:
    """Per measure the truth of whoever has no record."""
    measures = {key: each for key, each in wanted.items() if isinstance(each, Measure)}
    if not measures:
        return {}
    nobody = world.read.register("nobody", pa.table({"one": [1]}))
    said = additive.passed_without_records(world, measures)
    truths = {
        key: ibis.literal(each) if isinstance(each, bool) else each for key, each in said.items()
    }
    (found,) = world.read.run(nobody.select(**truths)).to_pylist()
    return found


def _questions(measures: Mapping[str, Measure]) -> list[dict[str, Measure]]:
    """Measures of one kind of record as questions that read no more days and columns than they need.

    What counts different values, and what looks at properties, which are text to be taken apart, have windows of their
    own. Records that are folded of facts are folded once.
    """
    found: dict[tuple[bool, bool], dict[str, Measure]] = {}
    for key, leaf in measures.items():
        kind = kind_named(leaf.records.of)
        by_facts = kind is not None and bool(kind.types)
        looks = {leaf.field, *additive.fields_of(leaf.records.where)} - {""}
        stated = by_facts and any(kind.fields[each].kind is Kind.STATED for each in looks)  # type: ignore[union-attr]
        place = (by_facts and leaf.fold is Fold.DISTINCT, stated)
        found.setdefault(place, {})[key] = leaf
    return list(found.values())


def _measured(
    world: World,
    persons: Ids,
    measures: Mapping[str, Measure],
    flags: Mapping[str, Flags],
    without: Mapping[str, bool],
    *,
    whole: bool,
) -> None:
    """Set the truths of whoever differs from those without records; nobody else is given by the engine."""
    bytes_each = BYTES_A_ROW + BYTES_A_COLUMN * len(measures)
    for some in _shares(world, len(persons), bytes_each, whole=whole):
        told = additive.with_truths(some, additive.accumulate(some, measures), measures)
        differs = ibis.or_(*(~told[key] if without[key] else told[key] for key in measures))
        found = world.read.run(told.filter(differs).select("person", *measures))
        ids = found["person"].to_numpy()
        _set(persons, ids, {key: np.asarray(found[key]) for key in measures}, flags)


def _summed(
    world: World,
    persons: Ids,
    measures: Mapping[str, Measure],
    flags: Mapping[str, Flags],
    *,
    whole: bool,
) -> pa.Table:
    """Set the truths of whoever has a record; the parts of their sums, ascending by person."""
    tables = []
    bytes_each = BYTES_A_ROW + BYTES_A_COLUMN * len(measures)
    for some in _shares(world, len(persons), bytes_each, whole=whole):
        sums = additive.accumulate(some, measures)
        found = world.read.run(additive.with_truths(some, sums, measures))
        ids = found["person"].to_numpy()
        order = np.argsort(ids)
        _set(persons, ids[order], {key: np.asarray(found[key])[order] for key in measures}, flags)
        tables.append(accumulated.narrow(found.drop_columns(list(measures)), order))
    return tables[0] if len(tables) == 1 else accumulated.joined(tables)


def _of_people(
    world: World,
    persons: Ids,
    group: Mapping[str, Leaf],
    flags: Mapping[str, Flags],
    *,
    whole: bool,
) -> None:
    """Set the truths of leaves that are no measures."""
    compares = {key: each for key, each in group.items() if isinstance(each, Compare)}
    if compares:
        found = world.read.run(compared(world, compares))
        ids = found["person"].to_numpy()
        _set(persons, ids, {key: np.asarray(found[key]) for key in compares}, flags)
    for key, leaf in group.items():
        # Places among others hang on everybody; what is drawn or listed needs no facts.
        by_facts = isinstance(leaf, Sequence | Been)
        for some in _shares(world, len(persons), BYTES_OF_STEPS, whole=whole or not by_facts):
            if (fitting := people(some, leaf)) is not None:
                ids = np.sort(world.read.run(fitting.select("person"))["person"].to_numpy())
                _set(persons, ids, {key: np.ones(len(ids), bool)}, flags)


def _set(persons: Ids, ids: Ids, truths: Mapping[str, Flags], flags: Mapping[str, Flags]) -> None:
    """Lay the truths of `ids`, best ascending, over the flags of `persons`; whoever is not among these is nobody."""
    if not len(persons):
        return
    places = np.searchsorted(persons, ids)
    places[places == len(persons)] = 0
    known = persons[places] == ids
    everybody = bool(known.all())
    for key, of_key in truths.items():
        flags[key][places if everybody else places[known]] = of_key if everybody else of_key[known]


def _shares(world: World, people: int, bytes_each: int, *, whole: bool) -> Iterator[World]:
    count = 1 if whole else -(-people * bytes_each // MEMORY) or 1
    if count == 1:
        yield world
        return
    for which in range(count):
        yield replace(world, share=(count, which))
