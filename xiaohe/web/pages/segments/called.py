"""What the builder calls attributes, records and their fields, in selects and heads of columns.

Attributes and fields are called as in sentences, facts as in the ledger's catalogue.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from xiaohe.ledger.catalogue import AREAS, TYPES
from xiaohe.ledger.catalogue.custom import custom_type
from xiaohe.segments.rules.vocabulary import Field, RecordKind
from xiaohe.segments.sentence import words
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
RECORDS: Mapping[str, Any] = {
    "purchase": _("bought"),
    "purchase.item": _("bought goods"),
    "link": _("a link (friend, group, follow)"),
    "tag": _("has a tag"),
    "opened": _("opened or looked at something"),
    "signal": _("gave any sign of life"),
    "message.in": _("wrote to you"),
    "message.out": _("you wrote to them"),
}
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


def attribute(name: str) -> str:
    return words.attribute(name)


def attributes(fields: Mapping[str, Field]) -> tuple[Options, ...]:
    """Those of `fields`, in their sections."""
    parts = [(heading, names.split()) for heading, names in SECTIONS]
    placed = {name for _heading, names in parts for name in names}
    parts.append((_("Others"), [name for name in fields if name not in placed]))
    groups = (
        Options(tuple(Option(name, attribute(name)) for name in names if name in fields), heading)
        for heading, names in parts
    )
    return tuple(each for each in groups if each.options)


def record(name: str) -> str:
    if name in RECORDS:
        return str(RECORDS[name])
    told = TYPES.get(name)
    if told is not None:
        return told.zh if (get_language() or "").startswith("zh") else told.en
    return name.partition(":")[2] or name if custom_type(name) else name


def records(kinds: Mapping[str, RecordKind]) -> tuple[Options, ...]:
    """What can have happened: what is asked most first, then the catalogue by area, then a shop's own."""
    groups = [Options(tuple(Option(name, record(name)) for name in FIRST if name in kinds))]
    for area, types in AREAS.items():
        names = [each.name for each in types if each.name in kinds and each.name not in FIRST]
        options = tuple(Option(name, record(name)) for name in names)
        groups.append(Options(options, AREA_NAMES.get(area, area)))
    own = tuple(Option(name, record(name)) for name in kinds if name.startswith("custom:"))
    groups.append(Options(own, _("Your own")))
    return tuple(each for each in groups if each.options)


def fields(of: str, known: Mapping[str, Field]) -> tuple[Options, ...]:
    return (Options(tuple(Option(name, field(name)) for name in _ordered(known))),)


def field(name: str) -> str:
    return words.field(name)


def choice(name: str, value: str) -> str:
    return words.choice(name, value) or value


def _ordered(known: Iterable[str]) -> list[str]:
    """What is asked of goods first, then as the shop knows them."""
    first = ("title", "category", "group", "brand", "tag", "store")
    names = list(known)
    return sorted(
        names, key=lambda n: (first.index(n) if n in first else len(first), names.index(n))
    )
