"""What every derived number names as its version."""

from __future__ import annotations

from xiaohe.kernel import store


def versions() -> tuple[int, int]:
    return store.rows("SELECT lake_version, tap_version FROM ledger_ledgerstate WHERE id = 1")[0]


def bump_lake() -> int:
    sql = "UPDATE ledger_ledgerstate SET lake_version = lake_version + 1 WHERE id = 1 RETURNING lake_version"
    return int(store.rows(sql)[0][0])


def bump_taps() -> int:
    sql = "UPDATE ledger_ledgerstate SET tap_version = tap_version + 1 WHERE id = 1 RETURNING tap_version"
    return int(store.rows(sql)[0][0])


def lock_versions() -> None:
    """One after the other from here to the end of the transaction; SQLite has one writer anyway."""
    if store.is_postgres():
        store.execute("SELECT id FROM ledger_ledgerstate WHERE id = 1 FOR UPDATE")
