"""One measure: words, a version, and the rows both its sides are summed from.

    rows(tables, window, days) ─► (person, top, bottom) ─► Σ top ÷ Σ bottom
                                         └──► people of either side

A row is a buyer, a linked person or an order. Because value and people come from the same rows, a number
always opens to exactly its people.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import ibis.expr.types as ir
import pyarrow as pa
from django.utils.translation import gettext_lazy as _

from xiaohe.kernel.errors import BadInput
from xiaohe.ledger.engine import Reading
from xiaohe.measures import kept
from xiaohe.measures.result import Measured, Missing, NotYet, Part, Side, Unit, Window
from xiaohe.traits.state import State

WINDOW_SCHEMA = pa.schema([("start", pa.date32()), ("end", pa.date32())])


@dataclass(frozen=True)
class Tables:
    """The derived tables of one state, open for questions."""

    read: Reading
    state: State

    def __getattr__(self, name: str) -> ir.Table:
        return self.read.table(name)


# Column and value, for one part of a measure that splits.
Only = tuple[tuple[str, str], ...]
Rows = Callable[[Tables, Window, int], ir.Table]
Check = Callable[[Tables, Window, int], NotYet | None]


@dataclass(frozen=True)
class Definition:
    """A versioned measure; a change of meaning raises `version`, so that old values keep theirs.

    `days` is the window's length, or for measures with `matures` the days a person is given.
    """

    id: str
    version: int
    name: Any
    formula: Any
    unit: Unit
    rows: Rows
    # The number, or where the shop's settings say it; None where the measure has no days.
    days: int | Callable[[], int] | None
    missing: Check
    # The window is a cohort of first purchases, each watched for `days`.
    matures: bool = False
    # Columns of the rows by which the measure can be split beside months.
    splits: tuple[str, ...] = ()
    # What of the shop's settings the rows are worked out with: a change of it asks anew.
    settings: Callable[[], int] = lambda: 0
    # Whose first and last day bound the months.
    dated: Callable[[Tables], ir.Table] = lambda tables: tables.orders.filter(tables.orders.valid)

    def read(
        self,
        state: State,
        window_from: date | None = None,
        window_to: date | None = None,
        days: int | None = None,
        by: str | None = None,
        only: Only = (),
    ) -> Measured:
        """The measure over shop days [window_from, window_to), by default its usual days before the state's day.

        `by`: month, or one of `splits`; `only`: of rows whose columns hold these values, such as one platform's.
        """
        asked_by = {name for name, _value in only} | ({by} if by and by != "month" else set())
        if strange := asked_by - set(self.splits):
            raise BadInput(
                "no_such_split",
                _("%(id)s cannot be split by “%(by)s”."),
                id=self.id,
                by=", ".join(sorted(strange)),
            )
        window, span = self._window(state, window_from, window_to, days)
        asked = (self.id, self.version, window, span, by, only, self.settings())
        return kept.once(state, asked, lambda: self._read(state, window, span, by, only))

    def _read(
        self, state: State, window: Window, span: int, by: str | None, only: Only
    ) -> Measured:
        with state.reading() as read:
            tables = Tables(read, state)
            missing = self.missing(tables, window, span)
            top, bottom, n = (0, 0, 0) if missing else self._sums(tables, window, span, only)
            parts: tuple[Part, ...] = ()
            if by == "month":
                parts = tuple(self._parts(tables, window, span, only))
            elif by and missing is None:
                parts = tuple(self._groups(tables, window, span, by, only))
        value: float | NotYet
        if missing is not None:
            value = missing
        elif self.unit is Unit.PEOPLE:
            value = top
        else:
            value = top / bottom if bottom else NotYet(Missing.NO_BUYERS)
        return Measured(
            id=self.id,
            version=self.version,
            unit=self.unit,
            value=value,
            numerator=None if missing else top,
            denominator=None if missing else bottom,
            n=n,
            window=window,
            as_of=state.on,
            currency=state.currency,
            days=span if self.days is not None else None,
            parts=parts,
            _people=lambda side, limit, offset: self._people(
                state, window, span, only, side, limit, offset
            ),
        )

    def _window(
        self, state: State, start: date | None, end: date | None, days: int | None
    ) -> tuple[Window, int]:
        end = end or state.on
        usual = self.days() if callable(self.days) else self.days
        span = days or usual or 0
        if start is None and self.days is not None and not self.matures:
            start = end - timedelta(days=span)
        return Window(start, end), span

    def _sums(self, tables: Tables, window: Window, days: int, only: Only) -> tuple[int, int, int]:
        return _summed(tables.read, self._question(tables, window, days, only))

    def _rows(self, tables: Tables, window: Window, days: int, only: Only) -> ir.Table:
        rows = self.rows(tables, window, days)
        for name, value in only:
            rows = rows.filter(rows[name] == value)
        return rows

    def _question(self, tables: Tables, window: Window, days: int, only: Only) -> ir.Table:
        rows = self._rows(tables, window, days, only)
        return rows.aggregate(**_sums_of(rows))

    def _groups(
        self, tables: Tables, window: Window, days: int, by: str, only: Only
    ) -> Iterator[Part]:
        rows = self._rows(tables, window, days, only)
        grouped = rows.group_by(label=rows[by]).aggregate(**_sums_of(rows))
        for row in tables.read.run(grouped.order_by("label")).to_pylist():
            top, bottom = row["top"] or 0, row["bottom"] or 0
            yield Part(
                window=window,
                value=top / bottom if bottom else None,
                numerator=top,
                denominator=bottom,
                # Rows of a measure that matures are those whose time is over.
                immature=False,
                label=row["label"],
                n=row["n"] or 0,
            )

    def _parts(self, tables: Tables, window: Window, days: int, only: Only) -> Iterator[Part]:
        question = self._question(tables, _asked_window(tables.read), days, only)
        for month in _months(tables, self.dated(tables), window):
            days_of_month = {"start": [month.start], "end": [month.end]}
            tables.read.register("asked_window", pa.table(days_of_month, WINDOW_SCHEMA))
            top, bottom, n = _summed(tables.read, question)
            ends = month.end + timedelta(days=days) if self.matures else month.end
            yield Part(
                window=month,
                value=top / bottom if bottom else None,
                numerator=top,
                denominator=bottom,
                immature=ends > tables.state.on,
                n=n,
            )

    def _people(
        self,
        state: State,
        window: Window,
        days: int,
        only: Only,
        side: Side,
        limit: int | None,
        offset: int,
    ) -> list[int]:
        with state.reading() as read:
            tables = Tables(read, state)
            if self.missing(tables, window, days) is not None:
                return []
            rows = self._rows(tables, window, days, only)
            counted = rows.top != 0 if side is Side.NUMERATOR else rows.bottom != 0
            people = rows.filter(rows.person.notnull() & counted).select("person").distinct()
            people = people.order_by("person").limit(limit, offset=offset)
            found: list[int] = read.run(people).column("person").to_pylist()
            return found


def _asked_window(read: Reading) -> Window:
    """A window whose days stand in a one-row table: one question for all months, compiled once."""
    row = read.register("asked_window", WINDOW_SCHEMA.empty_table())
    start: Any = row.start.as_scalar()
    end: Any = row.end.as_scalar()
    return Window(start, end)


def _sums_of(rows: ir.Table) -> dict[str, Any]:
    """Both sides, and how many rows they rest on: those that say so themselves, else all."""
    n = rows.n.sum().cast("int64") if "n" in rows.columns else rows.count()
    return {
        "top": rows.top.sum().cast("int64"),
        "bottom": rows.bottom.sum().cast("int64"),
        "n": n,
    }


def _summed(read: Reading, question: ir.Table) -> tuple[int, int, int]:
    found = read.run(question).to_pylist()[0]
    return found["top"] or 0, found["bottom"] or 0, found["n"] or 0


def _months(tables: Tables, dated: ir.Table, window: Window) -> Iterator[Window]:
    """Calendar months of the window, from the first day told on; the first and last may be cut."""
    bounds = tables.read.run(dated.aggregate(first=dated.on.min(), last=dated.on.max()))
    first, last = bounds["first"][0].as_py(), bounds["last"][0].as_py()
    if first is None:
        return
    day = max(window.start or first, first)
    end = min(window.end, last + timedelta(days=1))
    while day < end:
        following = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
        yield Window(day, min(following, window.end))
        day = following
