"""Rows of the measures of ownership: who is linked, who of them is awake, how many buyers are ours."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from xiaohe.measures.definition import Tables
from xiaohe.measures.purchases import (
    plain_platform,
    purchase_days,
    within,
    without_buyers,
)
from xiaohe.measures.result import Missing, NotYet, Window
from xiaohe.shop import queries
from xiaohe.traits.signals import Kind, live_links


def effective_days() -> int:
    """How long one act of their own keeps a customer counted as awake; the shop's setting."""
    return int(queries.the_shop().effective_window_days)


def linked_people(tables: Tables) -> ir.Table:
    """(person): everybody with a live private link at the state's moment, buyers or not."""
    return live_links(tables.links, tables.state.at).select("person")


def linked(tables: Tables, window: Window, days: int) -> ir.Table:
    return linked_people(tables).mutate(
        top=ibis.literal(1, "int64"), bottom=ibis.literal(1, "int64")
    )


def effective(tables: Tables, window: Window, days: int) -> ir.Table:
    """The linked; top: an act of their own in the window."""
    people = linked_people(tables)
    acts = within(tables.signals, window).select("person").distinct()
    acts = acts.mutate(acted=ibis.literal(1, "int64"))
    joined = people.left_join(acts, "person")
    return joined.select(
        "person", top=joined.acted.fill_null(0).cast("int64"), bottom=ibis.literal(1, "int64")
    )


def owned_buyers(tables: Tables, window: Window, days: int) -> ir.Table:
    """Identifiable buyers of the window; top: those linked now."""
    buyers = within(purchase_days(tables), window).select("person").distinct()
    ours = linked_people(tables).mutate(ours=ibis.literal(1, "int64"))
    joined = buyers.left_join(ours, "person")
    return joined.select(
        "person", top=joined.ours.fill_null(0).cast("int64"), bottom=ibis.literal(1, "int64")
    )


def orders_of_linked(tables: Tables, window: Window, days: int) -> ir.Table:
    """Valid orders of the window; top: those of people linked now."""
    orders = within(tables.orders.filter(tables.orders.valid), window)
    ours = linked_people(tables).mutate(ours=ibis.literal(1, "int64"))
    joined = orders.left_join(ours, "person")
    return joined.select(
        "person",
        platform=plain_platform(joined),
        top=joined.ours.fill_null(0).cast("int64"),
        bottom=ibis.literal(1, "int64"),
    )


def without_links(tables: Tables, window: Window, days: int) -> NotYet | None:
    links = tables.links
    known = tables.read.scalar(links.aggregate(n=links.count()))
    return None if known else NotYet(Missing.NO_LINKS)


def without_signals(tables: Tables, window: Window, days: int) -> NotYet | None:
    """Orders alone do not tell who is awake: until one reply is recorded, everybody silent looks asleep."""
    if missing := without_links(tables, window, days):
        return missing
    messages = tables.signals.filter(tables.signals.kind == Kind.MESSAGE.value)
    known = tables.read.scalar(messages.aggregate(n=messages.count()))
    return None if known else NotYet(Missing.NO_SIGNALS)


def without_owned(tables: Tables, window: Window, days: int) -> NotYet | None:
    """No buyers, no share; buyers but no contacts yet is not 0 % either: nobody has looked."""
    return without_buyers(tables, window, days) or without_links(tables, window, days)
