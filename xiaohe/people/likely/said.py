"""What the owner has said about pairs of people: together, apart, or left open for now."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from xiaohe.ledger.engine import Reading
from xiaohe.people.overlay import Overlay

TOGETHER, APART, OPEN = "identity.merged", "identity.unmerged", "identity.left_open"
Pair = frozenset[int]


@dataclass(frozen=True)
class Said:
    """The latest word on each pair of persons, as they are now."""

    together: frozenset[tuple[int, int]]  # subjects as they were named; they are one person now
    apart: frozenset[Pair]
    left_open: dict[Pair, frozenset[str]]  # and what spoke for it then

    def is_apart(self, one: int, other: int) -> bool:
        return frozenset((one, other)) in self.apart

    def may_ask(self, one: int, other: int, because: frozenset[str]) -> bool:
        """Not said to be two people, and something new speaks for it since it was left open."""
        pair = frozenset((one, other))
        if pair in self.apart:
            return False
        then = self.left_open.get(pair)
        return then is None or bool(because - then)


def said_in(read: Reading, overlay: Overlay) -> Said:
    """Read the owner's word; few facts, however large the shop."""
    facts = read.facts
    told = facts.filter(facts.type.isin([TOGETHER, APART, OPEN]), facts.other.notnull())
    found = read.run(
        told.select("type", "subject", "other", "recorded_at", "props", "key_hash")
        .order_by("recorded_at", "key_hash")
    ).to_pylist()  # fmt: skip
    last: dict[tuple[int, int], dict[str, Any]] = {}
    for fact in found:
        pair = (fact["subject"], fact["other"])
        low, high = min(pair), max(pair)
        last[low, high] = fact
    together: set[tuple[int, int]] = set()
    apart: set[Pair] = set()
    left_open: dict[Pair, frozenset[str]] = {}
    for (low, high), fact in last.items():
        persons = frozenset((overlay.person(low), overlay.person(high)))
        if fact["type"] == TOGETHER:
            together.add((low, high))
        elif fact["type"] == APART:
            apart.add(persons)
        else:
            known = frozenset(json.loads(fact["props"] or "{}").get("because", ()))
            left_open[persons] = left_open.get(persons, frozenset()) | known
    return Said(frozenset(together), frozenset(apart), left_open)
