"""M01, M04, M04a, M24a, M24b, M25, M26 counted by hand.

Windows are half-open [start, end). A purchase day is a shop day with a valid order, bulk ones too.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from fractions import Fraction

from tests.twin.orders import Order
from tests.twin.people import Contact, linked_people
from tests.twin.rhythm import PLAIN, Shop, valid_before


def purchase_days(orders: list[Order], on: date, shop: Shop = PLAIN) -> dict[str, list[date]]:
    found: dict[str, set[date]] = defaultdict(set)
    for order in valid_before(orders, on, shop):
        if order.person:
            found[order.person].add(order.day(shop.starts))
    return {person: sorted(days) for person, days in found.items()}


def m01(contacts: list[Contact], label: dict[str, str]) -> int:
    return len(linked_people(contacts, label))


def m04(
    orders: list[Order],
    contacts: list[Contact],
    label: dict[str, str],
    on: date,
    *,
    days: int | None = 365,
    shop: Shop = PLAIN,
) -> tuple[int, int]:
    """Buyers now linked, buyers; of the last `days` days, or of all time (M04a) with None."""
    since = on - timedelta(days=days) if days else date.min
    buyers = {
        person for person, found in purchase_days(orders, on, shop).items() if found[-1] >= since
    }
    return len(buyers & linked_people(contacts, label)), len(buyers)


def m24(
    orders: list[Order], start: date, end: date, shop: Shop = PLAIN
) -> tuple[Fraction | None, Fraction | None]:
    """Net per buyer (orders that name one) and net per valid order (all), in minor units."""
    inside = [order for order in valid_before(orders, end, shop) if order.day(shop.starts) >= start]
    named = [order for order in inside if order.person]
    buyers = {order.person for order in named}
    a = Fraction(sum(order.net for order in named), len(buyers)) if buyers else None
    b = Fraction(sum(order.net for order in inside), len(inside)) if inside else None
    return a, b


def m25(orders: list[Order], start: date, end: date, shop: Shop = PLAIN) -> tuple[int, int]:
    """Buyers with two purchase days or more in the window, buyers in the window."""
    counts = [
        sum(1 for day in days if start <= day < end)
        for days in purchase_days(orders, end, shop).values()
    ]
    return sum(1 for count in counts if count >= 2), sum(1 for count in counts if count)


def m26(
    orders: list[Order], start: date, end: date, on: date, *, days: int, shop: Shop = PLAIN
) -> tuple[int, int]:
    """First-time buyers of [start, end) back within `days`, of those whose `days` are over before `on`."""
    back = cohort = 0
    for found in purchase_days(orders, on, shop).values():
        if not start <= found[0] < end or found[0] + timedelta(days=days) >= on:
            continue
        cohort += 1
        back += len(found) > 1 and (found[1] - found[0]).days <= days
    return back, cohort
