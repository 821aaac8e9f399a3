"""Valid orders of a few people, and who is no customer, from the derived state."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import pyarrow as pa

from xiaohe.traits.state import State


def left_out(state: State) -> frozenset[int]:
    """Who is no customer, as far as this state knows: they are in no number."""
    with state.reading("left_out") as read:
        found = read.run(read.table("left_out").select("person"))
    return frozenset(found["person"].to_pylist())


def valid_orders(
    state: State, people: Iterable[int], first: date, last: date
) -> list[dict[str, Any]]:
    """Orders of these people with a day in [first, last], oldest first."""
    with state.reading() as read:
        orders = read.table("orders")
        wanted = read.register("asked", pa.table({"person": pa.array(sorted(people), pa.int64())}))
        valid = orders.filter(orders.valid & (orders.on >= first) & (orders.on <= last))
        kept = valid.semi_join(wanted, "person").order_by("on", "order_key")
        columns = ["order_key", "person", "on", "at", "date_only", "net"]
        return list(read.run(kept.select(*columns)).to_pylist())
