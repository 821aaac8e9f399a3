"""Orders folded from their states: whatever the order in which files arrived, one answer.

    facts of one order ──► earliest times, largest cumulative refund, closed, money, pieces ──► one row

Every step is a minimum, a maximum or a sum, so importing A, B, A or B, A comes out the same. `valid_at`
tells which orders counted on an earlier day, as known then, without folding again.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Any

import ibis
import ibis.expr.types as ir

from xiaohe.kernel.clock import ShopCalendar
from xiaohe.traits.days import happened_before, shop_time
from xiaohe.traits.quantity import thousandths


class OrderState(StrEnum):
    """What an order is now; only `paid` orders are valid."""

    PAID = "paid"
    UNPAID = "unpaid"
    CLOSED = "closed"
    REFUNDED = "refunded"


# Props of an `order.refunded` whose file only says that money went back: the amount is all that was paid.
IN_WORDS = '{"told":"words"}'
# Ways to tell a refund part by part; the parts of one way are added up.
ADDED_UP = ("item", "aftersale", "billed", "returned")
STATE_TYPES = ("order.created", "order.paid", "order.closed", "order.item", "order.consumed")


def folded(
    facts: ir.Table,
    *,
    calendar: ShopCalendar,
    currency: str,
    before: date | None = None,
    returns: ir.Table | None = None,
    twice: ir.Table | None = None,
) -> ir.Table:
    """One row per order from the facts before the start of shop day `before`.

    `returns` (key_hash, order_key, amount) are the matched cancellations of `traits.returns`, `twice` (order_key,
    into) the payments on bills that an order list tells too (`traits.bills`): these are left out, and what went back
    of them counts with the list's order. Money is in minor units
    of the order's own `currency`; `net` is null unless that is the shop's, so it can be summed. `paid` and `net`
    are cash; `consumed` is what was eaten or used for a balance, course units or points.
    """
    seen = _seen(facts, calendar, before)
    states = _states(seen.filter(seen.order_key.notnull()), currency)
    refunds = _refund_days(seen, returns, twice)
    totals = refunds.group_by("order_key").aggregate(refunded=refunds.total.max())
    if twice is not None:
        states = states.anti_join(twice, "order_key")
    orders = states.left_join(totals, "order_key").drop("order_key_right")
    return _with_state(orders.mutate(refunded=orders.refunded.fill_null(0)), currency)


def with_void_day(
    orders: ir.Table,
    facts: ir.Table,
    *,
    calendar: ShopCalendar,
    before: date | None = None,
    returns: ir.Table | None = None,
    twice: ir.Table | None = None,
) -> ir.Table:
    """`folded` orders with `void_on`: the shop day on which a paid order stopped counting, null while it counts.

    Better given stored orders: they are read twice.
    """
    refunds = _refund_days(_seen(facts, calendar, before), returns, twice)
    gone = orders.filter(orders.refunded > 0).select("order_key", "paid")
    reached = refunds.inner_join(gone, "order_key")
    reached = reached.filter((reached.total > 0) & (reached.total >= reached.paid))
    days = reached.group_by("order_key").aggregate(gone_on=reached.day.min())
    orders = orders.left_join(days, "order_key").drop("order_key_right")
    void_on = ibis.least(
        orders.closed_on.fill_null(orders.gone_on), orders.gone_on.fill_null(orders.closed_on)
    )
    void_on = ibis.ifelse(orders.was_paid, void_on, ibis.null("date"))
    return orders.mutate(void_on=void_on).drop("gone_on", "closed_on")


def valid_at(orders: ir.Table, on: Any) -> ir.BooleanValue:
    """Whether each order counted for somebody who looked at the start of shop day `on`."""
    stood = orders.void_on.isnull() | (orders.void_on >= on)
    return orders.was_paid & (orders.on < on) & stood


def _seen(facts: ir.Table, calendar: ShopCalendar, before: date | None) -> ir.Table:
    """The facts before day `before`, with `clock`: their time on a clock that strikes midnight as days begin."""
    if before is not None:
        facts = facts.filter(happened_before(facts, calendar, before))
    return facts.mutate(clock=shop_time(facts.occurred_at, facts.date_only, calendar))


def _states(facts: ir.Table, currency: str) -> ir.Table:
    facts = facts.filter(facts.type.isin(STATE_TYPES))
    created, paid = facts.type == "order.created", facts.type == "order.paid"
    item, closed = facts.type == "order.item", facts.type == "order.closed"
    consumed = facts.type == "order.consumed"
    home = facts.currency.isnull() | (facts.currency == currency)
    stated = facts.amount.notnull()
    grouped = facts.group_by("order_key").aggregate(
        subject=facts.subject.min(where=facts.subject != facts.order_key),
        platform=facts.source.min(),
        created_at=facts.occurred_at.min(where=created),
        created_clock=facts.clock.min(where=created),
        paid_at=facts.occurred_at.min(where=paid),
        paid_clock=facts.clock.min(where=paid),
        any_at=facts.occurred_at.min(),
        any_clock=facts.clock.min(),
        timed=(~facts.date_only).cast("int8").max(where=created | paid),
        paid_home=facts.amount.max(where=paid & home),
        paid_abroad=facts.amount.max(where=paid & ~home),
        items_home=facts.amount.sum(where=item & home),
        items_abroad=facts.amount.sum(where=item & ~home),
        abroad=facts.currency.min(where=stated & ~home),
        any_home=(stated & home).cast("int8").max(),
        own_quantity=facts.quantity.max(where=paid),
        item_thousandths=thousandths(facts.quantity).sum(where=item),
        closed_clock=facts.clock.min(where=closed),
        consumed=facts.amount.max(where=consumed & home),
    )
    is_abroad = grouped.abroad.notnull() & (grouped.any_home.fill_null(0) == 0)
    home_paid = grouped.paid_home.fill_null(grouped.items_home)
    abroad_paid = grouped.paid_abroad.fill_null(grouped.items_abroad)
    return grouped.select(
        "order_key",
        "subject",
        "platform",
        at=ibis.coalesce(grouped.paid_at, grouped.created_at, grouped.any_at),
        on=ibis.coalesce(grouped.paid_clock, grouped.created_clock, grouped.any_clock).date(),
        date_only=grouped.timed.fill_null(1) == 0,
        was_paid=grouped.paid_at.notnull(),
        paid=ibis.ifelse(is_abroad, abroad_paid, home_paid).fill_null(0).cast("int64"),
        consumed=grouped.consumed.fill_null(0).cast("int64"),
        currency=ibis.ifelse(is_abroad, grouped.abroad, ibis.literal(currency)),
        quantity=grouped.own_quantity.fill_null(grouped.item_thousandths / 1000.0),
        closed_on=grouped.closed_clock.date(),
    )


def _refund_days(
    facts: ir.Table, returns: ir.Table | None, twice: ir.Table | None = None
) -> ir.Table:
    """Per order and day of a refund: the total refunded up to then.

    An order states its refunds as a whole, item by item or after-sale by after-sale, and the bill of its payment
    states them again, each cumulative: the largest of the four counts. Cancellation lines come on top, one by one.
    """
    refunds = facts.filter((facts.type == "order.refunded") & facts.order_key.notnull())
    refunds = refunds.select(
        "order_key",
        "item_key",
        "other",
        "amount",
        "props",
        day=refunds.clock.date(),
        billed=ibis.literal(False),
    )
    if twice is not None:
        refunds = _with_billed(refunds, twice)
    refunds = _amounts_before_words(refunds)
    of_aftersales = refunds.filter(refunds.item_key.isnull() & refunds.other.notnull())
    listed = of_aftersales.filter(~of_aftersales.billed)
    billed = of_aftersales.filter(of_aftersales.billed)
    steps = _whole_steps(refunds.filter(refunds.item_key.isnull() & refunds.other.isnull()))
    steps = steps.union(_part_steps(refunds.filter(refunds.item_key.notnull()), "item_key", "item"))
    steps = steps.union(_part_steps(listed, "other", "aftersale"))
    if twice is not None:
        steps = steps.union(_part_steps(billed, "other", "billed"))
    if returns is not None:
        steps = steps.union(_return_steps(facts, returns))
    daily = steps.group_by("order_key", "day").aggregate(
        whole=steps.whole.max(), **{way: steps[way].sum() for way in ADDED_UP}
    )
    upto = ibis.window(group_by=daily.order_key, order_by=daily.day, preceding=None, following=0)
    running = daily.select(
        "order_key",
        "day",
        whole=daily.whole.max().over(upto).fill_null(0),
        **{way: daily[way].sum().over(upto).fill_null(0).cast("int64") for way in ADDED_UP},
    )
    most = ibis.greatest(running.whole, running["item"], running.aftersale, running.billed)
    return running.select("order_key", "day", total=most + running.returned)


def _with_billed(refunds: ir.Table, twice: ir.Table) -> ir.Table:
    """Refunds on bills, each with the order of the list it is of; what is of several stays where it is."""
    into = twice.filter(twice.into.notnull()).select(payment=twice.order_key, into=twice.into)
    joined = refunds.left_join(into, refunds.order_key == into.payment)
    moved = joined.mutate(
        order_key=joined.into.fill_null(joined.order_key), billed=joined.into.notnull()
    )
    return moved.drop("payment", "into")


def _amounts_before_words(refunds: ir.Table) -> ir.Table:
    """Without the refunds whose amount was only supposed from a word, where an amount is stated.

    Of a whole order: any amount. Of an article: its own amount, one of the whole order, or as many after-sales as
    articles are said to have gone back; with fewer, nobody knows which of them an after-sale was of.
    """
    worded = (refunds.props == IN_WORDS).fill_null(False)
    words, stated = refunds.filter(worded), refunds.filter(~worded)
    of_orders = words.filter(words.item_key.isnull()).anti_join(stated, "order_key")
    of_items = words.filter(words.item_key.notnull())
    of_items = of_items.anti_join(stated, ["order_key", "item_key"])
    said = of_items.group_by("order_key").aggregate(said=of_items.item_key.nunique())
    known = stated.filter(stated.item_key.isnull())
    known = known.group_by("order_key").aggregate(
        whole=known.other.isnull().cast("int8").max(), aftersales=known.other.nunique()
    )
    both = said.inner_join(known, "order_key")
    told = both.filter((both.whole == 1) | (both.aftersales >= both.said)).select("order_key")
    return stated.union(of_orders).union(of_items.anti_join(told, "order_key"))


def _steps(table: ir.Table, **told: Any) -> ir.Table:
    """(order_key, day) with one of the ways to tell a refund filled in."""
    ways = {way: told.get(way, ibis.null("int64")) for way in ("whole", *ADDED_UP)}
    return table.select("order_key", "day", **ways)


def _whole_steps(refunds: ir.Table) -> ir.Table:
    return _steps(refunds, whole=refunds.amount.cast("int64"))


def _part_steps(refunds: ir.Table, part: str, way: str) -> ir.Table:
    """What each part of an order (an item, an after-sale) adds on a day to the most it had reached before."""
    parts = refunds.group_by("order_key", part, "day").aggregate(amount=refunds.amount.max())
    earlier = ibis.window(
        group_by=[parts.order_key, parts[part]],
        order_by=parts.day,
        preceding=(None, 1),
        following=None,
    )
    reached = parts.amount.max().over(earlier).fill_null(0)
    step = (ibis.greatest(parts.amount, reached) - reached).cast("int64")
    return _steps(parts, **{way: step})


def _return_steps(facts: ir.Table, returns: ir.Table) -> ir.Table:
    lines = facts.filter((facts.type == "order.refunded") & facts.order_key.isnull())
    lines = lines.mutate(day=lines.clock.date())
    matched = lines.select("key_hash", "day").inner_join(returns, "key_hash")
    return _steps(matched, returned=matched.amount.cast("int64"))


def _with_state(orders: ir.Table, currency: str) -> ir.Table:
    # Closing is final: no platform opens a closed order again.
    closed = orders.closed_on.notnull()
    gone = (orders.refunded > 0) & (orders.refunded >= orders.paid)
    state = ibis.cases(
        (closed, OrderState.CLOSED.value),
        (~orders.was_paid, OrderState.UNPAID.value),
        (gone, OrderState.REFUNDED.value),
        else_=OrderState.PAID.value,
    )
    at_home = orders.currency == currency
    return orders.mutate(
        net=ibis.ifelse(at_home, orders.paid - orders.refunded, ibis.null("int64")),
        state=state,
        valid=state == OrderState.PAID.value,
    )
