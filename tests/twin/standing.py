"""One line per buyer: class, chance, expected value and stage on top of the rhythm."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta

from tests.twin.orders import Order
from tests.twin.rhythm import PLAIN, Picture, Shop, Standing, picture, valid_before

PRESET = {
    1: (0.05, 0.07, 0.07, 0.05, 0.02),
    2: (0.10, 0.15, 0.15, 0.10, 0.05),
    3: (0.20, 0.30, 0.35, 0.25, 0.12),
}


@dataclass(frozen=True)
class Line:
    """What the due list says about one buyer."""

    person: str
    rhythm: Standing
    purchase_class: int
    p: float | None
    p_preset: bool | None
    ev: int | None
    stage: str


def month_firsts(first_order: date, on: date) -> list[date]:
    """First days of the months whose end taught something: half a year before, two weeks after."""
    found, day = [], date(first_order.year, first_order.month, 1)
    while day <= on:
        if (day - first_order).days >= 180 and (on - day).days >= 14:
            found.append(day)
        day = (day + timedelta(days=32)).replace(day=1)
    return found


def band(ratio: float) -> int:
    return sum(1 for edge in (0.8, 1.2, 1.5, 2.5) if ratio >= edge)


def chance_table(
    orders: list[Order], on: date, shop: Shop = PLAIN
) -> dict[tuple[int, int], tuple[int, int]]:
    """(class, band) → (cases, who had an occasion in the 14 days from the first of the month on)."""
    known = valid_before(orders, on, shop)
    if not known:
        return {}
    today = picture(orders, on, shop)
    cases: Counter = Counter()
    hits: Counter = Counter()
    for first in month_firsts(min(order.day(shop.starts) for order in known), on):
        then = picture(orders, first, shop)
        until = first + timedelta(days=14)
        for person, state in then.people.items():
            if state.ratio is None:
                continue
            cell = (min(state.occasions, 3), band(state.ratio))
            cases[cell] += 1
            hits[cell] += any(first <= day < until for day in today.purchase_days.get(person, []))
    return {cell: (cases[cell], hits[cell]) for cell in cases}


def stage(state: Standing, on: date) -> str:
    days = (on - (state.last_on or state.last_of_all)).days
    count = max(state.occasions, 1)
    if state.cycle is None:
        return (
            "new"
            if days <= 90
            else "at_risk"
            if days <= 180
            else "dormant"
            if days <= 365
            else "lost"
        )
    ratio, over, often = days / state.cycle, days - state.cycle, count >= 3
    if ratio >= (6 if often else 4) and over >= 30:
        return "lost"
    if ratio >= (3 if often else 2.5) and over >= 14:
        return "dormant"
    if ratio >= 1.5 and over >= 7:
        return "at_risk"
    return "new" if count == 1 else "growing" if count == 2 else "regular"


def lines(orders: list[Order], on: date, shop: Shop = PLAIN) -> list[Line]:
    """Every buyer on a day, in the order of their names. `people.join` has named the persons before."""
    now: Picture = picture(orders, on, shop)
    table = chance_table(orders, on, shop)
    found = []
    for person, state in sorted(now.people.items()):
        p = preset = ev = None
        kind = min(max(state.occasions, 1), 3)
        if state.ratio is not None:
            cell = (kind, band(state.ratio))
            cases, hits = table.get(cell, (0, 0))
            preset = cases < 30
            p = PRESET[kind][cell[1]] if preset else hits / cases
            ev = round(p * state.m)
        found.append(Line(person, state, kind, p, preset, ev, stage(state, on)))
    return found
