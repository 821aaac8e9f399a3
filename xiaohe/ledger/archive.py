"""The control store's part of a backup: a consistent copy, taken while others write, and putting it back.

SQLite: its own online copy, one file. PostgreSQL: every table of ours through COPY in one snapshot.
Both hold only what the stores hold: direct identifiers stay sealed, and their keys travel apart.

A copy says itself which migrations it has seen (`django_migrations`), so an older one is put back as it was:

    PostgreSQL   empty tables of that very state ─► rows by name and column ─► the caller migrates on, as any old folder
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from django.core.management.color import no_style
from django.db import connections
from django.utils.translation import gettext_lazy as _

from xiaohe.kernel import store as control
from xiaohe.kernel import workspace
from xiaohe.kernel.errors import BadInput
from xiaohe.ledger import crash
from xiaohe.ledger.models import KeyRun, LakeFile

SQLITE, POSTGRES = "sqlite", "postgresql"
DATABASE = "xiaohe.db"
MIGRATIONS = "django_migrations"
# Tables of which a database nobody has used yet holds rows.
MADE_BY_ITSELF = {
    MIGRATIONS,
    "auth_permission",
    "django_content_type",
    "jobs_job",
    "jobs_recurring",
    "jobs_worker",
    "ledger_ledgerstate",
    "ledger_lease",
}
# Whatever lies in the lake's folder and counts: files of facts, and of keys.
_LISTS = (LakeFile._meta.db_table, KeyRun._meta.db_table)


class NewerBackup(BadInput):
    def __init__(self) -> None:
        super().__init__(
            "backup_newer",
            _("This backup was written by a newer Xiaohe. Install that one; nothing was restored."),
        )


def kind() -> str:
    return POSTGRES if control.is_postgres() else SQLITE


def copy_store(folder: Path) -> list[str]:
    """Copy the store into `folder` and return the lake files that this very copy lists."""
    return _copy_postgres(folder) if control.is_postgres() else _copy_sqlite(folder / DATABASE)


def refuse_newer(folder: Path) -> None:
    """Raise NewerBackup if this version does not know all the migrations a copy has seen."""
    from django.db.migrations.loader import MigrationLoader

    if _applied(folder) - set(MigrationLoader(None).disk_migrations):
        raise NewerBackup


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
    return any(
        control.rows(f'SELECT 1 FROM "{table}" LIMIT 1')
        for table in _tables()
        if table not in MADE_BY_ITSELF
    )


def sequence_resets() -> Iterator[str]:
    """Statements after which new rows get numbers above those that were put in by hand."""
    from django.apps import apps

    connection = control.connection()
    present = set(_tables())
    models = [each for each in apps.get_models() if each._meta.db_table in present]
    yield from connection.ops.sequence_reset_sql(no_style(), models)


def _applied(folder: Path) -> set[tuple[str, str]]:
    """The migrations a copy has seen."""
    if not control.is_postgres():
        with closing(sqlite3.connect(folder / DATABASE)) as copy:
            return set(copy.execute(f"SELECT app, name FROM {MIGRATIONS}"))
    with open(folder / f"{MIGRATIONS}.copy", encoding="utf-8") as handle:
        columns = handle.readline().strip().split(",")
        app, name = columns.index("app"), columns.index("name")
        rows = [line.rstrip("\n").split("\t") for line in handle]
    return {(row[app], row[name]) for row in rows}


# ---------------------------------------------------------------- SQLite


def _copy_sqlite(target: Path) -> list[str]:
    source = sqlite3.connect(workspace.current().home / DATABASE, timeout=15)
    copy = sqlite3.connect(target)
    try:
        # In one step: with the write-ahead log, a copy holds up no writer.
        source.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")
        present = {
            name for (name,) in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        }
        return [
            str(path) for sql in _paths_listed(present) for (path,) in copy.execute(sql).fetchall()
        ]
    finally:
        copy.close()
        source.close()


def _paths_listed(present: Collection[str]) -> list[str]:
    """One question per list there is: a folder is backed up before it is migrated, too."""
    return [
        f"SELECT path FROM {table} WHERE retired_us IS NULL ORDER BY id"
        for table in _LISTS
        if table in present
    ]


# ---------------------------------------------------------------- PostgreSQL


def _copy_postgres(folder: Path) -> list[str]:
    with control.read_snapshot():
        raw = _raw_cursor()
        tables = _tables()
        for table in tables:
            _copy_out(raw, table, folder / f"{table}.copy")
        listed = [row for sql in _paths_listed(tables) for row in control.rows(sql)]
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
    """Tables by name and column, in one transaction; references are checked at its end.

    The tables themselves are made in it as well: killed anywhere, the database is what it was before.
    """
    with control.write():
        _make_tables_of(_applied(folder))
        crash.at("restore_tables_made")
        tables = [table for table in _tables() if (folder / f"{table}.copy").exists()]
        # What a migration filled in is in the copy as well.
        control.execute(f"TRUNCATE {_quoted(tables)}")
        control.execute("SET CONSTRAINTS ALL DEFERRED")
        raw = _raw_cursor()
        for table in tables:
            _copy_in(raw, table, folder / f"{table}.copy")
        for statement in sequence_resets():
            control.execute(statement)
        crash.at("restore_before_commit")


def _make_tables_of(applied: set[tuple[str, str]]) -> None:
    """The empty tables of exactly that state."""
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(control.connection())
    if set(executor.loader.applied_migrations) == applied:
        return
    _drop_tables()
    executor = MigrationExecutor(control.connection())
    nodes = executor.loader.graph.node_map
    followed = {node for node in applied if {each.key for each in nodes[node].children} & applied}
    executor.migrate(sorted(applied - followed))


def _drop_tables() -> None:
    """Those of ours, of any version: nobody has used them."""
    from django.apps import apps

    rooms = tuple(f"{each.label}_" for each in apps.get_app_configs())
    ours = [table for table in _tables() if table.startswith((*rooms, "django_"))]
    if ours:
        control.execute(f"DROP TABLE {_quoted(ours)} CASCADE")


def _quoted(tables: list[str]) -> str:
    return ", ".join(f'"{table}"' for table in tables)


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
