"""A known export, declared: which columns it has under which names, and which of them make it recognisable.

<name>.toml ──loader──► Format ──layout(header)──► Layout: where each field stands in this file
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import Any

from xiaohe.people.keys import Namespace
from xiaohe.sources.formats.words import COMMON, Status, Words

_UNIT = re.compile(r"[(\[](元|¥|rmb|cny|单位:?元)[)\]]")
NOTHING: Mapping[str, Any] = MappingProxyType({})


class Kind(StrEnum):
    """What one row of a file is; `rows/` has a parser for each."""

    ORDERS = "orders"  # one row per order
    ORDER_LINES = "order_lines"  # one row per sub-order or article, with the order's own number
    ITEMS = "items"  # one row per article, beside an order list
    AFTERSALES = "aftersales"
    SETTLEMENTS = "settlements"
    BILLS = "bills"
    VISITS = "visits"
    RECHARGES = "recharges"
    COSTS = "costs"
    MEMBERS = "members"  # one row per member of the shop
    GROUP_MEMBERS = "group_members"
    CONTACTS = "contacts"


class PaidIs(StrEnum):
    """Whose money the paid column of a list with several rows per order states."""

    ORDER = "order"  # the whole order's, repeated on each of its rows: taken once
    LINE = "line"  # the row's own: summed


def fold_header(cell: str) -> str:
    """One spelling of a heading: half-width, no blanks, no quotes, no `(元)`."""
    folded = unicodedata.normalize("NFKC", cell).strip("\ufeff'\"`=* \t").casefold()
    return _UNIT.sub("", "".join(folded.split()))


@dataclass(frozen=True)
class Format:
    """One file format; columns are found by name, never by position, and unknown ones are left out."""

    name: str
    kind: Kind
    # The platform whose order numbers and members these are.
    source: str
    # language → what people call it
    titles: Mapping[str, str]
    # field → the headings it is known under, the most telling first
    columns: Mapping[str, Sequence[str]]
    # every group needs one of its fields
    required: Sequence[frozenset[str]]
    # fields whose presence says it is another format
    forbidden: frozenset[str] = frozenset()
    # Headings only this export has, folded: `at_least` of them must be there, if any are listed.
    telling: frozenset[str] = frozenset()
    at_least: int = 1
    # Headings the export has beside, folded: they are not read, but tell it from its neighbours.
    others: frozenset[str] = frozenset()
    # Up to so many rows below the headings may hold notes instead of data.
    skip_after_header: int = 0
    # Which namespace the field `buyer` is a key in.
    buyer: Namespace = Namespace.CUSTOMER
    paid_is: PaidIs = PaidIs.ORDER
    # What joins several sub-orders in one cell; "" where a row holds one.
    split: str = ""
    # A row without an order number goes on with the order above it.
    continues: bool = False
    # Finds year, month and day in the order number, for rows whose time is blank.
    date_from_number: re.Pattern[str] | None = None
    # Which rail the field `payment_no` is a transaction number of, unless `payment_method` says.
    payment_rail: str = ""
    words: Words = COMMON
    # What only some kinds of rows need; `fields.OPTIONS` names them.
    options: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    is_ours: bool = True

    @cached_property
    def _names(self) -> Mapping[str, tuple[str, ...]]:
        return {
            field_name: tuple(map(fold_header, names)) for field_name, names in self.columns.items()
        }

    @cached_property
    def headings(self) -> frozenset[str]:
        """Every heading this export is known to have, folded."""
        read = {name for names in self._names.values() for name in names}
        return frozenset(read) | self.telling | self.others

    def status_of(self, cell: str) -> Status | None:
        """How far the order has come, by this platform's words and the common ones."""
        return self.words.status_of(cell)

    def layout(self, header: Sequence[str]) -> Layout | None:
        """Where this format's fields stand in a header row; None if it is not this format."""
        return self._layout(header, _positions(header))

    def _layout(self, header: Sequence[str], folded: Mapping[str, int]) -> Layout | None:
        found: dict[str, int] = {}
        for field_name, names in self._names.items():
            for name in names:
                position = folded.get(name, -1)
                if position >= 0:
                    found[field_name] = position
                    break
        if self.forbidden & found.keys():
            return None
        if not all(group & found.keys() for group in self.required):
            return None
        told = sum(name in folded for name in self.telling)
        if self.telling and told < self.at_least:
            return None
        explained = sum(name in self.headings for name in folded)
        return Layout(self, found, tuple(header), explained, told)


# How a table that is no known export is read, once a mapping says which column is what.
OF_A_TABLE = Format("table", Kind.ORDERS, "table", {}, {}, ())


@dataclass(frozen=True)
class Layout:
    """A format found in a file: the position of each field, and the header as written."""

    format: Format
    positions: Mapping[str, int]
    header: tuple[str, ...]
    # How many of the file's headings the format knows, and how many of them only it has.
    explained: int = 0
    told: int = 0

    def has(self, *fields: str) -> bool:
        return all(field in self.positions for field in fields)


def _positions(header: Sequence[str]) -> dict[str, int]:
    folded: dict[str, int] = {}
    for position, cell in enumerate(header):
        name = fold_header(cell) if len(cell) <= 100 else ""
        if name:
            folded.setdefault(name, position)
    return folded


def best_layout(formats: Iterable[Format], header: Sequence[str]) -> Layout | None:
    """The format that explains most of a header row; a merchant's own one before an equal one of ours."""
    folded = _positions(header)
    found = [layout for each in formats if (layout := each._layout(header, folded))]
    return max(found, key=_explains, default=None)


def _explains(layout: Layout) -> tuple[int, int, int, bool]:
    return layout.explained, layout.told, len(layout.positions), not layout.format.is_ours
