"""Orders too large to say anything about a rhythm."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from xiaohe.stats.rhythm import BULK_PERCENTILE, BULK_TIMES_USUAL, USUAL_FROM_ORDERS
from xiaohe.traits.quantity import thousandths


def with_bulk(orders: ir.Table, suspected: ir.Table) -> ir.Table:
    """Valid `orders` with `bulk`: quantity > 5 × the person's usual, or > P99 of these orders.

    `usual` is the median over the person's orders at strictly earlier instants, from three on; orders of
    the same instant do not see each other, so no order of reading matters.
    `suspected`: `suspects` of these orders or of any larger set of them.
    """
    cut = orders.aggregate(p99=orders.quantity.quantile(BULK_PERCENTILE))
    over_own = _over_own_usual(orders, suspected)
    flagged = orders.left_join(over_own, "order_key").drop("order_key_right").cross_join(cut)
    over_shop = flagged.quantity > flagged.p99
    bulk = flagged.over_own.fill_null(False) | over_shop.fill_null(False)
    return flagged.mutate(bulk=bulk).drop("over_own", "p99")


def suspects(orders: ir.Table) -> ir.Table:
    """(order_key, person) of orders that may be over five times the usual: a few in a thousand.

    A running median is not to be had on every engine. But five times the usual is at least five times the
    least, so only orders above that need be compared with their person's earlier ones.
    """
    known = orders.filter(orders.person.notnull() & orders.quantity.notnull())
    least = known.group_by("person").aggregate(
        least=known.quantity.min(), most=known.quantity.max(), orders=known.count()
    )
    spread = least.filter(
        (least.orders > USUAL_FROM_ORDERS) & (least.most > BULK_TIMES_USUAL * least.least)
    )
    near = known.select("order_key", "person", "quantity")
    near = near.inner_join(spread.select("person", "least"), "person")
    return near.filter(near.quantity > BULK_TIMES_USUAL * near.least).select("order_key", "person")


def _over_own_usual(orders: ir.Table, suspected: ir.Table) -> ir.Table:
    """(order_key, over_own) of the orders above five times the usual."""
    known = orders.filter(orders.person.notnull() & orders.quantity.notnull())
    candidates = known.select("order_key", "person", "at", "quantity")
    candidates = candidates.semi_join(suspected, "order_key")
    earlier = known.select("person", earlier_at=known.at, earlier_quantity=known.quantity)
    earlier = earlier.semi_join(suspected, "person")
    pairs = candidates.inner_join(earlier, "person")
    pairs = pairs.filter(pairs.earlier_at < pairs.at)
    usual = pairs.group_by("order_key").aggregate(
        usual=thousandths(pairs.earlier_quantity).median(),
        before=pairs.count(),
        quantity=thousandths(pairs.quantity).max(),
    )
    over = usual.filter(
        (usual.before >= USUAL_FROM_ORDERS) & (usual.quantity > BULK_TIMES_USUAL * usual.usual)
    )
    return over.select("order_key", over_own=ibis.literal(True))
