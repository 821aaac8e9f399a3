"""The parity list leaves nothing out: what is registered or asked of facts without a run here is named."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import ibis
import pytest

from tests.parity.conftest import Told
from tests.parity.questions import asking, calls
from tests.parity.runs import runs
from xiaohe.ledger.engine import spark_sql
from xiaohe.measures import registry
from xiaohe.measures.definition import Definition
from xiaohe.measures.registry import all_measures
from xiaohe.traits.build import LASTING, TABLES


def measured() -> set[str]:
    return {each.name.split()[1].rstrip(":") for each in runs() if each.name.startswith("measure")}


@pytest.fixture
def new_measure() -> Iterator[Definition]:
    known = next(each for each in all_measures() if isinstance(each, Definition))
    added = replace(known, id="M99z")
    registry.register(added)
    yield added
    del registry._MEASURES[added.id]


def test_every_measure_is_in_the_list() -> None:
    assert measured() == {each.id for each in all_measures()}


def test_a_measure_registered_later_is_in_the_list_too(new_measure: Definition) -> None:
    names = [each.name for each in runs()]
    assert {f"measure {new_measure.id}: rows", f"measure {new_measure.id}: value"} <= set(names)


def test_every_derived_table_is_compared(built: dict[str, Any]) -> None:
    # Who is no customer is a file as well, read by the others when they are built.
    lasting = (name.removesuffix(".json") for name in LASTING)
    assert set(built) == {*TABLES, "left_out", *lasting}


def test_every_function_that_asks_about_facts_is_called_by_the_list(told: Told) -> None:
    assert asking() - told.called == set()


def test_a_new_question_without_a_run_is_named(tmp_path: Path) -> None:
    room = tmp_path / "xiaohe" / "touch"
    room.mkdir(parents=True)
    (room / "new.py").write_text(
        "_PAID = Reading.facts.filter(Reading.facts.type == 'order.paid')\n"
        "def direct(read):\n    return read.run(read.facts)\n"
        "def through_a_name(read):\n    return read.run(_PAID)\n"
        "def of_something_else(done):\n    return done.facts\n"
    )
    with calls(tmp_path) as called:
        pass
    place = "xiaohe/touch/new.py"
    assert asking(tmp_path) - called == {(place, "direct"), (place, "through_a_name")}


# ---------------------------------------------------------------- Spark's SQL where ibis's own would be wrong


def test_doubles_are_dropped_by_the_asked_columns_alone() -> None:
    orders = ibis.table({"person": "int64", "net": "int64"}, name="orders")
    people = orders.filter(orders.net > 0).select("person").distinct().order_by("person")
    sql = " ".join(spark_sql.compiled(people).sql.split())
    assert "SELECT DISTINCT `t0`.`person` FROM `orders` AS `t0` WHERE `t0`.`net` > 0)" in sql


def test_rows_are_skipped_in_the_asked_order() -> None:
    people = ibis.table({"person": "int64"}, name="orders").order_by("person").limit(50, offset=20)
    assert "ORDER BY `t0`.`person` ASC NULLS LAST LIMIT 50 OFFSET 20" in " ".join(
        spark_sql.compiled(people).sql.split()
    )
