r"""Open tables as CSV that survives the way: UTF-8 with a byte order mark, one header row, RFC 4180.

| value   | cell |
|---------|------|
| null    | empty; in columns of text and JSON `\N`, for an empty text is one too |
| instant | 2025-06-30T12:00:00.000000+00:00, UTC |
| yes, no | true, false |
| JSON    | its text |

A spreadsheet runs a cell that begins with = + - @ or a tab: such a text gets an apostrophe in front, and so does one
that begins with an apostrophe, so that reading takes off exactly what writing put there.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from xiaohe.kernel.belongings import Column, Kind, Row

NULL = "\\N"
LONGEST_CELL = 1 << 30
STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "'")


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(STARTS) or text == NULL else text


def plain(cell: str) -> str:
    """What `harmless` was given."""
    return cell.removeprefix("'")


def write(path: Path, columns: Sequence[Column], rows: Iterator[Row]) -> int:
    """One table; how many rows it has."""
    count = 0
    tell = [_TELL[each.kind] for each in columns]
    nulls = [_null(each) for each in columns]
    with open(path, "x", encoding="utf-8-sig", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow([each.name for each in columns])
        for row in rows:
            told = zip(tell, nulls, row, strict=True)
            writer.writerow([null if value is None else one(value) for one, null, value in told])
            count += 1
    return count


def read(path: Path, columns: Sequence[Column]) -> Iterator[Row]:
    """The rows of a table; raises ValueError for anything `write` did not write."""
    hear = [_HEAR[each.kind] for each in columns]
    nulls = [_null(each) for each in columns]
    with _long_cells(), open(path, encoding="utf-8-sig", newline="") as handle:
        reader = csv.reader(handle)
        if next(reader, []) != [each.name for each in columns]:
            raise ValueError(f"other columns than promised: {path.name}")
        for row in reader:
            heard = zip(hear, nulls, row, strict=True)
            yield tuple(None if cell == null else one(cell) for one, null, cell in heard)


@contextmanager
def _long_cells() -> Iterator[None]:
    """A note or a report may be longer than merchants' cells may; the limit is the whole process's."""
    usual = csv.field_size_limit(LONGEST_CELL)
    try:
        yield
    finally:
        csv.field_size_limit(usual)


def header(path: Path) -> list[str]:
    with open(path, encoding="utf-8-sig", newline="") as handle:
        return next(csv.reader(handle), [])


def _null(column: Column) -> str | None:
    """How a null looks in this column; None where there is none."""
    if not column.may_be_null:
        return None
    return NULL if column.kind in {Kind.TEXT, Kind.JSON} else ""


def _instant(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="microseconds")


_TELL: dict[Kind, Callable[[Any], str]] = {
    Kind.INTEGER: str,
    Kind.NUMBER: repr,
    Kind.TEXT: harmless,
    Kind.YES_NO: lambda value: "true" if value else "false",
    Kind.INSTANT: _instant,
    Kind.DAY: date.isoformat,
    Kind.TIME: time.isoformat,
    Kind.JSON: lambda value: harmless(json.dumps(value, ensure_ascii=False)),
}
_HEAR: dict[Kind, Callable[[str], Any]] = {
    Kind.INTEGER: int,
    Kind.NUMBER: float,
    Kind.TEXT: plain,
    Kind.YES_NO: {"true": True, "false": False}.__getitem__,
    Kind.INSTANT: datetime.fromisoformat,
    Kind.DAY: date.fromisoformat,
    Kind.TIME: time.fromisoformat,
    Kind.JSON: lambda cell: json.loads(plain(cell)),
}
