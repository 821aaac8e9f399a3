"""Payments on bills that an order list tells too: they are that order, and counted with it.

    bill  ── payment number, merchant's order number ──┐
                                                       ├─► same hash: one order, the list's
    list  ── payment number, own order number ─────────┘

Nothing is decided when a file comes in, so bills and lists may come in any order, and either may be taken back.

What only the bill knows, money that went back, goes over to the list's order, where exactly one states the payment.
One payment for several orders does not say of which of them it came back: there the lists alone tell refunds.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from xiaohe.kernel.clock import ShopCalendar
from xiaohe.traits.days import happened_before

SCHEMA = pa.schema([("order_key", pa.int64()), ("into", pa.int64())])
CLAIMS = ("order.created", "order.payment_seen")


def told_twice(read: Any, before: date | None = None, *, calendar: ShopCalendar) -> pa.Table:
    """(order_key, into) of every payment before shop day `before` that an order list states as well.

    `into` is the list's order, null where several orders state the payment.
    """
    facts = read.facts
    if before is not None:
        facts = facts.filter(happened_before(facts, calendar, before))
    bills = facts.filter(facts.type == "order.billed")
    if not read.scalar(bills.aggregate(n=bills.count())):
        return SCHEMA.empty_table()
    return read.run(known_elsewhere(facts).order_by("order_key")).cast(SCHEMA)


def known_elsewhere(facts: ir.Table) -> ir.Table:
    """(order_key, into) of billed payments whose number, or whose merchant's order number, an order list states."""
    bills = facts.filter(facts.type == "order.billed").select("order_key", number=facts.other)
    claims = facts.filter(facts.type.isin(CLAIMS) & facts.other.notnull())
    claims = claims.select(claimed=claims.other, listed=claims.order_key)
    both = bills.inner_join(claims, bills.number == claims.claimed)
    told = both.group_by("order_key").aggregate(first=both.listed.min(), last=both.listed.max())
    one = ibis.ifelse(told["first"] == told["last"], told["first"], ibis.null("int64"))
    return told.select("order_key", into=one)
