"""Each person's own repurchase cycle C, how far into it they are (r), and when they are due.

    occasions ──paces()──► n, own median, first, second, last    (one row per person)
                  │
                  ├──group_pace()──► group median, median first → second occasion   (two small questions)
                  ▼
               cycles()──► C, basis, r, due_on

The same expressions serve today's list, any earlier day and every month-end of the p table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Protocol

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from xiaohe.stats import survival
from xiaohe.stats.rhythm import (
    LONGEST_CYCLE_DAYS,
    MIN_GROUP_PEOPLE,
    PRIOR_GAPS,
    SHORTEST_CYCLE_DAYS,
)

DAY = timedelta(days=1)
# Closed days as spans, both ends included, that neither touch nor overlap.
Spans = Sequence[tuple[date, date]]


class Asks(Protocol):
    """Whatever answers an expression: a reading of the ledger or of derived tables."""

    def run(self, expression: Any) -> pa.Table: ...

    def register(self, name: str, data: Any) -> ir.Table: ...


PACE_SCHEMA = pa.schema(
    [
        ("on", pa.date32()),
        ("median_days", pa.float64()),
        ("preset", pa.bool_()),
        ("first_return_days", pa.float64()),
    ]
)


class Basis(StrEnum):
    """Where a person's cycle comes from; no basis, no cycle, no due date."""

    OWN = "own"
    ONE_GAP = "one_gap"
    FIRST_RETURN = "first_return"


@dataclass(frozen=True)
class GroupPace:
    """The shop's pace on one day: days between occasions, and days until first-time buyers come back.

    `preset`: fewer than 30 people have two gaps, so `median_days` is the playbook's.
    `first_return_days` is None while fewer than half are seen to come back at all.
    """

    median_days: float
    preset: bool
    first_return_days: float | None

    def as_table(self, on: date) -> pa.Table:
        """One row, to be registered: a question that names it is compiled once for all days."""
        row = {"on": on, **asdict(self)}
        return pa.Table.from_pylist([row], schema=PACE_SCHEMA)


def open_days(since: Any, until: Any, closed: Spans = ()) -> Any:
    """Whole days from one occasion to the next; days the shop was closed, strictly between them, do not count."""
    days = until.delta(since, unit="day")
    for first, last in closed:
        began = ibis.greatest(since, ibis.literal(first - DAY))
        ended = ibis.least(until, ibis.literal(last + DAY))
        days = days - ibis.greatest(ended.delta(began, unit="day") - 1, 0)
    return days


def paces(occasions: ir.Table, closed: Spans = (), by: Sequence[str] = ("person",)) -> ir.Table:
    """(*by, occasions, gaps, own_median, first_on, second_on, last_on) from rhythmic occasions."""
    days = occasions.filter(occasions.rhythmic)
    in_time = ibis.window(group_by=[days[name] for name in by], order_by=days.on)
    days = days.select(*by, "on", earlier_on=days.on.lag().over(in_time))
    days = days.mutate(gap=open_days(days.earlier_on, days.on, closed))
    return days.group_by(*by).aggregate(
        occasions=days.count(),
        gaps=days.gap.count(),
        own_median=days.gap.median().cast("float64"),
        first_on=days.on.min(),
        second_on=days.on.min(where=days.earlier_on.notnull()),
        last_on=days.on.max(),
    )


class PaceQuestions:
    """What a shop's pace is read from, put together once for any number of days."""

    def __init__(self, people: ir.Table, on: Any, closed: Spans = ()) -> None:
        steady = people.filter(people.gaps >= 2)
        self._voted = steady.aggregate(people=steady.count(), median=steady.own_median.median())
        self._returns = first_returns(people, on, closed)

    def ask(self, read: Asks, preset_days: float) -> GroupPace:
        votes = read.run(self._voted).to_pylist()[0]
        enough = votes["people"] >= MIN_GROUP_PEOPLE
        return GroupPace(
            median_days=float(votes["median"] if enough else preset_days),
            preset=not enough,
            first_return_days=median_days(read.run(self._returns).to_pylist()),
        )


def group_pace(
    read: Asks, people: ir.Table, *, on: Any, preset_days: float, closed: Spans = ()
) -> GroupPace:
    """The shop's pace at the start of shop day `on` from `paces` (better stored: it is asked twice)."""
    return PaceQuestions(people, on, closed).ask(read, preset_days)


def cycles(people: ir.Table, pace: ir.Table) -> ir.Table:
    """`paces` with cycle, basis, preset, days_since, ratio and due_on, at the one row of `GroupPace.as_table`."""
    # The row stands beside every person once: as a subquery it would be planned anew wherever it is named.
    told = pace.select("median_days", "first_return_days", then_on="on", group_preset="preset")
    beside = people.cross_join(told)
    found = turning(
        beside,
        median_days=beside.median_days,
        first=beside.first_return_days,
        preset=beside.group_preset,
        on=beside.then_on,
    )
    return found.drop(*told.columns)


def turning(
    people: ir.Table, *, median_days: Any, first: Any, preset: Any, on: Any, factor: Any = None
) -> ir.Table:
    """The cycle of each row at a pace that stands in columns; `factor` stretches it, before the clamp."""
    own = (people.gaps * people.own_median + PRIOR_GAPS * median_days) / (people.gaps + PRIOR_GAPS)
    if factor is not None:
        own = own * factor
    people = people.mutate(
        cycle=ibis.ifelse(people.gaps >= 1, own, first),
        preset=(people.gaps >= 1) & preset,
        days_since=on.delta(people.last_on, unit="day").cast("int64"),
    )
    # No cycle (who bought once, where there is no first return) is neither too short nor too long. As `clip` it would
    # be spelt four times over.
    people = people.mutate(
        cycle=ibis.cases(
            (people.cycle < SHORTEST_CYCLE_DAYS, SHORTEST_CYCLE_DAYS),
            (people.cycle > LONGEST_CYCLE_DAYS, LONGEST_CYCLE_DAYS),
            else_=people.cycle,
        )
    )
    return people.mutate(
        basis=ibis.cases(
            (people.gaps >= 2, Basis.OWN.value),
            (people.gaps == 1, Basis.ONE_GAP.value),
            (people.cycle.notnull(), Basis.FIRST_RETURN.value),
        ),
        ratio=people.days_since / people.cycle,
        due_on=(people.last_on + people.cycle.ceil().cast("int64").as_interval("D")).cast("date"),
    )


def first_returns(
    people: ir.Table, on: Any, closed: Spans = (), by: Sequence[str] = ()
) -> ir.Table:
    """Per number of days from first to second occasion: who came back, and all; others are censored at `on`."""
    returned = people.second_on.notnull()
    until = ibis.ifelse(returned, people.second_on, on)
    spans = people.select(
        *by,
        days=open_days(people.first_on, until, closed).cast("int64"),
        returned=returned.cast("int64"),
    )
    return spans.group_by(*by, "days").aggregate(
        returned=spans.returned.sum(), people=spans.count()
    )


def median_days(counted: list[dict[str, Any]]) -> float | None:
    """Kaplan–Meier median of first → second occasion."""
    rows = [(row["days"], row["returned"], row["people"] - row["returned"]) for row in counted]
    answer = _median_of_counts(rows)
    return float(answer.days) if isinstance(answer, survival.MedianTime) else None


def _median_of_counts(
    rows: list[tuple[int, int, int]],
) -> survival.MedianTime | survival.NotReached | survival.TooFew:
    durations, flags = [], []
    for days, returned, away in rows:
        durations += [days] * (returned + away)
        flags += [True] * returned + [False] * away
    return survival.median_time(durations, flags)
