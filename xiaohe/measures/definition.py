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

    def read(
        self,
        state: State,
        window_from: date | None = None,
        window_to: date | None = None,
        days: int | None = None,
        by: str | None = None,
    ) -> Measured:
        """The measure over shop days [window_from, window_to), by default its usual days before the state's day."""
        window, span = self._window(state, window_from, window_to, days)
        asked = (self.id, self.version, window, span, by)
        return kept.once(state, asked, lambda: self._read(state, window, span, by))

    def _read(self, state: State, window: Window, span: int, by: str | None) -> Measured:
        with state.reading() as read:
            tables = Tables(read, state)
            missing = self.missing(tables, window, span)
            top, bottom, n = (0, 0, 0) if missing else self._sums(tables, window, span)
            parts = tuple(self._parts(tables, window, span)) if by == "month" else ()
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
                state, window, span, side, limit, offset
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

    def _sums(self, tables: Tables, window: Window, days: int) -> tuple[int, int, int]:
        return _summed(tables.read, self._question(tables, window, days))

    def _question(self, tables: Tables, window: Window, days: int) -> ir.Table:
        rows = self.rows(tables, window, days)
        return rows.aggregate(
            top=rows.top.sum().cast("int64"),
            bottom=rows.bottom.sum().cast("int64"),
            n=rows.count(),
        )

    def _parts(self, tables: Tables, window: Window, days: int) -> Iterator[Part]:
        question = self._question(tables, _asked_window(tables.read), days)
        for month in _months(tables, window):
            days_of_month = {"start": [month.start], "end": [month.end]}
            tables.read.register("asked_window", pa.table(days_of_month, WINDOW_SCHEMA))
            top, bottom, _n = _summed(tables.read, question)
            ends = month.end + timedelta(days=days) if self.matures else month.end
            yield Part(
                window=month,
                value=top / bottom if bottom else None,
                numerator=top,
                denominator=bottom,
                immature=ends > tables.state.on,
            )

    def _people(
        self, state: State, window: Window, days: int, side: Side, limit: int | None, offset: int
    ) -> list[int]:
        with state.reading() as read:
            tables = Tables(read, state)
            if self.missing(tables, window, days) is not None:
                return []
            rows = self.rows(tables, window, days)
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


def _summed(read: Reading, question: ir.Table) -> tuple[int, int, int]:
    found = read.run(question).to_pylist()[0]
    return found["top"] or 0, found["bottom"] or 0, found["n"]


def _months(tables: Tables, window: Window) -> Iterator[Window]:
    """Calendar months of the window, from the first order on; the first and last may be cut."""
    orders = tables.orders
    bounds = tables.read.run(
        orders.filter(orders.valid).aggregate(first=orders.on.min(), last=orders.on.max())
    )
    first, last = bounds["first"][0].as_py(), bounds["last"][0].as_py()
    if first is None:
        return
    day = max(window.start or first, first)
    end = min(window.end, last + timedelta(days=1))
    while day < end:
        following = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
        yield Window(day, min(following, window.end))
        day = following
