"""The stream door: recent keys and the inbox."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from xiaohe.kernel import store
from xiaohe.ledger.store.common import number, slices

INBOX_COLUMNS = (
    "key_hash", "source", "type", "occurred_us", "date_only", "recorded_us", "subject", "order_key", "other",
    "item_key", "account_id", "amount", "currency", "quantity", "content", "props",
)  # fmt: skip


def add_recent_key(key_hash: int, day: int, recorded_us: int) -> bool:
    """False if the key was received before."""
    sql = "INSERT INTO ledger_recentkey (key_hash, day, recorded_us) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING"
    return store.execute(sql, [key_hash, day, recorded_us]) == 1


def recent_key(key_hash: int) -> int | None:
    """When this key was recorded, if it is among the recent ones."""
    found = store.rows("SELECT recorded_us FROM ledger_recentkey WHERE key_hash = %s", [key_hash])
    return int(found[0][0]) if found else None


def drop_recent_key(key_hash: int) -> None:
    store.execute("DELETE FROM ledger_recentkey WHERE key_hash = %s", [key_hash])


def drop_recent_days_before(day: int) -> int:
    return store.execute("DELETE FROM ledger_recentkey WHERE day < %s", [day])


def add_to_inbox(rows: Iterable[Sequence[Any]]) -> None:
    """Rows are `late` and then INBOX_COLUMNS."""
    slots = ", ".join(["%s"] * (len(INBOX_COLUMNS) + 1))
    store.execute_many(
        f"INSERT INTO ledger_inboxfact (late, {', '.join(INBOX_COLUMNS)}) VALUES ({slots})", rows
    )


def inbox_size() -> int:
    return int(store.rows("SELECT count(*) FROM ledger_inboxfact")[0][0])


def inbox_oldest_us() -> int | None:
    return number("SELECT min(recorded_us) FROM ledger_inboxfact")


def inbox_has_late() -> bool:
    return bool(store.rows("SELECT 1 FROM ledger_inboxfact WHERE late LIMIT 1"))


def inbox_visible() -> list[tuple[Any, ...]]:
    sql = f"SELECT {', '.join(INBOX_COLUMNS)} FROM ledger_inboxfact WHERE NOT late ORDER BY id"
    return store.rows(sql)


def inbox_claimable(limit: int, *, with_late: bool) -> list[tuple[Any, ...]]:
    """`id`, `late`, then INBOX_COLUMNS of the oldest rows."""
    condition = "" if with_late else "WHERE NOT late"
    sql = f"SELECT id, late, {', '.join(INBOX_COLUMNS)} FROM ledger_inboxfact {condition} ORDER BY id LIMIT %s"
    return store.rows(sql, [limit])


def remove_from_inbox(ids: Sequence[int]) -> int:
    """How many of these were still there: fewer than asked means another drain was faster."""
    return sum(
        store.execute(f"DELETE FROM ledger_inboxfact WHERE id IN ({slots})", part)
        for part, slots in slices(ids)
    )
