"""What never was: whole imports, and single facts of the stream door."""

from __future__ import annotations

from typing import Any, NamedTuple

from xiaohe.kernel import store
from xiaohe.ledger.store.common import number
from xiaohe.ledger.store.versions import lock_versions


class KeyRetraction(NamedTuple):
    key_hash: int
    until_us: int


def retract_import(import_id: int, at_us: int) -> None:
    _in_order_of_commits()
    store.execute(
        "INSERT INTO ledger_retraction (import_id, retracted_us) VALUES (%s, %s)",
        [import_id, at_us],
    )


def retract_key(key_hash: int, until_us: int, at_us: int) -> None:
    _in_order_of_commits()
    store.execute(
        "INSERT INTO ledger_retraction (key_hash, until_us, retracted_us) VALUES (%s, %s, %s)",
        [key_hash, until_us, at_us],
    )


def last_retraction() -> int:
    """The newest retraction's number: whoever looks later sees all up to it. 0 if there is none."""
    return number("SELECT max(id) FROM ledger_retraction") or 0


def first_retracted_us() -> int | None:
    """When the oldest retraction that is still kept was made."""
    return number("SELECT min(retracted_us) FROM ledger_retraction")


def forget_retractions(inbox_oldest_us: int | None) -> int:
    """Delete those of which no live file and nothing in the inbox can hold a fact; how many.

    `inbox_oldest_us` was asked in this very transaction, before this call: what leaves the inbox is in a file then.
    """
    waiting = (1 << 62) if inbox_oldest_us is None else inbox_oldest_us
    return store.execute(
        """
        DELETE FROM ledger_retraction
        WHERE (key_hash IS NULL OR until_us < %s)
          AND NOT EXISTS (
            SELECT 1 FROM ledger_lakefile f
            WHERE f.retired_us IS NULL AND f.folded < ledger_retraction.id AND (
              (ledger_retraction.import_id IS NOT NULL
                AND (f.mixed OR f.import_id = ledger_retraction.import_id))
              OR (ledger_retraction.key_hash IS NOT NULL AND f.import_id IS NULL
                AND (f.recorded_min_us IS NULL OR f.recorded_min_us <= ledger_retraction.until_us))))
        """,
        [waiting],
    )


def _in_order_of_commits() -> None:
    """A greater number is a later commit: who saw one saw all before it."""
    lock_versions()


def key_retractions() -> list[KeyRetraction]:
    sql = "SELECT key_hash, max(until_us) FROM ledger_retraction WHERE key_hash IS NOT NULL GROUP BY key_hash"
    return [KeyRetraction(*row) for row in store.rows(sql)]


def import_retractions() -> list[int]:
    """Imports whose facts may still stand in files that hold those of several."""
    sql = "SELECT DISTINCT import_id FROM ledger_retraction WHERE import_id IS NOT NULL ORDER BY 1"
    return [int(import_id) for (import_id,) in store.rows(sql)]


def retracted_until(key_hash: int) -> int | None:
    """Up to when statements of one fact are retracted; None if it never was."""
    return number("SELECT max(until_us) FROM ledger_retraction WHERE key_hash = %s", [key_hash])


def retractions() -> list[tuple[Any, ...]]:
    return store.rows(
        "SELECT import_id, key_hash, until_us, retracted_us FROM ledger_retraction ORDER BY id"
    )
