"""What is to be done with each table of a file: a known format, a proposed mapping, or nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from xiaohe.sources import saved
from xiaohe.sources.cells import amount, local_time, slashed_parts, text
from xiaohe.sources.formats import Kind, Layout, best_layout, broken, known, table
from xiaohe.sources.mapping import DAY_ORDER, NO_PLATFORM, Mapping
from xiaohe.sources.readers import Source, Table, tables_of
from xiaohe.sources.refusals import refuse, refuse_unknown
from xiaohe.sources.rows.places import unpack

# Titles and notes may stand above the headings.
MOST_HEADER_ROW = 20
# Rows looked at to tell whether addresses hold phones.
FIRST_ROWS = 50
# Fields whose column tells people apart.
NAMES_BUYERS = ("buyer", "mobile", "telephone", "phone", "unionid", "openid", "external_userid")
# Names and numbers of identity papers, which a customs form asks for and nobody here may keep.
_IDENTITY_CARD = re.compile(r"身份证|证件号|护照|\bID (?:Name|Number)\b", re.IGNORECASE)
# Fields that hold a digit in every row of data.
TOLD_BY_DIGITS = (
    "order_no",
    "sub_order_no",
    "aftersale_no",
    "payment_no",
    "created",
    "paid_at",
    "at",
)
# Tables of one file are imported in this order: orders, what belongs to them, then people.
KIND_ORDER = {kind: place for place, kind in enumerate(Kind)}


@dataclass(frozen=True)
class Plan:
    """How one table will be read: exactly one of `layout` and `mapping` is given."""

    table: Table
    header_row: int
    layout: Layout | None = None
    mapping: Mapping | None = None
    # The mapping was confirmed with an earlier file of these headings.
    is_remembered: bool = False

    @property
    def format(self) -> str:
        return self.layout.format.name if self.layout else "table"

    @property
    def kind(self) -> Kind:
        return self.layout.format.kind if self.layout else Kind.ORDERS

    @property
    def source(self) -> str:
        if self.layout:
            return self.layout.format.source
        return self.mapping.platform if self.mapping else NO_PLATFORM

    @property
    def header(self) -> tuple[str, ...]:
        if self.layout:
            return self.layout.header
        assert self.mapping is not None
        return self.mapping.header

    @cached_property
    def day_order(self) -> tuple[bool, bool]:
        """(is `07/05/2026` the seventh of May?, is it certain?); certain where no date leaves it open."""
        if self.mapping is not None:
            return self.mapping.day_first, DAY_ORDER not in self.mapping.doubts
        assert self.layout is not None
        first = list(islice(self.data_rows(), FIRST_ROWS))
        places = [
            place
            for place in self.layout.positions.values()
            if any(place < len(row) and slashed_parts(row[place]) for row in first)
        ]
        if not places:
            return False, True
        cells = (row[at] for row in self.data_rows() for at in places if at < len(row))
        return table.day_comes_first(cells)

    @property
    def names_buyers(self) -> bool:
        where = (
            self.layout.positions if self.layout else self.mapping.positions if self.mapping else {}
        )
        return any(name in where for name in NAMES_BUYERS) or self._unpacks(where.get("address"))

    def _unpacks(self, place: int | None) -> bool:
        """Whether addresses hold the receiver's phone too (Tmall's address-only form)."""
        if place is None:
            return False
        first = islice(self.data_rows(), FIRST_ROWS)
        return any(unpack(row[place]) for row in first if place < len(row))

    def data_rows(self) -> Iterator[list[str]]:
        """The rows below the headings, without notes on columns and without the numbers of identity cards."""
        rows: Iterator[list[str]] = islice(self.table.rows(), self.header_row + 1, None)
        if self.layout is not None and self.layout.format.skip_after_header:
            rows = _without_notes(rows, self.layout)
        cards = [place for place, name in enumerate(self.header) if _IDENTITY_CARD.search(name)]
        return _without(rows, cards) if cards else rows


def _without(rows: Iterator[list[str]], places: Sequence[int]) -> Iterator[list[str]]:
    """The rows with these cells blank: what is not read cannot be kept, not even among rejected rows."""
    for row in rows:
        for place in places:
            if place < len(row):
                row[place] = ""
        yield row


def _without_notes(rows: Iterator[list[str]], layout: Layout) -> Iterator[list[str]]:
    """Leave out rows below the headings that explain columns: those that hold no digit where a time or number stands."""
    told = [layout.positions[name] for name in TOLD_BY_DIGITS if name in layout.positions]
    for index, row in enumerate(rows):
        explains = index < layout.format.skip_after_header and not any(
            char.isdigit() for place in told if place < len(row) for char in row[place]
        )
        if not explains:
            yield row


def plans_of(source: Source, *, currency: str, mapping: Mapping | None = None) -> list[Plan]:
    """The tables of a file worth importing, orders first; refuses a file that has none."""
    tables = tables_of(source)
    known = [plan for each in tables if (plan := _recognised(each))]
    if not known:
        known = [plan for each in tables if (plan := _proposed(each, currency, mapping))]
    if not known:
        if all(not any(True for _ in each.rows()) for each in tables):
            raise refuse("empty_file", source.name)
        raise refuse_unknown("unknown_table", source.name, broken())
    return sorted(known, key=lambda plan: (KIND_ORDER[plan.kind], plan.table.label))


def _recognised(each: Table) -> Plan | None:
    formats = known()
    for number, row in enumerate(islice(each.rows(), MOST_HEADER_ROW)):
        layout = best_layout(formats, row)
        if layout is not None:
            return Plan(each, number, layout=layout)
    return None


def _proposed(each: Table, currency: str, confirmed: Mapping | None) -> Plan | None:
    number, header = _header(islice(each.rows(), MOST_HEADER_ROW))
    if header is None:
        return None
    if confirmed is not None and confirmed.header == tuple(header):
        return Plan(each, number, mapping=confirmed)
    if (known := saved.recall(header)) is not None and _still_fits(each, number, known):
        return Plan(each, number, mapping=known, is_remembered=True)
    mapping = table.propose(header, islice(each.rows(), number + 1, None), currency)
    if mapping is None:
        return None
    if table.needs_day_order(mapping, islice(each.rows(), number + 1, None)):
        at = mapping.positions["time"]
        cells = (row[at] for row in islice(each.rows(), number + 1, None) if at < len(row))
        day_first, certain = table.day_comes_first(cells)
        mapping = mapping.changed(day_first=day_first)
        if not certain:
            mapping = mapping.doubting(DAY_ORDER)
    return Plan(each, number, mapping=mapping)


def _still_fits(each: Table, number: int, known: Mapping) -> bool:
    """Whether the dates of this file can be read as those of the earlier one were."""
    at = known.positions.get("time")
    if at is None or not table.needs_day_order(known, islice(each.rows(), number + 1, None)):
        return True
    cells = (row[at] for row in islice(each.rows(), number + 1, None) if at < len(row))
    day_first, certain = table.day_comes_first(cells)
    return not certain or day_first == known.day_first


def _header(rows: Iterable[Sequence[str]]) -> tuple[int, list[str] | None]:
    """The first row of at least two cells, all of them words."""
    for number, row in enumerate(rows):
        filled = [cell for cell in row if text(cell)]
        if len(filled) >= 2 and not any(map(_is_value, filled)):
            return number, list(row)
    return 0, None


def _is_value(cell: str) -> bool:
    if local_time(cell) is not None:
        return True
    try:
        return amount(cell) is not None and not any(char.isalpha() for char in cell)
    except ValueError:
        return False
