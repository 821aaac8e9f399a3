"""Rows under a platform's header, imported, and what the ledger then says of orders and people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.sources.files import csv_bytes, file
from xiaohe.ledger import engine
from xiaohe.people import keys
from xiaohe.people.identifiers import values_of
from xiaohe.shop import queries
from xiaohe.sources import importing
from xiaohe.sources.report import Report
from xiaohe.traits.orders import folded

NOW = datetime(2026, 7, 1, tzinfo=UTC)


def imported(
    folder: Path, header: Sequence[str], rows: Sequence[Mapping[str, str]], **how: Any
) -> Report:
    """Import rows given by heading; cells nobody gave are empty."""
    encoding = how.pop("encoding", "utf-8-sig")
    path = file(
        folder, how.pop("name", "orders.csv"), csv_bytes(header, map(dict, rows), encoding, **how)
    )
    return importing.run(path, now=NOW)


def orders() -> list[dict[str, Any]]:
    """The orders the ledger folds to, by number of pieces and money."""
    with engine.reading() as read:
        table = folded(read.facts, calendar=queries.calendar(), currency="CNY")
        wanted = table.select("order_key", "subject", "on", "state", "paid", "refunded", "quantity")
        return sorted(read.run(wanted).to_pylist(), key=lambda row: (row["on"], row["paid"]))


def facts(type_name: str) -> list[dict[str, Any]]:
    with engine.reading() as read:
        table = read.facts.filter(read.facts.type == type_name)
        return read.run(table).to_pylist()


def key(namespace: str, value: str) -> int:
    return keys.hasher()(namespace, value)


def sealed(subject: int) -> dict[str, str]:
    """Kind of value → what the vault holds of a subject."""
    return {value.kind.value: value.text for value in values_of([subject]).get(subject, ())}


def edges() -> set[tuple[int, int, str]]:
    import json

    return {
        (each["subject"], each["other"], json.loads(each["props"])["kind"])
        for each in facts("identity.seen")
    }
