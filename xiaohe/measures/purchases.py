"""Rows of the measures that are read from orders: who bought, how often, for how much."""

from __future__ import annotations

from datetime import timedelta

import ibis
import ibis.expr.types as ir

from xiaohe.measures.definition import Tables
from xiaohe.measures.result import Missing, NotYet, Window


def valid_orders(tables: Tables) -> ir.Table:
    return tables.orders.filter(tables.orders.valid)


def within(table: ir.Table, window: Window) -> ir.Table:
    """Rows whose day lies in the window."""
    inside = table.on < window.end
    if window.start is not None:
        inside &= table.on >= window.start
    return table.filter(inside)


def named(orders: ir.Table) -> ir.Table:
    """Orders that name a buyer: only their buyers can be counted."""
    return orders.filter(orders.person.notnull())


def purchase_days(tables: Tables) -> ir.Table:
    """(person, on): each shop day on which a person bought, bulk orders too."""
    return named(valid_orders(tables)).select("person", "on").distinct()


def spend_per_buyer(tables: Tables, window: Window, days: int) -> ir.Table:
    orders = within(named(valid_orders(tables)), window)
    orders = orders.filter(orders.net.notnull())
    return orders.group_by("person").aggregate(
        top=orders.net.sum(), bottom=ibis.literal(1, "int64")
    )


def spend_per_order(tables: Tables, window: Window, days: int) -> ir.Table:
    orders = within(valid_orders(tables), window)
    orders = orders.filter(orders.net.notnull())
    return orders.select("person", top=orders.net, bottom=ibis.literal(1, "int64"))


def bought_again(tables: Tables, window: Window, days: int) -> ir.Table:
    """Buyers of the window; top: two purchase days or more in it."""
    bought = within(purchase_days(tables), window)
    people = bought.group_by("person").aggregate(times=bought.count())
    return people.select(
        "person", top=(people.times >= 2).cast("int64"), bottom=ibis.literal(1, "int64")
    )


def came_back(tables: Tables, window: Window, days: int) -> ir.Table:
    """Buyers whose first purchase day lies in the window and whose `days` are over; top: a second within them."""
    bought = purchase_days(tables)
    in_time = ibis.window(group_by=bought.person, order_by=bought.on)
    ordered = bought.mutate(earlier_on=bought.on.lag().over(in_time))
    people = ordered.group_by("person").aggregate(
        on=ordered.on.min(), second_on=ordered.on.min(where=ordered.earlier_on.notnull())
    )
    cohort = within(people, window)
    last_mature = tables.state.on - timedelta(days=days)
    cohort = cohort.filter(cohort.on < ibis.literal(last_mature))
    wait = cohort.second_on.delta(cohort.on, unit="day")
    back = (wait <= days).fill_null(False)
    return cohort.select("person", top=back.cast("int64"), bottom=ibis.literal(1, "int64"))


def _with_first_day(tables: Tables) -> ir.Table:
    orders = named(valid_orders(tables))
    first = orders.group_by("person").aggregate(first_on=orders.on.min())
    return orders.inner_join(first, "person")


def bought_before(tables: Tables, window: Window, days: int) -> ir.Table:
    """Buyers of the window; top: an order in it came after their first purchase day."""
    orders = within(_with_first_day(tables), window)
    people = orders.group_by("person").aggregate(
        top=(orders.on > orders.first_on).cast("int64").max()
    )
    return people.mutate(bottom=ibis.literal(1, "int64"))


def money_after_first(tables: Tables, window: Window, days: int) -> ir.Table:
    """Net per buyer of the window; top: that of orders after their first purchase day."""
    orders = within(_with_first_day(tables), window)
    orders = orders.filter(orders.net.notnull())
    return orders.group_by("person").aggregate(
        top=orders.net.sum(where=orders.on > orders.first_on).fill_null(0),
        bottom=orders.net.sum(),
    )


def known_orders(tables: Tables, window: Window, days: int) -> ir.Table:
    """Valid orders of the window; top: those that name their buyer."""
    orders = within(valid_orders(tables), window)
    return orders.select(
        "person",
        platform=plain_platform(orders),
        top=orders.person.notnull().cast("int64"),
        bottom=ibis.literal(1, "int64"),
    )


def plain_platform(orders: ir.Table) -> ir.Value:
    """The platform of each order; every site and app of ours is one."""
    return orders.platform.re_extract(r"^([^:]+)", 1)


def without_orders(tables: Tables, window: Window, days: int) -> NotYet | None:
    orders = within(valid_orders(tables), window)
    return None if _count(tables, orders) else NotYet(Missing.NO_ORDERS)


def without_buyers(tables: Tables, window: Window, days: int) -> NotYet | None:
    """A file that names no buyer is not a shop where nobody comes back."""
    orders = within(valid_orders(tables), window)
    if _count(tables, named(orders)):
        return None
    return NotYet(Missing.NO_BUYERS if _count(tables, orders) else Missing.NO_ORDERS)


def without_mature(tables: Tables, window: Window, days: int) -> NotYet | None:
    """Nobody's `days` are over yet: says when the first one's will be."""
    if missing := without_buyers(tables, Window(None, tables.state.on), days):
        return missing
    if _count(tables, came_back(tables, window, days)):
        return None
    bought = purchase_days(tables)
    firsts = bought.group_by("person").aggregate(on=bought.on.min())
    cohort = within(firsts, window)
    first = tables.read.scalar(cohort.aggregate(on=cohort.on.min()))
    if first is None:
        return NotYet(Missing.NO_BUYERS)
    return NotYet(Missing.IMMATURE, expected_on=first + timedelta(days=days + 1))


def _count(tables: Tables, rows: ir.Table) -> int:
    return int(tables.read.scalar(rows.aggregate(n=rows.count())))
