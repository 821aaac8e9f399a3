"""Every buyer of random small shops, compared with the brute-force statement of the calculations."""

from __future__ import annotations

import random
from datetime import date, datetime, time, timedelta

import pyarrow as pa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.traits.facts import facts_of, key
from tests.twin import standing
from tests.twin.orders import Row, orders_of
from tests.twin.people import join
from tests.twin.rhythm import Shop
from xiaohe.kernel.clock import ShopCalendar

ON = date(2025, 6, 30)
DAYS = 500

MINUTES = (0, 30, 200, 299, 300, 301, 720, 1439)


def random_shop(seed: int) -> list[Row]:
    """A few heavy and many light buyers, bulk orders, gifts, closed, unpaid and refunded orders, cancels."""
    draw = random.Random(seed)
    rows: list[Row] = []
    crowd = draw.choice([3, 12, 70])
    for buyer in range(crowd):
        times = draw.randint(1, 4 if crowd > 12 else 9)
        rows += [_row(draw, f"buyer {buyer}") for _ in range(times)]
    rows += [_row(draw, None) for _ in range(draw.randint(0, 3))]
    return [row for row in rows if row.at.date() < ON]


def _row(draw: random.Random, buyer: str | None) -> Row:
    at = datetime.combine(ON, time()) - timedelta(days=draw.randint(1, DAYS))
    at += timedelta(minutes=draw.choice(MINUTES))
    amount = draw.choice([0, 100, 999, 1000, 25_000])
    kind = draw.choice(["paid"] * 8 + ["unpaid", "closed", "refund", "part", "cancel"])
    if kind == "cancel":
        return Row(at, buyer, state="cancel", line=-500, quantity=-1, item="tea")
    return Row(
        at=at,
        buyer=buyer,
        order_no=str(draw.randint(1, 10**9)) if draw.random() < 0.5 else None,
        state=kind if kind in ("unpaid", "closed") else "paid",
        line=amount,
        quantity=draw.choice([1, 1, 1, 2, 3, 40, None]),
        refunded=amount if kind == "refund" else amount // 2 if kind == "part" else 0,
        item="tea",
    )


# Shrinking a shop takes minutes and the first difference names its buyer anyway.
@settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(seed=st.integers(0, 10**6), starts=st.sampled_from([0, 5]))
def test_every_buyer_as_the_twin_says(built, seed: int, starts: int) -> None:
    rows = random_shop(seed)
    calendar = ShopCalendar("Asia/Shanghai", time(starts))
    found = built(facts_of(rows, zone="Asia/Shanghai"), ON, calendar=calendar)
    expected = twin_lines(rows, Shop(starts=timedelta(hours=starts)))
    answer = told(found["rhythm"])
    different = {
        person: (answer.get(person), expected.get(person))
        for person in answer.keys() | expected.keys()
        if answer.get(person) != expected.get(person)
    }
    assert different == {}


def twin_lines(rows: list[Row], shop: Shop) -> dict[int, tuple]:
    # A row on the last day may belong to the day that has not begun at `day_starts_at`.
    orders = orders_of(rows)
    join(orders, [])
    table = chance_as_known(rows, shop)
    answer = {}
    for line in standing.lines(orders, ON, shop):
        state = line.rhythm
        p, preset, ev = None, None, None
        if state.ratio is not None:
            kind = min(state.occasions, 3)
            cases, hits = table.get((kind, standing.band(state.ratio)), (0, 0))
            preset = cases < 30
            p = standing.PRESET[kind][standing.band(state.ratio)] if preset else hits / cases
            ev = round(p * state.m)
        answer[key(line.person)] = (
            state.occasions,
            state.n,
            state.own_median,
            state.cycle,
            state.basis,
            state.preset,
            state.first_on,
            state.last_on,
            state.ratio,
            state.due_on,
            state.m,
            p,
            preset,
            ev,
            state.last_of_all,
        )
    return answer


def chance_as_known(rows: list[Row], shop: Shop) -> dict[tuple[int, int], tuple[int, int]]:
    """The twin's table, with the orders folded anew at each month-end: nothing known later leaks in."""
    orders = orders_of(rows)
    join(orders, [])
    known = standing.valid_before(orders, ON, shop)
    if not known:
        return {}
    bought = standing.picture(orders, ON, shop).purchase_days
    cells: dict[tuple[int, int], tuple[int, int]] = {}
    for first in standing.month_firsts(min(order.day(shop.starts) for order in known), ON):
        start = datetime.combine(first, datetime.min.time()) + shop.starts
        # Rows before it in their old places: the twin names an order without a number by its row.
        then = orders_of([row for row in rows if row.at < start])
        join(then, [])
        for person, state in standing.picture(then, first, shop).people.items():
            if state.ratio is None:
                continue
            cell = (min(state.occasions, 3), standing.band(state.ratio))
            days = bought.get(person, [])
            hit = any(first <= day < first + timedelta(days=14) for day in days)
            cases, hits = cells.get(cell, (0, 0))
            cells[cell] = (cases + 1, hits + hit)
    return cells


def told(rhythm: pa.Table) -> dict[int, tuple]:
    return {
        row["person"]: (
            row["occasions"],
            row["gaps"],
            row["own_median"],
            row["cycle"],
            row["basis"],
            row["preset"],
            row["first_on"],
            row["last_on"],
            row["ratio"],
            row["due_on"],
            row["value"],
            row["chance"],
            row["chance_preset"],
            row["ev"],
            row["bought_on"],
        )
        for row in rhythm.to_pylist()
    }
