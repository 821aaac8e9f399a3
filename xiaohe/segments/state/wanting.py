"""Which segments there are, and which leaves they are made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from xiaohe.ledger.instants import to_us
from xiaohe.segments import queries
from xiaohe.segments.query.logged import CHANGED
from xiaohe.segments.rules.tree import Been, Everyone, InSegment, Leaf, Rank, Rule, leaves
from xiaohe.segments.state.generation import Generation, Rules, key_of_leaf
from xiaohe.segments.text import canonical

# What this room itself states: it says what was concluded, and changes nothing else.
OURS = frozenset({"segment.entered", "segment.left", *CHANGED.values()})


def saved(before: Generation | None, now: datetime) -> dict[str, Rules]:
    """Every segment that is not put away; first filled when the generation before knew it, else now."""
    known = before.rules if before is not None else {}
    return {
        each.slug: Rules(
            each.version,
            each.rule,
            known[each.slug].first_us if each.slug in known else to_us(now),
        )
        for each in queries.segments()
    }


def columns_of(rules: Iterable[Rule]) -> dict[str, Leaf]:
    """Every different leaf that has a column, by its key."""
    found: dict[str, Leaf] = {}
    for rule in rules:
        for leaf in leaves(rule):
            if not isinstance(leaf, Everyone | InSegment):
                found.setdefault(key_of_leaf(leaf), leaf)
    return found


def through(rule: Rule, rules: Mapping[str, Rules]) -> Iterator[Leaf]:
    """Every leaf that decides a rule, those of segments it names too."""
    for leaf in leaves(rule):
        if isinstance(leaf, InSegment) and leaf.slug in rules:
            yield from through(rules[leaf.slug].rule, rules)
        elif not isinstance(leaf, InSegment | Everyone):
            yield leaf


def follows_ours(wanted: Iterable[Leaf]) -> bool:
    """Whether what this room states may change a leaf."""
    return any(isinstance(each, Been) or _names_ours(each) for each in wanted)


def ranks(wanted: Mapping[str, Leaf]) -> dict[str, Leaf]:
    """Leaves that hang on everybody else."""
    return {key: leaf for key, leaf in wanted.items() if isinstance(leaf, Rank)}


def _names_ours(leaf: Leaf) -> bool:
    said = canonical(leaf)
    return any(name in said for name in (*OURS, "segment.*", "stage.*", "tier.*", "vip.*"))
