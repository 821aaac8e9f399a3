"""The control store's two doors: `write()` for one short transaction, `read_snapshot()` for one consistent look.

Everything relational of the current workspace goes through here, on SQLite and on PostgreSQL alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from threading import RLock
from typing import Any

from django.db import connections, transaction

from xiaohe.kernel import workspace

# SQLite's busy back-off starves writers of one process against each other; a lock in front of it does not.
_one_writer = RLock()
# On a connection (each thread has its own): a snapshot is open on it.
_LOOKING = "xiaohe_looking"


def alias() -> str:
    """The Django database alias of the current workspace."""
    return workspace.current().alias


def connection() -> Any:
    return connections[alias()]


def is_postgres() -> bool:
    return bool(connection().vendor == "postgresql")


@contextmanager
def write() -> Iterator[None]:
    """One transaction that may write; on SQLite it takes the write lock at once (BEGIN IMMEDIATE)."""
    if is_postgres():
        with transaction.atomic(using=alias()):
            yield
        return
    with _one_writer, transaction.atomic(using=alias()):
        yield


@contextmanager
def read_snapshot() -> Iterator[None]:
    """Several reads of one moment, those of an inner `read_snapshot()` too; inside `write()` it is that transaction's own view."""
    active = connection()
    if active.in_atomic_block or getattr(active, _LOOKING, False):
        yield
        return
    begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" if is_postgres() else "BEGIN DEFERRED"
    with active.cursor() as cursor:
        cursor.execute(begin)
    setattr(active, _LOOKING, True)
    try:
        yield
    finally:
        setattr(active, _LOOKING, False)
        with active.cursor() as cursor:
            cursor.execute("COMMIT")


def rows(sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """Run one written statement (`%s` slots) and return its rows."""
    with connection().cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall()) if cursor.description else []


def execute(sql: str, parameters: Sequence[Any] = ()) -> int:
    """Run one written statement and return how many rows it touched."""
    with connection().cursor() as cursor:
        cursor.execute(sql, parameters)
        return int(cursor.rowcount)


def execute_many(sql: str, many: Iterable[Sequence[Any]]) -> None:
    with connection().cursor() as cursor:
        cursor.executemany(sql, many)


def applied_migrations() -> frozenset[tuple[str, str]]:
    """Room and name of every migration this store has seen."""
    return frozenset((app, name) for app, name in rows("SELECT app, name FROM django_migrations"))


class WorkspaceRouter:
    """Sends every model to the current workspace's store, except who may sign in, which is one for all."""

    SHARED = frozenset({"shop.user", "shop.signintoken", "sessions.session"})
    SHARED_APPS = frozenset({"auth", "contenttypes", "sessions"})

    def _place(self, model: Any) -> str:
        label = model._meta.label_lower
        if label in self.SHARED or model._meta.app_label in self.SHARED_APPS:
            return "default"
        return alias()

    def db_for_read(self, model: Any, **hints: Any) -> str:
        return self._place(model)

    def db_for_write(self, model: Any, **hints: Any) -> str:
        return self._place(model)

    def allow_relation(self, left: Any, right: Any, **hints: Any) -> bool:
        return True
