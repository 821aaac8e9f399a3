"""What somebody did and said beside buying: signals, wishes, reviews, complaints, consent."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir

from xiaohe.ledger.engine import prop
from xiaohe.segments.attributes.cuts import HALF_YEAR, YEAR
from xiaohe.segments.attributes.population import NOBODY, OF_NOBODY
from xiaohe.segments.attributes.registry import Consent
from xiaohe.segments.records.facts import place
from xiaohe.segments.records.registry import SIGNAL
from xiaohe.segments.records.stated import number
from xiaohe.traits.people import persons_of, without

if TYPE_CHECKING:
    from xiaohe.segments.query.world import World

# The part of evidence that `signals` is.
SIGNALS = "signals"
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
    shown = _shown(world, world.of_people(world.seen(SIGNAL)), "person")
    return shown.select("person", *_told(shown))


def known_and_signals(world: World) -> ir.Table:
    """`signals`, with `known` beside: whether they are of the population. Of everybody of whom one is told, by one look at the facts.

    Few subjects have many facts: joins are looked up once for each.
    """
    facts = world.seen()
    nameless = (facts.subject == facts.order_key).fill_null(False)
    each = _shown(world, facts.filter(~nameless), "subject")
    each = each.mutate(known=(each.most >= 0) & (each.subject != NOBODY))
    told = persons_of(each, world.read.table("state_persons"))
    told = world.whose(without(told, world.read.table("state_left_out")))
    shown = told.group_by("person").aggregate(
        known=told.known.cast("int8").max() == 1,
        signal=told.signal.max(),
        need=told.need.max(),
        replies=told.replies.sum(),
        looks=told.looks.sum(),
    )
    return shown.filter(shown.known | shown.signal.notnull()).select(
        "person", "known", *_told(shown)
    )


def _shown(world: World, facts: ir.Table, by: str) -> ir.Table:
    """(by, signal, need, replies, looks, most): the largest rank of the types of their facts, negative of nobody's."""
    half, recent = _day(world, HALF_YEAR), _day(world, LOOKS_DAYS)
    # Texts are compared once a row.
    is_look, is_reply, is_need, is_sign = 4, 3, 2, 1
    rank = ibis.cases(
        (facts.type.isin(LOOKS), is_look),
        (facts.type == REPLY, is_reply),
        (facts.type.isin([each for each in NEEDS if each not in (*LOOKS, REPLY)]), is_need),
        (facts.type.isin([each for each in SIGNAL if each not in (*NEEDS, *OF_NOBODY)]), is_sign),
        (facts.type.isin([each for each in SIGNAL if each in OF_NOBODY]), -is_sign),
        (facts.type.isin([each for each in OF_NOBODY if each not in SIGNAL]), -is_need),
        else_=0,
    )
    facts = facts.select(by, clock=world.clock(facts), rank=rank.cast("int8"))
    is_signal = (facts["rank"] >= is_sign) | (facts["rank"] == -is_sign)
    return facts.group_by(by).aggregate(
        signal=facts.clock.max(where=is_signal),
        need=facts.clock.max(where=facts["rank"] >= is_need),
        replies=facts.count(where=(facts["rank"] == is_reply) & (facts.clock >= half)),
        looks=facts.count(where=(facts["rank"] == is_look) & (facts.clock >= recent)),
        most=facts["rank"].max(),
    )


def _told(shown: ir.Table) -> list[ir.Value]:
    return [
        shown.signal.date().name("signal_on"),
        shown.need.date().name("need_on"),
        shown.replies,
        shown.looks,
    ]


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
