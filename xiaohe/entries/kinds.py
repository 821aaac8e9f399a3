"""The four kinds of codes, and what they say before anybody writes something better: neutral, no discount, no urgency."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from xiaohe.entries.models import Gift
from xiaohe.shop.taxonomy import Entry


@dataclass(frozen=True)
class Kind:
    """What one kind of code is called, stands on, and says."""

    entry: Entry
    label: Any
    first_name: Any
    paper: str
    offer: Any


CARD, STAND, BADGE = "card", "stand", "badge"

KINDS = {
    each.entry: each
    for each in (
        Kind(Entry.PARCEL_CARD, _("Parcel card"), _("Batch %(number)d"), CARD,
             _("Something not right, or not sure how to use it? Scan and ask me directly.")),
        Kind(Entry.STORE_CODE, _("Store"), _("Store %(number)d"), STAND,
             _("Scan to add us: ask first whether we have it, and whether we are busy.")),
        Kind(Entry.TABLE_CODE, _("Table"), _("Table %(number)d"), STAND,
             _("Scan to add us: next time ask first whether a table is free.")),
        Kind(Entry.STAFF_CODE, _("Staff"), _("Colleague %(number)d"), BADGE,
             _("Scan to add me, and ask me directly next time.")),
    )
}  # fmt: skip

GIFT_LABELS = {
    Gift.GUIDE: _("a guide"),
    Gift.WARRANTY: _("a warranty card"),
    Gift.GIFT: _("a small gift"),
}
# What stands after a claim, for every number alike.
GIFT_TEXTS = {
    Gift.GUIDE: _("Send me this word and I send you the guide."),
    Gift.WARRANTY: _("Send me this word and I enter your warranty."),
    Gift.GIFT: _("Send me this word and I put something small aside for you."),
}


def offer_of(entry: Entry, language: str) -> str:
    """The neutral sentence of a kind in the shop's own language, whoever is looking."""
    with override(language):
        return str(KINDS[entry].offer)


def gift_text_of(gift: Gift, language: str) -> str:
    with override(language):
        return str(GIFT_TEXTS[gift])


def first_name(entry: Entry, number: int, language: str) -> str:
    """What a new code is called until somebody names it: the shop's word, whoever makes it and in whatever browser."""
    with override(language):
        return str(KINDS[entry].first_name) % {"number": number}
