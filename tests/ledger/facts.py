"""Facts for tests: what a parser would hand to the doors, and the plain answers to compare with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from xiaohe.ledger import bulk, engine
from xiaohe.ledger.schema import STAGED_SCHEMA
from xiaohe.ledger.stream import Fact

NOW = datetime(2025, 6, 30, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Line:
    """One staged fact; `key` doubles as its 63-bit hash."""

    key: int
    content: int = 0
    row: int | None = None
    order: int | None = None
    type: str = "order.item"
    by_ordinal: bool = False
    amount: int | None = None


def staged(lines: Sequence[Line], *, first_row: int = 1) -> pa.Table:
    """STAGED_SCHEMA rows; a line without a row number gets the next one."""
    base = {
        "source": "table",
        "occurred_at": NOW - timedelta(days=100),
        "date_only": False,
        "currency": "CNY",
    }
    rows: list[dict[str, Any]] = [
        {
            **base,
            "key_hash": each.key,
            "type": each.type,
            "subject": each.key % 7,
            "order_key": each.order,
            "amount": each.amount if each.amount is not None else each.content,
            "content": each.content,
            "row_no": number if each.row is None else each.row,
            "in_file_ordinal": each.by_ordinal,
        }
        for number, each in enumerate(lines, first_row)
    ]
    return pa.Table.from_pylist(rows, schema=STAGED_SCHEMA)


def import_lines(
    lines: Sequence[Line],
    *,
    slice_rows: int = 100,
    report: dict[str, Any] | None = None,
    also: Callable[[], None] | None = None,
) -> tuple[int, list[dict[str, Any]]]:
    """Bring lines in through the bulk door; the import's number and what became of each row."""
    with bulk.open_import(kind="orders", source="table", label=b"sealed", now=NOW) as door:
        table = staged(lines)
        for start in range(0, table.num_rows, slice_rows):
            door.stage(table.slice(start, slice_rows))
        rows = [row for part in door.settle() for row in part.to_pylist()]
        door.commit(report or {"read": len(rows)}, now=NOW, also=also)
        return door.id, rows


def visible(read: engine.Reading | None = None) -> list[tuple[int, int, int | None]]:
    """All facts a read sees as (key, content, import), sorted."""
    if read is None:
        with engine.reading() as own:
            return visible(own)
    table = read.run(read.facts.select("key_hash", "content", "import_id"))
    return sorted(zip(*(table[name].to_pylist() for name in table.column_names), strict=True))


def keys(read: engine.Reading | None = None) -> list[int]:
    return [key for key, _content, _import in visible(read)]


def tap(key: str, *, days_ago: int = 0, now: datetime = NOW, **more: Any) -> Fact:
    """A tap's fact."""
    return Fact(
        source="xiaohe",
        key=key,
        type="task.done",
        occurred_at=now - timedelta(days=days_ago),
        subject=5,
        **more,
    )


def numbered(numbers: Iterable[int], content: int = 0) -> list[Line]:
    return [Line(key=number, content=content) for number in numbers]
