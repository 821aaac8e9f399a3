"""A known export, declared: which columns it has under which names, and which of them make it recognisable."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

_UNIT = re.compile(r"[(\[](元|¥|rmb|cny|单位:?元)[)\]]")


class Kind(StrEnum):
    ORDERS = "orders"
    ITEMS = "items"
    CONTACTS = "contacts"


def fold_header(cell: str) -> str:
    """One spelling of a heading: half-width, no blanks, no quotes, no `(元)`."""
    folded = unicodedata.normalize("NFKC", cell).strip("\ufeff'\"`= \t").casefold()
    return _UNIT.sub("", "".join(folded.split()))


@dataclass(frozen=True)
class Format:
    """One file format; columns are found by name, never by position, and unknown ones are left out."""

    name: str
    kind: Kind
    source: str
    title: Any
    # field → the headings it is known under, the most telling first
    columns: Mapping[str, Sequence[str]]
    # every group needs one of its fields
    required: Sequence[frozenset[str]]
    # fields whose presence says it is another format
    forbidden: frozenset[str] = frozenset()

    def layout(self, header: Sequence[str]) -> Layout | None:
        """Where this format's fields stand in a header row; None if it is not this format."""
        folded: dict[str, int] = {}
        for position, cell in enumerate(header):
            folded.setdefault(fold_header(cell), position)
        found: dict[str, int] = {}
        for field, names in self.columns.items():
            for name in names:
                position = folded.get(fold_header(name), -1)
                if position >= 0:
                    found[field] = position
                    break
        if self.forbidden & found.keys():
            return None
        if not all(group & found.keys() for group in self.required):
            return None
        return Layout(self, found, tuple(header))


@dataclass(frozen=True)
class Layout:
    """A format found in a file: the position of each field, and the header as written."""

    format: Format
    positions: Mapping[str, int]
    header: tuple[str, ...]

    def has(self, *fields: str) -> bool:
        return all(field in self.positions for field in fields)


def best_layout(formats: Iterable[Format], header: Sequence[str]) -> Layout | None:
    """The format that explains most of a header row."""
    found = [layout for each in formats if (layout := each.layout(header))]
    return max(found, key=lambda layout: len(layout.positions), default=None)
