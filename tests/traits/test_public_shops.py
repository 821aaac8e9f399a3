"""The check figures of the calculations on two public shops, and every one of their buyers against the twin."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from tests.traits.facts import facts_of, key
from tests.twin.orders import Row, orders_of
from tests.twin.people import join
from tests.twin.public_data import cdnow, online_retail
from tests.twin.rhythm import picture

pytestmark = pytest.mark.shared


def test_online_retail(shared_data: Any, built: Any) -> None:
    rows, on = online_retail(cancellations=False), date(2011, 12, 10)
    found = built(facts_of(rows), on)
    rhythm = found["rhythm"]
    # 45 days, one vote per person; whoever bought once waits the median first return, 104 days.
    assert _group_median(rhythm) == 45
    assert pc.unique(_where(rhythm, "basis", "first_return")["cycle"]).to_pylist() == [104.0]
    assert _as_the_twin_says(rhythm, rows, on)


def test_online_retail_with_its_cancellations(shared_data: Any, built: Any) -> None:
    rows, on = online_retail(cancellations=True), date(2011, 12, 10)
    found = built(facts_of(rows), on)
    assert _as_the_twin_says(found["rhythm"], rows, on)


def test_cdnow(shared_data: Any, built: Any) -> None:
    rows, on = cdnow(), date(1998, 7, 1)
    rhythm = built(facts_of(rows), on)["rhythm"]
    assert _group_median(rhythm) == 56
    # Fewer than half of the first-time buyers ever came back: no cycle, no due date.
    once = rhythm.filter(pc.equal(rhythm["gaps"], 0))
    assert once["cycle"].null_count == once.num_rows > 10_000
    assert _as_the_twin_says(rhythm, rows, on)


def _group_median(rhythm: pa.Table) -> float:
    steady = rhythm.filter(pc.greater_equal(rhythm["gaps"], 2))
    return float(pc.quantile(steady["own_median"], 0.5)[0].as_py())


def _where(table: pa.Table, column: str, value: str) -> pa.Table:
    return table.filter(pc.equal(table[column], value))


def _as_the_twin_says(rhythm: pa.Table, rows: list[Row], on: date) -> bool:
    orders = orders_of(rows)
    join(orders, [])
    expected = {
        key(person): (line.occasions, line.cycle, line.ratio, line.due_on, line.m)
        for person, line in picture(orders, on).people.items()
    }
    answer = {
        row["person"]: (row["occasions"], row["cycle"], row["ratio"], row["due_on"], row["value"])
        for row in rhythm.to_pylist()
    }
    assert answer.keys() == expected.keys()
    different = {
        person: (line, expected[person])
        for person, line in answer.items()
        if line != expected[person]
    }
    assert different == {}
    return True
