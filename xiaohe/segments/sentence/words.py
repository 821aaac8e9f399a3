"""How attributes, fields and choices are called for people. A test fails when one has no label.

All stand in one context, since other rooms have words of their own for "group" or "new".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import pgettext_lazy

from xiaohe.shop.taxonomy import ENTRY_WORDS, PLATFORMS, TYPE_WORDS

ATTRIBUTES = {
    "stage": pgettext_lazy("in a rule", "stage"),
    "tier": pgettext_lazy("in a rule", "tier"),
    "vip": pgettext_lazy("in a rule", "VIP"),
    "promoter": pgettext_lazy("in a rule", "promoter"),
    "muted": pgettext_lazy("in a rule", "muted"),
    "bargain_hunter": pgettext_lazy("in a rule", "bargain hunter"),
    "complaint_open": pgettext_lazy("in a rule", "open complaint"),
    "due": pgettext_lazy("in a rule", "due now"),
    "was_referred": pgettext_lazy("in a rule", "brought by somebody"),
    "trust": pgettext_lazy("in a rule", "trust"),
    "need": pgettext_lazy("in a rule", "need"),
    "means": pgettext_lazy("in a rule", "means"),
    "weakest": pgettext_lazy("in a rule", "weakest of trust, need and means"),
    "occasions": pgettext_lazy("in a rule", "number of purchases"),
    "days_365": pgettext_lazy("in a rule", "number of purchase days in 365 days"),
    "days_since": pgettext_lazy("in a rule", "number of days since the latest purchase"),
    "cycle": pgettext_lazy("in a rule", "own cycle in days"),
    "ratio": pgettext_lazy("in a rule", "overdue ratio"),
    "chance": pgettext_lazy("in a rule", "chance to come by themselves"),
    "promo_share": pgettext_lazy("in a rule", "share of purchases on offer"),
    "refund_share": pgettext_lazy("in a rule", "refunded share"),
    "net_total": pgettext_lazy("in a rule", "net spending of all time"),
    "net_365": pgettext_lazy("in a rule", "net spending in 365 days"),
    "ev": pgettext_lazy("in a rule", "expected value"),
    "usual_net": pgettext_lazy("in a rule", "usual spending per purchase"),
    "first_on": pgettext_lazy("in a rule", "first purchase"),
    "last_on": pgettext_lazy("in a rule", "latest purchase"),
    "due_on": pgettext_lazy("in a rule", "due day"),
    "last_signal_on": pgettext_lazy("in a rule", "latest sign of life"),
    "basis": pgettext_lazy("in a rule", "basis of the cycle"),
    "value": pgettext_lazy("in a rule", "value"),
    "recency_score": pgettext_lazy("in a rule", "recency score"),
    "frequency_score": pgettext_lazy("in a rule", "frequency score"),
    "money_score": pgettext_lazy("in a rule", "money score"),
    "rfm": pgettext_lazy("in a rule", "RFM"),
    "category_1": pgettext_lazy("in a rule", "favourite goods"),
    "category_2": pgettext_lazy("in a rule", "second favourite goods"),
    "hour_habit": pgettext_lazy("in a rule", "usual time of day"),
    "shop_habit": pgettext_lazy("in a rule", "usual way of buying"),
    "linked": pgettext_lazy("in a rule", "linked"),
    "friend": pgettext_lazy("in a rule", "friend"),
    "in_group": pgettext_lazy("in a rule", "in a group"),
    "follows": pgettext_lazy("in a rule", "follows us"),
    "ever_linked": pgettext_lazy("in a rule", "ever linked"),
    "link_days": pgettext_lazy("in a rule", "number of days linked"),
    "linked_since": pgettext_lazy("in a rule", "link day"),
    "ended_by": pgettext_lazy("in a rule", "link ender"),
    "account": pgettext_lazy("in a rule", "account"),
    "staff": pgettext_lazy("in a rule", "staff member"),
    "store": pgettext_lazy("in a rule", "store"),
    "consent": pgettext_lazy("in a rule", "consent"),
    "source_first_on": pgettext_lazy("in a rule", "first day with us"),
    "first_source_type": pgettext_lazy("in a rule", "first source"),
    "first_platform": pgettext_lazy("in a rule", "first platform"),
    "first_entry": pgettext_lazy("in a rule", "first entry"),
    "first_code": pgettext_lazy("in a rule", "first code"),
    "last_source_type": pgettext_lazy("in a rule", "latest source"),
    "last_platform": pgettext_lazy("in a rule", "latest platform"),
    "last_entry": pgettext_lazy("in a rule", "latest entry"),
    "last_code": pgettext_lazy("in a rule", "latest code"),
    "referrals": pgettext_lazy("in a rule", "number of people brought"),
    "chain_depth": pgettext_lazy("in a rule", "number of steps from the first referrer"),
    "birthday": pgettext_lazy("in a rule", "birthday"),
    "anniversary": pgettext_lazy("in a rule", "anniversary"),
    "baby": pgettext_lazy("in a rule", "baby's day"),
}
FIELDS = {
    # Of every fact.
    "on": pgettext_lazy("in a rule", "day"),
    "amount": pgettext_lazy("in a rule", "amount"),
    "quantity": pgettext_lazy("in a rule", "quantity"),
    "source": pgettext_lazy("in a rule", "told by"),
    "account": pgettext_lazy("in a rule", "account"),
    "hour": pgettext_lazy("in a rule", "hour"),
    "weekday": pgettext_lazy("in a rule", "weekday"),
    "path": pgettext_lazy("in a rule", "page path"),
    "campaign": pgettext_lazy("in a rule", "campaign"),
    "library": pgettext_lazy("in a rule", "program that told it"),
    "properties": pgettext_lazy("in a rule", "other properties"),
    # Of purchases and orders.
    "net": pgettext_lazy("in a rule", "net amount"),
    "paid": pgettext_lazy("in a rule", "amount paid"),
    "refunded": pgettext_lazy("in a rule", "amount refunded"),
    "consumed": pgettext_lazy("in a rule", "amount consumed"),
    "discount": pgettext_lazy("in a rule", "discount"),
    "covers": pgettext_lazy("in a rule", "number of guests"),
    "platform": pgettext_lazy("in a rule", "platform"),
    "store": pgettext_lazy("in a rule", "store"),
    "staff": pgettext_lazy("in a rule", "staff member"),
    "slot": pgettext_lazy("in a rule", "part of the day"),
    "tender": pgettext_lazy("in a rule", "means of payment"),
    "coupon": pgettext_lazy("in a rule", "coupon"),
    "bulk": pgettext_lazy("in a rule", "bulk purchase"),
    "received_on": pgettext_lazy("in a rule", "day received"),
    "title": pgettext_lazy("in a rule", "title"),
    "sku": pgettext_lazy("in a rule", "variant"),
    "category": pgettext_lazy("in a rule", "category"),
    "brand": pgettext_lazy("in a rule", "brand"),
    "group": pgettext_lazy("in a rule", "group"),
    "unit_price": pgettext_lazy("in a rule", "unit price"),
    "seated_at": pgettext_lazy("in a rule", "seated at"),
    "table": pgettext_lazy("in a rule", "table"),
    "affiliation": pgettext_lazy("in a rule", "affiliation"),
    "shipping": pgettext_lazy("in a rule", "shipping"),
    "tax": pgettext_lazy("in a rule", "tax"),
    "told": pgettext_lazy("in a rule", "as told"),
    "state": pgettext_lazy("in a rule", "state"),
    "reason": pgettext_lazy("in a rule", "reason"),
    "income": pgettext_lazy("in a rule", "income"),
    "fees": pgettext_lazy("in a rule", "fees"),
    "fee": pgettext_lazy("in a rule", "fee"),
    "sub_order": pgettext_lazy("in a rule", "suborder"),
    "role": pgettext_lazy("in a rule", "role"),
    "channel": pgettext_lazy("in a rule", "channel"),
    "bonus": pgettext_lazy("in a rule", "bonus"),
    "units": pgettext_lazy("in a rule", "units"),
    # Of links and tags.
    "kind": pgettext_lazy("in a rule", "kind"),
    "entry": pgettext_lazy("in a rule", "entry"),
    "code": pgettext_lazy("in a rule", "code"),
    "live": pgettext_lazy("in a rule", "live"),
    "private": pgettext_lazy("in a rule", "private link"),
    "ended_by": pgettext_lazy("in a rule", "ended by"),
    "ended_on": pgettext_lazy("in a rule", "day it ended"),
    "days": pgettext_lazy("in a rule", "days it lasted"),
    "tag": pgettext_lazy("in a rule", "name of the tag"),
    "by": pgettext_lazy("in a rule", "by whom"),
    "expires_on": pgettext_lazy("in a rule", "day it expires"),
    # Stated with facts.
    "what": pgettext_lazy("in a rule", "what"),
    "task": pgettext_lazy("in a rule", "task"),
    "scope": pgettext_lazy("in a rule", "scope"),
    "why": pgettext_lazy("in a rule", "why"),
    "because": pgettext_lazy("in a rule", "cause"),
    "as": pgettext_lazy("in a rule", "as what"),
    "source_type": pgettext_lazy("in a rule", "kind of source"),
    "via": pgettext_lazy("in a rule", "by way of"),
    "template": pgettext_lazy("in a rule", "message template"),
    "how": pgettext_lazy("in a rule", "how"),
    "until": pgettext_lazy("in a rule", "until"),
    "rule": pgettext_lazy("in a rule", "rule"),
    "arm": pgettext_lazy("in a rule", "arm"),
    "cycle_start": pgettext_lazy("in a rule", "start of the cycle"),
    "first_due_on": pgettext_lazy("in a rule", "first due on"),
    "name": pgettext_lazy("in a rule", "name"),
    "query": pgettext_lazy("in a rule", "words searched for"),
    "list_id": pgettext_lazy("in a rule", "list"),
    "products": pgettext_lazy("in a rule", "goods"),
    "product_id": pgettext_lazy("in a rule", "article id"),
    "position": pgettext_lazy("in a rule", "position"),
    "review_id": pgettext_lazy("in a rule", "review"),
    "rating": pgettext_lazy("in a rule", "rating"),
    "cart_id": pgettext_lazy("in a rule", "cart"),
    "step": pgettext_lazy("in a rule", "step"),
    "shipping_method": pgettext_lazy("in a rule", "way of shipping"),
    "payment_method": pgettext_lazy("in a rule", "way of paying"),
    "coupon_id": pgettext_lazy("in a rule", "coupon id"),
    "coupon_name": pgettext_lazy("in a rule", "coupon name"),
    "promotion_id": pgettext_lazy("in a rule", "promotion"),
    "creative": pgettext_lazy("in a rule", "creative"),
    "share_via": pgettext_lazy("in a rule", "way of sharing"),
    "method": pgettext_lazy("in a rule", "way"),
    "plan": pgettext_lazy("in a rule", "plan"),
    "calendar": pgettext_lazy("in a rule", "calendar"),
    "month": pgettext_lazy("in a rule", "month"),
    "day": pgettext_lazy("in a rule", "day of the month"),
    "year": pgettext_lazy("in a rule", "year"),
    "severity": pgettext_lazy("in a rule", "severity"),
    "segment": pgettext_lazy("in a rule", "segment"),
    "version": pgettext_lazy("in a rule", "version"),
    "from": pgettext_lazy("in a rule", "from"),
    "to": pgettext_lazy("in a rule", "to"),
}
# Numbers from 0 to 1 that people read as percent.
SHARES = frozenset({"chance", "promo_share", "refund_share"})
_ENDED_BY = {
    "customer": pgettext_lazy("in a rule", "the customer"),
    "staff": pgettext_lazy("in a rule", "our staff"),
    "system": pgettext_lazy("in a rule", "the platform"),
}
# By attribute or field, then by choice.
CHOICES: dict[str, dict[str, Any]] = {
    "stage": {
        "prospect": pgettext_lazy("in a rule", "not bought yet"),
        "new": pgettext_lazy("in a rule", "new"),
        "growing": pgettext_lazy("in a rule", "growing"),
        "regular": pgettext_lazy("in a rule", "regular"),
        "at_risk": pgettext_lazy("in a rule", "not seen lately"),
        "dormant": pgettext_lazy("in a rule", "gone for long"),
        "lost": pgettext_lazy("in a rule", "probably gone"),
        "passer_by": pgettext_lazy("in a rule", "passer-by"),
    },
    "tier": {
        "heavy": pgettext_lazy("in a rule", "heavy user"),
        "buyer": pgettext_lazy("in a rule", "buyer"),
        "potential": pgettext_lazy("in a rule", "potential buyer"),
        "follower": pgettext_lazy("in a rule", "follower"),
    },
    "weakest": {
        "trust": pgettext_lazy("in a rule", "trust"),
        "need": pgettext_lazy("in a rule", "need"),
        "means": pgettext_lazy("in a rule", "means"),
    },
    "basis": {
        "own": pgettext_lazy("in a rule", "their own rhythm"),
        "one_gap": pgettext_lazy("in a rule", "one gap only"),
        "first_return": pgettext_lazy("in a rule", "how others return"),
    },
    "value": {
        "high": pgettext_lazy("in a rule", "high"),
        "mid": pgettext_lazy("in a rule", "middling"),
        "low": pgettext_lazy("in a rule", "low"),
    },
    "hour_habit": {
        "morning": pgettext_lazy("in a rule", "morning"),
        "noon": pgettext_lazy("in a rule", "noon"),
        "evening": pgettext_lazy("in a rule", "evening"),
        "night": pgettext_lazy("in a rule", "late night"),
    },
    "shop_habit": {
        "online": pgettext_lazy("in a rule", "online"),
        "store": pgettext_lazy("in a rule", "in the store"),
        "both": pgettext_lazy("in a rule", "both ways"),
    },
    "ended_by": _ENDED_BY,
    "consent": {
        "given": pgettext_lazy("in a rule", "given"),
        "reduced": pgettext_lazy("in a rule", "less often"),
        "withdrawn": pgettext_lazy("in a rule", "refused"),
    },
    "kind": {
        "friend": pgettext_lazy("in a rule", "friend"),
        "group": pgettext_lazy("in a rule", "group member"),
        "follow": pgettext_lazy("in a rule", "follower"),
        "app": pgettext_lazy("in a rule", "app user"),
    },
    "by": {
        "rule": pgettext_lazy("in a rule", "a rule"),
        "hand": pgettext_lazy("in a rule", "hand"),
        "import": pgettext_lazy("in a rule", "an import"),
        "code": pgettext_lazy("in a rule", "a printed code"),
    },
    "weekday": {
        "mon": pgettext_lazy("in a rule", "Monday"),
        "tue": pgettext_lazy("in a rule", "Tuesday"),
        "wed": pgettext_lazy("in a rule", "Wednesday"),
        "thu": pgettext_lazy("in a rule", "Thursday"),
        "fri": pgettext_lazy("in a rule", "Friday"),
        "sat": pgettext_lazy("in a rule", "Saturday"),
        "sun": pgettext_lazy("in a rule", "Sunday"),
    },
}


# Texts that are words of ours: as pages call them. A rule names them by id, since files may bring others.
PLACES: dict[str, Mapping[str, Any]] = {
    f"{which}{name}": labels
    for which in ("first_", "last_", "")
    for name, labels in (
        ("entry", {str(each): label for each, label in ENTRY_WORDS.items()}),
        ("platform", {each.id: each.name for each in PLATFORMS.values()}),
        ("source_type", {str(each): label for each, label in TYPE_WORDS.items()}),
    )
}


def attribute(name: str) -> str:
    return str(ATTRIBUTES.get(name, name))


def field(name: str) -> str:
    """A field's label; of a shop's own facts the name it gave."""
    return str(FIELDS.get(name) or name.removeprefix("properties."))


def choice(name: str, value: str) -> str | None:
    """The label of a choice, or of a place people come from; None if `name` has no such one."""
    label = CHOICES.get(name, {}).get(value)
    if label is None and name in PLACES:
        label = PLACES[name].get(value)
    return None if label is None else str(label)
