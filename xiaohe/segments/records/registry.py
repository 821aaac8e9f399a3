"""Every kind of record there is, made from the ledger's catalogue; no list beside it is kept up by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from xiaohe.ledger.catalogue import AREAS, TYPES
from xiaohe.ledger.catalogue.custom import PROPS as CUSTOM_PROPS
from xiaohe.ledger.catalogue.custom import custom_type
from xiaohe.segments.records.told import Fields
from xiaohe.segments.rules.vocabulary import Field, Kind, RecordKind

PURCHASE, LINE, LINK, TAG = "purchase", "purchase.item", "link", "tag"
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# Columns of every table of records; no property of a fact is called so.
PLACE = ("at", "row_no", "key_hash")
RESERVED = ("person", "times", *PLACE)
_TAKEN = frozenset(RESERVED)
# What the shop says of one another, not of a person's doings: sheets of cards, costs, imports.
OF_NOBODY = frozenset({"card.printed", "card.shipped", "cost.recorded", "import.finished"})
ALL_OF = ".*"
# Something of ours was looked at.
OPENED = (
    "content.viewed",
    "content.clicked",
    "page.viewed",
    "screen.viewed",
    "product.viewed",
    "product.clicked",
)
# The person did something; an order is known by its payment.
SIGNAL = (
    "order.paid",
    "message.in",
    "content.clicked",
    "content.shared",
    "claim.made",
    "member.joined",
    *(each.name for each in (*AREAS["browse"], *AREAS["voucher"])),
)


def _text(*names: str) -> list[Field]:
    return [Field(name, Kind.TEXT) for name in names]


def _number(*names: str) -> list[Field]:
    return [Field(name, Kind.NUMBER) for name in names]


def _money(*names: str) -> list[Field]:
    return [Field(name, Kind.MONEY) for name in names]


_DAY = Field("on", Kind.DAY)
# Of the shop's clock and the shop's day; the hour is unknown where only a day was told.
_CLOCK = (Field("hour", Kind.NUMBER), Field("weekday", Kind.CHOICE, WEEKDAYS))
_COMMON = (_DAY, *_money("amount"), *_number("quantity"), *_text("source", "account"), *_CLOCK)


def _named(fields: Iterable[Field]) -> Mapping[str, Field]:
    return {each.name: each for each in fields}


def _of_facts(
    name: str, types: Iterable[str], props: Iterable[str], *, is_own: bool = False
) -> RecordKind:
    """Facts of these types; where a property is called like a column of every fact, the column it is."""
    stated = (Field(each, Kind.STATED) for each in props)
    fields = Fields({**_named(stated), **_named(_COMMON)}, is_own, _TAKEN)
    return RecordKind(name, fields, tuple(types))


def _set_of(name: str, types: Iterable[str]) -> RecordKind:
    types = tuple(types)
    props = dict.fromkeys(prop for each in types for prop in TYPES[each].props)
    return _of_facts(name, types, props)


_FOLDED = (
    RecordKind(
        PURCHASE,
        _named(
            [
                _DAY,
                *_money("net", "paid", "refunded", "consumed", "discount"),
                *_number("quantity", "covers"),
                *_text("platform", "store", "staff", "slot", "tender", "coupon"),
                Field("bulk", Kind.TRUTH),
                Field("received_on", Kind.DAY),
                *_CLOCK,
            ]
        ),
    ),
    RecordKind(
        LINE,
        _named(
            [
                _DAY,
                *_money("amount"),
                *_number("quantity"),
                *_text("title", "sku", "category", "brand", "group", "platform", "store"),
                *_CLOCK,
            ]
        ),
        times=PURCHASE,
    ),
    RecordKind(
        LINK,
        _named(
            [
                _DAY,
                Field("kind", Kind.CHOICE, ("friend", "group", "follow", "app")),
                *_text("account", "staff", "store", "platform", "entry", "code"),
                Field("live", Kind.TRUTH),
                Field("private", Kind.TRUTH),
                Field("ended_by", Kind.CHOICE, ("customer", "staff", "system")),
                Field("ended_on", Kind.DAY),
                *_number("days"),
            ]
        ),
    ),
    RecordKind(
        TAG,
        _named(
            [
                _DAY,
                *_text("group", "tag"),
                Field("by", Kind.CHOICE, ("rule", "hand", "import", "code")),
                Field("expires_on", Kind.DAY),
            ]
        ),
    ),
)
_OF_PEOPLE = {
    area: [each for each in types if each.name not in OF_NOBODY] for area, types in AREAS.items()
}

RECORDS: Mapping[str, RecordKind] = {
    each.name: each
    for each in (
        *_FOLDED,
        *(_of_facts(t.name, [t.name], t.props) for types in _OF_PEOPLE.values() for t in types),
        *(_set_of(area + ALL_OF, (t.name for t in types)) for area, types in _OF_PEOPLE.items() if types),
        _set_of("opened", OPENED),
        _set_of("signal", SIGNAL),
    )
}  # fmt: skip


def kind_named(name: str) -> RecordKind | None:
    """The kind of that name, a fact of a shop's own naming (`custom:<name>`) too; None if there is none."""
    if found := RECORDS.get(name):
        return found
    if custom_type(name) is None:
        return None
    return _of_facts(name, [name], CUSTOM_PROPS, is_own=True)
