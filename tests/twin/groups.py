"""Rhythms by group of goods, by hand: each group is a small shop of its own that shares the bulk marks."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from math import ceil

from tests.twin.orders import Order
from tests.twin.rhythm import Picture, Shop, Standing, mark_bulk, middle, picture_of, valid_before

REST = ""


@dataclass(frozen=True)
class Grouping:
    """Item → group as the merchant set them; of some groups a preset of days, some are consumable."""

    of_item: dict[str, str]
    preset: dict[str, float] = field(default_factory=dict)
    consumable: frozenset[str] = frozenset()

    def pieces(self, order: Order) -> dict[str, float | None]:
        """The groups an order holds, and how many pieces of each; without lines it is the rest, as a whole."""
        if not order.lines_of:
            return {REST: order.quantity}
        found: dict[str, float | None] = {}
        for item, quantity in order.lines_of:
            group = self.of_item.get(item or "", REST)
            known = found.get(group)
            found[group] = known if quantity is None else (known or 0) + quantity
        return found


def pictures(orders: list[Order], on: date, shop: Shop, grouping: Grouping) -> dict[str, Picture]:
    """What `--on on` sees of each group somebody bought of."""
    valid = valid_before(orders, on, shop)
    bulk = mark_bulk(valid)
    net: dict[tuple[str, date], int] = defaultdict(int)
    for order in valid:
        if order.person:
            net[order.person, order.day(shop.starts)] += order.net
    shop_value = middle(list(net.values()) or [0])
    holding: dict[str, list[Order]] = defaultdict(list)
    for order in valid:
        for group in grouping.pieces(order):
            holding[group].append(order)
    found = {}
    for group, theirs in holding.items():
        terms = replace(shop, preset_cycle=grouping.preset.get(group, shop.preset_cycle))
        seen = picture_of(theirs, bulk, on, terms, shop_value)
        if group in grouping.consumable:
            for person, state in seen.people.items():
                _stretch(state, _factor(theirs, bulk, person, state, group, shop, grouping), on)
        found[group] = seen
    return found


def _factor(
    orders: list[Order],
    bulk: set[str],
    person: str,
    state: Standing,
    group: str,
    shop: Shop,
    grouping: Grouping,
) -> float:
    last, earlier = None, []
    for order in orders:
        pieces = grouping.pieces(order)[group]
        if order.person != person or pieces is None or state.last_on is None:
            continue
        day = order.day(shop.starts)
        if day < state.last_on:
            earlier.append(pieces)
        elif day == state.last_on and order.number not in bulk:
            last = (last or 0) + pieces
    if not last or len(earlier) < 3 or not middle(earlier):
        return 1.0
    return min(max(last / middle(earlier), 0.5), 3)


def _stretch(state: Standing, factor: float, on: date) -> None:
    """C anew, from before the clamp."""
    if not state.n or state.cycle is None or state.last_on is None or factor == 1:
        return
    assert state.raw_cycle is not None
    state.cycle = min(max(state.raw_cycle * factor, 3), 730)
    state.ratio = (on - state.last_on).days / state.cycle
    state.due_on = state.last_on + timedelta(days=ceil(state.cycle))


def best(found: dict[str, tuple[Standing, int | None]]) -> str | None:
    """Of one person: the group a list shows; `found` has their standing and expected value per group."""

    def rank(group: str) -> tuple[bool, int, date]:
        state, ev = found[group]
        due = state.ratio is not None and 0.9 <= state.ratio < 1.5
        assert state.last_on is not None
        return due, -1 if ev is None else ev, state.last_on

    rhythmic = [group for group in found if found[group][0].last_on is not None]
    if not rhythmic:
        return None
    top = max(rank(group) for group in rhythmic)
    return min(group for group in rhythmic if rank(group) == top)
