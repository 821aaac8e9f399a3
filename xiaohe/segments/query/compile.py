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
        found = self.world.population().select("person")
        for told, otherwise in self._parts():
            found = found.left_join(told, "person").drop("person_right")
            found = found.mutate(
                **{leaf: found[leaf].fill_null(other) for leaf, other in otherwise.items()}
            )
        return found.select("person", *(name for name, _leaf in self.named.values()))

    def _parts(self) -> Iterator[tuple[ir.Table, dict[str, Any]]]:
        """((person, truths), truth of each leaf for whoever is not in it)."""
        world = self.world
        compares = {name: leaf for name, leaf in self.named.values() if isinstance(leaf, Compare)}
        if compares:
            yield compared(world, compares), dict.fromkeys(compares, False)
        measures = {name: leaf for name, leaf in self.named.values() if isinstance(leaf, Measure)}
        for names in additive.by_records(measures).values():
            some = {name: measures[name] for name in names}
            told = additive.with_truths(world, additive.accumulate(world, some), some)
            otherwise = additive.passed_without_records(world, some)
            yield told.select("person", *some), otherwise
        for name, leaf in self.named.values():
            if (fitting := people(world, leaf)) is not None:
                yield _marked(fitting, name), {name: False}


def compared(world: World, asked: Mapping[str, Compare]) -> ir.Table:
    """(person, one truth per leaf) of everybody, by their attributes."""
    needed = [each for leaf in asked.values() for each in _columns_of(leaf)]
    table = world.attributes()
    table = table.select("person", **{f"of_{name}": table[name] for name in dict.fromkeys(needed)})
    return table.select(
        "person", **{name: _attribute(world, table, leaf) for name, leaf in asked.items()}
    )


def _attribute(world: World, table: ir.Table, leaf: Compare) -> Any:
    kind = ATTRIBUTES[leaf.field].kind
    earlier = table[f"of_{before(leaf.field)}"] if kind is Kind.RECURRING else None
    return fits(world, kind, table[f"of_{leaf.field}"], leaf.test, before=earlier)


def people(world: World, leaf: Leaf) -> ir.Table | None:
    """(person) of those who fit a leaf; None if it is an attribute or a measure, of which many are one question."""
    match leaf:
        case Sequence():
            return steps.people(world, leaf)
        case Been(InSegment(slug), days):
            return logged.in_segment(world, slug, days)
        case Been(Compare(name, test), days):
            return logged.attribute(world, name, test, days)
        case Rank():
            return standing.ranked(world, leaf)
        case Share():
            return standing.drawn(world, leaf)
        case Listed(listed):
            return standing.listed(world, listed)
    return None


def _columns_of(leaf: Compare) -> list[str]:
    several = ATTRIBUTES[leaf.field].kind is Kind.RECURRING
    return [leaf.field, before(leaf.field)] if several else [leaf.field]


def _marked(people: ir.Table, name: str) -> ir.Table:
    return people.distinct().select("person", **{name: ibis.literal(True)})
