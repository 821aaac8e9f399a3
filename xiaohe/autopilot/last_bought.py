"""What each person bought last, so that a sentence can name it: never by a listing's title, only as the shop says it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import pyarrow as pa

from xiaohe.ledger import engine
from xiaohe.shop import goods
from xiaohe.traits.state import State


def items(state: State, people: Mapping[int, int | None]) -> dict[int, int]:
    """The article of each person's latest ordinary order; of the given group of goods, where there is one.

    Of several articles in that order the dearest, then the one of the smaller key.
    """
    if not people:
        return {}
    wanted = pa.table({"person": pa.array(sorted(people), pa.int64())})
    with state.reading("orders") as read:
        orders = read.table("orders").semi_join(read.register("asked", wanted), "person")
        orders = orders.filter(orders.valid & ~orders.bulk)
        bought = read.run(orders.select("order_key", "person", "at"))
    with engine.reading() as facts:
        lines = facts.facts
        lines = lines.filter((lines.type == "order.item") & lines.item_key.notnull())
        lines = lines.inner_join(facts.register("bought", bought), "order_key")
        told = facts.run(lines.select("person", "at", "amount", "item_key")).to_pylist()
    grouping = goods.grouping()
    found: dict[int, tuple[Any, int, int]] = {}
    for row in told:
        group = people[row["person"]]
        if grouping and group is not None and grouping.of_item.get(row["item_key"], 0) != group:
            continue
        rank = (row["at"], row["amount"] or 0, -row["item_key"])
        found[row["person"]] = max(found.get(row["person"], rank), rank)
    return {person: -rank[2] for person, rank in found.items()}


class Names:
    """Spoken names of some goods, and which of them somebody saw in stock on day `on`."""

    def __init__(self, item_keys: Iterable[int | None], on: date) -> None:
        known = {each for each in item_keys if each is not None}
        self._spoken = goods.spoken_names(known) if known else {}
        self._in_stock = goods.stock_confirmed(known, on) if known else frozenset()

    def slots(self, item_key: int | None) -> dict[str, str]:
        return {"goods": self._spoken.get(item_key, "") if item_key is not None else ""}

    def confirmed(self, item_key: int | None) -> frozenset[str]:
        """Facts about the goods that may be said today."""
        return frozenset({"stock"}) if item_key in self._in_stock else frozenset()
