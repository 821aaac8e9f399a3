"""Conclusions: every attribute of a person from their evidence and the shop's cuts, row by row; no fact is read."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import ibis
import ibis.expr.types as ir

from xiaohe.segments.attributes import cuts, ready
from xiaohe.segments.attributes.cuts import Cuts
from xiaohe.segments.attributes.evidence import OF_RHYTHM
from xiaohe.segments.attributes.moving import moving
from xiaohe.segments.attributes.population import largest
from xiaohe.segments.attributes.registry import ATTRIBUTES, RECURRING, Consent, Worth, before
from xiaohe.stats import stages
from xiaohe.stats.stages import Tier

# A suspect: of so many orders such a share with a coupon or discount, and as many sent back or as little paid.
HUNTER_ORDERS, HUNTER_PROMO, HUNTER_REFUNDS = 3, 0.8, 0.3
# Where in the twentieths of usual_net the lowest fifth ends.
LOWEST_FIFTH = 3
COLUMNS = (*ATTRIBUTES, *(before(name) for name in RECURRING))
# How often: never is 0. Whether: unknown is no.
COUNTS = (
    "occasions", "days_365", "orders_180", "replies", "looks", "wishes", "good_reviews", "poor_reviews", "complaints",
    "referrals", "chain_depth",
)  # fmt: skip
TRUTHS = ("linked", "friend", "in_group", "follows", "ever_linked", "complaint_open", "was_referred")  # fmt: skip


def concluded(evidence: ir.Table, told: Cuts, on: date) -> ir.Table:
    """`evidence` (`evidence.table`, or rows of it) with COLUMNS; beside them what they were reckoned from."""
    known = evidence.mutate(**_of_buyers(evidence))
    known = known.mutate(
        **{name: known[name].fill_null(0) for name in COUNTS},
        **{name: known[name].fill_null(False) for name in TRUTHS},
        store=ibis.coalesce(known.bought_at, known.link_store, known.placed_at),
        # A purchase shows that somebody is there, whoever told of it.
        last_signal_on=largest(known.signal_on, known.bought_on),
    )
    known = known.mutate(**moving(known, on, told))
    known = known.mutate(**_standing(known, told, on))
    known = known.mutate(
        rfm=known.recency_score.cast("string")
        + known.frequency_score.cast("string")
        + known.money_score.cast("string"),
        percentile=ready.percentile(known.usual_net, told),
    )
    return known.mutate(**ready.scores(known, told))


def _of_buyers(people: ir.Table) -> dict[str, Any]:
    """The state's rhythm of whoever still has a purchase; who has one that it does not know yet has no cycle."""
    buys = people.bought_on.notnull()
    kept = {
        name: ibis.ifelse(buys, people[name], ibis.null(people[name].type())) for name in OF_RHYTHM
    }
    kept["last_on"] = kept["last_on"].fill_null(people.bought_on)
    kept["shop_last_on"] = kept["shop_last_on"].fill_null(people.bought_on)
    return kept


def _standing(known: ir.Table, told: Cuts, on: date) -> dict[str, Any]:
    """Tier, overlays, value and scores, by the shop's cuts."""
    buys = known.bought_on.notnull()
    net = known.net_365.fill_null(0)
    need = (known.need_on >= ibis.literal(on - timedelta(stages.SIGNAL_DAYS))).fill_null(False)
    return {
        "tier": ibis.cases(
            (buys & _heavy(known, net, told), ibis.literal(Tier.HEAVY.value)),
            (buys, Tier.BUYER.value),
            (need, Tier.POTENTIAL.value),
            (known.linked, Tier.FOLLOWER.value),
        ),
        "vip": _vip(known, net, told),
        "muted": known.consent.isin([Consent.REDUCED, Consent.WITHDRAWN]).fill_null(False),
        "bargain_hunter": _hunter(known, told),
        "value": _worth(buys, net, told),
        "frequency_score": _score(buys, known.days_365, told.values("frequency")),
        "money_score": _score(buys, net, told.values("money")),
    }


def _heavy(known: ir.Table, net: Any, told: Cuts) -> Any:
    days, money = told.values("heavy_days"), told.values("heavy_net")
    if not days:
        return ibis.literal(False)
    often = known.days_365 >= stages.HEAVY_PURCHASE_DAYS
    return often & ((known.days_365 >= days[0]) | (net >= money[0]))


def _vip(known: ir.Table, net: Any, told: Cuts) -> Any:
    least = told.values("vip")
    if not least:
        return ibis.literal(False)
    return ((known.days_365 > 0) & (net >= least[0])).fill_null(False)


def _hunter(known: ir.Table, told: Cuts) -> Any:
    dealing = (known.orders_180 >= HUNTER_ORDERS) & (known.promo_share >= HUNTER_PROMO)
    sends_back = (known.refund_share > HUNTER_REFUNDS).fill_null(False)
    values = told.values("usual_net")
    pays_least = (known.usual_net < values[LOWEST_FIFTH]).fill_null(False) if values else False
    return (dealing & (sends_back | pays_least)).fill_null(False)


def _worth(buys: Any, net: Any, told: Cuts) -> Any:
    cut = told.values("worth")
    if not cut:
        return ibis.ifelse(buys, Worth.LOW.value, ibis.null("string"))
    middle, top = cut
    return ibis.cases(
        (~buys, ibis.null("string")),
        (net >= top, Worth.HIGH.value),
        (net >= middle, Worth.MID.value),
        else_=Worth.LOW.value,
    )


def _score(buys: Any, value: Any, values: tuple[float, ...]) -> Any:
    if not values:
        return ibis.null("int64")
    return ibis.ifelse(buys, 1 + cuts.passed(value, values), ibis.null("int64"))
