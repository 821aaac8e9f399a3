"""What somebody did and said beside buying: signals, wishes, reviews, complaints, consent."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir

from xiaohe.ledger.engine import prop
from xiaohe.segments.attributes.cuts import HALF_YEAR, YEAR
from xiaohe.segments.attributes.registry import Consent
from xiaohe.segments.records.facts import place
from xiaohe.segments.records.registry import SIGNAL
from xiaohe.segments.records.stated import number

if TYPE_CHECKING:
    from xiaohe.segments.query.world import World

REPLY = "message.in"
# Looking for something to buy.
LOOKS = ("product.searched", "product.clicked", "product.viewed", "cart.added")
# Signs of need: asked, looked for goods, wished, went to order, tried a voucher.
NEEDS = (REPLY, *LOOKS, "product.wished", "checkout.started", "voucher.entered", "voucher.applied")
LOOKS_DAYS = 30
GOOD_STARS, POOR_STARS = 4, 2
OPENED, CLOSED = "complaint.opened", "complaint.closed"
CONSENTS = {f"consent.{each.value}": each.value for each in Consent}
WISHED, UNWISHED, REVIEWED = "product.wished", "product.unwished", "product.reviewed"
WISHES = (WISHED, UNWISHED, "order.item")


def signals(world: World) -> ir.Table:
    """(person, signal_on, need_on, replies, looks): the last days, and how many of 180 and of 30 days."""
    facts = world.of_people(world.seen(SIGNAL))
    facts = facts.select("person", "type", clock=world.clock(facts))
    half, recent = _day(world, HALF_YEAR), _day(world, LOOKS_DAYS)
    return (
        facts.group_by("person")
        .aggregate(
            signal=facts.clock.max(),
            need=facts.clock.max(where=facts.type.isin(NEEDS)),
            replies=facts.count(where=(facts.type == REPLY) & (facts.clock >= half)),
            looks=facts.count(where=facts.type.isin(LOOKS) & (facts.clock >= recent)),
        )
        .select("person", "replies", "looks", signal_on=_.signal.date(), need_on=_.need.date())
    )


_ = ibis._


def wishes(world: World) -> ir.Table:
    """(person, wishes): goods on the wish list that were neither taken off nor bought since."""
    facts = world.of_people(world.seen(WISHES))
    facts = facts.filter(facts.item_key.notnull())
    each = facts.group_by("person", "item_key").aggregate(
        wished=facts.occurred_at.max(where=facts.type == WISHED),
        over=facts.occurred_at.max(where=facts.type != WISHED),
    )
    still = each.wished.notnull() & (each.over.isnull() | (each.wished > each.over))
    each = each.filter(still.fill_null(False))
    return each.group_by("person").aggregate(wishes=each.count())


def reviews(world: World) -> ir.Table:
    """(person, good_reviews, poor_reviews) of 365 days; a review without a rating is a kind one."""
    facts = world.of_people(world.seen([REVIEWED], world.midnight(world.on - timedelta(YEAR))))
    facts = facts.mutate(stars=number(prop(facts.props, "rating")))
    return facts.group_by("person").aggregate(
        good_reviews=facts.count(where=(facts.stars >= GOOD_STARS) | facts.stars.isnull()),
        poor_reviews=facts.count(where=facts.stars <= POOR_STARS),
    )


def complaints(world: World) -> ir.Table:
    """(person, complaint_open, complaints): whether the last word is that one is open; those of 180 days if not.

    Of one instant the later row is the last word.
    """
    facts = world.of_people(world.seen([OPENED, CLOSED]))
    last = latest(facts, facts.person)
    is_open = last.select("person", complaint_open=last.type == OPENED)
    half = _day(world, HALF_YEAR)
    each = facts.group_by("person").aggregate(
        told=facts.count(where=(facts.type == OPENED) & (world.clock(facts) >= half))
    )
    both = each.inner_join(is_open, "person")
    settled = ibis.ifelse(both.complaint_open, 0, both.told)
    return both.select("person", "complaint_open", complaints=settled)


def consents(world: World) -> ir.Table:
    """(person, consent): the latest statement, whichever channel it is about."""
    facts = world.of_people(world.seen(CONSENTS))
    last = latest(facts, facts.person)
    said = ibis.cases(*((last.type == name, word) for name, word in CONSENTS.items()))
    return last.select("person", consent=said)


def latest(facts: ir.Table, *by: Any) -> ir.Table:
    row = place(facts)["row_no"]
    last = ibis.window(
        group_by=list(by), order_by=[facts.occurred_at.desc(), row.desc(), facts.key_hash.desc()]
    )
    facts = facts.mutate(from_the_end=ibis.row_number().over(last))
    return facts.filter(facts.from_the_end == 0)


def _day(world: World, days: int) -> ir.Value:
    """The first instant, on the clock of shop days, of the day so many days ago."""
    return ibis.literal(world.on - timedelta(days)).cast("timestamp")
