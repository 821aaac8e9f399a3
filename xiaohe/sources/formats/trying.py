"""A format file tried on an export: which heading each field is read from, and what is missing.

try_on(format, rows) ─► Trial: the row taken for the headings, fields found, headings left over, why it does not fit
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from xiaohe.sources.formats.base import Format, fold_header

MOST_ROWS = 20


@dataclass(frozen=True)
class Trial:
    """How one format reads one header row."""

    fits: bool
    header: tuple[str, ...]
    # field → heading, as the file writes it
    read: Mapping[str, str]
    unread: tuple[str, ...]
    # Groups of `required` of which the file has no field.
    missing: tuple[frozenset[str], ...]
    forbidden: tuple[str, ...]
    lacks_telling: bool


def try_on(tried: Format, rows: Iterable[Sequence[str]]) -> Trial | None:
    """The trial on the row that has most of the format's headings; None if no row has any."""
    best: Sequence[str] = ()
    most = 0
    for row in islice(rows, MOST_ROWS):
        known = sum(fold_header(cell) in tried.headings for cell in row if cell)
        if known > most:
            best, most = row, known
    return _trial(tried, best) if most else None


def _trial(tried: Format, header: Sequence[str]) -> Trial:
    places = {fold_header(cell): cell for cell in reversed(header) if cell.strip()}
    read: dict[str, str] = {}
    for field, names in tried.columns.items():
        found = next(
            (places[fold] for name in names if (fold := fold_header(name)) in places), None
        )
        if found is not None:
            read[field] = found.strip()
    used = {fold_header(heading) for heading in read.values()}
    told = sum(name in places for name in tried.telling)
    return Trial(
        fits=tried.layout(header) is not None,
        header=tuple(header),
        read=read,
        unread=tuple(cell.strip() for fold, cell in places.items() if fold not in used)[::-1],
        missing=tuple(group for group in tried.required if not group & read.keys()),
        forbidden=tuple(sorted(tried.forbidden & read.keys())),
        lacks_telling=bool(tried.telling) and told < tried.at_least,
    )
