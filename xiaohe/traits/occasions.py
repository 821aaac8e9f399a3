"""Purchase occasions: the shop days on which a person bought, however many orders the day holds."""

from __future__ import annotations

import ibis.expr.types as ir


def occasions(orders: ir.Table) -> ir.Table:
    """(person, on, net, rhythmic) per person and shop day of valid `orders`.

    `rhythmic` is false on days with bulk orders only: they are bought for others, so they neither start nor
    end a gap, but their money counts.
    """
    orders = orders.filter(orders.person.notnull())
    return orders.group_by("person", "on").aggregate(
        net=orders.net.sum().cast("int64"),
        rhythmic=(~orders.bulk).cast("int8").max() == 1,
    )
