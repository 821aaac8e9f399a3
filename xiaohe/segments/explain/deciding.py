"""What one fact decides, pure: every leaf that looks at it turns with it, and another leaf may hold the rule up.

| taken back | goes |
|------------|------|
| a fact | the record it is, of every kind of records it belongs to |
| an order's only payment | the purchase and its lines, too |
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from xiaohe.segments.explain.citing import PAID
from xiaohe.segments.explain.folding import Row
from xiaohe.segments.explain.person import Person
from xiaohe.segments.records.registry import LINE, LINK, PURCHASE

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


def gone_with(of: Person, kind: str, row: Row) -> Gone:
    """What goes with the fact behind a record."""
    if kind == LINK:
        return Gone(frozenset(), frozenset(), row)
    paid = {each["key_hash"]: each["order_key"] for each in of.rows if each["type"] == PAID}
    order = row.key if kind == PURCHASE else paid.get(row.key)
    payments = frozenset(fact for fact, held in paid.items() if held == order is not None)
    if kind == PURCHASE:
        return Gone(payments, frozenset([row.key]))
    return Gone(frozenset([row.key]), frozenset([order] if len(payments) == 1 and order else []))


def turned(leaves: Mapping[str, Looked], now: Mapping[str, bool], gone: Gone) -> frozenset[str]:
    """Leaves that are otherwise without what is gone."""

    def rest(kind: str, rows: Iterable[Row]) -> list[Row]:
        return [each for each in rows if not gone.takes(kind, each)]

    found = set()
    for key, leaf in leaves.items():
        left = [rest(kind, rows) for kind, rows in zip(leaf.kinds, leaf.rows, strict=True)]
        without = leaf.fits(left)
        if without is not None and without is not now[key]:
            found.add(key)
    return frozenset(found)
