"""How much there is of everything, by statements cheap enough to be asked every few seconds."""

from __future__ import annotations

from dataclasses import dataclass

from xiaohe.kernel import store


@dataclass(frozen=True)
class Waiting:
    """What the stream door took in and no file holds yet."""

    batches: int
    rows: int
    oldest_us: int | None


@dataclass(frozen=True)
class Files:
    """Files of one kind."""

    role: str
    level: int
    is_retired: bool
    files: int
    rows: int
    bytes: int


@dataclass(frozen=True)
class Runs:
    """The runs of recent keys."""

    runs: int
    keys: int
    bytes: int


def waiting() -> Waiting:
    """The inbox is bounded by rows; its batches are at most as many."""
    sql = "SELECT count(*), coalesce(sum(rows), 0), min(recorded_us) FROM ledger_inboxbatch"
    batches, rows, oldest = store.rows(sql)[0]
    return Waiting(int(batches), int(rows), None if oldest is None else int(oldest))


def files_by_kind() -> list[Files]:
    sql = """
        SELECT role, level, retired_us IS NOT NULL, count(*), sum(rows), sum(bytes)
          FROM ledger_lakefile GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"""
    return [
        Files(role, int(level), bool(retired), int(files), int(rows), int(size))
        for role, level, retired, files, rows, size in store.rows(sql)
    ]


def key_runs() -> Runs:
    sql = """
        SELECT count(*), coalesce(sum(keys), 0), coalesce(sum(bytes), 0)
          FROM ledger_keyrun WHERE retired_us IS NULL"""
    runs, keys, size = store.rows(sql)[0]
    return Runs(int(runs), int(keys), int(size))


def imports_by_state() -> dict[str, int]:
    sql = "SELECT state, count(*) FROM ledger_import GROUP BY state ORDER BY state"
    return {state: int(count) for state, count in store.rows(sql)}
