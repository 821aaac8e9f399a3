"""One row per person with every attribute of the registry.

population ─┬─ bought (records), rhythm (state)          purchases before D
            ├─ links, sources, stores                    where they came from, with whom they are linked
            ├─ signals, wishes, reviews, complaints …    what they did, one aggregation per kind
            ├─ referrals, recurring days
            └─► evidence ─► readiness, stage, tier, overlays ─► table
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir

from xiaohe.ledger.engine import prop
from xiaohe.segments.attributes import acts, bought, cuts, links, ready, recurring, referrals
from xiaohe.segments.attributes.cuts import Cuts
from xiaohe.segments.attributes.moving import moving
from xiaohe.segments.attributes.population import beside, largest
from xiaohe.segments.attributes.present import has
from xiaohe.segments.attributes.registry import ATTRIBUTES, RECURRING, Consent, Worth, before
from xiaohe.segments.records.registry import SIGNAL
from xiaohe.shop.taxonomy import UNKNOWN
from xiaohe.stats import stages
from xiaohe.stats.stages import Tier

if TYPE_CHECKING:
    from xiaohe.segments.query.world import World

SOURCE = ("source_type", "platform", "entry", "code")
PLACED = ("link.scanned", "link.requested", "link.started", "claim.made")
OF_RHYTHM = (
    "occasions", "cycle", "last_on", "due_on", "basis", "chance", "ev", "usual_net", "shop_cycle", "shop_last_on",
)  # fmt: skip
# A suspect: of so many orders such a share with a coupon or discount, and as many sent back or as little paid.
HUNTER_ORDERS, HUNTER_PROMO, HUNTER_REFUNDS = 3, 0.8, 0.3
# Where in the twentieths of usual_net the lowest fifth ends.
LOWEST_FIFTH = 3
COLUMNS = (*ATTRIBUTES, *(before(name) for name in RECURRING))


def table(world: World) -> ir.Table:
    """(person, every attribute of `registry.ATTRIBUTES`, `X_before` per recurring day): the population, once each."""
    known = evidence(world)
    return known.select("person", *COLUMNS)


def evidence(world: World) -> ir.Table:
    """`table` with what readiness was reckoned from (`ready.EVIDENCE`) and what stays (`moving.STAYING`) beside."""
    told = cuts.of(world)
    known = _known(world, told)
    known = known.mutate(**moving(known, world.on, told))
    known = known.mutate(**_standing(known, told, world.on))
    known = known.mutate(
        rfm=known.recency_score.cast("string")
        + known.frequency_score.cast("string")
        + known.money_score.cast("string"),
        percentile=ready.percentile(known.usual_net, told),
    )
    return known.mutate(**ready.scores(known, told))


@dataclass(frozen=True)
class Part:
    """A table of the same people, one row each; where a shop has no fact of `types`, nothing is known of `columns`."""

    make: Callable[[World], ir.Table]
    types: tuple[str, ...]
    columns: Mapping[str, str]


def _all(kind: str, *names: str) -> dict[str, str]:
    return dict.fromkeys(names, kind)


def _placed(world: World) -> ir.Table:
    """(person, placed_at): the store that the latest scan, claim or link of theirs names."""
    facts = world.of_people(world.seen(PLACED))
    # Text is cheaper to look through than to take apart.
    facts = facts.filter(facts.props.contains('"store"').fill_null(False))
    facts = facts.mutate(store=prop(facts.props, "store").nullif(""))
    last = acts.latest(facts.filter(facts.store.notnull()), ibis._.person)
    return last.select("person", placed_at=last.store)


PARTS = (
    Part(bought.refunds, ("order.refunded",), _all("float64", "refund_share")),
    Part(
        links.links,
        ("link.started",),
        _all("boolean", "linked", "friend", "in_group", "follows", "ever_linked")
        | _all("string", "account", "staff", "link_store", "ended_by")
        | _all("date", "linked_since"),
    ),
    Part(
        acts.signals,
        SIGNAL,
        _all("date", "signal_on", "need_on") | _all("int64", "replies", "looks"),
    ),
    Part(bought.categories, ("order.item",), _all("string", "category_1", "category_2")),
    Part(_placed, PLACED, _all("string", "placed_at")),
    Part(acts.wishes, (acts.WISHED,), _all("int64", "wishes")),
    Part(acts.reviews, (acts.REVIEWED,), _all("int64", "good_reviews", "poor_reviews")),
    Part(
        acts.complaints,
        (acts.OPENED,),
        _all("int64", "complaints") | _all("boolean", "complaint_open"),
    ),
    Part(acts.consents, tuple(acts.CONSENTS), _all("string", "consent")),
    Part(
        referrals.referrals,
        (referrals.REFERRED,),
        _all("int64", "referrals", "chain_depth")
        | _all("date", "referred_on")
        | _all("boolean", "was_referred"),
    ),
    Part(
        recurring.recurring,
        (recurring.TOLD,),
        _all("date", *RECURRING, *(before(name) for name in RECURRING)),
    ),
)


def _known(world: World, told: Cuts) -> ir.Table:
    """What is known of each person, before anything is concluded."""
    there = [part for part in PARTS if has(world, part.types)]
    people = beside(
        world.population(),
        bought.bought(world, told),
        _rhythm(world),
        _sources(world),
        *(part.make(world) for part in there),
    )
    nobody: dict[str, Any] = {
        name: ibis.null(kind)
        for part in PARTS
        if part not in there
        for name, kind in part.columns.items()
    }
    if not has(world, ("order.refunded",)):
        # Nothing ever went back.
        nobody["refund_share"] = ibis.ifelse(people.orders_180 > 0, 0.0, ibis.null("float64"))
    people = people.mutate(**nobody, **_of_buyers(people))
    nothing = {
        name: people[name].fill_null(0)
        for name in (
            "occasions", "days_365", "orders_180", "replies", "looks", "wishes", "good_reviews", "poor_reviews",
            "complaints", "referrals", "chain_depth",
        )
    }  # fmt: skip
    no = {
        name: people[name].fill_null(False)
        for name in ("linked", "friend", "in_group", "follows", "ever_linked", "complaint_open", "was_referred")
    }  # fmt: skip
    return people.mutate(
        **nothing,
        **no,
        store=ibis.coalesce(people.bought_at, people.link_store, people.placed_at),
        # A purchase shows that somebody is there, whoever told of it.
        last_signal_on=largest(people.signal_on, people.bought_on),
    )


def _rhythm(world: World) -> ir.Table:
    told = world.table("rhythm")
    return told.select("person", **{name: told.value if name == "usual_net" else told[name] for name in OF_RHYTHM})  # fmt: skip


def _of_buyers(people: ir.Table) -> dict[str, Any]:
    """The state's rhythm of whoever still has a purchase; who has one that it does not know yet has no cycle."""
    buys = people.bought_on.notnull()
    kept = {
        name: ibis.ifelse(buys, people[name], ibis.null(people[name].type())) for name in OF_RHYTHM
    }
    kept["last_on"] = kept["last_on"].fill_null(people.bought_on)
    kept["shop_last_on"] = kept["shop_last_on"].fill_null(people.bought_on)
    return kept


def _sources(world: World) -> ir.Table:
    came = world.table("came")
    parts = {
        f"{end}_{name}": came[f"{end}_{name}"].nullif("" if name == "code" else UNKNOWN)
        for end in ("first", "last")
        for name in SOURCE
    }
    return came.select("person", source_first_on=came.first_on, **parts)


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
