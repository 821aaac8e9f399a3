"""One person in full: how we know who they are, and what happened between us. Unseals; the caller audits.

evidence_of(person)   every statement that ties their keys together, whether it holds, and how to undo it
timeline(person)      orders folded to one line each, taps and links beside them, latest first
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

import ibis
import pyarrow as pa

from xiaohe.ledger import engine
from xiaohe.ledger.engine import Reading
from xiaohe.people import bills, evidence, identifiers, keys, refunds
from xiaohe.people import overlay as overlays
from xiaohe.people.keys import Namespace
from xiaohe.people.names import plain
from xiaohe.people.overlay import Overlay
from xiaohe.people.search import TYPED


class Says(StrEnum):
    """What a piece of evidence is."""

    PHONE = "phone"  # a complete phone seen with both
    ORDER = "order_no"  # the order number stands in the contact's text
    EMAIL = "email"  # a site or an app saw the same e-mail with both
    DEVICE = "device"  # signed in on that device
    UNIONID = "unionid"  # one WeChat user
    OPENID = "openid"  # one WeChat user of one app
    EXTERNAL = "external_userid"  # one WeCom contact of one company
    CLAIM = "claim"  # the word a claimed order gave stands in the contact's text
    ADDRESS = "address"  # never joins
    ALIAS = "alias"  # a site or an app said: this id was that one
    JOINED = "joined"  # the owner said: one person
    APART = "apart"  # the owner said: two people
    HAVE = "have"  # the owner has them in this account


class Origin(StrEnum):
    """Who told us."""

    FILE = "file"
    EVENT = "event"  # a site, an app, another program
    TAP = "tap"  # somebody in the console, or a claim page


@dataclass(frozen=True)
class Evidence:
    """One statement; `holds` if it ties the person together now. `split(subject, other)` cuts it."""

    says: Says
    subject: int
    other: int | None
    value: str | None  # the phone or order number in plain
    account_id: int | None
    source: str
    import_id: int | None
    at: datetime  # when we were told
    holds: bool
    quarantined: bool
    undo: int | None  # for `actions.undo`, if it was a tap

    @property
    def origin(self) -> Origin:
        """Where it is from; a file is taken back with its import, what an event told by `split`."""
        if self.import_id is not None:
            return Origin.FILE
        return Origin.TAP if self.source == "xiaohe" else Origin.EVENT


@dataclass(frozen=True)
class Moment:
    """One line of a timeline; an order's facts are one line, with what they say together."""

    at: datetime
    date_only: bool
    type: str
    source: str
    order_key: int | None = None
    amount: int | None = None
    refunded: int = 0
    currency: str | None = None
    quantity: float | None = None
    titles: tuple[str, ...] = ()
    account_id: int | None = None
    props: dict[str, Any] | None = None


# Stated by somebody who was not signed in.
_BY_DEVICE = {"device_phone": Says.PHONE, "device_email": Says.EMAIL}
_SHARED = (
    Says.PHONE,
    Says.EMAIL,
    Says.DEVICE,
    Says.ALIAS,
    Says.UNIONID,
    Says.OPENID,
    Says.EXTERNAL,
    Says.CLAIM,
)
_TOLD = {
    "identity.merged": Says.JOINED,
    "identity.unmerged": Says.APART,
    "link.started": Says.HAVE,
}
_KEYED = (*_SHARED, Says.ORDER)


_EVIDENCE = frozenset({"identity.seen", "identity.merged", "identity.unmerged"})


@dataclass(frozen=True)
class About:
    """Every fact of one person's subjects and orders, and every identity fact that names one of them."""

    subjects: list[int]
    facts: list[dict[str, Any]]
    # Payments on bills that an order list states too, and its order; None where several orders state one.
    bills: dict[int, int | None] = field(default_factory=dict)


def about(person: int, overlay: Overlay | None = None) -> About:
    """Read a person once, for `evidence_of` and `timeline` alike."""
    overlay = overlay or overlays.current()
    subjects = overlay.subjects(overlay.person(person))
    with engine.reading() as read:
        facts = _theirs(read, subjects)
        into, billed = bills.of_orders(read, facts)
    return About(
        subjects, list({each["key_hash"]: each for each in [*facts, *billed]}.values()), into
    )


def evidence_of(
    person: int, overlay: Overlay | None = None, known: About | None = None
) -> list[Evidence]:
    """How we know that these keys are one person, oldest first; what ties nothing is left out."""
    overlay = overlay or overlays.current()
    known = known or about(person, overlay)
    subjects = known.subjects
    stated = _stated(known)
    buyers = _buyers(known)
    values = _plain_values(subjects)
    holders, parted = _phone_holders(stated), _parted(stated)
    found = []
    for fact in stated:
        says = _says(fact)
        if says == Says.ADDRESS:
            continue
        if says in _SHARED:
            ties = len(holders[fact["other"]] | ({fact["other"]} & set(subjects))) > 1
        elif says == Says.ORDER:
            ties = not buyers.get(fact["other"], set()).isdisjoint(subjects)
        else:
            ties = True
        is_apart = _pair(fact) in parted
        # Of too many people, or in a contradiction: what joins nobody now.
        quarantined = (says in _KEYED and fact["other"] in overlay.quarantined) or (
            says in _KEYED and (fact["subject"], fact["other"]) in overlay.unused
        )
        if ties or is_apart or quarantined:
            holds = ties and not is_apart and not quarantined
            found.append(_evidence(fact, values, holds=holds, quarantined=quarantined))
    return found


def timeline(
    person: int, limit: int = 200, overlay: Overlay | None = None, known: About | None = None
) -> list[Moment]:
    """What happened with a person, latest first; every order is one line."""
    known = known or about(person, overlay)
    mine = set(known.subjects)
    facts = bills.moved(known.facts, known.bills)
    theirs = [fact for fact in facts if fact["subject"] in mine]
    keys_of_orders = {fact["order_key"] for fact in theirs if fact["order_key"] is not None}
    # An item list names no buyer: its facts are of the order alone.
    theirs += [
        fact
        for fact in facts
        if fact["subject"] not in mine and fact["order_key"] in keys_of_orders
    ]
    orders: dict[int, list[dict[str, Any]]] = defaultdict(list)
    moments = []
    for fact in theirs:
        # A checkout or a voucher may name the order it leads to; that is no state of it.
        is_state = fact["type"].startswith("order.") and fact["type"] != "order.reported"
        if fact["order_key"] is not None and is_state:
            orders[fact["order_key"]].append(fact)
        elif not fact["type"].startswith("identity."):
            moments.append(_single(fact))
    moments += [_order(key, states) for key, states in orders.items()]
    moments.sort(key=lambda moment: (moment.at, moment.type, moment.order_key or 0), reverse=True)
    return moments[:limit]


# ---------------------------------------------------------------- reading


_SUBJECTS = ibis.table({"subject": "int64"}, name="their_subjects")
_ORDERS = ibis.table({"order_key": "int64"}, name="their_orders")
_FACTS = Reading.facts
# Put together once, which costs more than to ask; and as joins, which scan one column and then fetch a few rows.
_IDENTITY = _FACTS.filter(_FACTS.type.startswith("identity."))
_MINE = Reading.by_subject.semi_join(_SUBJECTS, "subject").union(
    _IDENTITY.semi_join(_SUBJECTS, _IDENTITY.other == _SUBJECTS.subject), distinct=False
)
_BESIDE = _FACTS.semi_join(_ORDERS, "order_key")


def _theirs(read: Reading, subjects: Sequence[int]) -> list[dict[str, Any]]:
    """Facts of these subjects, identity facts naming them, and all facts of the orders of both."""
    read.register("their_subjects", pa.table({"subject": pa.array(subjects, pa.int64())}))
    mine: list[dict[str, Any]] = read.run(_MINE).to_pylist()
    order_keys = {fact["order_key"] for fact in mine if fact["order_key"] is not None}
    order_keys |= {fact["other"] for fact in mine if _names_an_order(fact)}
    if not order_keys:
        return list({fact["key_hash"]: fact for fact in mine}.values())
    wanted = pa.array(sorted(order_keys), pa.int64())
    read.register("their_orders", pa.table({"order_key": wanted}))
    beside: list[dict[str, Any]] = read.run(_BESIDE).to_pylist()
    return list({fact["key_hash"]: fact for fact in [*mine, *beside]}.values())


def _names_an_order(fact: dict[str, Any]) -> bool:
    return fact["type"] == "identity.seen" and _says(fact) == Says.ORDER


# ---------------------------------------------------------------- evidence


def _stated(known: About) -> list[dict[str, Any]]:
    """Identity facts with an end among these subjects, and links said by hand."""
    mine = set(known.subjects)
    stated = [
        fact
        for fact in known.facts
        if (fact["type"] in _EVIDENCE and {fact["subject"], fact["other"]} & mine)
        or (
            fact["type"] == "link.started"
            and fact["source"] == "xiaohe"
            and fact["subject"] in mine
        )
    ]
    return sorted(stated, key=lambda fact: (fact["recorded_at"], fact["key_hash"]))


def _buyers(known: About) -> dict[int, set[int]]:
    """Whose the orders are."""
    buyers: dict[int, set[int]] = defaultdict(set)
    for fact in known.facts:
        if fact["type"].startswith("order.") and fact["order_key"] is not None:
            buyers[fact["order_key"]].add(fact["subject"])
    return buyers


def _evidence(
    fact: dict[str, Any], values: dict[int, str], *, holds: bool, quarantined: bool
) -> Evidence:
    said = _says(fact)
    return Evidence(
        says=said,
        subject=fact["subject"],
        other=fact["other"],
        value=values.get(fact["other"]),
        account_id=fact["account_id"],
        source=fact["source"],
        import_id=fact["import_id"],
        at=fact["recorded_at"],
        holds=holds and said != Says.APART,
        quarantined=quarantined,
        undo=fact["key_hash"] if said in _TOLD.values() else None,
    )


def _says(fact: dict[str, Any]) -> Says:
    if fact["type"] == "identity.seen":
        kind = json.loads(fact["props"])["kind"]
        return _BY_DEVICE.get(kind) or Says(kind)
    return _TOLD[fact["type"]]


def _pair(fact: dict[str, Any]) -> frozenset[int]:
    return frozenset((fact["subject"], fact["other"]))


def _phone_holders(stated: Sequence[dict[str, Any]]) -> dict[int, set[int]]:
    holders: dict[int, set[int]] = defaultdict(set)
    for fact in stated:
        if _says(fact) in _SHARED:
            holders[fact["other"]].add(fact["subject"])
    return holders


def _parted(stated: Sequence[dict[str, Any]]) -> set[frozenset[int]]:
    """Pairs of which the owner said last that they are two people."""
    last: dict[frozenset[int], tuple[datetime, bool]] = {}
    for fact in stated:
        if _says(fact) in (Says.JOINED, Says.APART):
            told = (fact["recorded_at"], _says(fact) == Says.APART)
            last[_pair(fact)] = max(last.get(_pair(fact), told), told)
    return {pair for pair, (_at, apart) in last.items() if apart}


def _plain_values(subjects: Sequence[int]) -> dict[int, str]:
    """Phones and order numbers in plain, by the key they are hashed to; those inside typed text too."""
    hashed = keys.hasher()
    found: dict[int, str] = {}
    for value in [each for values in identifiers.values_of(subjects).values() for each in values]:
        found[value.key_hash] = plain(value)
        if value.kind in TYPED:
            for phone in evidence.phones(value.text):
                found[hashed(Namespace.PHONE, phone)] = phone
            for number in evidence.order_numbers(value.text):
                for platform in keys.platforms():
                    found[hashed(Namespace.ORDER, f"{platform}:{number}")] = number
    return found


# ---------------------------------------------------------------- timeline


def _single(fact: dict[str, Any]) -> Moment:
    return Moment(
        at=fact["occurred_at"],
        date_only=fact["date_only"],
        type=fact["type"],
        source=fact["source"],
        amount=fact["amount"],
        currency=fact["currency"],
        account_id=fact["account_id"],
        props=json.loads(fact["props"]) if fact["props"] else {},
    )


def _order(order_key: int, states: Sequence[dict[str, Any]]) -> Moment:
    """One order from all its states: largest payment, largest refund, earliest time it was paid or placed."""
    by_type: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for state in states:
        by_type[state["type"]].append(state)
    began = min(
        by_type["order.paid"] or by_type["order.created"] or states,
        key=lambda state: (state["occurred_at"], state["key_hash"]),
    )
    items = sorted(by_type["order.item"], key=lambda item: item["key_hash"])
    paid = [state["amount"] for state in by_type["order.paid"] if state["amount"] is not None]
    lines = [item["amount"] for item in items if item["amount"] is not None]
    titles = [json.loads(item["props"] or "{}").get("title") for item in items]
    ended = [name for name in ("order.closed", "order.refunded") if by_type[name]]
    return Moment(
        at=began["occurred_at"],
        date_only=began["date_only"],
        type="order.closed"
        if ended == ["order.closed"]
        else "order.paid"
        if by_type["order.paid"]
        else began["type"],
        source=began["source"],
        order_key=order_key,
        amount=max(paid) if paid else sum(lines) if lines else None,
        refunded=refunds.total(by_type["order.refunded"]),
        currency=next((state["currency"] for state in states if state["currency"]), None),
        quantity=sum(item["quantity"] or 0 for item in items) or None,
        titles=tuple(dict.fromkeys(title for title in titles if title)),
    )
