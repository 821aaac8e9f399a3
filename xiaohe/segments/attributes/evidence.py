"""Evidence: what facts and the state tell of each person, part by part, before anything is concluded of it.

A part is one small question with a row per person; who is not in it is not known by it. Its answer may be kept (`kept`)
and is asked again of a person only

* when facts of one of the types it `reads` have come of them, or one it read was taken back or fell due;
* when the state's tables say otherwise of them, or who they are;
* when the shop day is another one: ages and windows are counted from it.

What is of the whole shop and in no fact, the merchant's goods groups and the names of accounts, is as it was when the
part was asked, and so are the platforms that tell of discounts (`cuts`): a base asks anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir

from xiaohe.ledger.engine import prop
from xiaohe.segments.attributes import acts, bought, cuts, links, recurring, referrals
from xiaohe.segments.attributes.population import beside
from xiaohe.segments.attributes.present import has
from xiaohe.segments.attributes.registry import RECURRING, before
from xiaohe.segments.records.purchases import FOLDED_TYPES
from xiaohe.segments.records.registry import SIGNAL
from xiaohe.segments.records.spells import FOLDED_TYPES as LINKS
from xiaohe.segments.records.spells import came as as_they_came
from xiaohe.shop.taxonomy import UNKNOWN
from xiaohe.traits.bills import CLAIMS

if TYPE_CHECKING:
    from xiaohe.segments.query.world import World

SOURCE = ("source_type", "platform", "entry", "code")
PLACED = ("link.scanned", "link.requested", "link.started", "claim.made")
# Whatever an order is folded of: its own facts, and what a bill and a list tell of one another.
ORDERS = (*FOLDED_TYPES, *CLAIMS, "order.billed")


@dataclass(frozen=True)
class Part:
    """A table of people, one row each: `person` and `columns` (name → type).

    `reads`: the types of facts that may change it; none, where it is of the state's tables alone. `needs`: where a shop
    has no fact of these types, it is empty; none: always asked. `adds_up`: how it goes together with the same part of
    facts that came since, column by column ("max" or "sum"); empty: it does not, and is asked again. `of_others`: it
    goes through other people, whose facts may change it too. `days_over`: of purchases it looks at those of days that are
    over, so that an order that is of today alone changes nothing of it.
    """

    name: str
    make: Callable[[World], ir.Table]
    columns: Mapping[str, str]
    reads: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    adds_up: Mapping[str, str] = field(default_factory=dict)
    of_others: bool = False
    days_over: bool = False


def _all(kind: str, *names: str) -> dict[str, str]:
    return dict.fromkeys(names, kind)


def _bought(world: World) -> ir.Table:
    return bought.bought(world, cuts.of(world))


OF_RHYTHM = (
    _all("int64", "occasions", "ev", "usual_net")
    | _all("float64", "cycle", "chance", "shop_cycle")
    | _all("date", "last_on", "due_on", "shop_last_on")
    | _all("string", "basis")
)


def _rhythm(world: World) -> ir.Table:
    told = world.table("rhythm")
    return told.select("person", **{name: told.value if name == "usual_net" else told[name] for name in OF_RHYTHM})  # fmt: skip


def _sources(world: World) -> ir.Table:
    came = as_they_came(world)
    parts = {
        f"{end}_{name}": came[f"{end}_{name}"].nullif("" if name == "code" else UNKNOWN)
        for end in ("first", "last")
        for name in SOURCE
    }
    return came.select("person", source_first_on=came.first_on, **parts)


def _placed(world: World) -> ir.Table:
    """(person, placed_at): the store that the latest scan, claim or link of theirs names."""
    facts = world.of_people(world.seen(PLACED))
    # Text is cheaper to look through than to take apart.
    facts = facts.filter(facts.props.contains('"store"').fill_null(False))
    facts = facts.mutate(store=prop(facts.props, "store").nullif(""))
    last = acts.latest(facts.filter(facts.store.notnull()), ibis._.person)
    return last.select("person", placed_at=last.store)


PARTS = (
    Part(
        "bought",
        _bought,
        _all("date", "first_on", "bought_on")
        | _all("int64", "net_total", "net_365", "days_365", "orders_180", "promo_180")
        | _all("float64", "promo_share")
        | _all("string", "hour_habit", "shop_habit", "bought_at"),
        ORDERS,
        days_over=True,
    ),
    Part("rhythm", _rhythm, OF_RHYTHM),
    Part(
        "sources",
        _sources,
        _all("date", "source_first_on")
        | _all("string", *(f"{end}_{name}" for end in ("first", "last") for name in SOURCE)),
        (*LINKS, *ORDERS),
    ),
    Part("refunds", bought.refunds, _all("float64", "refund_share"), ORDERS),
    Part(
        "links",
        links.links,
        _all("boolean", "linked", "friend", "in_group", "follows", "ever_linked")
        | _all("string", "account", "staff", "link_store", "ended_by")
        | _all("date", "linked_since"),
        LINKS,
        ("link.started",),
    ),
    Part(
        acts.SIGNALS,
        acts.signals,
        _all("date", "signal_on", "need_on") | _all("int64", "replies", "looks"),
        SIGNAL,
        SIGNAL,
        _all("max", "signal_on", "need_on") | _all("sum", "replies", "looks"),
    ),
    Part(
        "categories",
        bought.categories,
        _all("string", "category_1", "category_2"),
        ORDERS,
        ("order.item",),
        days_over=True,
    ),
    Part("placed", _placed, _all("string", "placed_at"), PLACED, PLACED),
    Part(
        "wishes",
        acts.wishes,
        _all("int64", "wishes"),
        acts.WISHES,
        (acts.WISHED,),
    ),
    Part(
        "reviews",
        acts.reviews,
        _all("int64", "good_reviews", "poor_reviews"),
        (acts.REVIEWED,),
        (acts.REVIEWED,),
        _all("sum", "good_reviews", "poor_reviews"),
    ),
    Part(
        "complaints",
        acts.complaints,
        _all("int64", "complaints") | _all("boolean", "complaint_open"),
        (acts.OPENED, acts.CLOSED),
        (acts.OPENED,),
    ),
    Part(
        "consents",
        acts.consents,
        _all("string", "consent"),
        tuple(acts.CONSENTS),
        tuple(acts.CONSENTS),
    ),
    Part(
        "referrals",
        referrals.referrals,
        _all("int64", "referrals", "chain_depth")
        | _all("date", "referred_on")
        | _all("boolean", "was_referred"),
        (referrals.REFERRED, *ORDERS),
        (referrals.REFERRED,),
        of_others=True,
    ),
    Part(
        "recurring",
        recurring.recurring,
        _all("date", *RECURRING, *(before(name) for name in RECURRING)),
        (recurring.TOLD,),
        (recurring.TOLD,),
    ),
)
# Every column of evidence, and its type.
COLUMNS: Mapping[str, str] = {name: kind for part in PARTS for name, kind in part.columns.items()}


def asked_for(world: World) -> list[Part]:
    """The parts of which a shop may know anything at all."""
    return [part for part in PARTS if not part.needs or has(world, part.needs)]


def table(world: World) -> ir.Table:
    """(person, COLUMNS): evidence of the population as one question."""
    there = asked_for(world)
    people = beside(world.population(), *(part.make(world) for part in there))
    nobody: dict[str, Any] = {
        name: ibis.null(kind)
        for part in PARTS
        if part not in there
        for name, kind in part.columns.items()
    }
    return people.mutate(**nobody).select("person", *COLUMNS)
