"""The articles of an order: what names one, what a line of it says, and several of them joined in one row."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

import numpy as np

from xiaohe.sources.cells import number_text, text
from xiaohe.sources.facts import NULL, Ints
from xiaohe.sources.rows.context import MOST_CACHED, Context

# Columns that hold one value for each sub-order where a row joins several.
JOINED = ("sub_order_no", "title", "sku", "code", "price", "quantity", "line_paid")
PROPS = (("sku", "sku"), ("title", "title"), ("unit_price", "price"))


class Articles:
    """Item keys of one import: the merchant's code, else the title."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._known: dict[str, int] = {}

    def keys(self, cells: Mapping[str, Sequence[str]], count: int) -> Ints:
        codes = cells.get("code") or [""] * count
        titles = cells.get("title") or [""] * count
        known = self._known
        if len(known) > MOST_CACHED:
            known.clear()
        keys = np.empty(count, np.int64)
        for index, (code, title) in enumerate(zip(codes, titles, strict=True)):
            value = number_text(code) or text(title)
            key = known.get(value)
            if key is None:
                name = f"{self._context.source}:{value.casefold()}"
                key = known[value] = self._context.hasher("item", name) if value else NULL
            keys[index] = key
        return keys


def props_of(cells: Mapping[str, Sequence[str]], rows: Ints) -> list[str | None]:
    """Title, variant and unit price of each line as the ledger's properties."""
    wanted = [(prop, cells[name]) for prop, name in PROPS if name in cells]
    found: list[str | None] = []
    for index in rows.tolist():
        props = {prop: value for prop, column in wanted if (value := text(column[index]))}
        found.append(
            json.dumps(props, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
            if props
            else None
        )
    return found


def taken_apart(
    cells: Mapping[str, list[str]], count: int, split: str
) -> tuple[Ints, dict[str, list[str]], Ints]:
    """Rows that join several sub-orders, one line each: (row of each line, cells of the lines, lines of each row).

    Columns with as many parts as there are sub-orders are taken apart, others repeat.
    """
    columns = {name: cells[name] for name in JOINED if name in cells}
    parts = np.ones(count, np.int64)
    numbers = cells.get("sub_order_no")
    if not split or numbers is None or not any(_mark(split, cell) for cell in numbers):
        return np.arange(count), dict(columns), parts
    pattern = re.compile(f"[{re.escape(split)};；]")
    pieces = [_parts(pattern, cell) for cell in numbers]
    parts = np.array([max(1, len(each)) for each in pieces], np.int64)
    lines: dict[str, list[str]] = {name: [] for name in columns}
    for index, wanted in enumerate(parts.tolist()):
        for name, column in columns.items():
            lines[name] += _spread(pattern, column[index], wanted)
    return np.repeat(np.arange(count), parts), lines, parts


def _mark(split: str, cell: str) -> bool:
    return split in cell or "；" in cell or ";" in cell


def _parts(pattern: re.Pattern[str], cell: str) -> list[str]:
    return [part for each in pattern.split(cell) if (part := each.strip())]


def _spread(pattern: re.Pattern[str], cell: str, wanted: int) -> list[str]:
    if wanted == 1:
        return [cell]
    parts = [each.strip() for each in pattern.split(cell.strip().rstrip(";；"))]
    return parts if len(parts) == wanted else [cell] * wanted
