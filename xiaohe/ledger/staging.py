"""Staged facts of one import: slices on disk as Parquet, and beside them only what telling "new" from "known" needs.

    stage(slice) ──► staged.parquet            whole rows, in file order
                └──► (key, content, place)     20 bytes a fact, in memory up to SPILL_AT, then on disk
                                               in PARTITIONS files by the key's highest bits

`place` counts the facts of the import from 0. All facts of one key meet in one partition, so each partition
is settled by itself and memory stays flat at any size of file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from xiaohe.kernel import memory
from xiaohe.ledger import catalogue
from xiaohe.ledger.schema import STAGED_SCHEMA

PARTITION_BITS = 7
PARTITIONS = 1 << PARTITION_BITS
# 4 MB of keys, as much again while they are sorted into their partitions.
SPILL_AT = 200_000
KEY = np.dtype([("key", "<i8"), ("content", "<i8"), ("place", "<u4")])
PLACED = np.dtype([("key", "<i8"), ("place", "<u4")])
# Highest bit of `place`: identical keys are told apart by their ordinal.
BY_ORDINAL = np.uint32(1 << 31)
DICTIONARIES = ["source", "type", "currency"]


class Staging:
    """Write slices, then read them back in order."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / "staged.parquet"
        self._writer: pq.ParquetWriter | None = None
        self._keys = _Spilled(folder, "keys", KEY)
        self._orders = _Spilled(folder, "orders", PLACED)
        self._last_row = -1
        self._checked_props: set[tuple[str, str]] = set()
        self.facts = 0

    def add(self, facts: pa.Table) -> None:
        """Append one slice (STAGED_SCHEMA); its rows may not come before those of earlier slices."""
        facts = facts.select(STAGED_SCHEMA.names).cast(STAGED_SCHEMA).combine_chunks()
        if not facts.num_rows:
            return
        self._check(facts)
        facts = self._in_row_order(facts)
        if self._writer is None:
            self._writer = pq.ParquetWriter(
                self._path,
                STAGED_SCHEMA,
                compression="zstd",
                compression_level=1,
                use_dictionary=[*DICTIONARIES, "props"],
                write_statistics=False,
            )
        self._writer.write_table(facts, row_group_size=facts.num_rows)
        self._remember(facts)
        self.facts += facts.num_rows

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None
            memory.give_back()

    def slices(self) -> Iterator[pa.Table]:
        """The slices again, in order."""
        self.close()
        if not self.facts:
            return
        file = pq.ParquetFile(self._path, read_dictionary=DICTIONARIES)
        for group in range(file.num_row_groups):
            yield file.read_row_group(group)

    def key_partitions(self) -> Iterator[NDArray[Any]]:
        """KEY records; all of one key are in one partition, by ascending place."""
        return self._keys.partitions()

    def order_partitions(self) -> Iterator[NDArray[Any]]:
        """PLACED records of the orders each row names, at its first fact that does; an order is in one partition."""
        return self._orders.partitions()

    def _remember(self, facts: pa.Table) -> None:
        records = np.empty(facts.num_rows, dtype=KEY)
        records["key"] = _numbers(facts, "key_hash")
        records["content"] = _numbers(facts, "content")
        places = np.arange(self.facts, self.facts + facts.num_rows, dtype=np.uint32)
        flags = facts["in_file_ordinal"].combine_chunks().to_numpy(zero_copy_only=False)
        records["place"] = places | np.where(flags, BY_ORDINAL, np.uint32(0))
        self._keys.add(records)
        orders, rows = _numbers(facts, "order_key", -1), _numbers(facts, "row_no")
        first = orders >= 0
        first[1:] &= (orders[1:] != orders[:-1]) | (rows[1:] != rows[:-1])
        named = np.empty(int(first.sum()), dtype=PLACED)
        named["key"], named["place"] = orders[first], places[first]
        self._orders.add(named)

    def _in_row_order(self, facts: pa.Table) -> pa.Table:
        rows = facts["row_no"].combine_chunks().to_numpy()
        if np.any(rows[1:] < rows[:-1]):
            order = np.argsort(rows, kind="stable")
            facts = facts.take(pa.array(order))
            rows = rows[order]
        if rows[0] < self._last_row:
            raise ValueError(f"row {rows[0]} was staged after row {self._last_row}")
        self._last_row = int(rows[-1])
        return facts

    def _check(self, facts: pa.Table) -> None:
        """Refuse types and properties the catalogue does not know; each spelling is looked at once per slice."""
        for name in facts["type"].unique().to_pylist():
            catalogue.fact_type(name)
            given = facts.filter(pc.equal(facts["type"], name))["props"].drop_null().unique()
            for text in given.to_pylist():
                catalogue.check_props(name, json.loads(text))


class _Spilled:
    """Records kept in memory while they are few, then in one file per partition."""

    def __init__(self, folder: Path, name: str, kind: np.dtype[Any]) -> None:
        self._folder = folder
        self._name = name
        self._kind = kind
        self._waiting: list[NDArray[Any]] = []
        self._held = 0
        self._on_disk = False

    def add(self, records: NDArray[Any]) -> None:
        self._waiting.append(records)
        self._held += len(records)
        if self._held >= SPILL_AT:
            self._spill()

    def partitions(self) -> Iterator[NDArray[Any]]:
        if not self._on_disk:
            if self._waiting:
                yield np.concatenate(self._waiting)
            return
        self._spill()
        for number in range(PARTITIONS):
            if (path := self._path(number)).exists():
                yield np.fromfile(path, dtype=self._kind)

    def _spill(self) -> None:
        if not self._waiting:
            return
        records = np.concatenate(self._waiting)
        self._waiting, self._held, self._on_disk = [], 0, True
        # Arrow keeps what it freed; over a long file that would grow to twice what it needs.
        memory.give_back()
        number = (records["key"] >> np.int64(63 - PARTITION_BITS)).astype(np.int8)
        order = np.argsort(number, kind="stable")
        bounds = np.searchsorted(number[order], np.arange(PARTITIONS + 1))
        for each in range(PARTITIONS):
            if bounds[each] < bounds[each + 1]:
                with open(self._path(each), "ab") as handle:
                    records[order[bounds[each] : bounds[each + 1]]].tofile(handle)

    def _path(self, number: int) -> Path:
        return self._folder / f"{self._name}-{number:02d}.bin"


def _numbers(facts: pa.Table, name: str, null: int = 0) -> NDArray[np.int64]:
    """An integer column; null counts as `null`."""
    column = facts[name].combine_chunks()
    return np.asarray(pc.fill_null(column, null).to_numpy(zero_copy_only=False))
