"""Attributes, records and their fields as options of a select, in the order one looks for them, called as in sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from xiaohe.ledger.catalogue import AREAS
from xiaohe.segments.records.registry import ALL_OF
from xiaohe.segments.rules.vocabulary import Field, RecordKind
from xiaohe.segments.sentence import deeds, words
from xiaohe.web.pages.segments.controls import Option, Options

# Attributes by what they are about, in the order of a select; what stands in none comes last.
SECTIONS: tuple[tuple[Any, str], ...] = (
    (
        _("Where they stand"),
        "stage tier vip promoter value trust need means weakest rfm recency_score frequency_score money_score",
    ),
    (
        _("Rhythm"),
        "due due_on cycle ratio days_since basis occasions days_365 first_on last_on last_signal_on chance ev",
    ),
    (
        _("What they bought"),
        "net_365 net_total usual_net category_1 category_2 promo_share refund_share bargain_hunter hour_habit shop_habit",
    ),
    (
        _("Contact"),
        "linked friend in_group follows ever_linked linked_since link_days ended_by account staff store consent muted"
        " complaint_open",
    ),
    (
        _("Where they came from"),
        "source_first_on first_source_type first_platform first_entry first_code last_source_type last_platform"
        " last_entry last_code was_referred referrals chain_depth",
    ),
    (_("Dates"), "birthday anniversary baby"),
)
AREA_NAMES: Mapping[str, Any] = {
    "order": _("Orders"),
    "identity": _("Who is who"),
    "link": _("Links"),
    "claim": _("Order numbers given"),
    "message": _("Messages"),
    "task": _("Tasks"),
    "touch": _("Comparison"),
    "browse": _("Site and app"),
    "voucher": _("Vouchers"),
    "content": _("Content"),
    "member": _("Membership"),
    "consent": _("Wishes about contact"),
    "service": _("Service"),
    "segment": _("Segments and stages"),
    "date": _("Dates"),
    "ops": _("Tags"),
}
# Of these one speaks first; the rest is in the order of the catalogue.
FIRST = (
    "purchase",
    "purchase.item",
    "opened",
    "message.in",
    "message.out",
    "signal",
    "link",
    "tag",
)


def attributes(fields: Mapping[str, Any]) -> tuple[Options, ...]:
    """Those of `fields`, in their sections."""
    parts = [(heading, names.split()) for heading, names in SECTIONS]
    placed = {name for _heading, names in parts for name in names}
    parts.append((_("Others"), [name for name in fields if name not in placed]))
    groups = (
        Options(
            tuple(Option(name, words.attribute(name)) for name in names if name in fields), heading
        )
        for heading, names in parts
    )
    return tuple(each for each in groups if each.options)


def head(name: str) -> str:
    """An attribute as it stands alone: over a column, on a button to choose it."""
    said = words.attribute(name)
    return f"{said[:1].upper()}{said[1:]}"


def columns(fields: Iterable[str]) -> tuple[Options, ...]:
    """Attributes as columns to choose, in their sections."""
    return tuple(
        Options(tuple(Option(each.value, head(each.value)) for each in some.options), some.label)
        for some in attributes(dict.fromkeys(fields))
    )


def record(name: str) -> str:
    """As sentences call it; what has a phrase of its own by what one did."""
    deed = deeds.DEEDS.get(name)
    return str(deed.did) if deed else deeds.label(name)


def records(kinds: Mapping[str, RecordKind]) -> tuple[Options, ...]:
    """What can have happened: what is asked most first, then the catalogue by area, then a shop's own."""
    groups = [Options(tuple(Option(name, record(name)) for name in FIRST if name in kinds))]
    for area, types in AREAS.items():
        every = f"{area}{ALL_OF}"
        names = [each.name for each in types if each.name in kinds and each.name not in FIRST]
        names = [every, *names] if every in kinds else names
        options = tuple(Option(name, record(name)) for name in names)
        groups.append(Options(options, AREA_NAMES.get(area, area)))
    own = tuple(Option(name, record(name)) for name in kinds if name.startswith("custom:"))
    groups.append(Options(own, _("Your own")))
    return tuple(each for each in groups if each.options)


def fields(known: Mapping[str, Field]) -> tuple[Options, ...]:
    return (Options(tuple(Option(name, words.field(name)) for name in _ordered(known))),)


def choice(name: str, value: str) -> str:
    return words.choice(name, value) or value


def _ordered(known: Iterable[str]) -> list[str]:
    """What is asked of goods first, then as the shop knows them."""
    first = ("title", "category", "group", "brand", "tag", "store")
    names = list(known)
    return sorted(
        names, key=lambda n: (first.index(n) if n in first else len(first), names.index(n))
    )
