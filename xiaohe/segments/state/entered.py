"""Since when people have been in segments: what each generation changed in a file of its own, the later word counts.

    <generation>/since/<number>.parquet     (segment, person, us); us null: left

Files are linked from one generation to the next. A small one is put together with those before it as they pile up, so
that what a generation writes is as much as it changed, and a reader opens few.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from xiaohe.segments.state.changes import ENTERED

SCHEMA = pa.schema([("segment", pa.string()), ("person", pa.int64()), ("us", pa.int64())])
FOLDER = "since"
# A file is put together with the one before it unless that holds so many times as much.
TIMES = 3


def carry_on(before: Path | None, changed: pa.Table, at_us: int, folder: Path) -> None:
    """Write the files of the generation in `folder`, made of `before`: who entered is there from now on."""
    here = folder / FOLDER
    here.mkdir(mode=0o700)
    known = _files(before) if before is not None else []
    turned = _turned(changed, at_us)
    while known and turned.num_rows:
        last = pq.read_metadata(known[-1])
        if last.num_rows >= TIMES * turned.num_rows:
            break
        turned = _latest(pa.concat_tables([pq.read_table(known.pop()), turned]))
    for each in known:
        os.link(each, here / each.name)
    if not known:
        # Nobody was there before them: who left is as good as never told.
        turned = turned.filter(pc.is_valid(turned["us"]))
    if turned.num_rows:
        number = int(known[-1].stem) + 1 if known else 0
        path = here / f"{number:06d}.parquet"
        pq.write_table(turned, path)


def told(generation: Path, slug: str) -> pa.Table:
    """(person, us) of whoever is in a segment and entered it after its first filling, ascending."""
    parts = [pq.read_table(each, filters=[("segment", "=", slug)]) for each in _files(generation)]
    found = _latest(pa.concat_tables([SCHEMA.empty_table(), *parts]))
    return found.filter(pc.is_valid(found["us"])).select(["person", "us"]).sort_by("person")


def _files(generation: Path) -> list[Path]:
    return sorted((generation / FOLDER).glob("*.parquet"))


def _turned(changed: pa.Table, at_us: int) -> pa.Table:
    rows = changed.filter(pc.is_valid(changed["segment"]))
    us = pc.if_else(pc.equal(rows["type"], ENTERED), at_us, pa.scalar(None, pa.int64()))
    return rows.select(["segment", "person"]).append_column("us", us).cast(SCHEMA)


def _latest(rows: pa.Table) -> pa.Table:
    """The last row of each segment and person."""
    if not rows.num_rows:
        return rows
    codes = np.asarray(rows["segment"].combine_chunks().dictionary_encode().indices)
    persons = rows["person"].to_numpy()
    # Stable: of equal ones the later stays the later.
    order = np.lexsort((persons, codes))
    codes, persons = codes[order], persons[order]
    last = np.ones(len(order), bool)
    last[:-1] = (codes[1:] != codes[:-1]) | (persons[1:] != persons[:-1])
    return rows.take(pa.array(order[last]))
