"""The ledger's relational statements, for SQLite and PostgreSQL alike; instants are microseconds since 1970."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from xiaohe.kernel import store
from xiaohe.ledger.models import FileRole

INBOX_COLUMNS = (
    "key_hash", "source", "type", "occurred_us", "date_only", "recorded_us", "subject", "order_key", "other",
    "item_key", "account_id", "amount", "currency", "quantity", "content", "props",
)  # fmt: skip
# Statements with a list of ids stay below SQLite's and PostgreSQL's parameter limits.
SLICE = 500


class FileRow(NamedTuple):
    id: int
    import_id: int | None
    path: str
    role: str
    level: int
    rows: int
    bytes: int
    occurred_min_us: int | None
    occurred_max_us: int | None


class KeyRetraction(NamedTuple):
    key_hash: int
    until_us: int


def now_us() -> int:
    """The database's clock, which all processes share."""
    if store.is_postgres():
        sql = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
    else:
        sql = "SELECT CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000"
    return int(store.rows(sql)[0][0])


# ---------------------------------------------------------------- versions


def versions() -> tuple[int, int]:
    return store.rows("SELECT lake_version, tap_version FROM ledger_ledgerstate WHERE id = 1")[0]


def bump_lake() -> int:
    sql = "UPDATE ledger_ledgerstate SET lake_version = lake_version + 1 WHERE id = 1 RETURNING lake_version"
    return int(store.rows(sql)[0][0])


def bump_taps() -> int:
    sql = "UPDATE ledger_ledgerstate SET tap_version = tap_version + 1 WHERE id = 1 RETURNING tap_version"
    return int(store.rows(sql)[0][0])


# ---------------------------------------------------------------- files

_FILE = "id, import_id, path, role, level, rows, bytes, occurred_min_us, occurred_max_us"


def live_files(role: FileRole) -> list[FileRow]:
    sql = f"SELECT {_FILE} FROM ledger_lakefile WHERE retired_us IS NULL AND role = %s ORDER BY id"
    return [FileRow(*row) for row in store.rows(sql, [str(role)])]


def files_of(import_id: int, role: FileRole) -> list[FileRow]:
    return [each for each in live_files(role) if each.import_id == import_id]


def add_files(files: Iterable[FileRow]) -> None:
    store.execute_many(
        "INSERT INTO ledger_lakefile (import_id, path, role, level, rows, bytes, occurred_min_us, occurred_max_us)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
        [tuple(each)[1:] for each in files],
    )


def retire_files_of(import_id: int, at_us: int) -> int:
    return store.execute(
        "UPDATE ledger_lakefile SET retired_us = %s WHERE import_id = %s AND retired_us IS NULL",
        [at_us, import_id],
    )


def retire_files(ids: Sequence[int], at_us: int) -> int:
    """How many of these were still live: fewer than asked means somebody else was faster."""
    return sum(
        store.execute(
            f"UPDATE ledger_lakefile SET retired_us = %s WHERE retired_us IS NULL AND id IN ({slots})",
            [at_us, *part],
        )
        for part, slots in _slices(ids)
    )


def retired_before(at_us: int) -> list[tuple[int, str]]:
    sql = "SELECT id, path FROM ledger_lakefile WHERE retired_us IS NOT NULL AND retired_us < %s"
    return [(int(id), str(path)) for id, path in store.rows(sql, [at_us])]


def forget_files(ids: Sequence[int]) -> None:
    for part, slots in _slices(ids):
        store.execute(f"DELETE FROM ledger_lakefile WHERE id IN ({slots})", part)


def all_paths() -> set[str]:
    return {str(path) for (path,) in store.rows("SELECT path FROM ledger_lakefile")}


# ---------------------------------------------------------------- retractions


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
    return _number("SELECT max(until_us) FROM ledger_retraction WHERE key_hash = %s", [key_hash])


def retractions() -> list[tuple[Any, ...]]:
    return store.rows(
        "SELECT import_id, key_hash, until_us, retracted_us FROM ledger_retraction ORDER BY id"
    )


# ---------------------------------------------------------------- stream door


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
    return _number("SELECT min(recorded_us) FROM ledger_inboxfact")


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
        for part, slots in _slices(ids)
    )


# ---------------------------------------------------------------- leases


def lease(name: str) -> tuple[str, int, int]:
    """`holder, fence, expires_us` of a lease, made free on first use; locked until the transaction ends."""
    store.execute(
        "INSERT INTO ledger_lease (name, holder, fence, expires_us) VALUES (%s, '', 0, 0) ON CONFLICT DO NOTHING",
        [name],
    )
    lock = " FOR UPDATE" if store.is_postgres() else ""
    return store.rows(
        f"SELECT holder, fence, expires_us FROM ledger_lease WHERE name = %s{lock}", [name]
    )[0]


def hold_lease(name: str, holder: str, expires_us: int) -> int:
    """Make `holder` the holder and return the new fence."""
    sql = "UPDATE ledger_lease SET holder = %s, fence = fence + 1, expires_us = %s WHERE name = %s RETURNING fence"
    return int(store.rows(sql, [holder, expires_us, name])[0][0])


def renew_lease(name: str, fence: int, expires_us: int) -> bool:
    """False if somebody else holds it by now."""
    sql = "UPDATE ledger_lease SET expires_us = %s WHERE name = %s AND fence = %s AND holder <> ''"
    return store.execute(sql, [expires_us, name, fence]) == 1


def free_lease(name: str, fence: int) -> bool:
    sql = "UPDATE ledger_lease SET holder = '', expires_us = 0 WHERE name = %s AND fence = %s AND holder <> ''"
    return store.execute(sql, [name, fence]) == 1


def lease_holder(name: str) -> tuple[str, int]:
    """`holder, expires_us` without locking; ("", 0) if free."""
    found = store.rows("SELECT holder, expires_us FROM ledger_lease WHERE name = %s", [name])
    return (str(found[0][0]), int(found[0][1])) if found else ("", 0)


def _number(sql: str, parameters: Sequence[Any] = ()) -> int | None:
    """The only value of an answer that may be null."""
    value = store.rows(sql, parameters)[0][0]
    return None if value is None else int(value)


def _slices(ids: Sequence[int]) -> Iterable[tuple[Sequence[int], str]]:
    for start in range(0, len(ids), SLICE):
        part = ids[start : start + SLICE]
        yield part, ", ".join(["%s"] * len(part))
