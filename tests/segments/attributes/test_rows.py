"""Rows of people in mapped files and lots of them: what a dictionary that is written over and over would say."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as some

from xiaohe.segments.attributes import rows

SCHEMA = pa.schema(
    [("person", pa.int64()), ("n", pa.int64()), ("word", pa.string()), ("is_so", pa.bool_()), ("on", pa.date32())]
)  # fmt: skip
PERSONS = some.integers(-3, 12)
VALUES = some.tuples(
    some.none() | some.sampled_from([0, 255, 256, 70_000, 2**40, -1]),
    some.none() | some.sampled_from(["", "茶", "a"]),
    some.none() | some.booleans(),
    some.none() | some.just(date(2026, 2, 28)),
)
LOTS = some.lists(some.dictionaries(PERSONS, VALUES, max_size=9), max_size=8)


@settings(max_examples=60, deadline=None)
@given(lots=LOTS, asked=some.lists(PERSONS, max_size=5))
def test_of_lots_the_later_row_counts_and_earlier_folders_stay_as_they_were(
    lots: list[dict[int, Any]], asked: list[int]
) -> None:
    with tempfile.TemporaryDirectory() as name:
        before, told = None, [{}]
        for number, lot in enumerate(lots):
            folder = Path(name) / str(number)
            rows.lay(before, _table(lot), folder)
            told.append(told[-1] | lot)
            before = folder
        for number in range(len(lots)):
            folder = Path(name) / str(number)
            assert _said(rows.laid(folder, SCHEMA)) == sorted(told[number + 1].items())
            few = {who: told[number + 1][who] for who in asked if who in told[number + 1]}
            assert _said(rows.laid(folder, SCHEMA, np.array(asked, np.int64))) == sorted(
                few.items()
            )


@settings(max_examples=60, deadline=None)
@given(lot=some.dictionaries(PERSONS, VALUES), first=PERSONS, last=PERSONS)
def test_a_file_gives_some_people_or_those_between_two(
    lot: dict[int, Any], first: int, last: int
) -> None:
    first, last = sorted((first, last))
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "some.arrow"
        rows.save(_table(lot), path)
        between = {who: told for who, told in lot.items() if first <= who <= last}
        assert _said(rows.between(path, first, last).cast(SCHEMA)) == sorted(between.items())
        found = rows.of(path, np.array(sorted({first, last})), SCHEMA.remove(2))
        assert found["person"].to_pylist() == sorted({first, last} & lot.keys())


def test_what_a_lot_of_a_large_folder_writes_is_as_much_as_it_has_new(tmp_path: Path) -> None:
    rows.lay(None, _table({who: (who, "x", True, None) for who in range(1000)}), tmp_path / "0")
    rows.lay(tmp_path / "0", _table({5: (6, "y", None, None)}), tmp_path / "1")

    first, second = rows.lots(tmp_path / "1")
    assert first.samefile(rows.lots(tmp_path / "0")[0])
    assert rows.of(second, np.arange(1000), SCHEMA).num_rows == 1


def _table(lot: dict[int, Any]) -> pa.Table:
    columns = zip(*([who, *told] for who, told in lot.items()), strict=True) if lot else [[]] * 5
    return pa.table([pa.array(each, field.type) for each, field in zip(columns, SCHEMA, strict=True)], schema=SCHEMA)  # fmt: skip


def _said(found: pa.Table) -> list[tuple[int, Any]]:
    return [
        (row["person"], tuple(row[name] for name in SCHEMA.names[1:])) for row in found.to_pylist()
    ]
