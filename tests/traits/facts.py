"""Rows of the twin as facts of the lake: the same shop, told to the product."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from tests.twin.orders import Row
from xiaohe.ledger.engine import Reading
from xiaohe.ledger.engine.duck import Duck
from xiaohe.ledger.schema import FACT_SCHEMA
from xiaohe.ledger.snapshot import RETRACTED_SCHEMA, Snapshot
from xiaohe.people.links import SCHEMA as LINKS_SCHEMA


def key(*parts: Any) -> int:
    """A 63-bit id of a name."""
    digest = blake2b(repr(parts).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def fact(kind: str, at: datetime, **columns: Any) -> dict[str, Any]:
    """One fact; naive times are UTC."""
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    row: dict[str, Any] = dict.fromkeys(FACT_SCHEMA.names)
    row |= {
        "source": "table",
        "type": kind,
        "occurred_at": at,
        "recorded_at": at,
        "date_only": False,
    }
    row |= columns
    row["key_hash"] = columns.get("key_hash") or key(kind, at, sorted(columns.items()))
    return row


def table(facts: Iterable[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(list(facts), schema=FACT_SCHEMA)


def reading_of(facts: pa.Table) -> Reading:
    """A reading of a moment in which these facts, and no others, are waiting."""
    nothing = RETRACTED_SCHEMA.empty_table()
    moment = Snapshot(Path(), 1, 0, files=(), inbox=facts, retracted=nothing)
    return Reading(Duck(memory=None, threads=None), moment)


def order(
    name: str,
    at: datetime,
    buyer: str | None = "ann",
    *,
    paid: int | None = 1000,
    quantity: float | None = None,
    **more: Any,
) -> list[dict[str, Any]]:
    """A created and (unless `paid` is None) paid order."""
    common = {"order_key": key(name), "subject": key(buyer) if buyer else key(name), **more}
    facts = [fact("order.created", at, **common)]
    if paid is not None:
        facts.append(
            fact(
                "order.paid",
                at,
                **{"amount": paid, "currency": "CNY", "quantity": quantity, **common},
            )
        )
    return facts


def facts_of(rows: list[Row], *, zone: str = "UTC") -> pa.Table:
    """What the sources room makes of these rows."""
    facts: list[dict[str, Any]] = []
    for number, row in enumerate(rows):
        facts += _facts_of_row(number, row, ZoneInfo(zone))
    return table(facts)


def _facts_of_row(number: int, row: Row, zone: ZoneInfo) -> list[dict[str, Any]]:
    def instant(at: datetime) -> datetime:
        return at.replace(tzinfo=zone).astimezone(UTC)

    name = ("order", row.order_no) if row.order_no else ("row", number)
    order_key = key(*name)
    subject = key(row.buyer) if row.buyer else order_key
    item_key = key("item", row.item) if row.item else None
    plain = {"date_only": row.date_only, "currency": "CNY", "row_no": number}
    if row.state == "cancel":
        return [
            fact(
                "order.refunded",
                instant(row.at),
                subject=subject,
                item_key=item_key,
                quantity=abs(row.quantity or 0.0),
                amount=abs(row.line or 0),
                key_hash=key("cancel", number),
                **plain,
            )
        ]
    common = {"order_key": order_key, "subject": subject, **plain}
    at = instant(row.paid_at or row.at)
    facts = [fact("order.created", instant(row.at), key_hash=key("created", number), **common)]
    if row.state == "paid":
        facts.append(
            fact("order.paid", at, amount=row.paid, key_hash=key("paid", number), **common)
        )
    if row.state == "closed":
        facts.append(fact("order.closed", at, key_hash=key("closed", number), **common))
    if row.line is not None or row.quantity is not None:
        facts.append(
            fact(
                "order.item",
                instant(row.at),
                item_key=item_key,
                amount=row.line,
                quantity=row.quantity,
                key_hash=key("item", number),
                **common,
            )
        )
    if row.refunded:
        refund = fact(
            "order.refunded", at, amount=row.refunded, key_hash=key("refund", number), **common
        )
        facts.append(refund)
    return facts


def no_links() -> pa.Table:
    return LINKS_SCHEMA.empty_table()


def link(person: str, at: datetime, **columns: Any) -> dict[str, Any]:
    """A live private friend link of a person."""
    return {
        "subject": key(person),
        "person": key(person),
        "account_id": 1,
        "kind": "friend",
        "private": True,
        "started_at": at.replace(tzinfo=UTC),
        "ended_at": None,
        **columns,
    }


def links_of(rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=LINKS_SCHEMA)
