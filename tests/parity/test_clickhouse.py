"""ClickHouse is the next target: everything that is asked can be said in its SQL (docs/scaling.md)."""

from __future__ import annotations

import ibis

from tests.parity.conftest import Told


def test_every_question_of_the_list_compiles_to_clickhouse(told: Told) -> None:
    questions = {each.expression.op(): each.expression for each in told.asked}
    assert len(questions) > 150
    for question in questions.values():
        assert ibis.to_sql(question, dialect="clickhouse").upper().startswith(("SELECT", "WITH"))
