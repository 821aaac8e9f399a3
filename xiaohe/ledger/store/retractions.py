"""What never was: whole imports, and single facts of the stream door."""

from __future__ import annotations

from typing import Any, NamedTuple

from xiaohe.kernel import store
from xiaohe.ledger.store.common import number


class KeyRetraction(NamedTuple):
    key_hash: int
    until_us: int


def retract_import(import_id: int, at_us: int) -> None:
    store.execute(
        "INSERT INTO ledger_retraction (import_id, retracted_us) VALUES (%s, %s)",
        [import_id, at_us],
    )


def retract_key(key_hash: int, until_us: int, at_us: int) -> None:
    store.execute(
        "INSERT INTO ledger_retraction (key_hash, until_us, retracted_us) VALUES (%s, %s, %s)",
        [key_hash, until_us, at_us],
    )


def key_retractions() -> list[KeyRetraction]:
    sql = "SELECT key_hash, max(until_us) FROM ledger_retraction WHERE key_hash IS NOT NULL GROUP BY key_hash"
    return [KeyRetraction(*row) for row in store.rows(sql)]


def retracted_until(key_hash: int) -> int | None:
    """Up to when statements of one fact are retracted; None if it never was."""
    return number("SELECT max(until_us) FROM ledger_retraction WHERE key_hash = %s", [key_hash])


def retractions() -> list[tuple[Any, ...]]:
    return store.rows(
        "SELECT import_id, key_hash, until_us, retracted_us FROM ledger_retraction ORDER BY id"
    )
