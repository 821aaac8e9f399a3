"""One slice of a table with what every parser asks of it: cells by field, what is no data, what is wrong.

Slice(…) ─► sift() what is no data ─► reject() what is wrong ─► good rows ─► facts
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from xiaohe.sources import amounts
from xiaohe.sources.amounts import Amounts
from xiaohe.sources.cells import is_damaged_number, number_text, text
from xiaohe.sources.facts import NULL, Ints
from xiaohe.sources.formats import Layout
from xiaohe.sources.reasons import Rejected
from xiaohe.sources.rows.context import Context, Judge, blank_rows, columns_of, reject
from xiaohe.sources.tally import RowClass, rejected_as
from xiaohe.sources.times import Instants

Bools = NDArray[np.bool_]


class Slice:
    """Rows of a table by the fields its layout found; `records` say what became of each."""

    def __init__(
        self,
        context: Context,
        layout: Layout,
        width: int,
        judge: Judge,
        rows: Sequence[list[str]],
        start: int,
    ) -> None:
        self.context = context
        self.rows = rows
        self.start = start
        self.count = len(rows)
        cells, self._broken = columns_of(rows, layout.positions, width)
        self.cells = {name: _without_ticks(column) for name, column in cells.items()}
        self.records = blank_rows(self.count)
        self._judge = judge
        self._blank = np.array([not any(cell.strip() for cell in row) for row in rows], np.bool_)

    # ------------------------------------------------------------ columns

    def has(self, *names: str) -> bool:
        return all(name in self.cells for name in names)

    def raw(self, name: str) -> Sequence[str]:
        """The cells as they are; blanks where the file has no such column."""
        return self.cells.get(name) or [""] * self.count

    def texts(self, name: str) -> list[str]:
        return [text(cell) if cell else "" for cell in self.raw(name)]

    def numbers(self, name: str) -> list[str]:
        """Order numbers, ids and codes in one spelling."""
        return [number_text(cell) if cell else "" for cell in self.raw(name)]

    def times(self, *names: str) -> Instants:
        """The first of these columns that tells a row's time."""
        columns = [self.context.clock.column(self.cells[name]) for name in names if self.has(name)]
        if not columns:
            off = np.zeros(self.count, np.bool_)
            return Instants(np.full(self.count, NULL), off, off)
        first = columns[0]
        at, date_only, bad = first.at.copy(), first.date_only.copy(), first.bad.copy()
        for other in columns[1:]:
            fill = (at == NULL) & other.known
            at[fill], date_only[fill], bad[fill] = other.at[fill], other.date_only[fill], False
        return Instants(at, date_only, bad)

    def money(self, name: str) -> Amounts:
        if not self.has(name):
            return amounts.none(self.count)
        return amounts.column(self.raw(name), self.context.currency)

    def pieces(self, name: str) -> tuple[NDArray[np.float64], Bools]:
        """A column of numbers (NaN where empty), and which cells hold none."""
        if not self.has(name):
            return np.full(self.count, np.nan), np.zeros(self.count, np.bool_)
        return amounts.quantities(self.raw(name))

    def each(self, values: Sequence[str], key: Callable[[str], int]) -> Ints:
        """One id per row; NULL where the value is blank. Equal values of a slice are worked out once."""
        known = {value: key(value) for value in set(values) if value}
        return np.array([known.get(value, NULL) for value in values], np.int64)

    # ------------------------------------------------------------ what is no data, what is wrong

    def sift(self, surely: Bools) -> None:
        """Set aside blank rows, totals, repeated headings and notes; rows in `surely` are data for certain."""
        for index in np.flatnonzero(~surely & ~self._blank & self._undecided).tolist():
            row_class = self._judge.row_class(self.rows[index])
            if row_class is not None:
                self.records["row_class"][index] = row_class
        reject(self.records, self._broken & ~self._blank, Rejected.BROKEN_ROW)

    def set_aside(self, index: int) -> None:
        """Say of a row that it is no data, though it looks like some."""
        self.records["row_class"][index] = self._judge.no_data(self.rows[index])

    def reject(self, where: Bools, reason: Rejected) -> None:
        reject(self.records, where & ~self._blank, reason)

    def reject_damaged(self, *columns: Sequence[str]) -> None:
        """Numbers that a spreadsheet turned into 1.93E+17 are lost, and never guessed."""
        open_ = self.good
        for numbers in columns:
            for index, number in enumerate(numbers):
                is_odd = bool(number) and not number.isdigit() and is_damaged_number(number)
                if is_odd and open_[index]:
                    self.records["row_class"][index] = rejected_as(Rejected.DAMAGED_NUMBER)

    @property
    def _undecided(self) -> Bools:
        undecided: Bools = self.records["row_class"] == RowClass.BLANK
        return undecided

    @property
    def good(self) -> Bools:
        """Rows with nothing against them so far."""
        return self._undecided & ~self._blank

    def is_class(self, *classes: RowClass) -> Bools:
        found: Bools = np.isin(self.records["row_class"], classes)
        return found


class OfSlices:
    """What parses a table slice by slice, and what it knows of the whole table."""

    def __init__(self, context: Context, layout: Layout, width: int, judge: Judge) -> None:
        self._context = context
        self._layout = layout
        self._width = width
        self._judge = judge

    def _slice(self, rows: Sequence[list[str]], start: int) -> Slice:
        return Slice(self._context, self._layout, self._width, self._judge, rows, start)


def _without_ticks(column: list[str]) -> list[str]:
    """Bills put a backtick before each value; without it the quick ways of reading a cell are open."""
    if not any(cell[:1] == "`" for cell in column[:50]):
        return column
    return [cell[1:] if cell[:1] == "`" else cell for cell in column]


def filled(values: Sequence[str]) -> Bools:
    return np.array([bool(value) for value in values], np.bool_)


def in_rows(values: Sequence[str], words: frozenset[str] | Sequence[str]) -> Bools:
    """Which cells hold one of these words, in whole or in part; each different cell is looked at once."""
    known = {value: any(word in value for word in words) for value in set(values)}
    return np.array([known[value] for value in values], np.bool_)
