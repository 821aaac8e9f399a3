"""The control store's part of a backup: a consistent copy, taken while others write, and putting it back.

SQLite: its own online copy, one file. PostgreSQL: every table of ours through COPY in one snapshot.
Both hold only what the stores hold: direct identifiers stay sealed, and their keys travel apart.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.color import no_style
from django.db import connections

from xiaohe.kernel import store as control
from xiaohe.kernel import workspace
from xiaohe.ledger.models import LakeFile

SQLITE, POSTGRES = "sqlite", "postgresql"
DATABASE = "xiaohe.db"


def kind() -> str:
    return POSTGRES if control.is_postgres() else SQLITE


def copy_store(folder: Path) -> list[str]:
    """Copy the store into `folder` and return the lake files that this very copy lists."""
    return _copy_postgres(folder) if control.is_postgres() else _copy_sqlite(folder / DATABASE)


def restore_store(folder: Path) -> None:
    """Put a copy back into the current workspace's empty store."""
    if control.is_postgres():
        _restore_postgres(folder)
        return
    connections[control.alias()].close()
    home = workspace.current().home
    for leftover in home.glob(f"{DATABASE}-*"):
        leftover.unlink()
    (folder / DATABASE).replace(home / DATABASE)


def holds_something() -> bool:
    """Whether the current PostgreSQL database has been used."""
    tables = set(control.connection().introspection.table_names())
    watched = ("shop_user", "shop_shop", "ledger_import", "ledger_inboxfact", "ledger_lakefile")
    return any(
        table in tables and control.rows(f'SELECT 1 FROM "{table}" LIMIT 1') for table in watched
    )


# ---------------------------------------------------------------- SQLite


def _copy_sqlite(target: Path) -> list[str]:
    source = sqlite3.connect(workspace.current().home / DATABASE, timeout=15)
    copy = sqlite3.connect(target)
    try:
        # In one step: with the write-ahead log, a copy holds up no writer.
        source.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")
        listed = copy.execute(f"SELECT path FROM {_FILES} WHERE retired_us IS NULL ORDER BY id")
        return [str(path) for (path,) in listed]
    finally:
        copy.close()
        source.close()


# ---------------------------------------------------------------- PostgreSQL

_FILES = LakeFile._meta.db_table


def _copy_postgres(folder: Path) -> list[str]:
    with control.read_snapshot():
        raw = _raw_cursor()
        for table in _tables():
            _copy_out(raw, table, folder / f"{table}.copy")
        listed = control.rows(f"SELECT path FROM {_FILES} WHERE retired_us IS NULL ORDER BY id")
    return [str(path) for (path,) in listed]


def _copy_out(raw: Any, table: str, target: Path) -> None:
    columns = _columns(table)
    with open(target, "wb") as handle:
        handle.write((",".join(columns) + "\n").encode())
        quoted = ", ".join(f'"{name}"' for name in columns)
        with raw.copy(f'COPY (SELECT {quoted} FROM "{table}") TO STDOUT') as rows:
            for block in rows:
                handle.write(block)


def _restore_postgres(folder: Path) -> None:
    """Tables by name and column, in one transaction; references are checked at its end."""
    from django.core.management import call_command

    call_command("migrate", database=control.alias(), verbosity=0, interactive=False)
    with control.write():
        tables = [table for table in _tables() if (folder / f"{table}.copy").exists()]
        names = ", ".join(f'"{table}"' for table in _tables())
        control.execute(f"TRUNCATE {names}")
        control.execute("SET CONSTRAINTS ALL DEFERRED")
        raw = _raw_cursor()
        for table in tables:
            _copy_in(raw, table, folder / f"{table}.copy")
        for statement in _sequence_resets():
            control.execute(statement)


def _copy_in(raw: Any, table: str, source: Path) -> None:
    with open(source, "rb") as handle:
        columns = handle.readline().decode().strip().split(",")
        quoted = ", ".join(f'"{name}"' for name in columns)
        with raw.copy(f'COPY "{table}" ({quoted}) FROM STDIN') as rows:
            while block := handle.read(1 << 20):
                rows.write(block)


def _raw_cursor() -> Any:
    """The driver's own cursor, in the transaction Django has open."""
    connection = control.connection()
    connection.ensure_connection()
    return connection.connection.cursor()


def _tables() -> list[str]:
    return sorted(control.connection().introspection.table_names())


def _columns(table: str) -> list[str]:
    connection = control.connection()
    with connection.cursor() as cursor:
        return [each.name for each in connection.introspection.get_table_description(cursor, table)]


def _sequence_resets() -> Iterator[str]:
    from django.apps import apps

    connection = control.connection()
    present = set(_tables())
    models = [each for each in apps.get_models() if each._meta.db_table in present]
    yield from connection.ops.sequence_reset_sql(no_style(), models)
