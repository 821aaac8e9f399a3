"""Cancellation lines that name no order, matched to the line they take back.

In time order (of one instant: in the file's), each takes the latest earlier line of the same person and item whose remaining quantity covers
it. Earlier cancellations never depend on later ones, so a match, once made, holds on every later day.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from xiaohe.kernel.clock import ShopCalendar
from xiaohe.traits.days import happened_before
from xiaohe.traits.people import persons_of

MATCH_SCHEMA = pa.schema(
    [("key_hash", pa.int64()), ("order_key", pa.int64()), ("amount", pa.int64())]
)


def match_cancellations(
    read: Any,
    before: date | None = None,
    *,
    calendar: ShopCalendar | None = None,
    persons: ir.Table | None = None,
) -> pa.Table:
    """(key_hash, order_key, amount) of every unlinked cancellation before shop day `before` that finds its line.

    `persons` (subject, person) lists re-pointed subjects; without it each subject is a person of its own.
    """
    facts = read.facts
    if before is not None:
        facts = facts.filter(happened_before(facts, calendar or ShopCalendar(), before))
    cancelled = _cancellations(facts, persons)
    taken = read.run(cancelled.order_by("occurred_at", "row_no", "key_hash"))
    if not taken.num_rows:
        return MATCH_SCHEMA.empty_table()
    lines = _candidate_lines(facts, cancelled, persons)
    bought = read.run(lines.order_by("person", "item_key", "occurred_at", "row_no", "key_hash"))
    return _match(taken, bought)


def _cancellations(facts: ir.Table, persons: ir.Table | None) -> ir.Table:
    lines = facts.filter(
        (facts.type == "order.refunded")
        & facts.order_key.isnull()
        & facts.item_key.notnull()
        & (facts.quantity > 0)
    )
    lines = persons_of(lines, persons)
    return lines.select(
        "person", "item_key", "occurred_at", "row_no", "key_hash", "quantity", "amount"
    )


def _candidate_lines(facts: ir.Table, cancelled: ir.Table, persons: ir.Table | None) -> ir.Table:
    lines = facts.filter(
        (facts.type == "order.item") & facts.order_key.notnull() & (facts.quantity > 0)
    )
    lines = persons_of(lines, persons)
    lines = lines.semi_join(cancelled, ["person", "item_key"])
    return lines.select(
        "person", "item_key", "occurred_at", "row_no", "order_key", "key_hash", "quantity"
    )


def _match(taken: pa.Table, bought: pa.Table) -> pa.Table:
    """Walk the cancellations in time order; `bought` is sorted by person, item, time."""
    stretches = _stretches(bought)
    bought_at = _instants(bought)
    orders = bought["order_key"].to_pylist()
    remaining = bought["quantity"].to_pylist()
    keys, found, amounts = [], [], []
    for cancel, at in zip(taken.to_pylist(), _instants(taken).tolist(), strict=True):
        start, end = stretches.get((cancel["person"], cancel["item_key"]), (0, 0))
        line = start + int(np.searchsorted(bought_at[start:end], at)) - 1
        while line >= start and remaining[line] < cancel["quantity"]:
            line -= 1
        if line < start:
            continue
        remaining[line] -= cancel["quantity"]
        keys.append(cancel["key_hash"])
        found.append(orders[line])
        amounts.append(cancel["amount"] or 0)
    return pa.table({"key_hash": keys, "order_key": found, "amount": amounts}, MATCH_SCHEMA)


def _stretches(bought: pa.Table) -> dict[tuple[int, int], tuple[int, int]]:
    """Where the lines of each (person, item) begin and end."""
    pairs = list(zip(bought["person"].to_pylist(), bought["item_key"].to_pylist(), strict=True))
    found: dict[tuple[int, int], tuple[int, int]] = {}
    for row, pair in enumerate(pairs):
        start, _end = found.get(pair, (row, row))
        found[pair] = (start, row + 1)
    return found


def _instants(table: pa.Table) -> NDArray[np.int64]:
    return np.asarray(table["occurred_at"].cast(pa.int64()).to_numpy(), dtype=np.int64)
