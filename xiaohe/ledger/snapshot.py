"""What a read stands on, taken from the control store in one moment: files, inbox, retractions, versions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from xiaohe.kernel import store as control
from xiaohe.kernel import workspace
from xiaohe.ledger import inbox, store
from xiaohe.ledger.models import FileRole
from xiaohe.ledger.schema import INSTANT

RETRACTED_SCHEMA = pa.schema([("key_hash", pa.int64()), ("until", INSTANT)])


@dataclass(frozen=True)
class Snapshot:
    """One moment of the ledger."""

    lake: Path
    version: int
    tap_version: int
    # What every read sees: files of roles FACT only, of imports, of the stream, and mixed ones.
    files: tuple[store.FileRow, ...]
    inbox: pa.Table
    # Single facts of the stream that were taken back (RETRACTED_SCHEMA).
    retracted: pa.Table
    # Imports taken back. Their own files are not listed any more; mixed files may still hold their rows.
    retracted_imports: tuple[int, ...] = ()
    # The facts of covered files once more, each subject's together.
    subject_files: tuple[store.FileRow, ...] = ()

    @property
    def import_files(self) -> tuple[store.FileRow, ...]:
        """Rows of one import that counts: nothing in them is hidden."""
        return tuple(each for each in self.files if each.import_id is not None)

    @property
    def stream_files(self) -> tuple[store.FileRow, ...]:
        """Rows of the stream alone: `retracted` hides some."""
        return tuple(each for each in self.files if each.import_id is None and not each.mixed)

    @property
    def mixed_files(self) -> tuple[store.FileRow, ...]:
        """Rows of anybody: `retracted_imports` hides some, and `retracted` some of those without an import."""
        return tuple(each for each in self.files if each.mixed)

    @property
    def files_by_subject(self) -> tuple[store.FileRow, ...]:
        """Every fact that is in a file once, as far as it goes from files in the order of subjects."""
        return (*self.subject_files, *(each for each in self.files if not each.covered))

    @property
    def is_empty(self) -> bool:
        return not self.files and not self.inbox.num_rows

    def paths(self, files: Sequence[store.FileRow]) -> list[str]:
        return [str(self.lake / each.path) for each in files]

    def broken_files(self) -> list[str]:
        """Listed files that are missing or not as long as they were when they were listed."""
        return [
            each.path for each in self.files if not _is_whole(self.lake / each.path, each.bytes)
        ]


def take() -> Snapshot:
    """Look once."""
    with control.read_snapshot():
        version, tap_version = store.versions()
        files, by_subject = _listed()
        waiting = inbox.visible()
        retracted, undone = store.key_retractions(), store.import_retractions()
        while (again := _listed()) != (files, by_subject):
            # Only inside a caller's writing transaction on PostgreSQL, where each statement has a moment of its
            # own: a drain went from inbox to file between two of them, or compaction forgot a retraction.
            version, tap_version = store.versions()
            files, by_subject = again
            waiting = inbox.visible()
            retracted, undone = store.key_retractions(), store.import_retractions()
    return Snapshot(
        lake=workspace.current().lake,
        version=int(version),
        tap_version=int(tap_version),
        files=tuple(files),
        inbox=waiting,
        retracted=_retracted_table(retracted),
        retracted_imports=tuple(undone) if any(each.mixed for each in files + by_subject) else (),
        subject_files=tuple(by_subject),
    )


def _listed() -> tuple[list[store.FileRow], list[store.FileRow]]:
    return store.live_files(FileRole.FACT), store.live_files(FileRole.SUBJECT)


def _retracted_table(rows: Sequence[store.KeyRetraction]) -> pa.Table:
    keys = pa.array([each.key_hash for each in rows], pa.int64())
    until = pa.array([each.until_us for each in rows], pa.int64()).cast(INSTANT)
    return pa.Table.from_arrays([keys, until], schema=RETRACTED_SCHEMA)


def _is_whole(path: Path, size: int) -> bool:
    try:
        return path.stat().st_size == size
    except FileNotFoundError:
        return False
