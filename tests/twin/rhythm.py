"""Occasions, gaps, group figures and everybody's cycle on one day."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from math import ceil, floor

from tests.twin.orders import Order


def middle(values: list) -> float:
    values = sorted(values)
    size = len(values)
    return (values[(size - 1) // 2] + values[size // 2]) / 2


def at_share(values: list, share: float) -> float:
    values = sorted(values)
    place = (len(values) - 1) * share
    low = floor(place)
    return values[low] + (place - low) * (values[min(low + 1, len(values) - 1)] - values[low])


@dataclass(frozen=True)
class Shop:
    """What the merchant set; `starts` shifts the shop's day, `closed` days count in no gap."""

    preset_cycle: float = 30
    starts: timedelta = timedelta(0)
    closed: frozenset[date] = frozenset()

    def open_days(self, since: date, until: date) -> int:
        return (until - since).days - sum(1 for day in self.closed if since < day < until)


PLAIN = Shop()


@dataclass
class Standing:
    """One buyer on one day. Days are whole, money is minor units; None where there is nothing to say."""

    person: str
    occasions: int
    n: int
    own_median: float | None
    cycle: float | None
    basis: str | None
    preset: bool
    first_on: date | None
    last_on: date | None
    ratio: float | None
    due_on: date | None
    k: int
    m: int
    last_of_all: date
    raw_cycle: float | None = None


@dataclass
class Picture:
    """The whole shop as known before the start of a day."""

    on: date
    people: dict[str, Standing]
    group_gap: float | None
    first_return: int | None
    pooled_gap: float | None
    purchase_days: dict[str, list[date]]
    net_of_day: dict[str, dict[date, int]]


def valid_before(orders: list[Order], on: date, shop: Shop) -> list[Order]:
    return [order for order in orders if order.is_valid and order.day(shop.starts) < on]


def mark_bulk(orders: list[Order]) -> set[str]:
    """Numbers of the orders too large to say anything about a rhythm, among these valid orders."""
    sizes = [order.quantity for order in orders if order.quantity is not None]
    limit = at_share(sizes, 0.99) if sizes else None
    earlier: dict[str, list] = defaultdict(list)
    for order in orders:
        if order.person:
            earlier[order.person].append(order)
    bulk = set()
    for order in orders:
        if order.quantity is None:
            continue
        if limit is not None and order.quantity > limit:
            bulk.add(order.number)
        if order.person:
            past = [
                other.quantity
                for other in earlier[order.person]
                if other.at < order.at and other.quantity is not None
            ]
            if len(past) >= 3 and order.quantity > 5 * middle(past):
                bulk.add(order.number)
    return bulk


def first_return(days: dict[str, list[date]], on: date, shop: Shop) -> int | None:
    """Kaplan–Meier median of first to second occasion, or None if too few or not reached."""
    waits = []
    for dates in days.values():
        came = len(dates) > 1
        waits.append((shop.open_days(dates[0], dates[1] if came else on), came))
    if sum(came for _, came in waits) < 30:
        return None
    away = 1.0
    for day in sorted({wait for wait, came in waits if came}):
        under_watch = sum(1 for wait, _ in waits if wait >= day)
        back = sum(1 for wait, came in waits if came and wait == day)
        away *= 1 - back / under_watch
        if away <= 0.5 + 1e-12:
            return day
    return None


def picture(orders: list[Order], on: date, shop: Shop = PLAIN) -> Picture:
    """Everything `--on on` sees."""
    valid = valid_before(orders, on, shop)
    return picture_of(valid, mark_bulk(valid), on, shop)


def picture_of(
    valid: list[Order], bulk: set[str], on: date, shop: Shop, shop_value: float | None = None
) -> Picture:
    """The same of valid orders of which the bulky ones are known; `shop_value` stands in for few people's."""
    every_day: dict[str, set[date]] = defaultdict(set)
    rhythm_day: dict[str, set[date]] = defaultdict(set)
    net: dict[str, dict[date, int]] = defaultdict(lambda: defaultdict(int))
    for order in valid:
        if not order.person:
            continue
        day = order.day(shop.starts)
        every_day[order.person].add(day)
        net[order.person][day] += order.net
        if order.number not in bulk:
            rhythm_day[order.person].add(day)
    days = {person: sorted(found) for person, found in rhythm_day.items()}
    gaps = {
        person: [shop.open_days(a, b) for a, b in pairwise(found)] for person, found in days.items()
    }
    medians = [middle(own) for own in gaps.values() if len(own) >= 2]
    group_gap = middle(medians) if len(medians) >= 30 else None
    back = first_return(days, on, shop)
    pooled = [gap for own in gaps.values() for gap in own]
    values = {person: middle(list(by_day.values())) for person, by_day in net.items()}
    if len(values) >= 30:
        group_value = middle(list(values.values()))
    elif shop_value is not None:
        group_value = shop_value
    else:
        group_value = middle(
            [amount for by_day in net.values() for amount in by_day.values()] or [0]
        )
    people = {}
    for person, all_days in every_day.items():
        own = gaps.get(person, [])
        k = len(all_days)
        cycle, basis, preset = _cycle(own, person in days, group_gap, back, shop)
        last = days[person][-1] if person in days else None
        people[person] = Standing(
            person=person,
            occasions=len(days.get(person, [])),
            n=len(own),
            own_median=middle(own) if own else None,
            cycle=cycle,
            basis=basis,
            preset=preset,
            first_on=days[person][0] if person in days else None,
            last_on=last,
            ratio=(on - last).days / cycle if cycle and last else None,
            due_on=last + timedelta(days=ceil(cycle)) if cycle and last else None,
            k=k,
            m=round((k * values[person] + 3 * group_value) / (k + 3)),
            last_of_all=max(all_days),
            raw_cycle=_shrunk(own, group_gap, shop) if own else None,
        )
    return Picture(
        on,
        people,
        group_gap,
        back,
        middle(pooled) if pooled else None,
        {person: sorted(found) for person, found in every_day.items()},
        {person: dict(by_day) for person, by_day in net.items()},
    )


def _cycle(
    own: list[int], has_rhythm_day: bool, group: float | None, back: int | None, shop: Shop
) -> tuple[float | None, str | None, bool]:
    if own:
        cycle = _shrunk(own, group, shop)
        basis = "own" if len(own) >= 2 else "one_gap"
        return min(max(cycle, 3), 730), basis, group is None
    if has_rhythm_day and back is not None:
        return float(min(max(back, 3), 730)), "first_return", False
    return None, None, False


def _shrunk(own: list[int], group: float | None, shop: Shop) -> float:
    n, base = len(own), shop.preset_cycle if group is None else group
    return (n * middle(own) + 3 * base) / (n + 3)
