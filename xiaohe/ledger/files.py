"""Fact files: written sorted, synced, given their final names; listing them is the commit's part."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from xiaohe.kernel import memory, workspace
from xiaohe.ledger import durable
from xiaohe.ledger.instants import to_us
from xiaohe.ledger.models import FileRole
from xiaohe.ledger.schema import FACT_SCHEMA
from xiaohe.ledger.store import FileRow

ROW_GROUP = 65_536
# Rows of one file: below the promised half million, and small enough to hold and to sort in memory.
FILE_ROWS = 2 * ROW_GROUP
# A look at one person decodes a group per file, and looks at every group's bounds. One person's last 100 of 100 M facts:
# 101 ms (p95, of the processor) at 16,384, 64 ms here.
SUBJECT_ROW_GROUP = 65_536
# Folders of the lake.
STAGING, IMPORTS, STREAM = "staging", "imports", "stream"
COMPACTED, SUBJECTS, KEYS = "compacted", "subjects", "keys"

memory.use_one_arena()


@dataclass(frozen=True)
class Written:
    """A finished file that nothing lists yet."""

    path: Path
    role: FileRole
    import_id: int | None
    rows: int
    occurred_min_us: int | None
    occurred_max_us: int | None
    level: int = 0
    recorded_min_us: int | None = None
    recorded_max_us: int | None = None
    # The only type in it; None: several.
    type: str | None = None
    mixed: bool = False
    covered: bool = False
    folded: int = 0


@dataclass
class Span:
    """What the facts of a file span, gathered while they are written."""

    rows: int = 0
    occurred: tuple[int, int] | None = None
    recorded: tuple[int, int] | None = None
    types: set[str] = field(default_factory=set)

    def add(self, facts: pa.Table) -> None:
        if not facts.num_rows:
            return
        self.rows += facts.num_rows
        self.occurred = _wider(self.occurred, facts["occurred_at"])
        self.recorded = _wider(self.recorded, facts["recorded_at"])
        # One name says that there are several.
        if len(self.types) < 2:
            self.types.update(facts["type"].unique().to_pylist())

    def told(self, path: Path, role: FileRole, import_id: int | None, **more: Any) -> Written:
        return Written(
            path=path,
            role=role,
            import_id=import_id,
            rows=self.rows,
            occurred_min_us=self.occurred[0] if self.occurred else None,
            occurred_max_us=self.occurred[1] if self.occurred else None,
            recorded_min_us=self.recorded[0] if self.recorded else None,
            recorded_max_us=self.recorded[1] if self.recorded else None,
            type=next(iter(self.types)) if len(self.types) == 1 else None,
            **more,
        )


def unique_name() -> str:
    return f"{uuid.uuid4().hex}.parquet"


def new_writer(path: Path) -> pq.ParquetWriter:
    """Our one way of writing facts."""
    return pq.ParquetWriter(
        path,
        FACT_SCHEMA,
        compression="zstd",
        compression_level=1,
        use_dictionary=["source", "type", "currency", "props"],
        store_schema=False,
    )


def write(
    facts: pa.Table, folder: Path, role: FileRole, import_id: int | None, *, level: int = 0
) -> Written:
    """Write facts (FACT_SCHEMA) sorted by subject and time; not synced yet."""
    order = pc.sort_indices(
        facts.select(["subject", "occurred_at"]),
        sort_keys=[("subject", "ascending"), ("occurred_at", "ascending")],
    )
    path = folder / unique_name()
    with new_writer(path) as writer:
        # Group by group: a sorted copy of the whole would double the memory.
        for start in range(0, facts.num_rows, ROW_GROUP):
            group = facts.take(order.slice(start, ROW_GROUP))
            writer.write_table(group.cast(FACT_SCHEMA))
    durable.note("write", path)
    span = Span()
    span.add(facts)
    return span.told(path, role, import_id, level=level)


class SortedFile:
    """A file on its way, from facts that arrive in the order it is to have."""

    def __init__(self, folder: Path, group: int) -> None:
        self.path = folder / unique_name()
        self.span = Span()
        self._group = group
        self._writer = new_writer(self.path)
        self._parts: list[pa.Table] = []
        self._waiting = 0

    def add(self, facts: pa.Table) -> None:
        self.span.add(facts)
        self._parts.append(facts)
        self._waiting += facts.num_rows
        if self._waiting >= self._group:
            self._flush(self._waiting // self._group * self._group)

    def close(self, role: FileRole, import_id: int | None, **more: Any) -> Written:
        if self._waiting:
            self._flush(self._waiting)
        self._writer.close()
        durable.note("write", self.path)
        return self.span.told(self.path, role, import_id, **more)

    def _flush(self, rows: int) -> None:
        facts = pa.concat_tables(self._parts)
        whole = facts.slice(0, rows).cast(FACT_SCHEMA)
        self._writer.write_table(whole, row_group_size=self._group)
        self._parts = [facts.slice(rows)] if rows < facts.num_rows else []
        self._waiting = facts.num_rows - rows


def described(path: Path, role: FileRole, import_id: int | None, **more: Any) -> Written:
    """A finished file, by what is in it."""
    span = Span()
    names = ["type", "occurred_at", "recorded_at"]
    for batch in pq.ParquetFile(path).iter_batches(ROW_GROUP, columns=names):
        span.add(pa.Table.from_batches([batch]))
    return span.told(path, role, import_id, **more)


@dataclass
class Collector:
    """Gathers facts of one role until they fill a file."""

    folder: Path
    role: FileRole
    import_id: int
    written: list[Written] = field(default_factory=list)
    _parts: list[pa.Table] = field(default_factory=list)
    _rows: int = 0

    def add(self, facts: pa.Table) -> None:
        if not facts.num_rows:
            return
        self._parts.append(facts)
        self._rows += facts.num_rows
        if self._rows >= FILE_ROWS:
            self.flush()

    def flush(self) -> None:
        if not self._parts:
            return
        facts = pa.concat_tables(self._parts)
        self._parts, self._rows = [], 0
        self.written.append(write(facts, self.folder, self.role, self.import_id))
        del facts
        memory.give_back()


def publish(files: Iterable[Written]) -> list[FileRow]:
    """Sync files and give them their final names; returns the rows that list them."""
    files = list(files)
    lake = workspace.current().lake
    rows, moves = [], {}
    for each in files:
        durable.sync_file(each.path)
        relative = f"{_home(each)}/{each.path.name}"
        moves[each.path] = lake / relative
        rows.append(
            FileRow(
                id=0,
                import_id=each.import_id,
                path=relative,
                role=str(each.role),
                level=each.level,
                rows=each.rows,
                bytes=each.path.stat().st_size,
                occurred_min_us=each.occurred_min_us,
                occurred_max_us=each.occurred_max_us,
                recorded_min_us=each.recorded_min_us,
                recorded_max_us=each.recorded_max_us,
                type=each.type,
                mixed=each.mixed,
                covered=each.covered,
                # From the system's cache: 1.9 GB/s, some 2 % of what writing the file took.
                sha256=sha256(each.path),
                folded=each.folded,
            )
        )
    durable.publish(moves)
    return rows


def _home(each: Written) -> str:
    if each.import_id is not None:
        return f"{IMPORTS}/{each.import_id}"
    if each.role == FileRole.SUBJECT:
        return SUBJECTS
    return COMPACTED if each.covered else STREAM


def sha256(path: Path) -> str:
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def new_staging_folder(name: str) -> Path:
    """An empty folder inside the lake's staging area, on the same disk as the final names."""
    folder = workspace.current().lake / STAGING / f"{name}-{uuid.uuid4().hex[:8]}"
    durable.make_folder(folder)
    return folder


def empty_facts() -> pa.Table:
    return FACT_SCHEMA.empty_table()


def _wider(known: tuple[int, int] | None, instants: pa.ChunkedArray) -> tuple[int, int]:
    found = pc.min_max(instants).as_py()
    low, high = to_us(found["min"]), to_us(found["max"])
    return (low, high) if known is None else (min(low, known[0]), max(high, known[1]))
