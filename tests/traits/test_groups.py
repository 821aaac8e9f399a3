"""Rhythms by group of goods and closed days: examples, and random shops compared with the twin."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.traits.facts import facts_of, key
from tests.traits.test_against_twin import ON, told, twin_lines
from tests.twin import groups as twin
from tests.twin import standing
from tests.twin.orders import Row, orders_of
from tests.twin.people import join
from tests.twin.rhythm import Picture, Shop
from xiaohe.kernel.clock import ShopCalendar
from xiaohe.shop.goods import Groups

NOON = time(12)
NUMBER = {twin.REST: 0, "beans": 1, "filters": 2}
GOODS = {"beans light": "beans", "beans dark": "beans", "paper": "filters"}


def groups_of(grouping: twin.Grouping) -> Groups:
    return Groups(
        {key("item", item): NUMBER[group] for item, group in grouping.of_item.items()},
        {NUMBER[group]: days for group, days in grouping.preset.items()},
        frozenset(NUMBER[group] for group in grouping.consumable),
    )


def bought(days_ago: int, item: str, *, order_no: str | None = None, quantity: float = 1) -> Row:
    at = datetime.combine(ON, NOON) - timedelta(days=days_ago)
    return Row(at, "ann", order_no=order_no, line=1000, quantity=quantity, item=item)


def rhythms(tables: dict[str, Any]) -> dict[tuple[int, int], dict[str, Any]]:
    return {(row["person"], row["group_id"]): row for row in tables["rhythms"].to_pylist()}


# ---------------------------------------------------------------- examples


def test_a_person_has_one_rhythm_per_group_and_an_order_counts_in_each_it_holds(built: Any) -> None:
    rows = [bought(day, "beans dark") for day in (60, 40, 20)]
    rows.append(bought(220, "paper"))
    # Half a piece each: an order larger than all others would be bulk.
    rows += [bought(20, item, order_no="b", quantity=0.5) for item in ("paper", "beans light")]
    grouping = twin.Grouping(GOODS, {"filters": 180})
    found = rhythms(built(facts_of(rows), ON, groups=groups_of(grouping)))
    beans, filters = found[key("ann"), 1], found[key("ann"), 2]
    # (2·20 + 3·30) ÷ 5 and (1·200 + 3·180) ÷ 4
    assert (beans["gaps"], beans["cycle"], beans["ratio"]) == (2, 26.0, 20 / 26)
    assert (filters["gaps"], filters["cycle"], filters["last_on"]) == (1, 185.0, date(2025, 6, 10))
    assert set(found) == {(key("ann"), 1), (key("ann"), 2)}


def test_the_list_shows_the_due_group_and_the_rest_of_the_row_is_the_whole_shops(
    built: Any,
) -> None:
    rows = [bought(day, "beans dark") for day in (65, 45, 25)] + [bought(2, "paper")]
    tables = built(facts_of(rows), ON, groups=groups_of(twin.Grouping(GOODS)))
    (row,) = tables["rhythm"].to_pylist()
    assert (row["group_id"], row["cycle"], row["days_since"]) == (1, 26.0, 25)
    assert (row["occasions"], row["bought_on"], row["stage"]) == (4, date(2025, 6, 28), "regular")


def test_goods_in_no_group_and_orders_without_lines_are_the_rest(built: Any) -> None:
    rows = [bought(30, "mug"), Row(bought(10, "").at, "ann", paid=900)]
    tables = built(facts_of(rows), ON, groups=groups_of(twin.Grouping(GOODS)))
    (row,) = tables["rhythms"].to_pylist()
    assert (row["group_id"], row["occasions"], row["gaps"]) == (0, 2, 1)


def test_whoever_took_twice_as_much_of_a_consumable_comes_back_later(built: Any) -> None:
    rows = [bought(day, "beans dark") for day in (90, 70, 50)]
    rows.append(bought(30, "beans dark", quantity=2))
    # Larger orders of others: two pieces are not bulk here.
    rows += [replace(bought(100, "mug", quantity=3), buyer=None) for _order in range(2)]
    plain, consumable = (
        rhythms(built(facts_of(rows), ON, groups=groups_of(each)))[key("ann"), 1]["cycle"]
        for each in (
            twin.Grouping(GOODS),
            twin.Grouping(GOODS, consumable=frozenset({"beans"})),
        )
    )
    assert (plain, consumable) == (25.0, 50.0)


def test_closed_days_count_in_no_gap_but_in_how_long_somebody_has_been_away(built: Any) -> None:
    rows = [bought(60, "paper"), bought(30, "paper"), bought(10, "paper")]
    holiday = (ON - timedelta(days=50), ON - timedelta(days=41))
    (row,) = built(facts_of(rows), ON, closed=(holiday,))["rhythm"].to_pylist()
    # Gaps of 20 (thirty days less ten closed) and 20; r counts whole days, as the calculations say.
    assert (row["own_median"], row["cycle"], row["days_since"]) == (20.0, 26.0, 10)


def test_without_groups_nobody_has_a_group(built: Any) -> None:
    tables = built(facts_of([bought(30, "paper")]), ON)
    assert tables["rhythms"].num_rows == 0
    assert tables["rhythm"]["group_id"].to_pylist() == [None]


# ---------------------------------------------------------------- against the twin

PLACES = ("beans light", "beans dark", "paper", "mug", None)


def random_rows(seed: int) -> list[Row]:
    """Orders with one to three lines of several goods, few or many people, some bulky, refunded or closed."""
    draw = random.Random(seed)
    crowd = draw.choice([3, 70])
    rows: list[Row] = []
    for buyer in range(crowd):
        for _ in range(draw.randint(1, 5)):
            rows += _order(draw, f"buyer {buyer}", len(rows))
    return rows


def _order(draw: random.Random, buyer: str, number: int) -> list[Row]:
    at = datetime.combine(ON, time()) - timedelta(days=draw.randint(1, 400), minutes=-number % 900)
    kind = draw.choice(["paid"] * 8 + ["closed", "refund"])
    lines = draw.randint(1, 3)
    return [
        Row(
            at=at,
            buyer=buyer,
            order_no=f"{buyer} {number}",
            state="closed" if kind == "closed" else "paid",
            line=(amount := draw.choice([0, 500, 1000, 25_000])),
            quantity=draw.choice([1, 1, 2, 3, 40]),
            refunded=amount * lines if kind == "refund" and lines == 1 else 0,
            item=draw.choice(PLACES),
        )
        for _line in range(lines)
    ]


@settings(
    max_examples=8,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(seed=st.integers(0, 10**6), closed=st.booleans())
def test_every_person_and_group_as_the_twin_says(built: Any, seed: int, closed: bool) -> None:
    rows = random_rows(seed)
    grouping = twin.Grouping(GOODS, {"filters": 180}, frozenset({"beans"}))
    spans = ((ON - timedelta(days=200), ON - timedelta(days=181)),) if closed else ()
    days = {
        first + timedelta(days=n) for first, last in spans for n in range((last - first).days + 1)
    }
    shop = Shop(closed=frozenset(days))
    facts = facts_of(rows, zone="Asia/Shanghai")
    tables = built(
        facts,
        ON,
        calendar=ShopCalendar("Asia/Shanghai"),
        closed=spans,
        groups=groups_of(grouping),
    )
    expected = _expected(rows, shop, grouping)
    answer = {
        (row["person"], row["group_id"]): (
            row["gaps"], row["cycle"], row["ratio"], row["due_on"], row["value"], row["chance"], row["ev"]
        )
        for row in tables["rhythms"].to_pylist()
    }  # fmt: skip
    assert _different(answer, {pair: line[:7] for pair, line in expected.items()}) == {}
    assert _different(_shown(tables["rhythm"]), _best(expected)) == {}
    if closed:
        unchanged = built(facts, ON, calendar=ShopCalendar("Asia/Shanghai"), closed=spans)
        assert _different(told(unchanged["rhythm"]), twin_lines(rows, shop)) == {}


def _expected(rows: list[Row], shop: Shop, grouping: twin.Grouping) -> dict[tuple[int, int], tuple]:
    orders = _known(rows)
    now = twin.pictures(orders, ON, shop, grouping)
    table = _chance(rows, shop, grouping, now)
    found = {}
    for group, seen in now.items():
        for person, state in seen.people.items():
            if state.last_on is None:
                continue
            p = ev = None
            if state.ratio is not None:
                cell = (min(state.occasions, 3), standing.band(state.ratio))
                cases, hits = table.get(cell, (0, 0))
                p = standing.PRESET[cell[0]][cell[1]] if cases < 30 else hits / cases
                ev = round(p * state.m)
            line = (state.n, state.cycle, state.ratio, state.due_on, state.m, p, ev)
            found[key(person), NUMBER[group]] = (*line, state)
    return found


def _chance(
    rows: list[Row], shop: Shop, grouping: twin.Grouping, now: dict[str, Picture]
) -> dict[tuple[int, int], tuple[int, int]]:
    known = standing.valid_before(_known(rows), ON, shop)
    cells: dict[tuple[int, int], tuple[int, int]] = {}
    for first in standing.month_firsts(min(order.day(shop.starts) for order in known), ON):
        start = datetime.combine(first, time())
        then = _known([row for row in rows if row.at < start])
        for group, seen in twin.pictures(then, first, shop, grouping).items():
            for person, state in seen.people.items():
                if state.ratio is None:
                    continue
                days = now[group].purchase_days.get(person, []) if group in now else []
                hit = any(first <= day < first + timedelta(days=14) for day in days)
                cell = (min(state.occasions, 3), standing.band(state.ratio))
                cases, hits = cells.get(cell, (0, 0))
                cells[cell] = (cases + 1, hits + hit)
    return cells


def _known(rows: list[Row]) -> list:
    orders = orders_of(rows)
    join(orders, [])
    return orders


def _best(expected: dict[tuple[int, int], tuple]) -> dict[int, tuple]:
    names = {number: name for name, number in NUMBER.items()}
    people = {person for person, _group in expected}
    found = {}
    for person in people:
        mine = {
            names[group]: (line[7], line[6])
            for (who, group), line in expected.items()
            if who == person
        }
        group = min(
            (name for name in [twin.best(mine)] if name is not None), key=lambda name: NUMBER[name]
        )
        state, ev = mine[group]
        found[person] = (NUMBER[group], state.cycle, state.ratio, state.due_on, ev)
    return found


def _shown(rhythm: pa.Table) -> dict[int, tuple]:
    return {
        row["person"]: (row["group_id"], row["cycle"], row["ratio"], row["due_on"], row["ev"])
        for row in rhythm.to_pylist()
        if row["group_id"] is not None
    }


def _different(answer: dict, expected: dict) -> dict:
    return {
        each: (answer.get(each), expected.get(each))
        for each in answer.keys() | expected.keys()
        if answer.get(each) != pytest.approx(expected.get(each), abs=0)
        and answer.get(each) != expected.get(each)
    }
