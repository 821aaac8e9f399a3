"""p, the share who bought within 14 days: counted at the shop's own past month-ends.

    month-end F ─► orders as known then ─► rhythm as of F ─► (class, r band) of each person ─► bought in F…F+13?

F is the first shop day after the month; it counts from 180 days of history on and once its 14 days are over.
The state at F is the same expression as today's list, so nothing known later leaks into it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from xiaohe.stats import stages
from xiaohe.stats.value import BAND_EDGES, HISTORY_DAYS, MIN_CASES, OUTCOME_DAYS, PRESET_CHANCE
from xiaohe.traits import groups
from xiaohe.traits.bulk import suspects, with_bulk
from xiaohe.traits.groups import Held
from xiaohe.traits.occasions import occasions
from xiaohe.traits.orders import valid_at
from xiaohe.traits.rhythm import Asks, PaceQuestions, Spans, cycles, paces

Cell = tuple[int, int]
SHARES_SCHEMA = pa.schema(
    [
        ("purchase_class", pa.int64()),
        ("band", pa.int64()),
        ("chance", pa.float64()),
        ("chance_preset", pa.bool_()),
    ]
)
THEN_SCHEMA = pa.schema([("on", pa.date32()), ("today", pa.date32())])


@dataclass(frozen=True)
class Tally:
    """Cases and how many of them came back."""

    cases: int = 0
    hits: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.cases + other.cases, self.hits + other.hits)

    @property
    def share(self) -> float | None:
        """The measured share, or None below 30 cases."""
        return self.hits / self.cases if self.cases >= MIN_CASES else None


@dataclass(frozen=True)
class ChanceTable:
    """Tallies by (purchase class, r band), and of people long gone who had one further cycle to return."""

    cells: dict[Cell, Tally] = field(default_factory=dict)
    long_gone: dict[bool, Tally] = field(default_factory=dict)
    month_ends: int = 0

    def may_return(self) -> dict[bool, float]:
        """The chance of regulars (True) and others (False) beyond the lost line, where measurable."""
        shares = {regular: tally.share for regular, tally in self.long_gone.items()}
        return {regular: share for regular, share in shares.items() if share is not None}

    def as_json(self) -> dict[str, Any]:
        return {
            "cells": [
                [*cell, tally.cases, tally.hits] for cell, tally in sorted(self.cells.items())
            ],
            "long_gone": [
                [r, tally.cases, tally.hits] for r, tally in sorted(self.long_gone.items())
            ],
            "month_ends": self.month_ends,
        }

    @staticmethod
    def from_json(data: dict[str, Any]) -> ChanceTable:
        return ChanceTable(
            {(kind, band): Tally(cases, hits) for kind, band, cases, hits in data["cells"]},
            {regular: Tally(cases, hits) for regular, cases, hits in data["long_gone"]},
            data["month_ends"],
        )


def month_starts(first_on: date | None, on: date) -> Iterator[date]:
    """The days F whose month-end teaches something on day `on`."""
    if first_on is None:
        return
    day = (first_on + timedelta(days=HISTORY_DAYS - 1)).replace(day=1)
    while day <= on - timedelta(days=OUTCOME_DAYS):
        if (day - first_on).days >= HISTORY_DAYS:
            yield day
        day = (day + timedelta(days=32)).replace(day=1)


def table(
    read: Asks,
    orders: ir.Table,
    *,
    on: date,
    preset_days: float,
    keep: Callable[[ir.Table], ir.Table],
    closed: Spans = (),
    held: Held | None = None,
) -> ChanceTable:
    """The p table at the start of shop day `on` from folded orders with their persons.

    `keep` stores an intermediate table of one month-end and returns it; it is read three times.
    With `held` the cases are persons and groups, and the outcome is an occasion in that group.
    """
    known = orders.filter(valid_at(orders, on))
    ever_paid = orders.filter(orders.was_paid)
    suspected = read.register("suspects", read.run(suspects(ever_paid)))
    bounds = read.run(known.aggregate(first_on=known.on.min(), last_on=known.on.max()))
    if held is None:
        questions = _Questions(read, orders, known, suspected, keep, closed)
    else:
        questions = _GroupQuestions(read, orders, known, suspected, keep, closed, held)
    cells: dict[Cell, Tally] = {}
    long_gone: dict[bool, Tally] = {}
    month_ends = 0
    for month_end in month_starts(bounds["first_on"][0].as_py(), on):
        month_ends += 1
        for row in questions.tallies(month_end, on, preset_days):
            cell = (row["purchase_class"], row["band"])
            cells[cell] = cells.get(cell, Tally()) + Tally(row["cases"], row["hits"])
            regular = row["purchase_class"] == 3
            gone = Tally(row["gone"], row["came_back"])
            long_gone[regular] = long_gone.get(regular, Tally()) + gone
    return ChanceTable(cells, long_gone, month_ends)


def shares(known: ChanceTable) -> pa.Table:
    """p of every cell and whether it is a preset, to be registered: a question that names it is the same whatever they are."""
    rows = []
    for row, presets in PRESET_CHANCE.items():
        for column, preset in enumerate(presets):
            share = known.cells.get((row, column), Tally()).share
            rows.append((row, column, preset if share is None else share, share is None))
    return pa.table([list(column) for column in zip(*rows, strict=True)], schema=SHARES_SCHEMA)


def with_chance(people: ir.Table, told: ir.Table) -> ir.Table:
    """People with `occasions` and `ratio`, their `chance` and `chance_preset` of `shares`; null without a ratio."""
    people = people.mutate(of_class=purchase_class(people), of_band=ratio_band(people))
    same = (people.of_class == told.purchase_class, people.of_band == told.band)
    joined = people.left_join(told, same)
    return joined.drop("of_class", "of_band", "purchase_class", "band")


def purchase_class(people: ir.Table) -> ir.IntegerValue:
    return ibis.least(people.occasions, 3)


def ratio_band(people: ir.Table) -> ir.IntegerValue:
    return ibis.cases(
        *[(people.ratio < edge, band) for band, edge in enumerate(BAND_EDGES)],
        (people.ratio.notnull(), len(BAND_EDGES)),
    )


class _Questions:
    """The questions of one month-end, put together once: days stand in one-row tables, not in the questions.

    Putting together and compiling costs more than a small shop's answers, and there is a month-end a month.
    """

    def __init__(
        self,
        read: Asks,
        orders: ir.Table,
        known: ir.Table,
        suspected: ir.Table,
        keep: Callable[[ir.Table], ir.Table],
        closed: Spans,
    ) -> None:
        self._read, self._keep, self._known, self._closed = read, keep, known, closed
        self._then = read.register("then", THEN_SCHEMA.empty_table())
        seen = with_bulk(orders.filter(valid_at(orders, self._then.on.as_scalar())), suspected)
        self._paces = self._paces_of(seen)
        self._pace: Any = None
        self._counted: ir.Table | None = None

    def tallies(self, month_end: date, on: date, preset_days: float) -> list[dict[str, Any]]:
        """Cases and hits by purchase class and ratio band at one month-end, as known on day `on`."""
        read = self._read
        read.register("then", pa.table({"on": [month_end], "today": [on]}, THEN_SCHEMA))
        # The same name and columns each time: what was asked of the first month's table is asked of all.
        people = self._keep(self._paces)
        if self._pace is None:
            self._pace = self._asked_of(people)
        table = read.register("then_pace", self._pace_at(month_end, preset_days))
        if self._counted is None:
            self._counted = self._count(self._turning(people, table))
        rows: list[dict[str, Any]] = read.run(self._counted).to_pylist()
        return rows

    # ---- what differs where a person has a rhythm per group

    by: tuple[str, ...] = ("person",)

    def _paces_of(self, seen: ir.Table) -> ir.Table:
        return paces(occasions(seen), self._closed)

    def _asked_of(self, people: ir.Table) -> Any:
        return PaceQuestions(people, self._then.on.as_scalar(), self._closed)

    def _pace_at(self, month_end: date, preset_days: float) -> pa.Table:
        return self._pace.ask(self._read, preset_days).as_table(month_end)

    def _turning(self, people: ir.Table, pace: ir.Table) -> ir.Table:
        return cycles(people, pace)

    def _occasions_known(self) -> ir.Table:
        return self._known

    # ---- the same for both

    def _count(self, people: ir.Table) -> ir.Table:
        people = people.filter(people.cycle.notnull())
        known = self._occasions_known()
        later = known.filter((known.on >= self._then.on.as_scalar()) & known.person.notnull())
        later = later.group_by(*self.by).aggregate(next_on=later.on.min())
        people = people.left_join(later, list(self.by))
        people = people.drop(*(f"{name}_right" for name in self.by))
        # Beside every person once: as a subquery the days would be planned anew wherever they are named.
        people = people.cross_join(self._then.select(day="on", today="today"))
        regular = people.occasions >= 3
        lost_from = ibis.ifelse(regular, stages.LOST_RATIO_REGULAR, stages.LOST_RATIO)
        watched = people.cycle.ceil() <= people.today.delta(people.day, unit="day")
        beyond = people.days_since - people.cycle
        people = people.mutate(
            wait=people.next_on.delta(people.day, unit="day"),
            gone=(people.ratio >= lost_from) & (beyond >= stages.DAYS_TO_LOST) & watched,
        )
        back = people.gone & (people.wait < people.cycle.ceil()).fill_null(False)
        cases = people.select(
            purchase_class=purchase_class(people),
            band=ratio_band(people),
            hit=(people.wait < OUTCOME_DAYS).fill_null(False).cast("int64"),
            gone=people.gone.cast("int64"),
            came_back=back.cast("int64"),
        )
        return cases.group_by("purchase_class", "band").aggregate(
            cases=cases.count(),
            hits=cases.hit.sum(),
            gone=cases.gone.sum(),
            came_back=cases.came_back.sum(),
        )


class _GroupQuestions(_Questions):
    """The same month-ends, with one case per person and group."""

    by = groups.PAIR

    def __init__(
        self,
        read: Asks,
        orders: ir.Table,
        known: ir.Table,
        suspected: ir.Table,
        keep: Callable[[ir.Table], ir.Table],
        closed: Spans,
        held: Held,
    ) -> None:
        self._held = held
        super().__init__(read, orders, known, suspected, keep, closed)

    def _paces_of(self, seen: ir.Table) -> ir.Table:
        return groups.paces(self._held.of(seen), self._held.terms, self._closed)

    def _asked_of(self, people: ir.Table) -> Any:
        on = self._then.on.as_scalar()
        return groups.PaceQuestions(people, on, self._held.terms, self._closed)

    def _pace_at(self, month_end: date, preset_days: float) -> pa.Table:
        return groups.as_table(self._pace.ask(self._read, preset_days), month_end)

    def _turning(self, people: ir.Table, pace: ir.Table) -> ir.Table:
        return groups.cycles(people, pace)

    def _occasions_known(self) -> ir.Table:
        return self._held.of(self._known)
