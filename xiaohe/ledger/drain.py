"""Drain: inbox rows become Parquet files, and small files become larger ones.

    claim explicit rows ─► write, fsync, rename, fsync ─► one commit: list the file, delete exactly those rows

The commit counts the rows it deletes: if another drain took one of them, it rolls back and its file is never listed. So a
fact is in the inbox or in one file, and in every snapshot exactly once.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from xiaohe.kernel import store as control
from xiaohe.kernel import workspace
from xiaohe.ledger import crash, engine, files, lease, processes, snapshot, store
from xiaohe.ledger.engine import FACTS
from xiaohe.ledger.files import Written
from xiaohe.ledger.instants import to_us
from xiaohe.ledger.models import FileRole
from xiaohe.ledger.store import FileRow

# One file of this many rows; fewer only when they have waited long enough, or an export wants them.
FILE_AT = 20_000
WAITED = timedelta(minutes=10)
# So many files of one level become one of the next: a shop that drains all day has a handful, not hundreds.
MERGE_AT = 8
# Larger files are left alone.
MERGE_BELOW_ROWS = 250_000


@dataclass(frozen=True)
class Drained:
    """What a drain did."""

    rows: int
    known_before: int
    files_merged: int


class _Overtaken(Exception):
    """Somebody else drained or merged the same rows first."""


def drain(now: datetime, *, force: bool = False) -> Drained:
    """File what waits if it is enough, old or late (or `force`), and merge small files. Safe beside anything."""
    rows = known = 0
    while force or _is_due(now):
        with _late_door() as with_late:
            moved, known_here = _drain_once(with_late=with_late)
        rows, known = rows + moved, known + known_here
        if not moved:
            break
    return Drained(rows, known, merge_small_files())


def merge_small_files() -> int:
    """Merge drained files level by level; how many went. Facts taken back are left behind."""
    merged = 0
    while crowd := _crowded_level():
        if not _merge(crowd):
            break
        merged += len(crowd)
    return merged


def _is_due(now: datetime) -> bool:
    size = store.inbox_size()
    if not size:
        return False
    if size >= FILE_AT or (store.inbox_has_late() and not lease.is_held(lease.BULK)):
        return True
    oldest_us = store.inbox_oldest_us()
    return oldest_us is not None and oldest_us <= to_us(now - WAITED)


@contextmanager
def _late_door() -> Iterator[bool]:
    """Late facts are compared with the lake, so no import may commit meanwhile; without the lease they wait."""
    if not store.inbox_has_late():
        yield False
        return
    try:
        held = lease.take(lease.BULK, wait_seconds=0)
    except lease.Busy:
        yield False
        return
    try:
        yield True
    finally:
        held.release()


def _drain_once(*, with_late: bool) -> tuple[int, int]:
    """File the oldest rows; how many, and how many of them the lake knew."""
    claimed = store.inbox_claimable(FILE_AT, with_late=with_late)
    if not claimed:
        return 0, 0
    ids = [int(row[0]) for row in claimed]
    late = np.array([bool(row[1]) for row in claimed])
    facts = snapshot.facts_table([row[2:] for row in claimed])
    known = _known_late(facts, late) if late.any() else np.zeros(len(ids), dtype=bool)
    with _staged() as folder:
        written = [
            files.write(facts.filter(pa.array(wanted)), folder, role, None)
            for wanted, role in ((~known, FileRole.FACT), (known, FileRole.SHADOW))
            if wanted.any()
        ]
        try:
            _commit(written, removed=ids, has_late=bool(late.any()))
        except _Overtaken:
            return 0, 0
    return len(ids), int(known.sum())


def _known_late(facts: pa.Table, late: np.ndarray) -> np.ndarray:
    """Which of the late facts the ledger knows already."""
    keys = facts["key_hash"].to_numpy()
    with engine.reading() as read:
        wanted = read.register("late_keys", pa.table({"key_hash": keys[late]}))
        found = read.run(FACTS.semi_join(wanted, "key_hash").select("key_hash"))
    return late & np.isin(keys, found["key_hash"].to_numpy())


def _commit(written: list[Written], *, removed: list[int], has_late: bool) -> None:
    crash.at("after_write")
    listed = files.publish(written)
    crash.at("after_fsync")
    with control.write():
        if store.remove_from_inbox(removed) != len(removed):
            raise _Overtaken
        store.add_files(listed)
        if has_late:
            # Late facts come to light only now.
            store.bump_taps()
        crash.at("before_commit")
    crash.at("after_commit")


def _crowded_level() -> list[FileRow]:
    levels: dict[int, list[FileRow]] = {}
    for each in store.live_files(FileRole.FACT):
        if each.import_id is None and each.rows < MERGE_BELOW_ROWS:
            levels.setdefault(each.level, []).append(each)
    crowds = (level for _number, level in sorted(levels.items()) if len(level) >= MERGE_AT)
    return next(crowds, [])


def _merge(crowd: list[FileRow]) -> bool:
    """One file instead of many; False if somebody else merged them first."""
    lake = workspace.current().lake
    with _staged() as folder, engine.reading() as read:
        merged = _remaining(read, [lake / each.path for each in crowd])
        written = [
            files.write(part, folder, FileRole.FACT, None, level=crowd[0].level + 1)
            for part in merged
            if part.num_rows
        ]
        listed = files.publish(written)
        try:
            _replace(crowd, listed)
        except _Overtaken:
            return False
    return True


def _replace(crowd: list[FileRow], listed: list[FileRow]) -> None:
    ids = [each.id for each in crowd]
    with control.write():
        if store.retire_files(ids, store.now_us()) != len(ids):
            raise _Overtaken
        store.add_files(listed)


def _remaining(read: engine.Reading, paths: list[Path]) -> Iterable[pa.Table]:
    """The facts of these files without those taken back."""
    facts = read.register("merging", paths)
    assert read.snapshot is not None
    gone = read.register("taken_back", read.snapshot.retracted)
    kept = facts.anti_join(gone, [facts.key_hash == gone.key_hash, facts.recorded_at <= gone.until])
    return read.batches(kept, rows=files.FILE_ROWS)


@contextmanager
def _staged() -> Iterator[Path]:
    folder = files.new_staging_folder(f"drain-{processes.mark()}")
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
