"""What one fact decides of records, pure: every leaf that looks at it turns with it, and another leaf may hold the rule up.

| taken back | goes |
|------------|------|
| a fact | the record it is, of every kind of records it belongs to |
| an order's only payment | the purchase and its lines, too |
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from xiaohe.segments.explain.citing import PAID, STARTED
from xiaohe.segments.explain.folding import Row
from xiaohe.segments.explain.person import Person
from xiaohe.segments.records.held import ADDED, REMOVED
from xiaohe.segments.records.purchases import FOLDED_TYPES, ITEM
from xiaohe.segments.records.registry import LINE, LINK, PURCHASE, TAG
from xiaohe.segments.records.spells import FOLDED_TYPES as LINKS

# (leaf's kinds of records, rows of each) → whether it fits with these rows; None where only the query can tell.
Rows = Sequence[Sequence[Row]]
Fits = Callable[[Rows], bool | None]


@dataclass(frozen=True)
class Looked:
    """What a leaf looks at: rows of a measure, or of each step."""

    kinds: tuple[str, ...]
    rows: tuple[Sequence[Row], ...]
    fits: Fits


@dataclass(frozen=True)
class Gone:
    facts: frozenset[int]
    orders: frozenset[int]
    link: Row | None = None

    def takes(self, kind: str, row: Row) -> bool:
        if kind == PURCHASE:
            return row.key in self.orders
        if kind == LINK:
            return self.link is not None and (row.key, row.at) == (self.link.key, self.link.at)
        return row.key in self.facts or (kind == LINE and row.times in self.orders)


def gone_with(of: Person, fact: Mapping[str, Any], links: Iterable[Row]) -> Gone:
    """What goes with a fact; `links`: those of the person."""
    key = fact["key_hash"]
    if fact["type"] == STARTED:
        began = (fact["subject"], fact["occurred_at"])
        link = next((each for each in links if (each.key, each.at) == began), None)
        return Gone(frozenset([key]), frozenset(), link)
    order = fact["order_key"] if fact["type"] == PAID else None
    payments = {
        row["key_hash"] for row in of.rows if row["type"] == PAID and row["order_key"] == order
    }
    return Gone(frozenset([key]), frozenset([order] if payments == {key} and order else []))


def is_told(fact: Mapping[str, Any], kinds: Iterable[str]) -> bool:
    """Whether records of these kinds without the fact are those that are there, less what goes with it."""
    kinds = set(kinds)
    if fact["type"] in FOLDED_TYPES and fact["type"] not in (PAID, ITEM):
        return kinds.isdisjoint((PURCHASE, LINE))
    if fact["type"] in LINKS and fact["type"] != STARTED:
        return LINK not in kinds
    return fact["type"] not in (ADDED, REMOVED) or TAG not in kinds


def turned(
    leaves: Mapping[str, Looked], now: Mapping[str, bool], gone: Gone
) -> dict[str, bool | None]:
    """Leaves that are otherwise without what is gone, or of which nobody can tell."""

    def rest(kind: str, rows: Iterable[Row]) -> list[Row]:
        return [each for each in rows if not gone.takes(kind, each)]

    found = {}
    for key, leaf in leaves.items():
        left = [rest(kind, rows) for kind, rows in zip(leaf.kinds, leaf.rows, strict=True)]
        without = leaf.fits(left)
        if without is not now[key]:
            found[key] = without
    return found
