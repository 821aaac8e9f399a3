"""The state depends on which files were imported, not on their order; and p on what the shop's past holds."""

from __future__ import annotations

import csv
import random
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import _pointed_at as pointed_at
from tests.traits.facts import fact, key, order
from tests.traits.test_state import bring
from xiaohe.sources import importing
from xiaohe.traits import state

NOW = datetime(2025, 6, 30, 4, tzinfo=UTC)
ON = date(2025, 6, 30)


@contextmanager
def fresh_shop(template: Path) -> Iterator[None]:
    """A workspace for one example of many in one test."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copyfile(template, Path(folder) / "xiaohe.db")
        with pointed_at(Path(folder)):
            yield


def statements() -> list[list[dict[str, Any]]]:
    """Four exports of one shop that overlap: an order goes from placed to paid, refunded, closed."""

    def on(day: int) -> datetime:
        return datetime(2025, 5, 1, 4, tzinfo=UTC) + timedelta(days=day)

    def refund(name: str, day: int, amount: int) -> dict[str, Any]:
        where = {"order_key": key(name), "subject": key("ann"), "currency": "CNY"}
        return fact("order.refunded", on(day), amount=amount, **where)

    return [
        [*order("a", on(0)), *order("b", on(9), paid=None)],
        [*order("b", on(9)), *order("c", on(20)), refund("a", 12, 100)],
        [*order("a", on(0)), refund("a", 30, 400), *order("d", on(21), "bob")],
        [fact("order.closed", on(33), order_key=key("c"), subject=key("ann"))],
    ]


def told(files: list[list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    for facts in files:
        bring(facts)
    with state.as_of(ON).reading() as read:
        return {
            name: sorted(read.run(read.table(name)).to_pylist(), key=repr)
            for name in ("orders", "rhythm")
        }


@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.permutations(range(4)))
def test_any_order_of_imports_gives_the_same_state(
    template_store: Path, place: Any, order_of_files: list[int]
) -> None:
    files = statements()
    with fresh_shop(template_store):
        expected = told(files)
    with fresh_shop(template_store):
        assert told([files[number] for number in order_of_files]) == expected


def write_orders(path: Path, comes_back: float) -> Path:
    """A year of a shop whose people come back after 30 days with this chance, as a plain table."""
    chance = random.Random(7)
    with open(path, "w", newline="") as out:
        table = csv.writer(out)
        table.writerow(["order", "customer", "time", "item", "quantity", "price"])
        for person in range(120):
            day = datetime(2024, 7, 1, 12, tzinfo=UTC) + timedelta(days=chance.randrange(250))
            for number in range(20):
                name, at = f"{path.stem}-{person}", f"{day:%Y-%m-%d %H:%M:%S}"
                table.writerow([f"{name}-{number}", name, at, "tea", 1, "19.90"])
                day += timedelta(days=30)
                if day.date() >= ON or chance.random() > comes_back:
                    break
    return path


def share_who_came_back(path: Path) -> float:
    """Import a table as a user does; then the share of all cases of the p table."""
    with open(path, "rb") as body:
        mapping = importing.inspect(body, name=path.name).mapping
    importing.run(path, mapping, now=NOW)
    cells = state.as_of(ON).chance_table.cells.values()
    return sum(cell.hits for cell in cells) / sum(cell.cases for cell in cells)


def test_p_follows_the_shops_own_past(place: Any, tmp_path: Path) -> None:
    assert state.as_of(ON).chance_table.month_ends == 0
    seldom = share_who_came_back(write_orders(tmp_path / "seldom.csv", 0.5))
    learned = state.as_of(ON).chance_table
    often = share_who_came_back(write_orders(tmp_path / "often.csv", 0.95))
    assert learned.month_ends >= 4
    assert 0 < seldom < often < 1
