"""The ledger's one row of state: what every derived number names as its version, and how full the inbox is.

Its lock is the ledger's first lock: whoever changes the inbox, the runs of keys or the retractions takes it before
any other of those tables, so such changes follow one another and none waits in a circle.
"""

from __future__ import annotations

from typing import NamedTuple

from xiaohe.kernel import store


class Moment(NamedTuple):
    """The state of the stream door."""

    tap_version: int
    keys_since_us: int
    key_version: int
    # The latest instant at which anything was recorded, whatever the clock says now.
    newest_us: int
    inbox_rows: int


_MOMENT = f"SELECT {', '.join(Moment._fields)} FROM ledger_ledgerstate WHERE id = 1"


def versions() -> tuple[int, int]:
    return store.rows("SELECT lake_version, tap_version FROM ledger_ledgerstate WHERE id = 1")[0]


def moment() -> Moment:
    return Moment(*store.rows(_MOMENT)[0])


def locked_moment() -> Moment:
    """The state as nobody else changes it until the transaction ends; SQLite has one writer anyway."""
    lock = " FOR UPDATE" if store.is_postgres() else ""
    return Moment(*store.rows(_MOMENT + lock)[0])


def lock_versions() -> None:
    """One after the other from here to the end of the transaction; SQLite has one writer anyway."""
    if store.is_postgres():
        store.execute("SELECT id FROM ledger_ledgerstate WHERE id = 1 FOR UPDATE")


def bump_lake() -> int:
    sql = "UPDATE ledger_ledgerstate SET lake_version = lake_version + 1 WHERE id = 1 RETURNING lake_version"
    return int(store.rows(sql)[0][0])


def bump_taps() -> int:
    sql = "UPDATE ledger_ledgerstate SET tap_version = tap_version + 1 WHERE id = 1 RETURNING tap_version"
    return int(store.rows(sql)[0][0])


def next_batch(rows: int, newest_us: int) -> int:
    """The number of a new batch: under the lock, so numbers are in the order of commits."""
    sql = f"""
        UPDATE ledger_ledgerstate
           SET tap_version = tap_version + 1, inbox_rows = inbox_rows + %s,
               newest_us = {_later("newest_us", "%s")}
         WHERE id = 1 RETURNING tap_version"""
    return int(store.rows(sql, [rows, newest_us])[0][0])


def inbox_shrinks(rows: int) -> None:
    store.execute("UPDATE ledger_ledgerstate SET inbox_rows = inbox_rows - %s WHERE id = 1", [rows])


def bump_keys(*, forgotten_us: int = 0) -> int:
    """The runs changed; keys up to `forgotten_us` may be missing in them from now on."""
    sql = f"""
        UPDATE ledger_ledgerstate
           SET key_version = key_version + 1, keys_since_us = {_later("keys_since_us", "%s")}
         WHERE id = 1 RETURNING key_version"""
    return int(store.rows(sql, [forgotten_us])[0][0])


def _later(left: str, right: str) -> str:
    return f"{'greatest' if store.is_postgres() else 'max'}({left}, {right})"
