"""What a query by hand is written with: one SQL for DuckDB and ClickHouse, days as instants, properties by their key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

# Types that are of nobody, as in `segments.attributes.population`.
OF_NOBODY = (
    "card.printed", "card.shipped", "cost.recorded", "import.finished", "link.scanned", "claim.made",
    "claim.refused", "identity.marked", "identity.unmarked", "identity.merged", "identity.unmerged",
    "identity.left_open",
)  # fmt: skip


@dataclass(frozen=True)
class Writer:
    """`facts`: the files as a table. `begins`: the instant at which the day so many days ago began."""

    facts: str
    begins: Callable[[int], datetime]
    instant: Callable[[datetime], str]
    prop: Callable[[str], str]
    # Hours that shop days are before UTC.
    hours: int = 8
    # ClickHouse wants to be told how it puts sets together.
    distinct: str = ""

    def since(self, days: int) -> str:
        return self.instant(self.begins(days))

    def day(self, column: str = "occurred_at") -> str:
        """The shop day of an instant."""
        return f"CAST({column} + INTERVAL {self.hours} HOUR AS DATE)"

    def today(self) -> str:
        return f"DATE '{self.begins(-1):%Y-%m-%d}'"

    def both(self, one: str, other: str, how: str) -> str:
        return f"(({one}) {how}{self.distinct} ({other}))"

    def everybody(self) -> str:
        names = ", ".join(f"'{each}'" for each in OF_NOBODY)
        return (
            f"SELECT DISTINCT subject FROM {self.facts} WHERE type NOT IN ({names}) AND subject <> 0"
            " AND (order_key IS NULL OR subject <> order_key)"
        )

    def counted(self, people: str, before: str = "") -> str:
        """How many, and a sum by which two answers are told apart."""
        return f"{before}SELECT count(*) AS n, sum(subject % 1000003) AS s FROM {people} AS found"

    def orders(self) -> str:
        """Orders that were paid, each once, of what is told twice the largest amount; those that stand.

        `bought` up to now; `bought_before`, `orders_before`: as it was known when today began.
        """
        day_before = f" AND occurred_at < {self.since(0)}"
        return (
            f"WITH orders AS ({self._orders('')}), bought AS ({self._standing('orders')}),"
            f" orders_before AS ({self._orders(day_before)}),"
            f" bought_before AS ({self._standing('orders_before')}) "
        )

    def _orders(self, also: str) -> str:
        paid, refund = "type = 'order.paid'", "type = 'order.refunded'"
        return f"""
            SELECT order_key, min(subject) AS subject,
                   min(occurred_at) FILTER (WHERE {paid}) AS paid_at,
                   max(amount) FILTER (WHERE {paid}) AS paid,
                   coalesce(max(amount) FILTER (WHERE {refund}), 0) AS refunded,
                   count(*) FILTER (WHERE type = 'order.closed') AS closed
            FROM {self.facts}
            WHERE type IN ('order.paid', 'order.refunded', 'order.closed') AND order_key IS NOT NULL{also}
            GROUP BY order_key
            HAVING count(*) FILTER (WHERE {paid}) > 0"""

    def _standing(self, orders: str) -> str:
        return f"""
            SELECT subject, paid_at, {self.day("paid_at")} AS bought_on, paid, refunded, paid - refunded AS net
            FROM {orders} WHERE closed = 0 AND NOT (refunded > 0 AND refunded >= paid)"""


def for_duckdb(facts: str, begins: Callable[[int], datetime]) -> Writer:
    return Writer(
        facts,
        begins,
        lambda at: f"TIMESTAMPTZ '{at:%Y-%m-%d %H:%M:%S}+00'",
        lambda key: f"json_extract_string(props, '$.{key}')",
    )


def for_clickhouse(facts: str, begins: Callable[[int], datetime]) -> Writer:
    return Writer(
        facts,
        begins,
        lambda at: f"toDateTime64('{at:%Y-%m-%d %H:%M:%S}', 6, 'UTC')",
        lambda key: f"JSONExtractString(props, '{key}')",
        distinct=" DISTINCT",
    )
