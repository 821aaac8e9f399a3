"""Rules as questions: each leaf a truth per person, leaves of one kind of records from one pass over them.

rules ─► leaves, those of segments within them too ─┬─ attributes ────────────┐
                                                    ├─ measures, by records ──┼─► beside the population ─► truths
                                                    └─ steps, logs, places … ─┘
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir

from xiaohe.segments.attributes.registry import ATTRIBUTES, before
from xiaohe.segments.query import additive, logged, standing, steps
from xiaohe.segments.query.values import fits
from xiaohe.segments.rules.tree import (
    All,
    AnyOf,
    Been,
    Compare,
    Everyone,
    InSegment,
    Leaf,
    Listed,
    Measure,
    Not,
    Rank,
    Rule,
    Sequence,
    Share,
)
from xiaohe.segments.rules.vocabulary import Kind

if TYPE_CHECKING:
    from xiaohe.segments.query.world import World


class SegmentCycle(ValueError):
    """Segments that stand in one another, by slug in the order in which they do; whoever saves them has refused it."""

    def __init__(self, path: tuple[str, ...]) -> None:
        super().__init__(" → ".join(path))
        self.path = path


def members(world: World, rule: Rule) -> ir.Table:
    """(person) of everybody who fits the rule."""
    asked = leaf_table(world, {"fits": rule})
    return asked.filter(asked["fits"]).select("person")


def leaf_table(world: World, rules: Mapping[str, Rule]) -> ir.Table:
    """(person, one truth per rule) of the whole population; the names are identifiers, the rules mostly leaves."""
    asked = _Asked(world)
    for rule in rules.values():
        asked.take(rule)
    table = asked.table()
    return table.select(
        "person", **{name: asked.truth(table, rule) for name, rule in rules.items()}
    )


def atoms(world: World, rule: Rule) -> Iterator[Leaf]:
    """Every leaf a rule comes down to, with those of the segments it names instead of them."""
    yield from _atoms(world, rule, ())


def _atoms(world: World, rule: Rule, path: tuple[str, ...]) -> Iterator[Leaf]:
    match rule:
        case All(rules) | AnyOf(rules):
            for each in rules:
                yield from _atoms(world, each, path)
        case Not(inner):
            yield from _atoms(world, inner, path)
        case InSegment(slug):
            if slug in path:
                raise SegmentCycle((*path, slug))
            yield from _atoms(world, world.segment(slug), (*path, slug))
        case _:
            yield rule


class _Asked:
    """Leaves asked together, each once, however often it stands in the rules."""

    def __init__(self, world: World) -> None:
        self.world = world
        # By how they are written: Python holds 1 and true for the same.
        self.named: dict[str, tuple[str, Leaf]] = {}

    def take(self, rule: Rule) -> None:
        for leaf in atoms(self.world, rule):
            if not isinstance(leaf, Everyone):
                self.named.setdefault(repr(leaf), (f"leaf_{len(self.named)}", leaf))

    def truth(self, table: ir.Table, rule: Rule) -> Any:
        match rule:
            case Everyone():
                return ibis.literal(True)
            case All(rules):
                return ibis.and_(*(self.truth(table, each) for each in rules))
            case AnyOf(rules):
                return ibis.or_(*(self.truth(table, each) for each in rules))
            case Not(inner):
                return ~self.truth(table, inner)
            case InSegment(slug):
                return self.truth(table, self.world.segment(slug))
        return table[self.named[repr(rule)][0]]

    def table(self) -> ir.Table:
        """(person, one truth per leaf) of the population."""
        world = self.world
        found = world.population().select("person")
        found = self._with_attributes(found)
        found = self._with_measures(found)
        for name, leaf in self.named.values():
            if (fitting := self._people(leaf)) is not None:
                found = _marked(found, fitting, name)
        return found.select("person", *(name for name, _leaf in self.named.values()))

    def _people(self, leaf: Leaf) -> ir.Table | None:
        """(person) of those who fit a leaf that is neither attribute nor measure."""
        match leaf:
            case Sequence():
                return steps.people(self.world, leaf)
            case Been(InSegment(slug), days):
                return logged.in_segment(self.world, slug, days)
            case Been(Compare(name, test), days):
                return logged.attribute(self.world, name, test, days)
            case Rank():
                return standing.ranked(self.world, leaf)
            case Share():
                return standing.drawn(self.world, leaf)
            case Listed(people):
                return standing.listed(self.world, people)
        return None

    def _with_attributes(self, found: ir.Table) -> ir.Table:
        asked = {name: leaf for name, leaf in self.named.values() if isinstance(leaf, Compare)}
        if not asked:
            return found
        needed = [each for leaf in asked.values() for each in _columns_of(leaf)]
        table = self.world.attributes()
        table = table.select(
            "person", **{f"of_{name}": table[name] for name in dict.fromkeys(needed)}
        )
        truths = {name: self._attribute(table, leaf) for name, leaf in asked.items()}
        joined = found.left_join(table.select("person", **truths), "person").drop("person_right")
        return joined.mutate(**{name: joined[name].fill_null(False) for name in asked})

    def _attribute(self, table: ir.Table, leaf: Compare) -> Any:
        kind = ATTRIBUTES[leaf.field].kind
        earlier = table[f"of_{before(leaf.field)}"] if kind is Kind.RECURRING else None
        column = table[f"of_{leaf.field}"]
        return fits(self.world, kind, column, leaf.test, before=earlier)

    def _with_measures(self, found: ir.Table) -> ir.Table:
        asked = {name: leaf for name, leaf in self.named.values() if isinstance(leaf, Measure)}
        if not asked:
            return found
        world = self.world
        for names in additive.by_records(asked).values():
            few = {name: asked[name] for name in names}
            made = additive.accumulate(world, few)
            found = found.left_join(made, "person").drop("person_right")
        kept = [name for name, _leaf in self.named.values() if name in found.columns]
        found = additive.finalise(world, found, asked, *kept)
        return found.mutate(**additive.passed(world, found, asked, asked))


def _columns_of(leaf: Compare) -> list[str]:
    several = ATTRIBUTES[leaf.field].kind is Kind.RECURRING
    return [leaf.field, before(leaf.field)] if several else [leaf.field]


def _marked(table: ir.Table, people: ir.Table, name: str) -> ir.Table:
    """`table` with whether each is among `people`."""
    marked = people.distinct().select("person", **{name: ibis.literal(True)})
    joined = table.left_join(marked, "person").drop("person_right")
    return joined.mutate(**{name: joined[name].fill_null(False)})
