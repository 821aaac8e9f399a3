"""The list of files with recent keys."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from xiaohe.kernel import store
from xiaohe.ledger.store.common import slices


class RunRow(NamedTuple):
    id: int
    path: str
    keys: int
    bytes: int
    # Nobody asks for any of its keys 35 days after this.
    until_us: int


_COLUMNS = ", ".join(RunRow._fields[1:])


def live_runs() -> list[RunRow]:
    sql = f"SELECT id, {_COLUMNS} FROM ledger_keyrun WHERE retired_us IS NULL ORDER BY id"
    return [RunRow(*row) for row in store.rows(sql)]


def add_runs(runs: Iterable[RunRow]) -> None:
    store.execute_many(
        f"INSERT INTO ledger_keyrun ({_COLUMNS}) VALUES (%s, %s, %s, %s)",
        [tuple(each)[1:] for each in runs],
    )


def retire_runs(ids: Sequence[int], at_us: int) -> int:
    """How many of these were still live: fewer than asked means somebody else was faster."""
    return sum(
        store.execute(
            f"UPDATE ledger_keyrun SET retired_us = %s WHERE retired_us IS NULL AND id IN ({slots})",
            [at_us, *part],
        )
        for part, slots in slices(ids)
    )


def runs_retired_before(at_us: int) -> list[tuple[int, str]]:
    sql = "SELECT id, path FROM ledger_keyrun WHERE retired_us IS NOT NULL AND retired_us < %s"
    return [(int(id), str(path)) for id, path in store.rows(sql, [at_us])]


def forget_runs(ids: Sequence[int]) -> None:
    for part, slots in slices(ids):
        store.execute(f"DELETE FROM ledger_keyrun WHERE id IN ({slots})", part)


def all_run_paths() -> set[str]:
    return {str(path) for (path,) in store.rows("SELECT path FROM ledger_keyrun")}
