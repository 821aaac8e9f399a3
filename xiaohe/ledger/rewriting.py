"""The facts of files written anew: without what was taken back, in the order and the files of a layout."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from xiaohe.kernel import workspace
from xiaohe.ledger import engine, files, layout, store, types
from xiaohe.ledger.engine import Reading
from xiaohe.ledger.files import SortedFile, Written
from xiaohe.ledger.models import FileRole
from xiaohe.ledger.schema import FACT_SCHEMA, INSTANT
from xiaohe.ledger.store import FileRow

# Beyond it sorting goes to disk; not what ordinary reads share, so that it is apart from them.
MEMORY = "192MB"
RETRACTED = pa.schema([("key_hash", pa.int64()), ("until", INSTANT)])


@dataclass(frozen=True)
class Taken:
    """What was taken back, as of one look; `last` is the newest retraction that is surely among it."""

    last: int
    imports: pa.Table
    keys: pa.Table

    @property
    def is_empty(self) -> bool:
        return not self.imports.num_rows and not self.keys.num_rows


def rewrite(
    inputs: Sequence[FileRow],
    roles: Sequence[FileRole],
    folder: Path,
    keep_alive: Callable[[], None],
) -> list[Written]:
    """The facts of these files that count, in the layout of each role; nothing lists the new files yet."""
    taken = look()
    level = min(max(each.level for each in inputs) + 1, 99)
    with engine.over({}, memory=MEMORY, timeout=None) as read:
        kept = counting(read, facts_in(read, "rewriting", inputs), taken)
        return lay_out(read, kept, roles, folder, keep_alive, level=level, folded=taken.last)


def lay_out(
    read: Reading,
    facts: ibis.Table,
    roles: Sequence[FileRole],
    folder: Path,
    keep_alive: Callable[[], None],
    **more: Any,
) -> list[Written]:
    """Files with these facts in the layout of each role."""
    facts = facts.mutate(month=engine.month_number(facts.occurred_at))
    cells = _cells(read, facts)
    written = []
    for role in roles:
        placed = _in_places(read, facts, layout.PLACES[role](cells), role)
        group = files.SUBJECT_ROW_GROUP if role == FileRole.SUBJECT else files.ROW_GROUP
        # What mixes facts of imports and of the stream has them left out row by row.
        more.update(mixed=role != FileRole.SHADOW, covered=role == FileRole.FACT)
        for each in _files(read, placed, folder, group, keep_alive):
            written.append(each.close(role, None, **more))
            keep_alive()
    return written


def facts_in(read: Reading, name: str, rows: Sequence[FileRow]) -> ibis.Table:
    """The facts of files, one at least; what files of old lack is null in them."""
    lake = workspace.current().lake
    by_columns: dict[tuple[str, ...], list[Path]] = {}
    for path in (lake / each.path for each in rows):
        by_columns.setdefault(tuple(pq.read_schema(path).names), []).append(path)
    parts = [
        _completed(read.register(f"{name}_{number}", some))
        for number, some in enumerate(by_columns.values())
    ]
    return parts[0] if len(parts) == 1 else ibis.union(*parts)


def _completed(facts: ibis.Table) -> ibis.Table:
    kinds = types.ibis_schema(FACT_SCHEMA)
    return facts.select(
        **{
            name: facts[name] if name in facts.columns else ibis.null(kind)
            for name, kind in kinds.items()
        }
    )


def look() -> Taken:
    """What is taken back now."""
    # First the number, then the rest: all retractions up to it are seen then.
    last = store.last_retraction()
    keys = store.key_retractions()
    until = pa.array([each.until_us for each in keys], pa.int64()).cast(INSTANT)
    hashes = pa.array([each.key_hash for each in keys], pa.int64())
    return Taken(
        last,
        pa.table({"import_id": pa.array(store.import_retractions(), pa.int64())}),
        pa.Table.from_arrays([hashes, until], schema=RETRACTED),
    )


def counting(read: Reading, facts: ibis.Table, taken: Taken) -> ibis.Table:
    """Those of these facts that nobody took back."""
    if taken.imports.num_rows:
        facts = facts.anti_join(read.register("undone_imports", taken.imports), "import_id")
    if taken.keys.num_rows:
        gone = read.register("taken_back", taken.keys)
        # Only what the stream brought can be taken back one by one.
        facts = facts.mutate(_stream_key=_key_of_stream(facts))
        facts = facts.anti_join(
            gone, [facts._stream_key == gone.key_hash, facts.recorded_at <= gone.until]
        ).drop("_stream_key")
    return facts


def _key_of_stream(facts: ibis.Table) -> ibis.Value:
    return ibis.ifelse(facts.import_id.isnull(), facts.key_hash, ibis.null("int64"))


def holds(file: FileRow, taken: Taken) -> bool:
    """Whether a file holds anything that was taken back."""
    with engine.over({}, memory=MEMORY, timeout=None) as read:
        facts = facts_in(read, "looked_at", [file])
        return int(read.scalar(counting(read, facts, taken).count())) < file.rows


def _cells(read: Reading, facts: ibis.Table) -> list[layout.Cell]:
    counts = facts.group_by("type", "month").agg(rows=facts.count())
    return [layout.Cell(**row) for row in read.run(counts).to_pylist()]


def _in_places(
    read: Reading, facts: ibis.Table, places: Sequence[layout.Place], role: FileRole
) -> ibis.Table:
    """The facts with the number of their file, file by file, each in its role's order."""
    # Numbers sort in two thirds of the time that words take.
    ranks = {name: rank for rank, name in enumerate(sorted({each.type for each in places}))}
    by_type = len(ranks) if role == FileRole.FACT else 0
    rows = [
        (*each, each.place * by_type + ranks[each.type] if by_type else each.place)
        for each in places
    ]
    columns = list(zip(*rows, strict=True)) or [(), (), (), ()]
    kinds = (pa.string(), pa.int32(), pa.int32(), pa.int32())
    arrays = [pa.array(values, kind) for values, kind in zip(columns, kinds, strict=True)]
    names = ["type", "month", "place", "rank"]
    known = read.register("places", pa.Table.from_arrays(arrays, names))
    placed = facts.inner_join(known, ["type", "month"])
    ordered = placed.order_by(["rank", "subject", engine.micros(placed.occurred_at)])
    return ordered.select("place", *FACT_SCHEMA.names)


def _files(
    read: Reading,
    facts: ibis.Table,
    folder: Path,
    group: int,
    keep_alive: Callable[[], None],
) -> Iterator[SortedFile]:
    """One finished file after the other."""
    current: SortedFile | None = None
    at = -1
    for batch in read.batches(facts, rows=files.ROW_GROUP):
        keep_alive()
        for place, part in _by_place(batch):
            if current is not None and place != at:
                yield current
                current = None
            if current is None:
                current, at = SortedFile(folder, group), place
            current.add(part)
    if current is not None:
        yield current


def _by_place(batch: pa.Table) -> Iterable[tuple[int, pa.Table]]:
    if not batch.num_rows:
        return
    places = batch["place"].to_numpy()
    facts = batch.drop_columns(["place"])
    starts = np.flatnonzero(np.concatenate(([True], places[1:] != places[:-1])))
    ends = np.append(starts[1:], len(places))
    for start, end in zip(starts, ends, strict=True):
        yield int(places[start]), facts.slice(start, end - start)
