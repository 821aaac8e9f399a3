"""The stream door: batches that wait to be filed, their keys, and keys that may come again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from xiaohe.kernel import store
from xiaohe.ledger.store.common import number, slices


class BatchRow(NamedTuple):
    id: int
    recorded_us: int
    rows: int
    late: bool
    until_us: int


_COLUMNS = ", ".join(BatchRow._fields)


def add_batch(batch: BatchRow, facts: bytes) -> None:
    store.execute(
        f"INSERT INTO ledger_inboxbatch ({_COLUMNS}, facts) VALUES (%s, %s, %s, %s, %s, %s)",
        [*batch, facts],
    )


def visible_batches() -> list[int]:
    """Numbers of the batches every read sees, ascending."""
    sql = "SELECT id FROM ledger_inboxbatch WHERE NOT late ORDER BY id"
    return [int(id) for (id,) in store.rows(sql)]


def claimable_batches(*, with_late: bool) -> list[BatchRow]:
    """What waits to be filed, in the order of arrival."""
    condition = "" if with_late else "WHERE NOT late"
    sql = f"SELECT {_COLUMNS} FROM ledger_inboxbatch {condition} ORDER BY id"
    return [BatchRow(*row)._replace(late=bool(row[3])) for row in store.rows(sql)]


def batch_facts(ids: Sequence[int]) -> list[tuple[int, bytes]]:
    """Numbers and contents of those that are still there, ascending."""
    found = [
        (int(id), bytes(facts))
        for part, slots in slices(ids)
        for id, facts in store.rows(
            f"SELECT id, facts FROM ledger_inboxbatch WHERE id IN ({slots}) ORDER BY id", part
        )
    ]
    return sorted(found)


def visible_batch(id: int) -> bytes | None:
    found = store.rows("SELECT facts FROM ledger_inboxbatch WHERE id = %s AND NOT late", [id])
    return bytes(found[0][0]) if found else None


def remove_batches(ids: Sequence[int]) -> int:
    """How many of these were still there: fewer than asked means another drain was faster."""
    return sum(
        store.execute(f"DELETE FROM ledger_inboxbatch WHERE id IN ({slots})", part)
        for part, slots in slices(ids)
    )


def inbox_has_late() -> bool:
    return bool(store.rows("SELECT 1 FROM ledger_inboxbatch WHERE late LIMIT 1"))


def inbox_oldest_us() -> int | None:
    """No fact that waits was recorded before this."""
    return number("SELECT min(recorded_us) FROM ledger_inboxbatch")


def first_waiting_us() -> int | None:
    """When the batch that waits longest was recorded."""
    found = store.rows("SELECT recorded_us FROM ledger_inboxbatch ORDER BY id LIMIT 1")
    return int(found[0][0]) if found else None


# ---------------------------------------------------------------- keys of what waits


def add_inbox_keys(keys: Sequence[int]) -> set[int]:
    """Put down keys (ascending) and return those that were not there."""
    if store.is_postgres():
        sql = "INSERT INTO ledger_inboxkey (key_hash) SELECT unnest(%s::bigint[])"
        given = _array(keys)
    else:
        # "WHERE true" because the grammar would take ON CONFLICT for a join's condition.
        sql = "INSERT INTO ledger_inboxkey (key_hash) SELECT value FROM json_each(%s) WHERE true"
        given = json.dumps(list(keys))
    return {
        int(key)
        for (key,) in store.rows(f"{sql} ON CONFLICT DO NOTHING RETURNING key_hash", [given])
    }


def remove_inbox_keys(keys: Iterable[int]) -> int:
    where, given = among("key_hash", keys)
    return store.execute(f"DELETE FROM ledger_inboxkey WHERE {where}", [given])


def in_inbox(key_hash: int) -> bool:
    return bool(store.rows("SELECT 1 FROM ledger_inboxkey WHERE key_hash = %s", [key_hash]))


# ---------------------------------------------------------------- keys that may come again


class Mark(NamedTuple):
    """What is special about a key: taken back up to an instant, or free to come again."""

    key_hash: int
    until_us: int | None


def marks(keys: Iterable[int]) -> list[Mark]:
    """Retractions and freed keys among these."""
    where, given = among("key_hash", keys)
    sql = f"""
        SELECT key_hash, max(until_us) FROM ledger_retraction WHERE {where} GROUP BY key_hash
        UNION ALL SELECT key_hash, NULL FROM ledger_freedkey WHERE {where}"""
    return [Mark(*row) for row in store.rows(sql, [given, given])]


def is_freed(key_hash: int) -> bool:
    return bool(store.rows("SELECT 1 FROM ledger_freedkey WHERE key_hash = %s", [key_hash]))


def free_key(key_hash: int) -> None:
    store.execute(
        "INSERT INTO ledger_freedkey (key_hash) VALUES (%s) ON CONFLICT DO NOTHING", [key_hash]
    )


def unfree_keys(keys: Iterable[int]) -> int:
    where, given = among("key_hash", keys)
    return store.execute(f"DELETE FROM ledger_freedkey WHERE {where}", [given])


def freed_keys(at_most: int) -> list[int]:
    sql = "SELECT key_hash FROM ledger_freedkey ORDER BY key_hash LIMIT %s"
    return [int(key) for (key,) in store.rows(sql, [at_most])]


def among(column: str, keys: Iterable[int]) -> tuple[str, object]:
    """A condition with one slot, however many keys there are, and what goes into the slot."""
    given = list(keys)
    if store.is_postgres():
        return f"{column} = ANY(%s::bigint[])", _array(given)
    return f"{column} IN (SELECT value FROM json_each(%s))", json.dumps(given)


def _array(keys: Iterable[int]) -> str:
    """An array as PostgreSQL reads it: the driver would look at every number three times."""
    return f"{{{','.join(map(str, keys))}}}"
