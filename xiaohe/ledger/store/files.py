"""The list of files that is the lake."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from xiaohe.kernel import store
from xiaohe.ledger.models import FileRole
from xiaohe.ledger.store.common import slices


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
    recorded_min_us: int | None = None
    recorded_max_us: int | None = None
    type: str | None = None
    mixed: bool = False
    covered: bool = False
    sha256: str = ""
    # Facts of retractions up to this number are not in it.
    folded: int = 0


_COLUMNS = ", ".join(FileRow._fields[1:])
_FILE = f"id, {_COLUMNS}"


def live_files(role: FileRole) -> list[FileRow]:
    sql = f"SELECT {_FILE} FROM ledger_lakefile WHERE retired_us IS NULL AND role = %s ORDER BY id"
    return [_row(row) for row in store.rows(sql, [str(role)])]


def _row(row: tuple[Any, ...]) -> FileRow:
    found = FileRow(*row)
    # SQLite answers 0 and 1.
    return found._replace(mixed=bool(found.mixed), covered=bool(found.covered))


def add_files(files: Iterable[FileRow]) -> None:
    slots = ", ".join(["%s"] * (len(FileRow._fields) - 1))
    store.execute_many(
        f"INSERT INTO ledger_lakefile ({_COLUMNS}) VALUES ({slots})",
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
        for part, slots in slices(ids)
    )


def mark_folded(ids: Sequence[int], retraction: int) -> None:
    """Somebody looked: nothing of the retractions up to this number is in these files."""
    for part, slots in slices(ids):
        store.execute(
            f"UPDATE ledger_lakefile SET folded = %s WHERE folded < %s AND id IN ({slots})",
            [retraction, retraction, *part],
        )


def set_span(file: FileRow) -> None:
    """List the times and the type of a file as they are in it."""
    store.execute(
        "UPDATE ledger_lakefile SET occurred_min_us = %s, occurred_max_us = %s, recorded_min_us = %s,"
        " recorded_max_us = %s, type = %s WHERE id = %s",
        [
            file.occurred_min_us,
            file.occurred_max_us,
            file.recorded_min_us,
            file.recorded_max_us,
            file.type,
            file.id,
        ],
    )


def retired_before(at_us: int) -> list[tuple[int, str]]:
    sql = "SELECT id, path FROM ledger_lakefile WHERE retired_us IS NOT NULL AND retired_us < %s"
    return [(int(id), str(path)) for id, path in store.rows(sql, [at_us])]


def forget_files(ids: Sequence[int]) -> None:
    for part, slots in slices(ids):
        store.execute(f"DELETE FROM ledger_lakefile WHERE id IN ({slots})", part)


def all_paths() -> set[str]:
    return {str(path) for (path,) in store.rows("SELECT path FROM ledger_lakefile")}
