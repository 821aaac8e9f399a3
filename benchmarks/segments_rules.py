"""A hundred segments over the seeded shop of `queries_data`: as rules in text, and each as a hand-written query.

Seventy-two leaves over eighteen types of facts: how often within so many days. A segment is two or three of them joined by
`and`, `or` and `not`; every leaf stands in some segment. A hundred as a shop has them are in `segments_mixed`.
"""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.segments_sql import Writer

# Types of the shop whose facts are of people; two others would be purchases, which the state has folded.
TYPES = (
    "page.viewed", "product.viewed", "screen.viewed", "product.searched", "product.listed", "cart.added",
    "content.viewed", "message.out", "product.clicked", "cart.viewed", "content.clicked", "checkout.started",
    "message.in", "cart.removed", "voucher.applied", "product.wished", "order.refunded", "member.joined",
)  # fmt: skip
DAYS = (7, 30, 90, 365)


@dataclass(frozen=True)
class Leaf:
    type: str
    days: int
    times: int

    @property
    def text(self) -> str:
        return f"count of {self.type} in last {self.days} days >= {self.times}"

    def sql(self, write: Writer) -> str:
        return (
            f"SELECT subject FROM {write.facts} WHERE type = '{self.type}'"
            f" AND occurred_at >= {write.since(self.days)}"
            f" GROUP BY subject HAVING count(*) >= {self.times}"
        )


@dataclass(frozen=True)
class Segment:
    slug: str
    one: Leaf
    two: Leaf
    without: Leaf | None
    joined: str

    @property
    def text(self) -> str:
        both = f"{self.one.text} {self.joined} {self.two.text}"
        return f"({both}) and not {self.without.text}" if self.without else both

    def sql(self, write: Writer) -> str:
        """One query: who does the first and (or) the second, and not the third."""
        how = "INTERSECT" if self.joined == "and" else "UNION"
        both = write.both(self.one.sql(write), self.two.sql(write), how)
        if self.without is not None:
            both = write.both(f"SELECT subject FROM {both} AS these", self.without.sql(write), "EXCEPT")  # fmt: skip
        return write.counted(both)


LEAVES = [
    Leaf(name, days, 1 + (place + days) % 3) for place, name in enumerate(TYPES) for days in DAYS
]
# Segments are named by words that make their slugs.
SEGMENTS = [
    Segment(
        f"bench-{number}",
        LEAVES[number % len(LEAVES)],
        LEAVES[(number * 7 + 5) % len(LEAVES)],
        LEAVES[(number * 11 + 17) % len(LEAVES)] if number % 3 else None,
        "or" if number % 4 == 0 else "and",
    )
    for number in range(100)
]
