"""Few people are asked about: what may have changed of those touched, at the world's moment.

Of whoever has nothing but new facts, these alone are read: measures are carried on from what they had added up
(`accumulated`), and of attributes the parts that look at such facts are asked again (`attributes.kept`). Of everybody
else all is asked anew.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeAlias

import ibis.expr.types as ir
import numpy as np
import pyarrow as pa

from xiaohe.ledger.engine.compiled import compiled
from xiaohe.segments.attributes import cuts, kept
from xiaohe.segments.attributes.evidence import ORDERS, Part
from xiaohe.segments.attributes.kept import Kept, Renewed
from xiaohe.segments.query import additive
from xiaohe.segments.query.compile import leaf_table
from xiaohe.segments.query.world import World
from xiaohe.segments.records import held, spells
from xiaohe.segments.records.registry import LINE, LINK, PURCHASE, TAG, kind_named
from xiaohe.segments.rules.tree import Been, Compare, Leaf, Listed, Measure, Sequence, Share
from xiaohe.segments.state import accumulated, orders
from xiaohe.segments.state.asking import by_attributes, end_of_day, groups_of, of_hours, only
from xiaohe.segments.state.bits import Flags
from xiaohe.segments.state.built import SUMS, built
from xiaohe.segments.state.columns import without_records
from xiaohe.segments.state.generation import Generation, Ids
from xiaohe.segments.state.orders import Stood
from xiaohe.traits import coming

# What records are folded from that are no facts themselves.
FOLDED: Mapping[str, tuple[str, ...]] = {
    PURCHASE: ORDERS,
    LINE: ORDERS,
    LINK: spells.FOLDED_TYPES,
    TAG: (held.ADDED, held.REMOVED),
}
RECEIVED_ON = "received_on"

Types: TypeAlias = frozenset[str] | None
# Whose, ascending, and what is so of them.
Truths: TypeAlias = tuple[Ids, Flags]


@dataclass(frozen=True)
class News:
    """All that came of some people since they were asked last."""

    types: frozenset[str]
    # The facts (FACT_SCHEMA), among those of others; None: too many to be held.
    facts: pa.Table | None


@dataclass(frozen=True)
class Few:
    """What was found of few people: who of them is known at all, ascending, and the truths that were asked."""

    persons: Ids
    truths: Mapping[str, Truths]
    # None: attributes are as they were.
    renewed: Renewed | None
    # What measures have added up now, by the group of `accumulated`.
    sums: Mapping[str, pa.Table]


def few(
    world: World,
    before: Generation,
    people: Ids,
    wanted: Mapping[str, Leaf],
    news: News | None,
    *,
    new: bool = False,
    ahead: bool = True,
    stood: Stood | None = None,
    of_today: Set[str] = frozenset(),
) -> Few:
    """The truths of these people at the world's moment.

    `news`: nothing else came of them since `before`; what does not look at such facts is left out of the answer. None:
    anything may have happened. `new`: `before` does not know them, so nothing is left out. Not `ahead`: none of their
    facts is dated later today, so the day's end may stand for now, and questions are the same all day: putting them
    together takes longer than answering them. `stood`: orders as `orders.prepare` put them into the world for that. `of_today`: see
    `kept.renewed`.
    """
    moment, narrow = world.at, only(world, people)
    narrow = narrow if ahead else replace(narrow, at=end_of_day(world))
    if stood is not None and (news is None or new or not news.types.isdisjoint(ORDERS)):
        orders.show(narrow, stood)
    facts = None
    if news is not None and news.facts is not None:
        facts = world.read.register("news", news.facts)
    persons, renewed = people, None
    if new:
        # Who has become known, did by what came.
        since = replace(narrow, facts=facts)
        told = built(since, ("newcomers", str(facts is not None)), since.population)
        persons = people = np.sort(world.read.run(told)["person"].to_numpy())
        if not len(people):
            return Few(people, {}, None, {})
    if news is None or new or kept.concerned(news.types):
        renewed = _renewed(narrow, before, people, news, facts, of_today)
        persons = renewed.persons
        attributes = world.read.register("touched_attributes", renewed.attributes)
        narrow = replace(narrow, known_attributes=attributes)
    known = world.read.register("touched_known", pa.table({"person": persons}))
    narrow = replace(narrow, known_population=known)
    asked = _Asked(narrow, moment, before, persons, news, facts, renewed is not None, new)
    truths: dict[str, Truths] = {}
    sums: dict[str, pa.Table] = {}
    left = dict(wanted)
    for name, leaves in accumulated_of(before, wanted).items():
        left = {key: each for key, each in left.items() if key not in leaves}
        if asked.concerns(leaves):
            sums[name], found = asked.summed(name, leaves)
            truths |= found
    for group in groups_of(left):
        # Attributes stay as they are unless they were read again.
        if renewed is None:
            group = {key: each for key, each in group.items() if not isinstance(each, Compare)}
        if group and asked.concerns(group):
            truths |= asked.truths(group)
    return Few(persons, truths, renewed, sums)


def accumulated_of(before: Generation, wanted: Mapping[str, Leaf]) -> dict[str, dict[str, Measure]]:
    """Groups whose sums can be carried on, with their leaves: all of them are wanted still."""
    return {
        name: {key: wanted[key] for key in group.keys}  # type: ignore[misc]
        for name, group in accumulated.groups(before).items()
        if wanted.keys() >= set(group.keys)
    }


def evidence_of(one: Generation) -> Kept:
    """Where the evidence of a generation's attributes is."""
    return Kept(one.base_folder, None if one.is_base else one.folder)


def has_evidence(one: Generation) -> bool:
    """Whether it keeps what attributes are concluded from."""
    return (one.base_folder / kept.FOLDER).exists()


def _renewed(
    narrow: World,
    before: Generation,
    people: Ids,
    news: News | None,
    facts: ir.Table | None,
    of_today: Set[str],
) -> Renewed:
    types = news.types if news is not None and has_evidence(before) else None
    since = facts if types is not None else None
    told = json.dumps(cuts.of(narrow).as_json())

    def of_part(part: Part, world: World) -> ir.Table:
        about = ("part", part.name, str(world.facts is not None), told)
        return built(world, about, lambda: part.make(world))

    return kept.renewed(
        narrow, people, evidence_of(before), types, since, of_today=of_today, built=of_part
    )


@dataclass(frozen=True)
class _Asked:
    """The people as questions see them."""

    world: World
    moment: Any
    before: Generation
    persons: Ids
    news: News | None
    facts: ir.Table | None
    # Whether their attributes were read again.
    reread: bool
    new: bool

    def concerns(self, group: Mapping[str, Leaf]) -> bool:
        """Whether what came may change an answer; records of facts say themselves what they are made of."""
        if (
            self.news is None
            or self.new
            or (self.reread and any(map(by_attributes, group.values())))
        ):
            return True
        types = self.news.types
        named = [looks_at(each) for each in group.values()]
        if any(not types.isdisjoint(each) for each in named if each is not None):
            return True
        if None not in named:
            return False
        return _concerns(self.world, "".join(group), partial(leaf_table, self.world, group), types)

    def summed(
        self, name: str, leaves: Mapping[str, Measure]
    ) -> tuple[pa.Table, dict[str, Truths]]:
        """What these measures have added up now, of whoever it may be another of, and whether they pass."""
        world = self.world
        if self.facts is not None and not any(map(by_attributes, leaves.values())):
            rows = accumulated.kept_of(self.before, name, self.persons)
            if self.new and not rows.num_rows and not self._came(leaves):
                return rows, self._without(leaves)
            known = world.read.register(f"{SUMS}{name}", rows)
            since = replace(world, facts=self.facts)
            found = world.read.run(
                built(
                    world,
                    ("carried", name, *leaves),
                    lambda: additive.carried_on(since, known, leaves),
                )
            )
            persons, flags = _ascending(found, leaves)
            told = found.drop_columns(list(leaves))
            if self.new:
                return told, self._without(leaves, persons, flags)
            # Whoever has neither is as they were.
            return told, {key: (persons, flags[key]) for key in leaves}
        found = world.read.run(built(world, ("anew", name, *leaves), lambda: _anew(world, leaves)))
        return self._anew(found, leaves)

    def _anew(
        self, found: pa.Table, leaves: Mapping[str, Measure]
    ) -> tuple[pa.Table, dict[str, Truths]]:
        persons, flags = _ascending(found, leaves)
        truths = self._without(leaves, persons, flags)
        rows = found.drop_columns(list(leaves))
        asked = self.world.read.table("touched_people")
        everyone = self.world.read.run(asked)["person"].to_numpy()
        # Whoever has no record any more has a row that says so.
        rest = np.setdiff1d(everyone, persons)
        nothing = {
            each.name: rest if each.name == "person" else pa.nulls(len(rest), each.type)
            for each in rows.schema
        }
        return pa.concat_tables([rows, pa.table(nothing, schema=rows.schema)]), truths

    def _without(
        self,
        leaves: Mapping[str, Measure],
        persons: Ids | None = None,
        flags: Mapping[str, Flags] | None = None,
    ) -> dict[str, Truths]:
        """Truths of everybody who is known: of `persons` their `flags`, of the others those without records."""
        truths: dict[str, Truths] = {}
        for key, otherwise in _otherwise(self.world, leaves).items():
            of_all = np.full(len(self.persons), otherwise)
            if persons is not None and flags is not None:
                there = np.isin(persons, self.persons)
                of_all[np.searchsorted(self.persons, persons[there])] = flags[key][there]
            truths[key] = (self.persons, of_all)
        return truths

    def _came(self, leaves: Mapping[str, Measure]) -> bool:
        assert self.news is not None
        return any(not self.news.types.isdisjoint(looks_at(each) or ()) for each in leaves.values())

    def truths(self, group: Mapping[str, Leaf]) -> dict[str, Truths]:
        """Every leaf of everybody who is known."""
        by_hours = bool(of_hours(group.values()))
        asked = replace(self.world, at=self.moment) if by_hours else self.world
        found = asked.read.run(
            built(asked, ("leaves", *group), lambda: leaf_table(asked, group))
            if all(isinstance(each, Compare | Measure | Sequence) for each in group.values())
            else leaf_table(asked, group)
        )
        persons, flags = _ascending(found, group)
        return {key: (persons, flags[key]) for key in group}


def _anew(world: World, leaves: Mapping[str, Measure]) -> ir.Table:
    return additive.with_truths(world, additive.accumulate(world, leaves), leaves)


def _ascending(found: pa.Table, keys: Mapping[str, Leaf]) -> tuple[Ids, dict[str, Flags]]:
    persons = found["person"].to_numpy()
    order = np.argsort(persons)
    return persons[order], {key: np.asarray(found[key])[order] for key in keys}


# ---------------------------------------------------------------- questions kept

_known_otherwise: dict[tuple[Any, ...], bool] = {}


def _otherwise(world: World, leaves: Mapping[str, Measure]) -> dict[str, bool]:
    """Per measure the truth of whoever has no record, which hangs on the day alone."""
    about = (world.on, world.calendar, world.currency)
    missing = {key: each for key, each in leaves.items() if (*about, key) not in _known_otherwise}
    if missing:
        if len(_known_otherwise) > 10_000:
            _known_otherwise.clear()
        found = without_records(world, leaves)
        _known_otherwise.update({(*about, key): each for key, each in found.items()})
    return {key: _known_otherwise[(*about, key)] for key in leaves}


# ---------------------------------------------------------------- what is of concern


def looks_at(leaf: Leaf) -> Types:
    """Types of facts that a leaf is an answer from, attributes aside; None where only the engine can tell."""
    match leaf:
        case Been(rule=Compare(field="linked")):
            return frozenset(spells.FOLDED_TYPES)
        case Measure(records=records):
            named = [records.of]
        case Sequence(steps=steps):
            named = [each.of for each in steps]
        case Compare() | Listed() | Share():
            return frozenset()
        case _:
            return None
    types = {coming.RECEIVED} if _looks_at_parcels(leaf) else set()
    for name in named:
        kind = kind_named(name)
        of_kind = FOLDED.get(name) or (kind.types if kind is not None else ())
        if not of_kind:
            return None
        types.update(of_kind)
    return frozenset(types)


def _looks_at_parcels(leaf: Measure | Sequence) -> bool:
    records = leaf.steps if isinstance(leaf, Sequence) else (leaf.records,)
    fields = {name for each in records for name in additive.fields_of(each.where)}
    return RECEIVED_ON in fields or (isinstance(leaf, Measure) and leaf.field == RECEIVED_ON)


_known_concerns: dict[tuple[str, str, frozenset[str]], bool] = {}


def _concerns(
    world: World, what: str, question: Callable[[], ir.Table], types: frozenset[str]
) -> bool:
    """Whether facts of these types may change the answer; the engine says which facts it reads for it.

    Putting a question together takes long, so what it looks at is remembered for the state it is asked of.
    """
    key = (world.state.id, what, types)
    if key not in _known_concerns:
        if len(_known_concerns) > 10_000:
            _known_concerns.clear()
        _known_concerns[key] = any(
            each.types is None or any(each.types.allows(name) for name in types)
            for each in compiled(question()).demands
        )
    return _known_concerns[key]
