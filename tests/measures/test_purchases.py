"""Who bought, how often, for how much; by hand and against the twin."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.traits.facts import fact, facts_of, key, order, table
from tests.traits.test_against_twin import random_shop
from tests.twin import measures as twin
from tests.twin.orders import orders_of
from tests.twin.people import join
from xiaohe.measures.registry import all_measures, measure
from xiaohe.measures.result import Missing, NotYet

ON = date(2025, 6, 30)


def day(year: int, month: int, number: int) -> datetime:
    return datetime(year, month, number, 12, tzinfo=UTC)


def refund(name: str, at: datetime, amount: int, buyer: str = "ann") -> dict:
    return fact(
        "order.refunded",
        at,
        order_key=key(name),
        subject=key(buyer),
        amount=amount,
        currency="CNY",
    )


def test_spend_per_buyer_and_per_order_are_two_figures(state_of) -> None:
    facts = [
        *order("a", day(2025, 6, 1), "ann", paid=1000),
        *order("b", day(2025, 6, 2), "ann", paid=3000),
        *order("c", day(2025, 6, 3), "bob", paid=2000),
        *order("d", day(2025, 6, 3), None, paid=6000),
    ]
    state = state_of(table(facts), ON)
    assert (measure("M24a").read(state).value, measure("M24b").read(state).value) == (3000, 3000)
    assert measure("M24b").read(state).denominator == 4


def test_a_refund_reduces_the_money_and_a_whole_one_removes_the_order(state_of) -> None:
    facts = [
        *order("a", day(2025, 6, 1), "ann", paid=1000),
        refund("a", day(2025, 6, 5), 400),
        *order("b", day(2025, 6, 2), "bob", paid=3000),
        refund("b", day(2025, 6, 5), 3000, "bob"),
    ]
    found = measure("M24a").read(state_of(table(facts), ON))
    assert (found.value, found.people("denominator")) == (600, [key("ann")])


def test_another_currency_is_never_summed(state_of) -> None:
    facts = [
        *order("a", day(2025, 6, 1), "ann", paid=1000),
        *order("b", day(2025, 6, 2), "bob", paid=9000, currency="USD"),
    ]
    state = state_of(table(facts), ON)
    assert measure("M24b").read(state).value == 1000
    assert measure("M25").read(state).denominator == 2


def test_two_orders_on_one_day_are_one_purchase_day(state_of) -> None:
    facts = [
        *order("a", day(2025, 6, 1), "ann"),
        *order("b", day(2025, 6, 1) + timedelta(hours=2), "ann"),
        *order("c", day(2025, 6, 1), "bob"),
        *order("d", day(2025, 6, 2), "bob"),
    ]
    found = measure("M25").read(state_of(table(facts), ON), days=90)
    assert (found.value, found.people("numerator")) == (0.5, [key("bob")])


def test_cohorts_that_have_not_had_their_time_are_marked_and_left_out(state_of) -> None:
    facts = [
        *order("a", day(2025, 1, 10), "ann"),
        *order("b", day(2025, 2, 1), "ann"),
        *order("c", day(2025, 1, 20), "bob"),
        *order("d", day(2025, 6, 20), "cat"),
    ]
    found = measure("M26").read(state_of(table(facts), ON), days=30, by="month")
    assert (found.value, found.numerator, found.denominator) == (0.5, 1, 2)
    by_month = {part.window.start.month: part for part in found.parts}
    assert (by_month[1].value, by_month[1].immature) == (0.5, False)
    assert (by_month[6].value, by_month[6].denominator, by_month[6].immature) == (None, 0, True)


def test_a_young_shop_is_told_the_date_of_its_first_cohort(state_of) -> None:
    state = state_of(table(order("a", day(2025, 6, 20), "ann")), ON)
    found = measure("M26").read(state, days=90)
    assert found.value == NotYet(Missing.IMMATURE, expected_on=date(2025, 9, 19))


def test_returning_buyers_and_their_money(state_of) -> None:
    facts = [
        *order("a", day(2023, 1, 10), "ann", paid=5000),
        *order("b", day(2025, 2, 1), "ann", paid=3000),
        *order("c", day(2025, 1, 20), "bob", paid=1000),
    ]
    state = state_of(table(facts), ON)
    assert measure("M27").read(state).value == 0.5
    assert measure("M28").read(state).value == 0.75


@pytest.mark.parametrize("found", all_measures(), ids=lambda found: found.id)
def test_every_measure_answers_an_empty_shop_with_not_yet(state_of, found) -> None:
    answer = found.read(state_of(table([]), ON))
    assert isinstance(answer.value, NotYet)
    assert (answer.version, answer.as_of) == (1, ON)
    assert answer.people("numerator") == []
    assert answer.as_json()["value"] is None


@settings(
    max_examples=6,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(seed=st.integers(0, 10**6), days=st.sampled_from([30, 365]))
def test_measures_of_random_shops_as_the_twin_counts(state_of, seed: int, days: int) -> None:
    rows = random_shop(seed)
    state = state_of(facts_of(rows), ON)
    orders = orders_of(rows)
    join(orders, [])
    start = ON - timedelta(days=days)
    per_buyer, per_order = twin.m24(orders, start, ON)
    again = measure("M25").read(state, days=days)
    back = measure("M26").read(state, days=days)
    assert plain(measure("M24a").read(state, days=days).value) == (per_buyer and float(per_buyer))
    assert plain(measure("M24b").read(state, days=days).value) == (per_order and float(per_order))
    assert (again.numerator or 0, again.denominator or 0) == twin.m25(orders, start, ON)
    expected = twin.m26(orders, date.min, ON, ON, days=days)
    assert (back.numerator or 0, back.denominator or 0) == expected


def plain(value: float | NotYet) -> float | None:
    return None if isinstance(value, NotYet) else value
