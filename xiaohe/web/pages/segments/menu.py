"""Ready-made conditions, in the owner's words: each adds one filled line whose parts can be changed. Pure but for words."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from xiaohe.segments.rules.tree import Op
from xiaohe.segments.rules.vocabulary import Vocabulary
from xiaohe.web.pages.segments.draft import Draft, Is


@dataclass(frozen=True)
class Ready:
    name: str
    label: Any
    draft: Draft


@dataclass(frozen=True)
class Shelf:
    """Conditions that belong together."""

    label: Any
    ready: tuple[Ready, ...]


def _value(field: str, op: str, *values: str, is_not: bool = False, **window: str) -> Draft:
    fields = {"field": (field,), "op": (op,), "v": values, **{k: (v,) for k, v in window.items()}}
    return Draft(Is.VALUE, fields, is_not)


def _truth(field: str, *, is_not: bool = False) -> Draft:
    return Draft(Is.VALUE, {"field": (field,)}, is_not)


def _did(
    of: str, least: str = "1", *, days: int = 0, is_not: bool = False, where: tuple[Draft, ...] = ()
) -> Draft:
    window = {"w": ("last",), "wn": (str(days),), "wu": ("days",)} if days else {"w": ("ever",)}
    fields = {"of": (of,), "fold": ("count",), "op": (">=",), "v": (least,), **window}
    return Draft(Is.MEASURE, fields, is_not, where)


def _fold(of: str, fold: str, field: str, op: str, value: str, days: int) -> Draft:
    window = {"w": ("last",), "wn": (str(days),), "wu": ("days",)}
    fields = {"of": (of,), "fold": (fold,), "field": (field,), "op": (op,), "v": (value,)}
    return Draft(Is.MEASURE, {**fields, **window})


def _first(of: str, fold: str, field: str) -> Draft:
    fields = {"of": (of,), "fold": (fold,), "field": (field,), "op": ("is",), "w": ("ever",)}
    return Draft(Is.MEASURE, fields)


def _within(of: str, window: str, count: str = "", unit: str = "") -> Draft:
    times = {"fold": ("count",), "op": (">=",), "v": ("1",)}
    return Draft(Is.MEASURE, {"of": (of,), **times, "w": (window,), "wn": (count,), "wu": (unit,)})


def _then(*steps: str) -> Draft:
    fields = {"within": "7", "unit": "days", "w": "last", "wn": "90", "wu": "days"}
    told = {name: (value,) for name, value in fields.items()}
    return Draft(Is.SEQUENCE, told, children=tuple(Draft(Is.STEP, {"of": (s,)}) for s in steps))


def _contains(field: str) -> Draft:
    return _value(field, "contains")


SHELVES = (
    Shelf(
        _("What they bought"),
        (
            Ready("bought-named", _("bought something called …"), _did("purchase.item", "1", days=90, where=(_contains("title"),))),
            Ready("bought-kind", _("bought goods of a kind"), _did("purchase.item", "1", days=90, where=(_value("category", "is"),))),
            Ready("bought-group", _("bought from a group of goods"), _did("purchase.item", "1", days=90, where=(_value("group", "is"),))),
            Ready("bought", _("bought at least so often"), _did("purchase", "2", days=90)),
            Ready("not-bought", _("did not buy for a while"), _did("purchase", "1", days=90, is_not=True)),
            Ready("never-bought", _("never bought"), _did("purchase", "1", is_not=True)),
            Ready("spent", _("spent at least so much in a year"), _value("net_365", ">=", "1000")),
            Ready("spent-lately", _("spent at least so much in a while"), _fold("purchase", "sum", "net", ">=", "500", 90)),
            Ready("usual", _("usually spends so much at once"), _value("usual_net", ">=", "100")),
            Ready("basket", _("one order of at least …"), _fold("purchase", "max", "net", ">=", "300", 365)),
            Ready("top-spenders", _("the fifth who spend most"), Draft(Is.RANK, {"field": ("net_365",), "side": ("top",), "high": ("20",)})),
            Ready("top-of-store", _("the fifth who spend most in their store"), Draft(Is.RANK, {"field": ("net_365",), "side": ("top",), "high": ("20",), "per": ("store",)})),
            Ready("favourite", _("buys one kind of goods most"), _value("category_1", "is")),
            Ready("different", _("bought so many different goods"), _fold("purchase.item", "distinct", "title", ">=", "3", 365)),
            Ready("first-goods", _("the first thing they bought"), _first("purchase.item", "first", "title")),
            Ready("latest-goods", _("the latest thing they bought"), _first("purchase.item", "last", "title")),
            Ready("at-hours", _("bought at certain hours"), _did("purchase", "1", days=90, where=(_value("hour", "between", "14", "16"),))),
            Ready("on-weekdays", _("bought on certain weekdays"), _did("purchase", "1", days=90, where=(_value("weekday", "in", "sat", "sun"),))),
            Ready("coupon", _("used a coupon"), _did("purchase", "1", days=90, where=(_value("coupon", Op.KNOWN.value),))),
            Ready("refunded", _("gives back much of it"), _value("refund_share", ">=", "0.3")),
            Ready("bargain", _("buys only with a discount"), _truth("bargain_hunter")),
        ),
    ),
    Shelf(
        _("Rhythm"),
        (
            Ready("due-this-week", _("due this week by their own rhythm"), _value("due_on", "within", w="week:0")),
            Ready("due", _("due now"), _truth("due")),
            Ready("not-seen", _("did not come for so many days"), _value("days_since", ">=", "60")),
            Ready("comes-every", _("comes every so many days"), _value("cycle", "between", "7", "45")),
            Ready("occasions", _("came so often in all"), _value("occasions", ">=", "3")),
            Ready("missed-two", _("missed two of their own rhythms"), _value("ratio", ">=", "2")),
            Ready("in-rhythms", _("bought within so many of their own rhythms"), _within("purchase", "last", "2", "cycles")),
            Ready("then", _("did one thing, then another"), _then("message.out", "purchase")),
        ),
    ),
    Shelf(
        _("Contact"),
        (
            Ready("linked", _("in your WeChat"), _truth("linked")),
            Ready("not-linked", _("not in your WeChat"), _truth("linked", is_not=True)),
            Ready("friend", _("a friend of yours"), _truth("friend")),
            Ready("follows", _("follows you"), _truth("follows")),
            Ready("with-whom", _("linked with a certain colleague"), _did("link", "1", where=(_value("staff", "is"), _truth("live")))),
            Ready("by-entry", _("linked by a certain entry"), _did("link", "1", where=(_value("entry", "is"),))),
            Ready("linked-for", _("linked for at least so many days"), _value("link_days", ">=", "30")),
            Ready("in-group", _("in a group of yours"), _truth("in_group")),
            Ready("opened-nothing", _("opened nothing for a while"), _did("opened", "1", days=30, is_not=True)),
            Ready("opened", _("opened something lately"), _did("opened", "1", days=30)),
            Ready("wrote", _("wrote to you lately"), _did("message.in", "1", days=30)),
            Ready("not-contacted", _("not contacted for a while"), _did("message.out", "1", days=30, is_not=True)),
            Ready("complaining", _("has an open complaint"), _truth("complaint_open")),
            Ready("not-complaining", _("not complaining"), _truth("complaint_open", is_not=True)),
            Ready("agreed", _("agreed to be written to"), _value("consent", "in", "given")),
            Ready("muted", _("asked to be left alone"), _truth("muted")),
            Ready("wants-less", _("wants to hear less, or nothing"), _value("consent", "in", "reduced", "withdrawn")),
            Ready("left-us", _("took you off their contacts"), _value("ended_by", "in", "customer")),
            Ready("account", _("linked with a certain account"), _value("account", "is")),
        ),
    ),
    Shelf(
        _("Where they came from"),
        (
            Ready("first-platform", _("first came from a platform"), _value("first_platform", "is")),
            Ready("first-entry", _("first came by an entry"), _value("first_entry", "is")),
            Ready("first-code", _("first came by a card or code"), _value("first_code", "is")),
            Ready("last-platform", _("last came from a platform"), _value("last_platform", "is")),
            Ready("last-entry", _("last came by an entry"), _value("last_entry", "is")),
            Ready("first-seen", _("first seen lately"), _value("source_first_on", "within", w="last", wn="30", wu="days")),
            Ready("brought-others", _("brought others"), _value("referrals", ">=", "1")),
            Ready("was-referred", _("was brought by somebody"), _truth("was_referred")),
        ),
    ),
    Shelf(
        _("Tags"),
        (
            Ready("tagged", _("has a tag"), _did("tag", "1", where=(_value("tag", "is"),))),
            Ready("tag-group", _("has a tag of a group"), _did("tag", "1", where=(_value("group", "is"),))),
            Ready("tagged-by-hand", _("was given a tag by hand"), _did("tag", "1", where=(_value("by", "in", "hand"),))),
            Ready("not-tagged", _("does not have a tag"), _did("tag", "1", is_not=True, where=(_value("tag", "is"),))),
        ),
    ),
    Shelf(
        _("Where they stand"),
        (
            Ready("regular", _("is a regular"), _value("stage", "in", "regular")),
            Ready("stage", _("stands at a stage"), _value("stage", "in")),
            Ready("at-risk", _("not seen lately, or gone for long"), _value("stage", "in", "at_risk", "dormant")),
            Ready("promoter", _("is a promoter"), _truth("promoter")),
            Ready("value", _("how much they are worth"), _value("value", "in", "high")),
            Ready("rfm", _("lately, often, for much: a score"), _value("recency_score", ">=", "4")),
            Ready("been", _("has been at a stage for long"), Draft(Is.BEEN, {"field": ("stage",), "v": ("regular",), "days": ("30",)})),
            Ready("tier", _("how important"), _value("tier", "in", "heavy")),
            Ready("vip", _("is a VIP"), _truth("vip")),
            Ready("trust", _("trusts you at least so much"), _value("trust", ">=", "60")),
            Ready("need", _("needs something now"), _value("need", ">=", "60")),
            Ready("means", _("can spend at least so much"), _value("means", ">=", "60")),
        ),
    ),
    Shelf(
        _("Store"),
        (
            Ready("store", _("belongs to a store"), _value("store", "is")),
            Ready("bought-at", _("bought at a store"), _did("purchase", "1", days=365, where=(_value("store", "is"),))),
            Ready("shop-habit", _("buys online or in the store"), _value("shop_habit", "in", "store")),
            Ready("staff", _("belongs to a colleague"), _value("staff", "is")),
        ),
    ),
    Shelf(
        _("Dates"),
        (
            Ready("birthday", _("birthday soon"), _value("birthday", "within", w="next", wn="7", wu="days")),
            Ready("birthday-month", _("birthday this month"), _value("birthday", "within", w="month:0")),
            Ready("anniversary", _("anniversary soon"), _value("anniversary", "within", w="next", wn="7", wu="days")),
            Ready("baby", _("baby’s day soon"), _value("baby", "within", w="next", wn="30", wu="days")),
            Ready("this-month", _("bought this month"), _within("purchase", "month:0")),
            Ready("last-year", _("bought in the same month last year"), _within("purchase", "same:month")),
            Ready("last-hours", _("bought within hours"), _within("purchase", "last", "24", "hours")),
            Ready("first-bought", _("first bought so long ago"), _value("first_on", "within", w="last", wn="30", wu="days")),
            Ready("linked-since", _("linked lately"), _value("linked_since", "within", w="last", wn="7", wu="days")),
            Ready("hour", _("buys at a time of day"), _value("hour_habit", "in", "evening")),
        ),
    ),
    Shelf(_("Segments"), (
        Ready("in-segment", _("is in another segment"), Draft(Is.SEGMENT)),
        Ready("not-in-segment", _("is not in another segment"), Draft(Is.SEGMENT, is_not=True)),
        Ready("long-in-segment", _("has been in a segment for long"), Draft(Is.BEEN, {"field": ("",), "days": ("30",)})),
    )),
    Shelf(_("Anything else"), (
        Ready("people", _("certain people, by name"), Draft(Is.LIST)),
        Ready("any-value", _("anything known of them"), Draft(Is.VALUE)),
        Ready("any-deed", _("anything they did, or did not"), Draft(Is.MEASURE, {"w": ("last",), "wn": ("90",), "wu": ("days",), "v": ("1",)})),
        Ready("any-rank", _("among the top or the bottom of all"), Draft(Is.RANK, {"side": ("top",), "high": ("20",)})),
        Ready("share", _("a random share of people"), Draft(Is.SHARE, {"low": ("0",), "high": ("10",)})),
        Ready("everyone", _("everybody"), Draft(Is.EVERYONE)),
        Ready("text", _("a condition in words, for experts"), Draft(Is.TEXT)),
    )),
)  # fmt: skip
_ALL = {each.name: each for shelf in SHELVES for each in shelf.ready}


def ready(name: str) -> Draft | None:
    """The line of a ready-made condition; a random share draws its own salt."""
    found = _ALL.get(name)
    if found is None:
        return None
    if found.draft.kind is Is.SHARE:
        fields: Mapping[str, tuple[str, ...]] = {
            **found.draft.fields,
            "salt": (secrets.token_hex(6),),
        }
        return Draft(Is.SHARE, fields)
    return found.draft


def every() -> Iterator[Ready]:
    return iter(_ALL.values())


def offered(vocabulary: Vocabulary) -> tuple[Shelf, ...]:
    """Without segments there is none to be in."""
    if vocabulary.segments:
        return SHELVES
    return tuple(
        shelf for shelf in SHELVES if not any(each.draft.kind is Is.SEGMENT for each in shelf.ready)
    )
