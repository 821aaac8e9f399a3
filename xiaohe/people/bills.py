"""Payments on bills among a person's orders: they are the list's order, as `traits.bills` has it for everybody at once.

A bill's payment that an order list states is no order of its own. What went back of it counts with the list's order
where exactly one states it; of several nobody knows which, and only their lists tell refunds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa

from xiaohe.ledger.engine import Reading

BILL = "order.billed"
CLAIMS = ("order.created", "order.payment_seen")
# Set of a refund that was moved from a bill to its order.
BILLED = "of_a_bill"


def of_orders(
    read: Reading, facts: Sequence[dict[str, Any]]
) -> tuple[dict[int, int | None], list[dict[str, Any]]]:
    """Which billed payments are an order that a list states, as far as these facts name either; and the bills' facts."""
    stated = {each["other"] for each in facts if each["type"] in (BILL, *CLAIMS)} - {None}
    billed = {each["order_key"] for each in facts if each["type"] == BILL} - {None}
    if stated:
        numbers = read.register("their_payments", _ids(stated))
        bills = read.facts.filter(read.facts.type == BILL)
        found = read.run(bills.semi_join(numbers, bills.other == numbers.id).select("order_key"))
        billed |= set(found["order_key"].to_pylist())
    if not billed:
        return {}, []
    of_bills = read.register("their_bills", _ids(billed))
    of_them = read.facts.semi_join(of_bills, read.facts.order_key == of_bills.id)
    told: list[dict[str, Any]] = read.run(of_them).to_pylist()
    numbers = read.register(
        "paid_numbers", _ids(each["other"] for each in told if each["type"] == BILL)
    )
    claims = read.facts.filter(read.facts.type.isin(CLAIMS))
    claims = claims.semi_join(numbers, claims.other == numbers.id).select("order_key", "other")
    return _into(told, read.run(claims).to_pylist()), told


def moved(facts: Iterable[dict[str, Any]], into: dict[int, int | None]) -> list[dict[str, Any]]:
    """Facts with the bills' own orders left out, and their refunds with the order they are of."""
    found = []
    for fact in facts:
        if fact["order_key"] not in into or not fact["type"].startswith("order."):
            found.append(fact)
        elif fact["type"] == "order.refunded" and (order := into[fact["order_key"]]) is not None:
            found.append({**fact, "order_key": order, BILLED: True})
    return found


def _into(
    told: Sequence[dict[str, Any]], claims: Sequence[dict[str, Any]]
) -> dict[int, int | None]:
    claimed: dict[int, set[int]] = defaultdict(set)
    for each in claims:
        claimed[each["other"]].add(each["order_key"])
    found: dict[int, set[int]] = defaultdict(set)
    for bill in told:
        if bill["type"] == BILL and bill["other"] in claimed:
            found[bill["order_key"]] |= claimed[bill["other"]]
    return {bill: min(orders) if len(orders) == 1 else None for bill, orders in found.items()}


def _ids(values: Iterable[int | None]) -> pa.Table:
    return pa.table(
        {"id": pa.array(sorted({each for each in values if each is not None}), pa.int64())}
    )
