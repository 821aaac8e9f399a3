"""Which facts decide by themselves: without one of them, and nothing else another, the person's membership is another.

Tried are the facts that may be named. Of records what goes with a fact is known (`deciding`); attributes are asked of the
person as they would be without it (`without`). Where something that matters cannot be told, nothing is said to decide.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from xiaohe.segments.attributes.registry import ATTRIBUTES
from xiaohe.segments.explain import ahead, citing
from xiaohe.segments.explain.days import Days
from xiaohe.segments.explain.deciding import Looked, gone_with, is_told, turned
from xiaohe.segments.explain.folding import Clock, Row, counted
from xiaohe.segments.explain.person import Person, is_known_without
from xiaohe.segments.explain.timeline import Truth, Truths
from xiaohe.segments.explain.without import Less, without
from xiaohe.segments.query.world import World
from xiaohe.segments.records.registry import LINK
from xiaohe.segments.rules.tree import Compare, Leaf, Measure, Rank, Rule
from xiaohe.segments.rules.tree import Sequence as Chain
from xiaohe.segments.rules.vocabulary import Kind

# Records of a condition whose facts are named.
MOST_CITED = 20
# Facts of which it is asked what they decide: each is the person once more.
MOST_TRIED = 48


def tried(
    world: World,
    of: Person,
    leaves: Mapping[str, Leaf],
    steps: Mapping[str, Sequence[Sequence[Row]]],
    clock: Clock,
) -> tuple[int, ...]:
    """Keys of the facts that may be named; `steps`: records of each leaf of records, of all times."""
    found: dict[int, None] = {}
    for key, leaf in leaves.items():
        match leaf:
            case Measure() | Chain():
                some = leaf.steps if isinstance(leaf, Chain) else [leaf.records]
                for each, rows in zip(some, steps[key], strict=True):
                    seen = [row for row in rows if row.seen <= world.at]
                    if isinstance(leaf, Measure):
                        seen = counted(seen, each.window, world.at, clock)
                    told = citing.of_records(world, of, each.of, seen[-MOST_CITED:])
                    found |= dict.fromkeys(one.key for one in told)
            case Compare() if ATTRIBUTES[leaf.field].kind is Kind.RECURRING:
                said = ahead.tellings(leaf.field, of, world)
                found |= dict.fromkeys(each.row.key for each in said if each.seen <= world.at)
            case Compare() | Rank():
                found |= dict.fromkeys(citing.tried(world, of, leaf.field))
    return tuple(found)


def without_each(
    whole: World, world: World, of: Person, leaves: Mapping[str, Leaf], keys: Sequence[int]
) -> list[Less]:
    """The person without each of these facts, where a leaf of an attribute asks for it."""
    some = [each for each in leaves.values() if isinstance(each, Compare | Rank)]
    fields = {each.field for each in some}
    fields |= {each.per for each in some if isinstance(each, Rank) and each.per}
    return without(whole, world, of, keys[:MOST_TRIED], fields) if fields else []


def sure(days: Days, told: Iterable[Truth], *fields: str | None) -> list[Truth]:
    """Truths without each of the facts; None where attributes cannot be told."""
    return [
        truth if each.unsure.isdisjoint(fields) else None
        for truth, each in zip(told, days.less, strict=True)
    ]


def deciding(
    world: World,
    of: Person,
    rule: Rule,
    truths: Truths,
    now: Mapping[str, bool],
    keys: Iterable[int],
    looked: Mapping[str, Looked],
    lacking: Mapping[str, Sequence[Truth]],
    less: Sequence[Less],
) -> frozenset[int]:
    """Those of the facts that decide alone. `looked`: what leaves of records look at; `lacking`: leaves of attributes
    without each of `less`.
    """
    kinds = {kind for each in looked.values() for kind in each.kinds}
    links = [
        row
        for each in looked.values()
        for kind, rows in zip(each.kinds, each.rows, strict=True)
        for row in (rows if kind == LINK else ())
    ]
    places = {each.key: at for at, each in enumerate(less)}
    facts = {row["key_hash"]: row for row in of.rows}
    fits = truths.fits(rule, world.at)
    found = set()
    for key in keys:
        if not is_told(facts[key], kinds) or (lacking and key not in places):
            continue
        otherwise = turned(looked, now, gone_with(of, facts[key], links))
        otherwise |= {name: told[places[key]] for name, told in lacking.items()}
        then = replace(truths, otherwise=otherwise).fits(rule, world.at)
        if not is_known_without(world, of, key):
            then = False
        if then is not None and then is not fits:
            found.add(key)
    return frozenset(found)


__all__ = ["MOST_CITED", "deciding", "sure", "tried", "without_each"]
