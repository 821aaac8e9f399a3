"""Few people are asked about: what may have changed of those touched, at the world's moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeAlias

import ibis.expr.types as ir
import numpy as np
import pyarrow as pa

from xiaohe.ledger.engine.compiled import compiled
from xiaohe.segments.query.compile import leaf_table
from xiaohe.segments.query.world import PERSON, World
from xiaohe.segments.records.registry import kind_named
from xiaohe.segments.rules.tree import Compare, Leaf, Listed, Measure, Sequence, Share
from xiaohe.segments.rules.windows import is_of_cycles
from xiaohe.segments.state.asking import end_of_day, groups_of, of_hours, only
from xiaohe.segments.state.bits import Flags
from xiaohe.segments.state.generation import Ids

Types: TypeAlias = frozenset[str] | None


@dataclass(frozen=True)
class Few:
    """What was found of few people: who of them is known at all, ascending, and the truths that were asked."""

    persons: Ids
    flags: Mapping[str, Flags]
    # None: as they were.
    attributes: pa.Table | None


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
        if not sure and not _is_of_concern(world, asked, group, types):
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


def _is_of_concern(world: World, asked: World, group: Mapping[str, Leaf], types: Types) -> bool:
    """Whether facts of these types may change an answer; records of facts say themselves what they are made of."""
    if types is None:
        return True
    named = [looks_at(each) for each in group.values()]
    if None not in named:
        return any(not types.isdisjoint(each) for each in named if each is not None)
    return _concerns(world, "".join(group), partial(leaf_table, asked, group), types)


def looks_at(leaf: Leaf) -> frozenset[str] | None:
    """Types of facts that a leaf is an answer from, attributes aside; None where only the engine can tell."""
    match leaf:
        case Measure(records=records):
            named = [records.of]
        case Sequence(steps=steps):
            named = [each.of for each in steps]
        case Compare() | Listed() | Share():
            return frozenset()
        case _:
            return None
    kinds = [kind_named(each) for each in named]
    if not all(kind is not None and kind.types for kind in kinds):
        return None
    return frozenset(name for kind in kinds if kind is not None for name in kind.types)


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
