"""Rules asked of plain lists of facts, one person at a time: what the product must answer, written a second time.

    shop = Shop(facts, now=…, on=…, calendar=…)      shop.fits(rule, person)

No code of the product's queries is used: windows of the rules module alone, which have tests of their own.
"""

from __future__ import annotations

import hmac
import json
import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from hashlib import sha256
from typing import Any

from xiaohe.kernel.clock import ShopCalendar
from xiaohe.segments.rules import tree
from xiaohe.segments.rules.tree import Fold, Money, Op, Test
from xiaohe.segments.rules.windows import Unit, Window, days_of, is_hours, is_of_cycles, moved

OPENED = {
    "content.viewed", "content.clicked", "page.viewed", "screen.viewed", "product.viewed", "product.clicked",
}  # fmt: skip
NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)


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
class Shop:
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

    # ------------------------------------------------------------ rules

    def people(self, rule: tree.Rule) -> set[int]:
        return {person for person in self.population if self.fits(rule, person)}

    def fits(self, rule: tree.Rule, person: int) -> bool:
        match rule:
            case tree.Everyone():
                return True
            case tree.All(rules):
                return all(self.fits(each, person) for each in rules)
            case tree.AnyOf(rules):
                return any(self.fits(each, person) for each in rules)
            case tree.Not(inner):
                return not self.fits(inner, person)
            case tree.Compare(name, test):
                known = self.attributes[person]
                if f"{name}_before" in known:
                    days = (known[name], known[f"{name}_before"])
                    return any(self.passes(day, test, person) for day in days)
                return self.passes(known[name], test, person, choice=name == "stage")
            case tree.Measure():
                value = self.measured(rule, person)
                return self.passes(value, rule.test, person)
            case tree.Sequence():
                return self.walked(rule, person)
            case tree.Been():
                return self.lasted(rule, person)
            case tree.Rank():
                return self.placed(rule, person)
            case tree.InSegment(slug):
                return self.fits(self.segments[slug], person)
            case tree.Share(salt, low, high):
                told = hmac.new(self.key, f"{person}|{salt}".encode(), sha256).digest()
                draw = Fraction(int.from_bytes(told[:8], "big"), 2**64) * 100
                return Fraction(low) <= draw < Fraction(high)
            case tree.Listed(people):
                return person in {self.person_of.get(each, each) for each in people}
        raise TypeError(rule)

    # ------------------------------------------------------------ values

    def passes(self, value: Any, test: Test, person: int, *, choice: bool = False) -> bool:
        if value is None:
            return False
        match test.op:
            case Op.KNOWN:
                return True
            case Op.TRUE:
                return value is True or value == "true"
            case Op.WITHIN:
                assert test.window is not None
                found = days_of(test.window, self.on, self.cycle(test.window, person))
                return found is not None and found.holds(value)
            case Op.IS | Op.IN:
                return any(_same(value, each, choice) for each in test.values)
            case Op.CONTAINS:
                return folded(test.values[0]) in folded(value)
            case Op.STARTS:
                return folded(value).startswith(folded(test.values[0]))
            case Op.ENDS:
                return folded(value).endswith(folded(test.values[0]))
            case Op.MATCHES:
                return re.search(str(test.values[0]), value, re.ASCII | re.DOTALL) is not None
        own = _number(value) if isinstance(test.values[0], Decimal) else value
        if own is None:
            return False
        bounds = [_plain(each) for each in test.values]
        match test.op:
            case Op.LESS:
                return bool(own < bounds[0])
            case Op.AT_MOST:
                return bool(own <= bounds[0])
            case Op.MORE:
                return bool(own > bounds[0])
            case Op.AT_LEAST:
                return bool(own >= bounds[0])
            case Op.BETWEEN:
                return bool(bounds[0] <= own <= bounds[1])
        raise TypeError(test)

    def cycle(self, window: Window, person: int) -> float | None:
        return self.cycles.get(person) if is_of_cycles(window) else None

    def inside(self, window: Window, record: Record, person: int) -> bool:
        if is_hours(window):
            return record.place[0] > self.now - timedelta(hours=window.count)  # type: ignore[union-attr]
        found = days_of(window, self.on, self.cycle(window, person))
        return found is not None and found.holds(record.on)

    # ------------------------------------------------------------ measures

    def measured(self, leaf: tree.Measure, person: int) -> Any:
        rows = self.counted(leaf.records, person)
        if leaf.fold is Fold.COUNT:
            return len({each.times if each.times is not None else each.place for each in rows})
        if leaf.fold in (Fold.DAYS_SINCE_FIRST, Fold.DAYS_SINCE_LAST):
            days = [each.on for each in rows]
            pick = min if leaf.fold is Fold.DAYS_SINCE_FIRST else max
            return (self.on - pick(days)).days if days else None
        known = [(each.place, each.fields[leaf.field]) for each in rows]
        known = [(place, value) for place, value in known if value is not None]
        if leaf.fold in (Fold.FIRST, Fold.LAST):
            pick = min if leaf.fold is Fold.FIRST else max
            return pick(known, key=lambda each: each[0])[1] if known else None
        values = [value for _place, value in known]
        if leaf.fold is Fold.DISTINCT:
            return len(set(values))
        numbers = [number for number in (_number(each) for each in values) if number is not None]
        exact = [
            Decimal(repr(each)) if isinstance(each, float) else Decimal(each) for each in numbers
        ]
        match leaf.fold:
            case Fold.SUM:
                return float(sum(exact))
            case Fold.AVERAGE:
                return float(sum(exact)) / len(exact) if exact else None
            case Fold.MIN:
                return min(numbers, default=None)
            case Fold.MAX:
                return max(numbers, default=None)
        raise TypeError(leaf)

    def counted(self, records: tree.Records, person: int) -> list[Record]:
        found = self.records(records.of, person)
        return [
            each
            for each in found
            if self.inside(records.window, each, person)
            and (records.where is None or self.holds(records.where, each, person))
        ]

    def holds(self, where: Any, record: Record, person: int) -> bool:
        match where:
            case tree.Compare(name, test):
                return self.passes(
                    record.fields[name], test, person, choice=name in ("weekday", "kind")
                )
            case tree.Not(inner):
                return not self.holds(inner, record, person)
            case tree.All(rules):
                return all(self.holds(each, record, person) for each in rules)
            case tree.AnyOf(rules):
                return any(self.holds(each, record, person) for each in rules)
        raise TypeError(where)

    # ------------------------------------------------------------ time

    def walked(self, leaf: tree.Sequence, person: int) -> bool:
        steps = [self.counted(each, person) for each in leaf.steps]
        begun = [each for each in steps[0] if self.inside(leaf.window, each, person)]

        def goes_on(start: Record, last: Record, rest: list[list[Record]]) -> bool:
            if not rest:
                return self.near(leaf, start, last, person)
            return any(
                goes_on(start, each, rest[1:]) for each in rest[0] if each.place[0] > last.place[0]
            )

        return any(goes_on(each, each, steps[1:]) for each in begun)

    def near(self, leaf: tree.Sequence, start: Record, last: Record, person: int) -> bool:
        if leaf.unit is Unit.HOURS:
            return last.place[0] - start.place[0] <= timedelta(hours=leaf.within)
        if leaf.unit is Unit.CYCLES:
            cycle = self.cycles.get(person)
            return cycle is not None and (last.on - start.on).days <= math.ceil(leaf.within * cycle)
        return last.on <= moved(start.on, leaf.within, leaf.unit)

    def lasted(self, leaf: tree.Been, person: int) -> bool:
        told: list[tuple[Any, date, bool]] = []
        if isinstance(leaf.rule, tree.Compare) and leaf.rule.field in ("linked", "muted"):
            return self.lasted_ever(leaf.rule, leaf.days, person)
        for fact in self.facts_of(person):
            match leaf.rule:
                case tree.InSegment(slug):
                    if (
                        fact.type in ("segment.entered", "segment.left")
                        and fact.props.get("segment") == slug
                    ):
                        told.append((fact.place, self.day(fact), fact.type == "segment.entered"))
                case tree.Compare(_, test):
                    if fact.type == "stage.changed":
                        into = self.passes(fact.props.get("to"), test, person, choice=True)
                        told.append((fact.place, self.day(fact), into))
        until = self.on - timedelta(leaf.days)
        name = leaf.rule.slug if isinstance(leaf.rule, tree.InSegment) else leaf.rule.field
        if not told:
            began = self.logged_from(name)
            return began is not None and began <= until and self.fits(leaf.rule, person)
        since: date | None = None
        for _place, day, into in sorted(told):
            since = (since or day) if into else None
        return since is not None and since <= until

    def lasted_ever(self, rule: tree.Compare, days: int, person: int) -> bool:
        """Links and consent: nobody is so at first, and each word says since when it is otherwise."""
        wanted = rule.test.op is Op.TRUE or True in rule.test.values
        words: list[tuple[Any, date, bool]] = []
        if rule.field == "muted":
            for fact in self.facts_of(person):
                if fact.type.startswith("consent."):
                    words.append((fact.place, self.day(fact), fact.type != "consent.given"))
        else:
            spells = [each for each in self.links(person) if each.fields["private"]]
            live = [(each.place[0], each.fields["ended_at"]) for each in spells]
            for instant in {each for pair in live for each in pair if each is not None}:
                is_live = any(
                    begun <= instant and (over is None or over > instant) for begun, over in live
                )
                words.append((instant, shop_day(instant, False, self.calendar), is_live))
        since, state = date.min, False
        for _place, day, word in sorted(words):
            since, state = (day, word) if word != state else (since, state)
        return state == wanted and since <= self.on - timedelta(days)

    def placed(self, leaf: tree.Rank, person: int) -> bool:
        def group(one: int) -> Any:
            return self.attributes[one][leaf.per] if leaf.per else "all"

        own = self.attributes[person][leaf.field]
        if own is None or group(person) is None:
            return False
        values = [
            self.attributes[each][leaf.field]
            for each in self.population
            if group(each) == group(person)
        ]
        known = [each for each in values if each is not None]
        less, same = sum(each < own for each in known), sum(each == own for each in known)
        place = Fraction(100 * (2 * less + same), 2 * len(known))
        return Fraction(leaf.low) <= place <= Fraction(leaf.high)

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
        orders: dict[int, list[Fact]] = {}
        for fact in self.seen:
            if fact.order_key is not None and fact.type.startswith("order."):
                orders.setdefault(fact.order_key, []).append(fact)
        found: dict[int, list[tuple[Record, int]]] = {}
        for key, facts in orders.items():
            if (folded_order := self.order(key, facts)) is not None:
                person, record = folded_order
                found.setdefault(person, []).append((record, key))
        return found

    def order(self, key: int, facts: list[Fact]) -> tuple[int, Record] | None:
        """One order folded by hand: the earliest payment, the largest amounts, closed or paid back means gone."""
        of: dict[str, list[Fact]] = {}
        for fact in facts:
            of.setdefault(fact.type, []).append(fact)
        buyers = {each.subject for each in facts if each.subject != key}
        paid_facts = of.get("order.paid", [])
        if not buyers or not paid_facts or "order.closed" in of:
            return None
        person = self.person_of.get(min(buyers), min(buyers))
        if person in self.left_out:
            return None
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
        return person, Record(self.day(first), (first.at, -1, key), fields)

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


def folded(text: Any) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", str(text)).casefold())


def _is_of(type_: str, name: str) -> bool:
    if name == "opened":
        return type_ in OPENED
    return type_.startswith(name[:-1]) if name.endswith(".*") else type_ == name


def _told(value: Any) -> str | None:
    """A property as text."""
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value)


def _number(value: Any) -> Any:
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str):
        return float(value) if NUMBER.fullmatch(value) and abs(float(value)) < 1e15 else None
    return value


def _same(value: Any, wanted: Any, choice: bool) -> bool:
    if isinstance(wanted, bool):
        return value == (str(wanted).lower() if isinstance(value, str) else wanted)
    if isinstance(wanted, str):
        return bool(value == wanted if choice else folded(value) == folded(wanted))
    own = _number(value) if isinstance(wanted, Decimal) else value
    return bool(own is not None and own == _plain(wanted))


def _plain(wanted: Any) -> Any:
    if isinstance(wanted, Money):
        return wanted.minor
    return float(wanted) if isinstance(wanted, Decimal) else wanted


def people_of(found: Iterable[Mapping[str, Any]], name: str) -> set[int]:
    """Persons whose truth `name` is true."""
    return {row["person"] for row in found if row[name]}
