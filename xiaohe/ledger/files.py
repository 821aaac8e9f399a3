"""Fact files of one import: written sorted, synced, given their final names; listing them is the commit's part."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

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
# Folders of the lake.
STAGING, IMPORTS, STREAM = "staging", "imports", "stream"

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


def unique_name() -> str:
    return f"{uuid.uuid4().hex}.parquet"


def write(
    facts: pa.Table, folder: Path, role: FileRole, import_id: int | None, *, level: int = 0
) -> Written:
    """Write facts (FACT_SCHEMA) sorted by subject and time; not synced yet."""
    order = pc.sort_indices(
        facts.select(["subject", "occurred_at"]),
        sort_keys=[("subject", "ascending"), ("occurred_at", "ascending")],
    )
    path = folder / unique_name()
    with pq.ParquetWriter(
        path,
        FACT_SCHEMA,
        compression="zstd",
        compression_level=1,
        use_dictionary=["source", "type", "currency", "props"],
        store_schema=False,
    ) as writer:
        # Group by group: a sorted copy of the whole would double the memory.
        for start in range(0, facts.num_rows, ROW_GROUP):
            group = facts.take(order.slice(start, ROW_GROUP))
            writer.write_table(group.cast(FACT_SCHEMA))
    durable.note("write", path)
    span = pc.min_max(facts["occurred_at"]).as_py()
    return Written(path, role, import_id, facts.num_rows, _us(span["min"]), _us(span["max"]), level)


def describe(path: Path, role: FileRole, import_id: int | None, *, level: int = 0) -> Written:
    """A file the engine wrote, by its own footer."""
    footer = pq.read_metadata(path)
    times = pq.read_table(path, columns=["occurred_at"])["occurred_at"]
    span = pc.min_max(times).as_py()
    return Written(
        path, role, import_id, footer.num_rows, _us(span["min"]), _us(span["max"]), level
    )


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
        home = f"{IMPORTS}/{each.import_id}" if each.import_id is not None else STREAM
        relative = f"{home}/{each.path.name}"
        moves[each.path] = lake / relative
        rows.append(
            FileRow(
                0,
                each.import_id,
                relative,
                str(each.role),
                each.level,
                each.rows,
                each.path.stat().st_size,
                each.occurred_min_us,
                each.occurred_max_us,
            )
        )
    durable.publish(moves)
    return rows


def new_staging_folder(name: str) -> Path:
    """An empty folder inside the lake's staging area, on the same disk as the final names."""
    folder = workspace.current().lake / STAGING / f"{name}-{uuid.uuid4().hex[:8]}"
    durable.make_folder(folder)
    return folder


def empty_facts() -> pa.Table:
    return FACT_SCHEMA.empty_table()


def _us(instant: datetime | None) -> int | None:
    return None if instant is None else to_us(instant)
