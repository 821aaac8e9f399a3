"""What one more occasion of a person is worth: m, their median net, shrunk to the shop's."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from xiaohe.stats.value import MIN_GROUP_PEOPLE, PRIOR_OCCASIONS


def values(occasions: ir.Table) -> ir.Table:
    """(person, value): m = (k·own median + 3·group median) ÷ (k + 3) in minor units of the shop's currency.

    Days with bulk orders count, and days in another currency do not. The group is the median over people
    of their medians, from 30 people on, else the median of all occasions.
    """
    paid = occasions.filter(occasions.net.notnull())
    own = paid.group_by("person").aggregate(days=paid.count(), median=paid.net.median())
    voted = own.aggregate(people=own.count(), vote=own["median"].median())
    pooled = paid.aggregate(pooled=paid.net.median())
    shop = voted.cross_join(pooled)
    shop = shop.select(
        group=ibis.ifelse(shop.people >= MIN_GROUP_PEOPLE, shop.vote, shop.pooled).cast("float64")
    )
    joined = own.cross_join(shop)
    shrunk = (joined.days * joined["median"] + PRIOR_OCCASIONS * joined.group) / (
        joined.days + PRIOR_OCCASIONS
    )
    return joined.select("person", value=half_even(shrunk))


def half_even(number: ir.FloatingValue) -> ir.IntegerValue:
    """Round to the nearest integer, halves to the even one; engines disagree on their own rounding."""
    upper = (number + 0.5).floor().cast("int64")
    is_half = (number + 0.5) == upper.cast("float64")
    return ibis.ifelse(is_half & (upper % 2 != 0), upper - 1, upper)
