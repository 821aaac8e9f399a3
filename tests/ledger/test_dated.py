"""A question of another day is compiled no second time, and asks for that day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import ibis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xiaohe.ledger.engine import compiled as compiling
from xiaohe.ledger.engine.compiled import compiled
from xiaohe.ledger.engine.moment import MOMENT
from xiaohe.ledger.engine.reading import FACTS

DAY = date(2024, 2, 29)
NOON = datetime(2024, 2, 29, 12, tzinfo=UTC)
days = st.dates(date(2001, 1, 1), date(2030, 1, 1))
instants = st.integers(-(10**7), 10**7).map(lambda each: NOON + timedelta(minutes=each))
few_instants = st.lists(instants, min_size=1, max_size=3).flatmap(
    lambda some: st.lists(st.sampled_from(some), min_size=4, max_size=4)
)


def question(day: date, *edges: datetime, word: str = "order.paid") -> ibis.Table:
    """Spans within spans, an instant as a value, and a day."""
    low, high, more, then = edges
    some = FACTS.filter(FACTS.occurred_at >= low, FACTS.occurred_at < high, FACTS.type == word)
    either = some.filter((some.occurred_at > more) | some.occurred_at.between(then, high))
    latest = ibis.ifelse(either.occurred_at < MOMENT, either.occurred_at.date(), day)
    return either.mutate(latest=latest, late=latest >= day).select("latest", "late")


def straight(asked: ibis.Table) -> compiling.Compiled:
    found: compiling.Compiled = compiling._compiled.__wrapped__(asked)  # type: ignore[attr-defined]
    return found


@settings(max_examples=25, deadline=None)
@given(day=days, edges=few_instants)
def test_it_is_as_if_it_had_been_compiled_by_itself(day: date, edges: list[datetime]) -> None:
    asked = question(day, *edges)

    assert compiled(asked) == straight(asked)


def test_of_another_day_nothing_is_compiled_again(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[ibis.Expr] = []
    pruned = compiling.pruned

    def counted(asked: ibis.Expr) -> object:
        seen.append(asked)
        return pruned(asked)

    monkeypatch.setattr(compiling, "pruned", counted)
    for number in range(5):
        later = timedelta(number, hours=number)
        edges = [NOON + later + timedelta(each) for each in (0, 9, 1, 3)]
        found = compiled(question(DAY + later, *edges, word="order.closed"))
        assert f"MAKE_DATE({(DAY + later).strftime('%Y, %-m, %-d')})" in found.sql

    assert len(seen) == 1


@pytest.mark.parametrize("word", ["MAKE_DATE(7919, 1, 10)", "7919", "in 7907", "MAKE_"])
def test_words_that_look_like_days_stay_words(word: str) -> None:
    asked = question(DAY, *[NOON] * 4, word=word)

    assert compiled(asked) == straight(asked)
    assert f"'{word}'" in compiled(asked).sql
