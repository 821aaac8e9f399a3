"""ClickHouse is the next target: everything that is asked can be said in its SQL (docs/scaling.md)."""

from __future__ import annotations

import ibis

from tests.parity.conftest import DUCK
from tests.parity.recorded import recorded
from tests.parity.runs import Stand, derived, runs


def test_every_question_of_the_list_compiles_to_clickhouse(stand: Stand) -> None:
    with recorded() as asked:
        derived(DUCK)
        for each in runs():
            each.answer(DUCK, stand)
    questions = {each.expression.op(): each.expression for each in asked}
    assert len(questions) > 80
    for question in questions.values():
        assert ibis.to_sql(question, dialect="clickhouse").upper().startswith(("SELECT", "WITH"))
