"""Orders too large to say anything about a rhythm."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from xiaohe.stats.rhythm import BULK_PERCENTILE, BULK_TIMES_USUAL, USUAL_FROM_ORDERS


def with_bulk(orders: ir.Table) -> ir.Table:
    """Valid `orders` with `bulk`: quantity > 5 × the person's usual, or > P99 of these orders.

    `usual` is the median over the person's orders at strictly earlier instants, from three on; orders of
    the same instant do not see each other, so no order of reading matters.
    """
    cut = orders.aggregate(p99=orders.quantity.quantile(BULK_PERCENTILE))
    over_own = _over_own_usual(orders)
    flagged = orders.left_join(over_own, "order_key").drop("order_key_right").cross_join(cut)
    over_shop = flagged.quantity > flagged.p99
    bulk = flagged.over_own.fill_null(False) | over_shop.fill_null(False)
    return flagged.mutate(bulk=bulk).drop("over_own", "p99")


def _over_own_usual(orders: ir.Table) -> ir.Table:
    """(order_key, over_own) of the orders above five times the usual.

    A running median is not to be had on every engine. But five times the usual is at least five times the
    least, so only orders above that are compared with their person's earlier ones: a few per mille.
    """
    known = orders.filter(orders.person.notnull() & orders.quantity.notnull())
    least = known.group_by("person").aggregate(
        least=known.quantity.min(), most=known.quantity.max(), orders=known.count()
    )
    spread = least.filter(
        (least.orders > USUAL_FROM_ORDERS) & (least.most > BULK_TIMES_USUAL * least.least)
    )
    candidates = known.select("order_key", "person", "at", "quantity")
    candidates = candidates.inner_join(spread.select("person", "least"), "person")
    candidates = candidates.filter(candidates.quantity > BULK_TIMES_USUAL * candidates.least)
    earlier = known.select("person", earlier_at=known.at, earlier_quantity=known.quantity)
    pairs = candidates.select("order_key", "person", "at", "quantity").inner_join(earlier, "person")
    pairs = pairs.filter(pairs.earlier_at < pairs.at)
    usual = pairs.group_by("order_key").aggregate(
        usual=pairs.earlier_quantity.median(),
        before=pairs.count(),
        quantity=pairs.quantity.max(),
    )
    over = usual.filter(
        (usual.before >= USUAL_FROM_ORDERS) & (usual.quantity > BULK_TIMES_USUAL * usual.usual)
    )
    return over.select("order_key", over_own=ibis.literal(True))
