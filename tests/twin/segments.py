"""Rules asked of plain lists of facts, one person at a time: what the product must answer, written a second time.

    shop = Shop(facts, now=…, on=…, calendar=…)      shop.fits(rule, person)

No code of the product's queries is used: windows of the rules module alone, which have tests of their own.
"""

from __future__ import annotations

import hmac
import math
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from hashlib import sha256
from typing import Any

from tests.twin.segment_records import Fact, Record, Told, shop_day
from xiaohe.segments.rules import tree
from xiaohe.segments.rules.tree import Fold, Money, Op, Test
from xiaohe.segments.rules.windows import Last, Unit, Window, days_of, is_hours, is_of_cycles, moved

NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)

__all__ = ["Fact", "Shop", "people_of", "shop_day"]


@dataclass
class Shop(Told):
    """Whom rules fit."""

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
                found = days_of(test.window, self.on)
                # The last days are over today; those of an attribute may lie ahead.
                is_over = not isinstance(test.window, Last) or value <= self.on
                return found is not None and found.holds(value) and is_over
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
                case tree.Compare(field, test):
                    if fact.type == f"{field}.changed":
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


def folded(text: Any) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", str(text)).casefold())


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
