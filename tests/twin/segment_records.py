"""Facts of plain lists, and the records that are made of them, a second time.

shop = Told(facts, now=…, on=…, calendar=…)      shop.records("purchase", person)
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any

from xiaohe.kernel.clock import ShopCalendar
from xiaohe.segments.rules import tree

OPENED = {
    "content.viewed", "content.clicked", "page.viewed", "screen.viewed", "product.viewed", "product.clicked",
}  # fmt: skip


@dataclass(frozen=True)
class Fact:
    """A fact as it was told; `props` are values as JSON knows them."""

    type: str
    at: datetime
    subject: int
    key_hash: int
    row_no: int = -1
    date_only: bool = False
    order_key: int | None = None
    item_key: int | None = None
    other: int | None = None
    account_id: int | None = None
    amount: int | None = None
    currency: str | None = None
    quantity: float | None = None
    source: str = "table"
    props: Mapping[str, Any] = field(default_factory=dict)

    @property
    def place(self) -> tuple[datetime, int, int]:
        return self.at, self.row_no, self.key_hash


@dataclass(frozen=True)
class Record:
    on: date
    place: tuple[datetime, int, int]
    fields: Mapping[str, Any]
    times: int | None = None


@dataclass
class Told:
    """`person_of`: subject → person, where that is another; `attributes`: what is known of each of the population."""

    facts: list[Fact]
    now: datetime
    on: date
    calendar: ShopCalendar
    population: set[int]
    person_of: Mapping[int, int] = field(default_factory=dict)
    left_out: frozenset[int] = frozenset()
    attributes: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    cycles: Mapping[int, float | None] = field(default_factory=dict)
    accounts: Mapping[int, str] = field(default_factory=dict)
    private: frozenset[int] = frozenset()
    groups: Mapping[int, str] = field(default_factory=dict)
    segments: Mapping[str, tree.Rule] = field(default_factory=dict)
    key: bytes = b""
    currency: str = "CNY"
    logged_from: Callable[[str], date | None] = lambda name: None

    # ------------------------------------------------------------ records

    def day(self, fact: Fact) -> date:
        return shop_day(fact.at, fact.date_only, self.calendar)

    @cached_property
    def seen(self) -> list[Fact]:
        today = self.calendar.day_of(self.now)
        return [each for each in self.facts if each.at <= self.now and self.day(each) <= today]

    @cached_property
    def by_person(self) -> dict[int, list[Fact]]:
        found: dict[int, list[Fact]] = {}
        for fact in self.seen:
            person = self.person_of.get(fact.subject, fact.subject)
            if fact.subject != fact.order_key and person not in self.left_out:
                found.setdefault(person, []).append(fact)
        return found

    def known_people(self) -> set[int]:
        """Everybody of whom there is a fact that is about a person."""
        return set(self.by_person)

    def facts_of(self, person: int) -> list[Fact]:
        return self.by_person.get(person, [])

    def records(self, of: str, person: int) -> list[Record]:
        match of:
            case "purchase":
                return [each for each, _order in self.purchases(person)]
            case "purchase.item":
                return self.lines(person)
            case "link":
                return self.links(person)
            case "tag":
                return self.tags(person)
        return [self.record(each) for each in self.facts_of(person) if _is_of(each.type, of)]

    def record(self, fact: Fact) -> Record:
        told = {name: _told(value) for name, value in fact.props.items()}
        at_home = fact.currency in (None, self.currency)
        own = {
            "on": self.day(fact),
            "amount": fact.amount if at_home else None,
            "quantity": fact.quantity,
            "source": fact.source,
            "account": self.accounts.get(fact.account_id or 0),
            **self.clock(fact.at, fact.date_only),
        }
        return Record(self.day(fact), fact.place, _Missing({**told, **own}))

    def clock(self, at: datetime, date_only: bool) -> dict[str, Any]:
        day = shop_day(at, date_only, self.calendar)
        hour = None if date_only else self.calendar.local(at).hour
        return {
            "hour": hour,
            "weekday": ("mon", "tue", "wed", "thu", "fri", "sat", "sun")[day.weekday()],
        }

    def purchases(self, person: int) -> list[tuple[Record, int]]:
        return self.all_purchases.get(person, [])

    @cached_property
    def all_purchases(self) -> dict[int, list[tuple[Record, int]]]:
        found: dict[int, list[tuple[Record, int]]] = {}
        for key, person, record in self.valid_orders:
            if person is not None and person not in self.left_out:
                found.setdefault(person, []).append((record, key))
        return found

    @cached_property
    def valid_orders(self) -> list[tuple[int, int | None, Record]]:
        """Each with its key and its buyer, whoever that is; None: it names nobody."""
        orders: dict[int, list[Fact]] = {}
        for fact in self.seen:
            if fact.order_key is not None and fact.type.startswith("order."):
                orders.setdefault(fact.order_key, []).append(fact)
        return [found for key, facts in orders.items() if (found := self.order(key, facts))]

    def order(self, key: int, facts: list[Fact]) -> tuple[int, int | None, Record] | None:
        """One order folded by hand: the earliest payment, the largest amounts, closed or paid back means gone."""
        of: dict[str, list[Fact]] = {}
        for fact in facts:
            of.setdefault(fact.type, []).append(fact)
        buyers = {each.subject for each in facts if each.subject != key}
        paid_facts = of.get("order.paid", [])
        if not paid_facts or "order.closed" in of:
            return None
        person = self.person_of.get(min(buyers), min(buyers)) if buyers else None
        stated = [each.amount for each in paid_facts if each.amount is not None]
        paid = max(stated) if stated else sum(each.amount or 0 for each in of.get("order.item", []))
        refunded = max((each.amount or 0 for each in of.get("order.refunded", [])), default=0)
        if refunded > 0 and refunded >= paid:
            return None
        first = min(paid_facts, key=lambda each: each.at)
        said = {
            name: min((_told(each.props[name]) for each in of.get("order.created", []) if each.props.get(name)), default=None)
            for name in ("store", "staff", "slot", "tender", "coupon")
        }  # fmt: skip
        fields = {
            "on": self.day(first), "paid": paid, "refunded": refunded, "net": paid - refunded,
            "platform": min(each.source for each in facts), **said, **self.clock(first.at, first.date_only),
        }  # fmt: skip
        return key, person, Record(self.day(first), (first.at, -1, key), fields)

    def lines(self, person: int) -> list[Record]:
        found = []
        for record, key in self.purchases(person):
            for fact in self.seen:
                if fact.type == "order.item" and fact.order_key == key:
                    told = {
                        name: _told(fact.props.get(name))
                        for name in ("title", "sku", "category", "brand")
                    }
                    same = {
                        name: record.fields[name]
                        for name in ("on", "platform", "store", "hour", "weekday")
                    }
                    own = {
                        "amount": fact.amount,
                        "quantity": fact.quantity,
                        "group": self.groups.get(fact.item_key or 0),
                    }
                    place = (record.place[0], fact.row_no, fact.key_hash)
                    found.append(Record(record.on, place, {**told, **same, **own}, times=key))
        return found

    def links(self, person: int) -> list[Record]:
        """Walk each link's words in time: of one instant the end comes last."""
        words: dict[tuple[int, int | None, str], list[Fact]] = {}
        for fact in self.facts_of(person):
            if fact.type in ("link.started", "link.ended"):
                link = (fact.subject, fact.account_id, fact.props.get("kind") or "friend")
                words.setdefault(link, []).append(fact)
        found = []
        for (subject, account, kind), told in words.items():
            begun: Fact | None = None
            for fact in sorted(
                told, key=lambda each: (each.at, (each.type == "link.started" and -1) or 0)
            ):
                if fact.type == "link.started":
                    begun = begun or fact
                elif begun is not None:
                    if fact.at > begun.at:
                        found.append(self.link(begun, fact, kind, subject, account))
                    begun = None
            if begun is not None:
                found.append(self.link(begun, None, kind, subject, account))
        return found

    def link(
        self, begun: Fact, ended: Fact | None, kind: str, subject: int, account: int | None
    ) -> Record:
        on = shop_day(begun.at, False, self.calendar)
        off = shop_day(ended.at, False, self.calendar) if ended else None
        fields = {
            "on": on, "kind": kind, "account": self.accounts.get(account or 0), "live": ended is None,
            "private": account in self.private, "ended_on": off, "ended_at": ended.at if ended else None, "days": ((off or self.on) - on).days,
            "ended_by": (ended.props.get("ended_by") or None) if ended else None,
        }  # fmt: skip
        return Record(on, (begun.at, account or 0, subject), fields)

    def tags(self, person: int) -> list[Record]:
        latest: dict[tuple[Any, Any], Fact] = {}
        told = [each for each in self.facts_of(person) if each.type in ("tag.added", "tag.removed")]
        for fact in sorted(
            told, key=lambda each: (each.at, each.row_no, each.type == "tag.removed", each.key_hash)
        ):
            latest[fact.props.get("group") or "", fact.props["tag"]] = fact
        found = []
        for fact in latest.values():
            until = fact.props.get("until")
            last = date.fromisoformat(until) if until else None
            if fact.type == "tag.added" and (last is None or last >= self.on):
                fields = {
                    "on": self.day(fact), "group": fact.props.get("group"), "tag": fact.props["tag"],
                    "by": fact.props.get("by") or "import", "expires_on": last,
                }  # fmt: skip
                found.append(Record(self.day(fact), fact.place, fields))
        return found


class _Missing(dict[str, Any]):
    def __missing__(self, name: str) -> None:
        return None


def shop_day(at: datetime, date_only: bool, calendar: ShopCalendar) -> date:
    """A day told without a time is the day of its midnight, whenever shop days begin."""
    return calendar.local(at).date() if date_only else calendar.day_of(at)


def _is_of(type_: str, name: str) -> bool:
    if name == "opened":
        return type_ in OPENED
    return type_.startswith(name[:-1]) if name.endswith(".*") else type_ == name


def _told(value: Any) -> str | None:
    """A property as text."""
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value)
