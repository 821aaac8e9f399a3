"""How people came: what cards, scans, claims and costs tell, every spell of every link, and each person's sources.

parcels  order · shipped, received                                    one row per order that was sent
told     what · on · person · source · quantity, amount, minutes     one row per such fact
spells   person · account · from · to · zone · source                 one row per time a link was live
came     person · first source · last source                          one row per person anything is known of
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir

from xiaohe.kernel.clock import ShopCalendar
from xiaohe.ledger.engine import prop
from xiaohe.people import came_from
from xiaohe.people.spells import said
from xiaohe.traits.days import shop_day
from xiaohe.traits.people import persons_of, without

SCANNED, CLAIMED, REQUESTED = "link.scanned", "claim.made", "link.requested"
PRINTED, SHIPPED, COST = "card.printed", "card.shipped", "cost.recorded"
OF_PEOPLE = (SCANNED, CLAIMED, REQUESTED)
OF_NOBODY = (PRINTED, SHIPPED, COST)
# What an order's parcel is told by.
RECEIVED = "order.received"
SENT = ("order.shipped", RECEIVED)


def write(
    read: Any, folder: Path, spells: Path, *, calendar: ShopCalendar, until: datetime
) -> None:
    """Write told, spells and came of a version; `spells` is where they lie as the ledger tells them."""
    persons, orders = read.table("persons"), read.table("orders")
    sent = parcels(read.facts, calendar, until)
    read.write(sent.order_by("order_key"), folder / "parcels.parquet")
    acts = told(read.facts, persons, calendar, until, left_out=read.table("left_out"))
    read.write(acts, folder / "told.parquet")
    heard = read.register("told", folder / "told.parquet")
    begun = with_days(read.register("spells_told", spells), calendar)
    by_people = heard.filter(heard.what.isin(OF_PEOPLE))
    whole = came_from.sourced(begun, by_people)
    ordered = whole.order_by("person", "started_at", "account_id", "kind", "subject")
    read.write(ordered, folder / "spells.parquet")
    links = read.register("spells", folder / "spells.parquet")
    stated = came_from.statements(
        came_from.of_orders(orders), links.mutate(at=links.started_at), by_people
    )
    read.write(came_from.came_from(stated).order_by("person"), folder / "came.parquet")
    read.register("came", folder / "came.parquet")


def told(
    facts: ir.Table,
    persons: ir.Table | None,
    calendar: ShopCalendar,
    until: datetime | ir.Value,
    *,
    left_out: ir.Table | None = None,
) -> ir.Table:
    """Cards, scans, claims and costs up to `until`, by shop day; what nobody did has no person."""
    heard = facts.filter(facts.type.isin([*OF_PEOPLE, *OF_NOBODY]) & (facts.occurred_at <= until))
    heard = persons_of(heard, persons)
    heard = heard if left_out is None else without(heard, left_out)
    minutes = prop(heard.props, "minutes").nullif("").cast("int64")
    rows = heard.select(
        what=heard.type,
        on=shop_day(heard.occurred_at, heard.date_only, calendar),
        at=heard.occurred_at,
        person=ibis.ifelse(heard.type.isin(OF_PEOPLE), heard.person, ibis.null("int64")),
        **said(heard.props),
        quantity=heard.quantity,
        amount=heard.amount,
        currency=heard.currency,
        minutes=minutes.fill_null(0),
        category=ibis.coalesce(prop(heard.props, "what"), ""),
        key_hash=heard.key_hash,
    )
    return rows.order_by("at", "key_hash").drop("key_hash")


def parcels(facts: ir.Table, calendar: ShopCalendar, until: datetime | ir.Value) -> ir.Table:
    """The shop days on which each order was sent and arrived, the earliest of what was said."""
    sent = facts.filter(facts.type.isin(SENT) & facts.order_key.notnull())
    sent = sent.filter(sent.occurred_at <= until)
    sent = sent.mutate(on=shop_day(sent.occurred_at, sent.date_only, calendar))
    return sent.group_by("order_key").aggregate(
        shipped_on=sent.on.min(where=sent.type == "order.shipped"),
        received_on=sent.on.min(where=sent.type == "order.received"),
    )


def with_days(spells: ir.Table, calendar: ShopCalendar) -> ir.Table:
    """Spells with the shop days `on` which they began and ended (`off`, null while they last)."""
    timed = ibis.literal(False)
    return spells.mutate(
        on=shop_day(spells.started_at, timed, calendar),
        off=shop_day(spells.ended_at, timed, calendar),
    )
