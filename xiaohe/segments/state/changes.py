"""Who entered and who left between two generations, and why.

`because` is the condition that flipped, as text; or `rule changed`, `joined` (who is who changed), `time` (nothing
happened to the person but the day or the hour). A segment that is new has no changes: its first filling is one number.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa

from xiaohe.segments.rules import jsonform
from xiaohe.segments.rules.tree import InSegment, Leaf, Rule, leaves
from xiaohe.segments.state import bits, generation
from xiaohe.segments.state.bits import Flags
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
# People whose truths are kept in memory while segments are gone through.
FEW = 100_000


@dataclass(frozen=True)
class Rows:
    """Some people's truths in one generation, a row each; False for whoever it does not know."""

    present: Flags
    of: Callable[[str], Flags]
    rules: Mapping[str, Rules]

    def members(self, slug: str) -> Flags:
        if slug not in self.rules:
            return np.zeros(len(self.present), bool)
        return self.fitting(self.rules[slug].rule)

    def fitting(self, rule: Rule) -> Flags:
        found = bits.fitting(rule, self.present, self.leaf, self.members)  # type: ignore[arg-type]
        return found.view(np.bool_)

    def leaf(self, leaf: Leaf) -> Flags:
        return self.of(generation.key_of_leaf(leaf))


def rows_of(one: Generation, persons: Ids) -> Rows:
    """The rows of these people (ascending or not), those the generation does not know among them."""
    base = one.base_persons
    at = np.searchsorted(base, persons)
    at[at == len(base)] = 0
    known = base[at] == persons if len(base) else np.zeros(len(persons), bool)
    rows = np.full(len(persons), -1)
    if one.touched is not None and len(one.touched.persons):
        held = one.touched.persons
        place = np.searchsorted(held, persons)
        place[place == len(held)] = 0
        rows = np.where(held[place] == persons, place, -1)
    laid = rows >= 0

    def pick(base_flags: Callable[[], Flags], touched: Callable[[], Flags]) -> Flags:
        found = np.zeros(len(persons), bool)
        found[known] = base_flags()
        if laid.any():
            found[laid] = touched()[rows[laid]]
        return found

    def of(key: str) -> Flags:
        if key not in one.about["columns"]:
            return np.zeros(len(persons), bool)
        column = one.base_column(key)

        def from_base() -> Flags:
            places = at[known]
            return ((column[places >> 3] >> (7 - (places & 7))) & 1).astype(bool)

        return pick(from_base, lambda: one.touched.of(key))  # type: ignore[union-attr]

    present = pick(
        lambda: np.ones(int(known.sum()), bool),
        lambda: one.touched.present,  # type: ignore[union-attr]
    )
    # Of few people every truth is looked up once for all segments; of everybody they would not fit into memory.
    return Rows(present, cache(of) if len(persons) <= FEW else of, one.rules)


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
    kept = [slug for slug in after.rules if slug in before.rules]
    everybody = some is None or bool(edited)
    union = _everyone(before, after) if everybody else np.empty(0, np.int64)
    looked: dict[bool, tuple[Rows, Rows]] = {}
    for slug in kept:
        of_all = some is None or slug in edited
        persons = union if of_all or some is None else some
        if of_all not in looked:
            looked[of_all] = rows_of(before, persons), rows_of(after, persons)
        old, new = looked[of_all]
        was, fits = old.members(slug), new.members(slug)
        flipped = np.flatnonzero(was != fits)
        if not len(flipped):
            continue
        because = (
            np.full(len(flipped), RULE_CHANGED, object)
            if slug in edited
            else _because(slug, persons[flipped], after, before, why)
        )
        version = after.rules[slug].version
        yield pa.table(
            {
                "type": np.where(fits[flipped], ENTERED, LEFT),
                "segment": [slug] * len(flipped),
                "version": np.full(len(flipped), version),
                "person": persons[flipped],
                "because": because.tolist(),
                "before": pa.nulls(len(flipped), pa.string()),
                "after": pa.nulls(len(flipped), pa.string()),
            },
            schema=SCHEMA,
        )


def _because(
    slug: str, persons: Ids, after: Generation, before: Generation, why: Why
) -> np.ndarray:
    old, new = rows_of(before, persons), rows_of(after, persons)
    decisive = list(through(after.rules[slug].rule, after.rules))
    found = np.full(len(persons), canonical(decisive[0]) if decisive else RULE_CHANGED, object)
    open_ = np.ones(len(persons), bool)
    for leaf in decisive:
        turned = open_ & (old.leaf(leaf) != new.leaf(leaf))
        found[turned] = canonical(leaf)
        open_ &= ~turned
    quiet = np.isin(persons, why.quiet) | why.all_quiet
    found[quiet] = TIME
    moved = np.isin(persons, why.moved) | (old.present & ~new.present)
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


def _everyone(before: Generation, after: Generation) -> Ids:
    parts = [before.base_persons, before.newcomers, after.newcomers]
    if before.base_folder != after.base_folder:
        parts.append(after.base_persons)
        return np.unique(np.concatenate(parts))
    return np.concatenate([parts[0], np.union1d(parts[1], parts[2])])
