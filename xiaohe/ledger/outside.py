"""What a tool beside Xiaohe must know to read the lake's folder and count the same (docs/lake.md)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from xiaohe.kernel import store as control
from xiaohe.kernel import workspace
from xiaohe.ledger import store
from xiaohe.ledger.instants import from_us
from xiaohe.ledger.models import FileRole
from xiaohe.ledger.store import FileRow


@dataclass(frozen=True)
class OutsideFile:
    """One file that counts; `layout` is `fresh`, `compacted` or `by subject`."""

    path: str
    layout: str
    # None: several.
    type: str | None
    import_id: int | None
    rows: int
    bytes: int
    first: datetime | None
    last: datetime | None
    sha256: str


@dataclass(frozen=True)
class TakenBack:
    """A fact of the stream: statements of it recorded up to `until` do not count."""

    key_hash: int
    until: datetime


@dataclass(frozen=True)
class Listing:
    """The files of one moment, and what in them does not count."""

    lake: Path
    files: tuple[OutsideFile, ...]
    undone_imports: tuple[int, ...]
    taken_back: tuple[TakenBack, ...]
    # Facts that are in no file yet.
    waiting: int


def listing() -> Listing:
    """The lake as of now. Files stay for a day after they were retired, so there is time to read them."""
    with control.read_snapshot():
        rows = store.live_files(FileRole.FACT) + store.live_files(FileRole.SUBJECT)
        undone = store.import_retractions()
        taken = store.key_retractions()
        waiting = store.moment().inbox_rows
    return Listing(
        lake=workspace.current().lake,
        files=tuple(_told(each) for each in rows),
        undone_imports=tuple(undone) if any(each.mixed for each in rows) else (),
        taken_back=tuple(TakenBack(each.key_hash, from_us(each.until_us)) for each in taken),
        waiting=waiting,
    )


def _told(row: FileRow) -> OutsideFile:
    return OutsideFile(
        path=row.path,
        layout=_layout(row),
        type=row.type,
        import_id=row.import_id,
        rows=row.rows,
        bytes=row.bytes,
        first=None if row.occurred_min_us is None else from_us(row.occurred_min_us),
        last=None if row.occurred_max_us is None else from_us(row.occurred_max_us),
        sha256=row.sha256,
    )


def _layout(row: FileRow) -> str:
    if row.role == FileRole.SUBJECT:
        return "by subject"
    return "compacted" if row.covered else "fresh"
