"""What shows that a person is there: their own acts, and the live links to them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import ibis
import ibis.expr.types as ir

from xiaohe.kernel.clock import ShopCalendar
from xiaohe.traits.days import shop_day
from xiaohe.traits.people import persons_of


class Kind(StrEnum):
    """An act by the customer, never by us."""

    ORDER = "order"
    MESSAGE = "message"


def signals(
    facts: ir.Table,
    orders: ir.Table,
    persons: ir.Table | None,
    *,
    calendar: ShopCalendar,
    day_began: datetime,
    moment: datetime,
) -> ir.Table:
    """(person, on, kind) per person, shop day and kind of act up to the instant `moment`.

    Purchases since `day_began` are read from the facts themselves: they are in no rhythm before tomorrow,
    but whoever bought this morning has been seen.
    """
    bought = orders.filter(orders.valid & orders.person.notnull())
    bought = bought.select("person", "on", kind=ibis.literal(Kind.ORDER.value))
    written = facts.type == "message.in"
    fresh = (facts.type == "order.paid") & (facts.occurred_at >= day_began)
    fresh &= facts.subject != facts.order_key
    acts = facts.filter((facts.occurred_at <= moment) & (written | fresh.fill_null(False)))
    acts = persons_of(acts, persons)
    acts = acts.select(
        "person",
        on=shop_day(acts.occurred_at, acts.date_only, calendar),
        kind=ibis.ifelse(acts.type == "message.in", Kind.MESSAGE.value, Kind.ORDER.value),
    )
    return bought.union(acts).distinct()


def live_links(links: ir.Table, moment: datetime) -> ir.Table:
    """(person, linked, account_id, link_started_at): the newest live private link of each person.

    A link of which only part is ours (a follow) is shown elsewhere and does not make a person linked.
    """
    started = links.started_at.isnull() | (links.started_at <= moment)
    ended = links.ended_at.notnull() & (links.ended_at <= moment)
    live = links.filter(links.private & started & ~ended)
    newest = ibis.window(
        group_by=live.person,
        order_by=[
            ibis.desc(live.started_at, nulls_first=False),
            live.account_id,
            live.subject,
        ],
    )
    live = live.mutate(place=ibis.row_number().over(newest))
    return live.filter(live.place == 0).select(
        "person",
        linked=ibis.literal(True),
        account_id=live.account_id,
        link_started_at=live.started_at,
    )
