"""Facts that wait, and recent keys, move from rows to batches and a first run file.

Everything happens in one transaction. A crash before its end leaves at most files under lake/keys that nobody
lists; the next try writes others, and the unlisted ones are collected a day later.
"""

import os
import time
import uuid
from pathlib import Path
from typing import Any

from django.db import migrations, models

DAY_US = 86_400_000_000
BATCH_ROWS = 5_000
READ_ROWS = 100_000
COLUMNS = (
    "key_hash", "source", "type", "occurred_us", "date_only", "recorded_us", "subject", "order_key", "other",
    "item_key", "account_id", "amount", "currency", "quantity", "content", "props",
)


def small_keys(apps: Any, schema_editor: Any) -> None:
    """On SQLite only a column of type INTEGER is the table's own order: one tree instead of two."""
    if schema_editor.connection.vendor == "sqlite":
        for table in ("ledger_inboxkey", "ledger_freedkey"):
            schema_editor.execute(f"DROP TABLE {table}")
            schema_editor.execute(f"CREATE TABLE {table} (key_hash INTEGER NOT NULL PRIMARY KEY)")
        schema_editor.execute("DROP TABLE ledger_inboxbatch")
        schema_editor.execute(
            "CREATE TABLE ledger_inboxbatch (id INTEGER NOT NULL PRIMARY KEY, recorded_us bigint NOT NULL,"
            " rows integer NOT NULL, late bool NOT NULL, until_us bigint NOT NULL, facts BLOB NOT NULL)"
        )


def carry(apps: Any, schema_editor: Any) -> None:
    connection = schema_editor.connection
    with connection.cursor() as cursor:
        newest_us = _newest(cursor)
        waiting = _carry_inbox(cursor)
        runs = _carry_keys(cursor, Path(_home(connection.alias)), newest_us)
        cursor.execute("SELECT count(*) FROM ledger_lakefile WHERE import_id IS NULL")
        had_stream = bool(cursor.fetchone()[0]) or waiting or runs
        # Keys were forgotten day by day, by a clock we cannot ask any more: 34 days before the latest it can have said.
        since_us = max(newest_us, int(time.time() * 1_000_000)) - 34 * DAY_US if had_stream else 0
        cursor.execute(
            "UPDATE ledger_ledgerstate SET inbox_rows = %s, newest_us = %s, keys_since_us = %s,"
            " key_version = key_version + 1 WHERE id = 1",
            [waiting, newest_us, since_us],
        )


def _newest(cursor: Any) -> int:
    cursor.execute(
        "SELECT max(at) FROM (SELECT max(recorded_us) AS at FROM ledger_inboxfact"
        " UNION ALL SELECT max(recorded_us) FROM ledger_recentkey) AS both_tables"
    )
    return int(cursor.fetchone()[0] or 0)


def _carry_inbox(cursor: Any) -> int:
    """Rows become batches in their order; how many rows."""
    cursor.execute("SELECT key_hash FROM ledger_inboxfact")
    waiting = {int(key) for (key,) in cursor.fetchall()}
    if not waiting:
        return 0
    known: set[int] = set()
    for part in _parts(sorted(waiting), 500):
        slots = ", ".join(["%s"] * len(part))
        cursor.execute(f"SELECT key_hash FROM ledger_recentkey WHERE key_hash IN ({slots})", part)
        known.update(int(key) for (key,) in cursor.fetchall())
    cursor.executemany("INSERT INTO ledger_inboxkey (key_hash) VALUES (%s)", [(key,) for key in sorted(known)])
    # Taken back and not stated again: filed with the others, it may come again.
    freed = [(key,) for key in sorted(waiting - known)]
    cursor.executemany("INSERT INTO ledger_freedkey (key_hash) VALUES (%s)", freed)
    moved = 0
    for late in (False, True):
        last = 0
        while True:
            cursor.execute(
                f"SELECT id, {', '.join(COLUMNS)} FROM ledger_inboxfact WHERE id > %s AND"
                f" {'late' if late else 'NOT late'} ORDER BY id LIMIT {BATCH_ROWS}",
                [last],
            )
            rows = cursor.fetchall()
            if not rows:
                break
            last = rows[-1][0]
            _add_batch(cursor, [row[1:] for row in rows], late)
            moved += len(rows)
    return moved


def _add_batch(cursor: Any, rows: list[tuple[Any, ...]], late: bool) -> None:
    occurred, recorded = COLUMNS.index("occurred_us"), COLUMNS.index("recorded_us")
    cursor.execute("UPDATE ledger_ledgerstate SET tap_version = tap_version + 1 WHERE id = 1")
    cursor.execute("SELECT tap_version FROM ledger_ledgerstate WHERE id = 1")
    values = [
        cursor.fetchone()[0],
        min(row[recorded] for row in rows),
        len(rows),
        late,
        max(max(row[recorded], row[occurred]) for row in rows),
        _encoded(rows),
    ]
    cursor.execute(
        "INSERT INTO ledger_inboxbatch (id, recorded_us, rows, late, until_us, facts)"
        " VALUES (%s, %s, %s, %s, %s, %s)",
        values,
    )


def _encoded(rows: list[tuple[Any, ...]]) -> bytes:
    """An Arrow stream, which names its own columns."""
    import pyarrow as pa

    instant = pa.timestamp("us", tz="UTC")
    kinds = {
        "source": pa.string(), "type": pa.string(), "currency": pa.string(), "props": pa.string(),
        "date_only": pa.bool_(), "quantity": pa.float64(), "occurred_us": instant, "recorded_us": instant,
    }  # fmt: skip
    names, arrays = [], []
    for name, values in zip(COLUMNS, zip(*rows)):
        kind = kinds.get(name, pa.int64())
        if kind == pa.bool_():
            array = pa.array([bool(value) for value in values], kind)
        elif kind == instant:
            array = pa.array(values, pa.int64()).cast(instant)
        else:
            array = pa.array(values, kind)
        names.append(name.replace("_us", "_at"))
        arrays.append(array)
    batch = pa.RecordBatch.from_arrays(arrays, names=names)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return sink.getvalue().to_pybytes()


def _carry_keys(cursor: Any, home: Path, newest_us: int) -> int:
    """Recent keys become one sorted file, those dated ahead another; how many files."""
    import numpy as np

    ahead_day = newest_us // DAY_US + 1
    written = 0
    for condition in ("day <= %s", "day > %s"):
        parts, last_day, last = [], 0, -(1 << 63)
        while True:
            cursor.execute(
                f"SELECT key_hash, day FROM ledger_recentkey WHERE {condition} AND key_hash > %s"
                f" ORDER BY key_hash LIMIT {READ_ROWS}",
                [ahead_day, last],
            )
            rows = cursor.fetchall()
            if not rows:
                break
            last = rows[-1][0]
            last_day = max(last_day, max(day for _key, day in rows))
            parts.append(np.array([key for key, _day in rows], dtype="<i8"))
        if not parts:
            continue
        keys = np.concatenate(parts)
        name = f"keys/{uuid.uuid4().hex}.keys"
        _write(home / "lake" / name, keys.tobytes())
        cursor.execute(
            "INSERT INTO ledger_keyrun (path, keys, bytes, until_us) VALUES (%s, %s, %s, %s)",
            [name, len(keys), len(keys) * 8, (last_day + 1) * DAY_US],
        )
        written += 1
    return written


def _write(path: Path, content: bytes) -> None:
    for folder in (path.parent.parent, path.parent):
        if not folder.is_dir():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _sync(folder.parent)
    with open(path, "xb") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())
    _sync(path.parent)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _home(alias: str) -> Path:
    from xiaohe.kernel import workspace

    return workspace.workspace(workspace.MAIN if alias == "default" else alias).home


def _parts(items: list[int], size: int) -> list[list[int]]:
    return [items[start : start + size] for start in range(0, len(items), size)]


class Migration(migrations.Migration):
    dependencies = [("ledger", "0003_what_a_file_leaves_out")]

    operations = [
        migrations.AddField("ledgerstate", "inbox_rows", models.BigIntegerField(default=0)),
        migrations.AddField("ledgerstate", "newest_us", models.BigIntegerField(default=0)),
        migrations.RunPython(small_keys, migrations.RunPython.noop),
        migrations.RunPython(carry, migrations.RunPython.noop),
        migrations.DeleteModel("InboxFact"),
        migrations.DeleteModel("RecentKey"),
    ]
