"""Rows of people in files that are mapped: a few of them are found without reading the rest.

A file holds (person ascending, each once; columns) as one uncompressed batch of Arrow; whole numbers are no wider than
the largest of them needs, texts are numbers of a dictionary. A reader says by a schema how wide they are to him.

    save(rows, path)                    rows in any order
    of(path, people, schema)            those of `people` who have a row
    between(path, first, last)          those of these ids and whatever lies between

**Lots** are a folder of such files, `<number>.arrow`, of which the later one counts. They are linked from one generation
to the next, so that what a generation writes is as much as it has new; a small lot is put together with those before it
as they pile up, so that a reader opens few.

    lay(before, rows, folder)           the lots of `before` and `rows` over them
    laid(folder, schema, people)        rows as they count, ascending
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Ids = NDArray[np.int64]
# A lot is put together with the one before it unless that holds so many times as much.
TIMES = 3
_NARROW = (pa.uint8(), pa.uint16(), pa.uint32())
_NUMBERS = (pa.int8(), pa.int16(), pa.int32())


def save(rows: pa.Table, path: Path) -> None:
    ids = rows["person"].to_numpy()
    names = [name for name in rows.column_names if name != "person"]
    # Narrow first: there is less to be put in order.
    small = pa.table({"person": rows["person"], **{name: narrow(rows[name]) for name in names}})
    if len(ids) > 1 and not (ids[1:] > ids[:-1]).all():
        small = small.take(pa.array(np.argsort(ids)))
    small = small.combine_chunks()
    with pa.OSFile(str(path), "wb") as out, pa.ipc.new_file(out, small.schema) as file:
        # One batch, of nobody too.
        file.write_batch(_batch(small))


def of(path: Path, people: Ids, schema: pa.Schema) -> pa.Table:
    """Rows of `people`, in their order, of those who have one."""
    rows = _mapped(path)
    at, there = places_of(people, rows["person"].to_numpy())
    return _wide(rows.take(pa.array(at[there])), schema)


def between(path: Path, first: int, last: int) -> pa.Table:
    """As narrow as they lie there."""
    rows = _mapped(path)
    ids = rows["person"].to_numpy()
    begin, end = np.searchsorted(ids, first, "left"), np.searchsorted(ids, last, "right")
    return pa.Table.from_batches([rows.slice(begin, end - begin)])


def places_of(people: Ids, known: Ids) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Where each of `people` stands in `known` (ascending), and whether they do."""
    at = np.searchsorted(known, people)
    at[at == len(known)] = 0
    return at, known[at] == people if len(known) else np.zeros(len(people), bool)


def columns_of(path: Path) -> frozenset[str]:
    return frozenset(_mapped(path).schema.names)


def narrow(column: Any) -> Any:
    """The same values in less room."""
    if pa.types.is_int64(column.type):
        told = pc.min_max(column).as_py()
        low, high = told["min"] or 0, told["max"] or 0
        for kind in _NARROW:
            if low >= 0 and high < 2**kind.bit_width:
                return column.cast(kind)
    if pa.types.is_string(column.type):
        coded = column.dictionary_encode().combine_chunks()
        for kind in _NUMBERS:
            if len(coded.dictionary) < 2 ** (kind.bit_width - 1):
                return pa.DictionaryArray.from_arrays(coded.indices.cast(kind), coded.dictionary)
    return column


# ---------------------------------------------------------------- lots


def lay(before: Path | None, rows: pa.Table, folder: Path) -> None:
    """Write the lots of the generation whose folder of lots is `folder`: those of `before`, and `rows` over them."""
    folder.mkdir(mode=0o700)
    known = lots(before) if before is not None else []
    number = int(known[-1].stem) + 1 if known else 0
    parts = [rows]
    held = rows.num_rows
    while known and held and len(_ids(known[-1])) < TIMES * held:
        parts.insert(0, of(known[-1], _ids(known[-1]), rows.schema))
        held += parts[0].num_rows
        known.pop()
    for each in known:
        os.link(each, folder / each.name)
    if held:
        save(_latest(parts), folder / f"{number:06d}.arrow")


def lots(folder: Path) -> list[Path]:
    """Files of a folder, the earliest first."""
    return sorted(folder.glob("*.arrow"))


def laid(folder: Path | None, schema: pa.Schema, people: Ids | None = None) -> pa.Table:
    """Rows as they count, ascending: of everybody who has one, or of those of `people`."""
    found = [schema.empty_table()]
    wanted = None if people is None else np.unique(people)
    done: Ids = np.empty(0, np.int64)
    for each in reversed(lots(folder) if folder is not None else []):
        ids = _ids(each)
        mine = ids if wanted is None else wanted
        rows = of(each, mine[~np.isin(mine, done)], schema)
        found.append(rows)
        done = np.union1d(done, rows["person"].to_numpy())
    return pa.concat_tables(found).sort_by("person") if len(found) > 1 else found[0]


def _latest(parts: list[pa.Table]) -> pa.Table:
    every = pa.concat_tables(parts)
    ids = every["person"].to_numpy()
    # The last of equals is the first of those turned around.
    _ids_once, at = np.unique(ids[::-1], return_index=True)
    return every.take(pa.array(len(ids) - 1 - at))


def _ids(path: Path) -> Ids:
    found: Ids = _mapped(path)["person"].to_numpy()
    return found


# ---------------------------------------------------------------- files


def _mapped(path: Path) -> pa.RecordBatch:
    """What nobody looks at is not read."""
    with pa.ipc.open_file(pa.memory_map(str(path))) as file:
        return file.get_batch(0)


def _batch(table: pa.Table) -> pa.RecordBatch:
    batches = table.to_batches()
    return batches[0] if batches else pa.RecordBatch.from_pylist([], schema=table.schema)


def _wide(rows: pa.RecordBatch, schema: pa.Schema) -> pa.Table:
    return pa.table([rows.column(each.name).cast(each.type) for each in schema], schema=schema)
