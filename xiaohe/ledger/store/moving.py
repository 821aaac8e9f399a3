"""What a move sets as a whole."""

from __future__ import annotations

from typing import NamedTuple

from xiaohe.kernel import store


class Versions(NamedTuple):
    """What of the ledger's state travels: the versions others name, and since when which keys are known."""

    lake_version: int
    tap_version: int
    keys_since_us: int
    newest_us: int


def all_versions() -> Versions:
    sql = f"SELECT {', '.join(Versions._fields)} FROM ledger_ledgerstate WHERE id = 1"
    return Versions(*map(int, store.rows(sql)[0]))


def set_versions(told: Versions) -> None:
    """Those of the workspace that moved in, so that what names them still finds them; the runs of keys changed."""
    slots = ", ".join(f"{name} = %s" for name in Versions._fields)
    store.execute(
        f"UPDATE ledger_ledgerstate SET {slots}, key_version = key_version + 1 WHERE id = 1", told
    )
