"""What the other modules share: the database's clock, single values, lists of ids in slices."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from xiaohe.kernel import store

# Statements with a list of ids stay below SQLite's and PostgreSQL's parameter limits.
SLICE = 500


def now_us() -> int:
    """The database's clock, which all processes share."""
    if store.is_postgres():
        sql = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
    else:
        sql = "SELECT CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000"
    return int(store.rows(sql)[0][0])


def number(sql: str, parameters: Sequence[Any] = ()) -> int | None:
    """The only value of an answer that may be null."""
    value = store.rows(sql, parameters)[0][0]
    return None if value is None else int(value)


def slices(ids: Sequence[int]) -> Iterable[tuple[Sequence[int], str]]:
    for start in range(0, len(ids), SLICE):
        part = ids[start : start + SLICE]
        yield part, ", ".join(["%s"] * len(part))
