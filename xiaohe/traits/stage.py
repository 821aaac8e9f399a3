"""Lifecycle stage, tier and VIP of buyers: exactly one stage per person and day.

    r < 1.5: new, growing, regular by occasions  ──►  at_risk  ──►  dormant  ──►  lost

A stage further down needs both a ratio and days beyond the cycle; until both hold, the stage before holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ibis
import ibis.expr.types as ir

from xiaohe.stats import stages
from xiaohe.stats.stages import Stage, Tier

VIP_SHARE = 0.05
YEAR_DAYS = 365
HEAVY_SHARE = 0.8


def stage(people: ir.Table, may_return: Mapping[bool, float]) -> ir.StringValue:
    """The stage from `occasions`, `ratio`, `cycle`, `days_since`; `days_since` counts from the last purchase.

    `may_return`: the shop's measured chance to come back within one further cycle of regulars (True) and of
    others (False), where there are cases enough; whoever still may is dormant, not lost.
    """
    regular = people.occasions >= 3
    beyond = people.days_since - people.cycle
    kept = [is_regular for is_regular, p in may_return.items() if p >= stages.LOST_BELOW_CHANCE]
    given_up = ibis.ifelse(regular, True not in kept, False not in kept)
    lost_from = ibis.ifelse(regular, stages.LOST_RATIO_REGULAR, stages.LOST_RATIO)
    dormant_from = ibis.ifelse(regular, stages.DORMANT_RATIO_REGULAR, stages.DORMANT_RATIO)
    no_cycle = people.cycle.isnull()
    since = people.days_since
    return ibis.cases(
        (no_cycle & (since <= stages.NEW_UP_TO), Stage.NEW.value),
        (no_cycle & (since <= stages.RISK_UP_TO), Stage.AT_RISK.value),
        (no_cycle & (since <= stages.DORMANT_UP_TO), Stage.DORMANT.value),
        (no_cycle, Stage.LOST.value),
        (
            (people.ratio >= lost_from) & (beyond >= stages.DAYS_TO_LOST) & given_up,
            Stage.LOST.value,
        ),
        (
            (people.ratio >= dormant_from) & (beyond >= stages.DAYS_TO_DORMANT),
            Stage.DORMANT.value,
        ),
        (
            (people.ratio >= stages.RISK_RATIO) & (beyond >= stages.DAYS_TO_RISK),
            Stage.AT_RISK.value,
        ),
        (people.occasions >= 3, Stage.REGULAR.value),
        (people.occasions == 2, Stage.GROWING.value),
        else_=Stage.NEW.value,
    )


def year_standing(occasions: ir.Table, *, on: Any) -> ir.Table:
    """(person, bought_on, net_total, net_365, days_365, vip, tier) over the 365 days before day `on`.

    `bought_on` is the last purchase, bulk ones included. VIP: the top 5 % by net, rounded down, ties at the
    edge left out together; P80 over the buyers of the year, linear.
    """
    recent = occasions.on >= ibis.literal(on) - ibis.interval(days=YEAR_DAYS)
    people = occasions.group_by("person").aggregate(
        bought_on=occasions.on.max(),
        net_total=occasions.net.sum().fill_null(0).cast("int64"),
        net_365=occasions.net.sum(where=recent).fill_null(0).cast("int64"),
        days_365=occasions.count(where=recent),
    )
    active = people.filter(people.days_365 > 0)
    marks = active.aggregate(
        buyers=active.count(),
        days_p80=active.days_365.quantile(HEAVY_SHARE),
        net_p80=active.net_365.quantile(HEAVY_SHARE),
    )
    # How many of the year's buyers have as much net or more: equal people share one place.
    tally = active.group_by("net_365").aggregate(same=active.count())
    downward = ibis.window(order_by=ibis.desc(tally.net_365), preceding=None, following=0)
    place = tally.select("net_365", place=tally.same.sum().over(downward))
    ranked = people.left_join(place, "net_365").drop("net_365_right").cross_join(marks)
    is_heavy = (ranked.days_365 >= stages.HEAVY_PURCHASE_DAYS) & (
        (ranked.days_365 >= ranked.days_p80) | (ranked.net_365 >= ranked.net_p80)
    )
    is_vip = (
        (ranked.days_365 > 0)
        & (ranked.net_365 > 0)
        & (ranked.place <= (ranked.buyers * VIP_SHARE).floor())
    )
    return ranked.select(
        "person",
        "bought_on",
        "net_total",
        "net_365",
        "days_365",
        vip=is_vip.fill_null(False),
        tier=ibis.ifelse(is_heavy.fill_null(False), Tier.HEAVY.value, Tier.BUYER.value),
    )
