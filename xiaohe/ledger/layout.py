"""Which facts stand in which file: rules over counts, so that a small shop has a handful of files and a large one
opens few of its many.

    fresh        as they came: files of imports, files of drains; not `covered`
    compacted    FACT, `covered`: sorted by (type, subject, time). A type's month (UTC) of CELL_ROWS or more is a file
                 of its own; smaller ones share a file over neighbouring months, POOL_ROWS or more together
    by subject   SUBJECT: the facts of all compacted files once more, sorted by (subject, time); a month of POOL_ROWS or
                 more is a file of its own, smaller ones share

Both layouts grow by runs: what is folded becomes new files, and files of one shelf are merged when they crowd it, small
ones first, so a fact is rewritten a few times in its life and never again once its file is full.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple, TypeAlias

from xiaohe.ledger.instants import from_us
from xiaohe.ledger.models import FileRole
from xiaohe.ledger.store import FileRow

CELL_ROWS = 100_000
POOL_ROWS = 500_000
# Larger files are left alone.
FULL_ROWS = 4_000_000
# So many runs crowd a shelf.
MERGE_AT = 4
# A run joins a merge if the smaller ones together are at least a quarter of it.
TIER = 4
# Months since the year 0.
Month: TypeAlias = int


class Cell(NamedTuple):
    """How many facts of a type happened in a month."""

    type: str
    month: Month
    rows: int


class Place(NamedTuple):
    """The facts of a cell go to the file of this number."""

    type: str
    month: Month
    place: int


def month_of(instant: datetime) -> Month:
    return instant.year * 12 + instant.month - 1


def compacted_places(cells: Sequence[Cell]) -> list[Place]:
    """A file per large cell; the small ones share, neighbouring months together."""
    large = sorted((each for each in cells if each.rows >= CELL_ROWS), key=lambda each: each[:2])
    small = [each for each in cells if each.rows < CELL_ROWS]
    places = [Place(each.type, each.month, number) for number, each in enumerate(large)]
    pools = _pools(small)
    return places + [Place(each.type, each.month, len(large) + pools[each.month]) for each in small]


def subject_places(cells: Sequence[Cell]) -> list[Place]:
    """A file per month, or for several neighbouring ones."""
    pools = _pools(cells)
    return [Place(each.type, each.month, pools[each.month]) for each in cells]


def one_place(cells: Sequence[Cell]) -> list[Place]:
    return [Place(each.type, each.month, 0) for each in cells]


PLACES: dict[FileRole, Callable[[Sequence[Cell]], list[Place]]] = {
    FileRole.FACT: compacted_places,
    FileRole.SUBJECT: subject_places,
    FileRole.SHADOW: one_place,
}


def crowd(files: Iterable[FileRow], *, most_rows: int, force: bool = False) -> list[FileRow]:
    """Files worth merging into one run, smallest first; empty if there is nothing to do.

    `force`: whatever can be merged is, for somebody who wants few files now.
    """
    shelves: dict[tuple[str, Month], list[FileRow]] = {}
    for each in files:
        if each.rows < FULL_ROWS:
            shelves.setdefault(_shelf(each), []).append(each)
    for _name, runs in sorted(shelves.items()):
        chosen = _tier(sorted(runs, key=lambda each: each.rows), most_rows, force=force)
        if len(chosen) > 1:
            return chosen
    return []


def _tier(runs: list[FileRow], most_rows: int, *, force: bool) -> list[FileRow]:
    if len(runs) < MERGE_AT and not force:
        return []
    chosen, rows = runs[:1], runs[0].rows
    for each in runs[1:]:
        if rows + each.rows > most_rows or (each.rows > TIER * rows and not force):
            break
        chosen.append(each)
        rows += each.rows
    return chosen


def _shelf(file: FileRow) -> tuple[str, Month]:
    """Where a run belongs: its type's month, its month, or among those that share."""
    if file.occurred_min_us is None or file.occurred_max_us is None:
        return ("", 0)
    first, last = (month_of(from_us(us)) for us in (file.occurred_min_us, file.occurred_max_us))
    is_cell = file.role == FileRole.FACT and first == last and file.rows >= CELL_ROWS
    if is_cell and file.type is not None:
        return (file.type, first)
    # Shared files that are large enough meet others of their time only.
    return ("", first if file.rows >= POOL_ROWS else 0)


def _pools(cells: Iterable[Cell]) -> dict[Month, int]:
    """Neighbouring months together until they have POOL_ROWS; what is left over at the end is one pool, too."""
    months: dict[Month, int] = {}
    for each in cells:
        months[each.month] = months.get(each.month, 0) + each.rows
    pools: dict[Month, int] = {}
    number = rows = 0
    for month in sorted(months):
        pools[month] = number
        rows += months[month]
        if rows >= POOL_ROWS:
            number, rows = number + 1, 0
    return pools
