"""Imports as a list, and taking one back whole.

Undo adds a retraction and stops listing the import's files: nothing is rewritten. Its facts in compacted files are
left out of every read by their `import_id`, until compaction leaves them out of the files. Facts that other imports
stated too come to light again as theirs, in the same transaction:

    keys whose fact came from A ──► the earliest other import that stated them (its shadow files)
                                └─► new fact files of that import
so that after A, B and undo A every number is what B alone would have given.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from django.utils.translation import gettext_lazy as _

from xiaohe.kernel import memory, workspace
from xiaohe.kernel import store as control
from xiaohe.kernel.errors import Conflict, NotFound
from xiaohe.kernel.ids import MASK_63
from xiaohe.ledger import (
    crash,
    durable,
    engine,
    files,
    lease,
    processes,
    store,
    subscriptions,
)
from xiaohe.ledger.engine import FACTS, Reading
from xiaohe.ledger.files import Written
from xiaohe.ledger.lease import Held
from xiaohe.ledger.models import FileRole, Import, ImportState
from xiaohe.ledger.store import FileRow

WAIT_SECONDS = 30.0
# Facts of the undone import looked at in one pass: the build side of the joins.
PASS_ROWS = 500_000


@dataclass(frozen=True)
class ImportRow:
    """One import as a list shows it; `label` is still sealed."""

    id: int
    kind: str
    source: str
    label: bytes | None
    state: ImportState
    report: dict[str, Any]
    created_at: datetime
    committed_at: datetime | None
    undone_at: datetime | None
    lake_version: int | None


class NoSuchImport(NotFound):
    def __init__(self, import_id: int) -> None:
        super().__init__("no_such_import", _("There is no import number %(id)d."), id=import_id)


class NotUndoable(Conflict):
    def __init__(self, import_id: int, state: ImportState) -> None:
        super().__init__(
            "not_undoable",
            _("Import number %(id)d does not count now, so there is nothing to take back."),
            id=import_id,
            state=str(state),
        )


def listing(*, states: Iterable[ImportState] | None = None) -> list[ImportRow]:
    """Imports, newest first; by default those that count or counted."""
    wanted = [ImportState.COMMITTED, ImportState.UNDONE] if states is None else list(states)
    return [_told(each) for each in Import.objects.filter(state__in=wanted).order_by("-pk")]


def one(import_id: int) -> ImportRow:
    """One import; raises NoSuchImport."""
    found = Import.objects.filter(pk=import_id).first()
    if found is None:
        raise NoSuchImport(import_id)
    return _told(found)


def undo(
    import_id: int,
    *,
    now: datetime,
    also: Callable[[], None] | None = None,
    wait_seconds: float = WAIT_SECONDS,
) -> int:
    """Take an import back whole; returns the new lake version. A second call raises NotUndoable."""
    with lease.held(lease.BULK, wait_seconds=wait_seconds) as held:
        _check(import_id)
        folder = files.new_staging_folder(f"undo-{processes.mark()}")
        try:
            memory.give_back()
            with engine.reading(memory="128MB", local=True) as read:
                promoted = list(_promoted(import_id, read, folder, held))
            crash.at("after_write")
            listed = files.publish(promoted)
            crash.at("after_fsync")
            with control.write():
                held.confirm()
                at_us = store.now_us()
                store.retract_import(import_id, at_us)
                store.retire_files_of(import_id, at_us)
                store.add_files(listed)
                version = store.bump_lake()
                Import.objects.filter(pk=import_id).update(state=ImportState.UNDONE, undone_at=now)
                subscriptions.announce(version, import_id=import_id)
                if also is not None:
                    also()
                crash.at("before_commit")
            durable.note("commit")
            crash.at("after_commit")
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    return version


def _check(import_id: int) -> None:
    state = one(import_id).state
    if state != ImportState.COMMITTED:
        raise NotUndoable(import_id, state)


def _promoted(import_id: int, read: Reading, folder: Path, held: Held) -> Iterator[Written]:
    """Files with the facts that other imports state for keys whose fact is taken back."""
    shadows = [each for each in store.live_files(FileRole.SHADOW) if each.import_id != import_id]
    if not shadows:
        return
    # In its own files, or among others' in compacted ones.
    taken = FACTS.filter(FACTS.import_id == import_id)
    for low, high in _key_ranges(read.scalar(taken.count())):
        wanted = taken.filter(taken.key_hash.between(low, high)).select("key_hash")
        earlier = None
        for owner, owned in _by_owner(shadows):
            held.keep()
            stated = read.register(f"stated_by_{owner}", _paths(owned))
            rows = stated.filter(stated.key_hash.between(low, high)).semi_join(wanted, "key_hash")
            if earlier is not None:
                rows = rows.anti_join(earlier, "key_hash")
            keys = stated.filter(stated.key_hash.between(low, high)).select("key_hash")
            earlier = keys if earlier is None else earlier.union(keys)
            for part in read.batches(rows, rows=files.FILE_ROWS):
                if owned[0].import_id is None:
                    part = _first_of_each_key(part)
                if part.num_rows:
                    yield files.write(part, folder, FileRole.FACT, owned[0].import_id)


def _first_of_each_key(facts: pa.Table) -> pa.Table:
    """The stream door may have been told an old fact every few weeks; an import states each once."""
    _keys, first = np.unique(facts["key_hash"].to_numpy(), return_index=True)
    return facts.take(pa.array(np.sort(first)))


def _by_owner(shadows: list[FileRow]) -> Iterator[tuple[str, list[FileRow]]]:
    """Shadow files by who stated them: imports in their order, the stream door last."""

    def owner(each: FileRow) -> tuple[bool, int]:
        return (each.import_id is None, each.import_id or 0)

    for (is_stream, number), owned in groupby(sorted(shadows, key=owner), key=owner):
        yield ("stream" if is_stream else str(number)), list(owned)


def _key_ranges(rows: int) -> Iterator[tuple[int, int]]:
    """Ranges of keys, each with about PASS_ROWS facts: keys are hashes, so equal ranges hold equally many."""
    passes = max(1, -(-rows // PASS_ROWS))
    step = MASK_63 // passes
    for number in range(passes):
        last = number == passes - 1
        yield number * step, MASK_63 if last else (number + 1) * step - 1


def _paths(rows: list[FileRow]) -> list[Path]:
    return [workspace.current().lake / each.path for each in rows]


def _told(row: Import) -> ImportRow:
    return ImportRow(
        id=int(row.pk),
        kind=row.kind,
        source=row.source,
        label=bytes(row.label) if row.label is not None else None,
        state=ImportState(row.state),
        report=row.report,
        created_at=row.created_at,
        committed_at=row.committed_at,
        undone_at=row.undone_at,
        lake_version=row.lake_version,
    )
