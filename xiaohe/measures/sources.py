"""Rows of the measures of coming: who was added from where, what it took, and what they were worth.

An **add** is the first time a person ever became reachable through a private account: whoever leaves and comes
back is no new add. Its source is the link's own, else that of the scan or claim just before it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import ibis
import ibis.expr.types as ir

from xiaohe.measures.definition import Tables
from xiaohe.measures.purchases import (
    named,
    plain_platform,
    purchase_days,
    valid_orders,
    within,
)
from xiaohe.measures.result import THIN_BELOW, Missing, NotYet, Window
from xiaohe.people.spells import SOURCE
from xiaohe.shop import queries
from xiaohe.shop.taxonomy import Zone
from xiaohe.traits import coming

PLACES = ("platform", "entry", "code", "source")
MINUTES_OF_AN_HOUR = 60
# A parcel of which only the sending is told has arrived so many days later (M05).
ARRIVES_AFTER_DAYS = 5
ONE = ibis.literal(1, "int64")
NONE = ibis.literal(0, "int64")


def labelled(table: ir.Table) -> ir.Table:
    """With `source`, the three parts that tell sources apart as one text."""
    return table.mutate(source=table.platform + "/" + table.entry + "/" + table.code)


def adds(tables: Tables) -> ir.Table:
    """(person, on, source): each person's first private spell."""
    private = tables.spells.filter(tables.spells.zone == Zone.PRIVATE.value)
    first = ibis.window(
        group_by=private.person,
        order_by=[private.started_at, *[private[name] for name in SOURCE], private.account_id],
    )
    placed = private.mutate(place=ibis.row_number().over(first))
    return labelled(placed.filter(placed.place == 0).select("person", "on", *SOURCE))


def told(tables: Tables, what: str) -> ir.Table:
    """What cards, scans, claims or costs told."""
    return labelled(tables.told.filter(tables.told.what == what))


def scanners(tables: Tables, window: Window) -> ir.Table:
    """Each person who scanned in the window, with the source of their first scan in it."""
    scans = within(told(tables, coming.SCANNED), window)
    first = ibis.window(
        group_by=scans.person, order_by=[scans["at"], *[scans[name] for name in SOURCE]]
    )
    placed = scans.mutate(place=ibis.row_number().over(first))
    return placed.filter(placed.place == 0).select("person", "on", *PLACES)


def _cards(tables: Tables, window: Window) -> ir.Table:
    """Rows of cards that left: nobody's, each as many as it says."""
    cards = within(told(tables, coming.SHIPPED), window)
    quantity = cards.quantity.fill_null(0).cast("int64")
    return _row(cards, ibis.null("int64"), NONE, quantity, quantity)


def _row(table: ir.Table, person: Any, top: Any, bottom: Any, n: Any) -> ir.Table:
    return table.select(*PLACES, person=person, top=top, bottom=bottom, n=n)


def _coded(table: ir.Table, codes: ir.Table) -> ir.Table:
    """Of `table` what came by one of these codes."""
    return table.semi_join(codes.filter(codes.code != "").select("code").distinct(), "code")


def added_per_card(tables: Tables, window: Window, days: int) -> ir.Table:
    """Cards sent in the window below; above, people added in it by the codes of any card sent."""
    came = _coded(within(adds(tables), window), told(tables, coming.SHIPPED))
    return _cards(tables, window).union(_row(came, came.person, ONE, NONE, NONE))


def scanned_per_card(tables: Tables, window: Window, days: int) -> ir.Table:
    came = _coded(scanners(tables, window), told(tables, coming.SHIPPED))
    return _cards(tables, window).union(_row(came, came.person, ONE, NONE, NONE))


def added_per_scanner(tables: Tables, window: Window, days: int) -> ir.Table:
    """People who scanned in the window below; above, people added in it by codes that were scanned."""
    scanned = scanners(tables, window)
    came = _coded(within(adds(tables), window), told(tables, coming.SCANNED))
    below = _row(scanned, scanned.person, NONE, ONE, ONE)
    return below.union(_row(came, came.person, ONE, NONE, NONE))


# ---------------------------------------------------------------- what it took


def hour_cost() -> int:
    """What an hour of work costs, in minor units; 0 while nobody said."""
    return int(queries.the_shop().staff_hour_cost)


def costs(tables: Tables, window: Window) -> ir.Table:
    """Rows of what was spent in the window, minutes priced at the shop's own rate; other currencies are left out."""
    spent = within(told(tables, coming.COST), window)
    spent = spent.filter(spent.currency.isnull() | (spent.currency == tables.state.currency))
    minutes = (spent.minutes * hour_cost() / MINUTES_OF_AN_HOUR).round().cast("int64")
    return _row(
        spent, ibis.null("int64"), spent.amount.fill_null(0).cast("int64") + minutes, NONE, NONE
    )


def cost_per_add(tables: Tables, window: Window, days: int) -> ir.Table:
    came = within(adds(tables), window)
    return costs(tables, window).union(_row(came, came.person, NONE, ONE, ONE))


def cost_per_first_buyer(tables: Tables, window: Window, days: int) -> ir.Table:
    """First-time buyers of the window below, under the platform they first bought on."""
    came = within(first_buyers(tables), window)
    return costs(tables, window).union(_row(came, came.person, NONE, ONE, ONE))


def first_buyers(tables: Tables) -> ir.Table:
    """(person, on, source): each buyer's first valid order."""
    orders = named(valid_orders(tables))
    platform = plain_platform(orders)
    first = ibis.window(group_by=orders.person, order_by=[orders["at"], orders.order_key])
    placed = orders.mutate(platform=platform, place=ibis.row_number().over(first))
    firsts = placed.filter(placed.place == 0).select(
        "person", "on", "platform", entry=ibis.literal("order"), code=ibis.literal("")
    )
    return labelled(firsts)


# ---------------------------------------------------------------- what came of it


def linked_after_parcel(tables: Tables, window: Window, days: int) -> ir.Table:
    """Buyers who were not linked when a parcel of the window came, and have had their days; top: linked in them.

    The first such parcel of each counts. Whoever adds us on the day it comes has answered it.
    """
    orders = named(valid_orders(tables)).select("order_key", "person", "platform")
    parcels = tables.parcels.inner_join(orders, "order_key")
    guess = parcels.shipped_on + ibis.interval(days=ARRIVES_AFTER_DAYS)
    parcels = parcels.mutate(on=ibis.coalesce(parcels.received_on, guess.cast("date")))
    last_mature = tables.state.on - timedelta(days=days)
    parcels = within(parcels, window)
    parcels = parcels.filter(parcels.on < ibis.literal(last_mature))
    private = tables.spells.filter(tables.spells.zone == Zone.PRIVATE.value)
    private = private.select("person", since=private.on, until=private.off)
    beside = parcels.left_join(private, "person").drop("person_right")
    live = (beside.since < beside.on) & (beside.until.isnull() | (beside.until >= beside.on))
    wait = beside.since.delta(beside.on, unit="day")
    answer = (wait >= 0) & (wait <= days)
    each = beside.group_by("order_key", "person", "platform", "on").aggregate(
        was=live.fill_null(False).cast("int64").max(),
        top=answer.fill_null(False).cast("int64").max(),
    )
    strangers = each.filter(each.was == 0)
    first = ibis.window(group_by=strangers.person, order_by=[strangers.on, strangers.order_key])
    placed = strangers.mutate(place=ibis.row_number().over(first))
    platform = plain_platform(placed)
    return placed.filter(placed.place == 0).select("person", "top", platform=platform, bottom=ONE)


def worth_after_add(tables: Tables, window: Window, days: int) -> ir.Table:
    """Adds of the window whose `days` are over; top: net of their orders in these days."""
    came = within(adds(tables), window)
    last_mature = tables.state.on - timedelta(days=days)
    came = came.filter(came.on <= ibis.literal(last_mature))
    orders = named(valid_orders(tables))
    orders = orders.filter(orders.net.notnull()).select("person", "net", bought_on=orders.on)
    beside = came.left_join(orders, "person").drop("person_right")
    wait = beside.bought_on.delta(beside.on, unit="day")
    inside = ((wait >= 0) & (wait < days)).fill_null(False)
    return beside.group_by("person", *PLACES).aggregate(
        top=beside.net.sum(where=inside).fill_null(0).cast("int64"), bottom=ONE
    )


def came_again(tables: Tables, came: ir.Table) -> ir.Table:
    """Of people with the day `on` they came: those with a second purchase day after it."""
    bought = purchase_days(tables)
    days = ibis.window(group_by=bought.person, order_by=bought.on)
    bought = bought.mutate(place=ibis.row_number().over(days))
    again = bought.filter(bought.place >= 1).select("person", again_on=bought.on)
    beside = came.inner_join(again, "person")
    return beside.filter(beside.again_on > beside.on).select("person").distinct()


# ---------------------------------------------------------------- why there is no value


def without_cards(tables: Tables, window: Window, days: int) -> NotYet | None:
    return None if _any(tables, _cards(tables, window)) else NotYet(Missing.NO_CARDS)


def without_scans(tables: Tables, window: Window, days: int) -> NotYet | None:
    return None if _any(tables, scanners(tables, window)) else NotYet(Missing.NO_SCANS)


def without_costs(tables: Tables, window: Window, days: int) -> NotYet | None:
    """Nothing spent is not the same as nothing noted."""
    if not _any(tables, costs(tables, window)):
        return NotYet(Missing.NO_COSTS)
    return None


def without_cost_of_adds(tables: Tables, window: Window, days: int) -> NotYet | None:
    if not _any(tables, within(adds(tables), window)):
        return NotYet(Missing.NO_LINKS)
    return without_costs(tables, window, days)


def without_cost_of_buyers(tables: Tables, window: Window, days: int) -> NotYet | None:
    if not _any(tables, within(first_buyers(tables), window)):
        return NotYet(Missing.NO_BUYERS)
    return without_costs(tables, window, days)


def without_parcels(tables: Tables, window: Window, days: int) -> NotYet | None:
    if _any(tables, linked_after_parcel(tables, window, days)):
        return None
    parcels = tables.parcels
    if not _any(tables, parcels):
        return NotYet(Missing.NO_PARCELS)
    first = tables.read.scalar(parcels.aggregate(on=parcels.received_on.min()))
    expected = first + timedelta(days=days + 1) if first else None
    late = expected if expected and expected > tables.state.on else None
    return NotYet(Missing.IMMATURE, expected_on=late)


def without_mature_adds(tables: Tables, window: Window, days: int) -> NotYet | None:
    if _any(tables, worth_after_add(tables, window, days)):
        return None
    came = within(adds(tables), window)
    first = tables.read.scalar(came.aggregate(on=came.on.min()))
    if first is None:
        return NotYet(Missing.NO_LINKS)
    return NotYet(Missing.IMMATURE, expected_on=first + timedelta(days=days))


# ---------------------------------------------------------------- which is better


def rank(value: float | None, n: int, added: int) -> tuple[bool, bool, float, int]:
    """Ascending, the best source first: by what an add was worth among those with enough people to say so, then
    those of too few, then those nobody's days are over of; the more were added the earlier."""
    is_thin = n < THIN_BELOW
    return (value is None, is_thin, -value if value is not None else 0.0, -added)


def _any(tables: Tables, rows: ir.Table) -> bool:
    return bool(tables.read.scalar(rows.aggregate(n=rows.count())))
