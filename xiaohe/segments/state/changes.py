"""Who entered and who left between two generations, and why.

`because` is the condition that flipped, as text; or `rule changed`, `joined` (who is who changed), `time` (nothing
happened to the person but the day or the hour). A segment that is new has no changes: its first filling is one number.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from xiaohe.segments.rules import jsonform
from xiaohe.segments.rules.tree import InSegment, leaves
from xiaohe.segments.state.bits import Places
from xiaohe.segments.state.compared import Pair, PairOfAll, PairOfFew
from xiaohe.segments.state.generation import Generation, Ids, Rules
from xiaohe.segments.state.wanting import through
from xiaohe.segments.text import canonical

ENTERED, LEFT = "segment.entered", "segment.left"
RULE_CHANGED, JOINED, TIME = "rule changed", "joined", "time"
SCHEMA = pa.schema(
    [
        ("type", pa.string()),
        ("segment", pa.string()),
        ("version", pa.int64()),
        ("person", pa.int64()),
        ("because", pa.string()),
        ("before", pa.string()),
        ("after", pa.string()),
    ]
)


@dataclass(frozen=True)
class Why:
    """What is known of the reasons: people of whom the join or a mark changed, and to whom nothing happened."""

    moved: Ids
    quiet: Ids
    # Nothing happened to anybody but a new day.
    all_quiet: bool = False


def between(
    before: Generation,
    after: Generation,
    some: Ids | None,
    why: Why,
) -> Iterator[pa.Table]:
    """Changes (SCHEMA) of `some` people, or of everybody; of segments whose rule changed always of everybody."""
    edited = _edited(before.rules, after.rules)
    looked: dict[bool, Pair] = {}
    for slug in (slug for slug in after.rules if slug in before.rules):
        of_all = some is None or slug in edited
        if of_all not in looked:
            looked[of_all] = (
                PairOfAll(before, after)
                if of_all or some is None
                else PairOfFew(before, after, some)
            )
        pair = looked[of_all]
        flipped, entered = pair.flipped(slug)
        if not len(flipped):
            continue
        because = (
            np.full(len(flipped), RULE_CHANGED, object)
            if slug in edited
            else _because(slug, flipped, pair, after, why)
        )
        version = after.rules[slug].version
        yield pa.table(
            {
                "type": np.where(entered, ENTERED, LEFT),
                "segment": [slug] * len(flipped),
                "version": np.full(len(flipped), version),
                "person": pair.persons[flipped],
                "because": because.tolist(),
                "before": pa.nulls(len(flipped), pa.string()),
                "after": pa.nulls(len(flipped), pa.string()),
            },
            schema=SCHEMA,
        )


def _because(slug: str, at: Places, pair: Pair, after: Generation, why: Why) -> np.ndarray:
    persons = pair.persons[at]
    decisive = list(through(after.rules[slug].rule, after.rules))
    found = np.full(len(persons), canonical(decisive[0]) if decisive else RULE_CHANGED, object)
    open_ = np.ones(len(persons), bool)
    for leaf in decisive:
        turned = open_ & pair.turned(leaf, at)
        found[turned] = canonical(leaf)
        open_ &= ~turned
    quiet = np.isin(persons, why.quiet) | why.all_quiet
    found[quiet] = TIME
    moved = np.isin(persons, why.moved) | pair.gone(at)
    found[moved] = JOINED
    return found


def _edited(before: Mapping[str, Rules], after: Mapping[str, Rules]) -> set[str]:
    """Segments whose rule, or one that it names, asks for something else now."""
    kept = [slug for slug in after if slug in before]
    if all(before[slug].rule is after[slug].rule for slug in kept) and len(before) == len(kept):
        return set()
    return {slug for slug in kept if _meaning(slug, before) != _meaning(slug, after)}


def _meaning(slug: str, rules: Mapping[str, Rules], seen: frozenset[str] = frozenset()) -> object:
    """A rule with the rules it names: equal ones ask the same."""
    if slug not in rules or slug in seen:
        return slug
    rule = rules[slug].rule
    said = json.dumps(jsonform.to_json(rule))
    named = {each.slug for each in leaves(rule) if isinstance(each, InSegment)}
    return said, tuple((name, _meaning(name, rules, seen | {slug})) for name in sorted(named))
