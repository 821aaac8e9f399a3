"""From a draft to the rule it says, and what is still missing, by place. Pure but for the words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext_lazy as _

from xiaohe.kernel.errors import BadInput
from xiaohe.kernel.money import to_minor
from xiaohe.segments.rules.kinds import ORDERING, WITHOUT_FIELD, result
from xiaohe.segments.rules.tree import (
    All,
    AnyOf,
    Been,
    Compare,
    Everyone,
    Fold,
    InSegment,
    Listed,
    Measure,
    Money,
    Not,
    Op,
    Rank,
    Records,
    Rule,
    Sequence,
    Share,
    Test,
    Value,
    Where,
)
from xiaohe.segments.rules.vocabulary import Field, Kind, RecordKind, Vocabulary
from xiaohe.segments.rules.windows import EVER, Unit
from xiaohe.web.pages.segments import windows
from xiaohe.web.pages.segments.draft import ROOT, Draft, Is, child_id
from xiaohe.web.pages.segments.drafts import IS_FALSE, IS_NUMBER, IS_TRUE, MARK

Read = Callable[[str], Rule]


class Missing(ValueError):
    """A line says too little; the argument is the sentence beside it."""


class Wrong(Missing):
    """What was filled in cannot be."""


class Later(ValueError):
    """A line waits for one of its details, which says itself what it lacks."""


@dataclass(frozen=True)
class Built:
    """`rule` is made of the lines that are finished; `problems` says per place what the others lack."""

    rule: Rule
    problems: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_whole(self) -> bool:
        return not self.problems


@dataclass
class Building:
    """`read` turns a text form into a rule, and `check` looks whether one makes sense; both refuse with BadInput."""

    vocabulary: Vocabulary
    read: Read
    check: Callable[[Rule], None]
    problems: dict[str, str] = field(default_factory=dict)
    # The rule of each line that is finished.
    rules: dict[str, Rule] = field(default_factory=dict)
    # Places of what was filled in and cannot be.
    refused: set[str] = field(default_factory=set)

    def whole(self, draft: Draft) -> Built:
        rule = self.rule(draft, ROOT)
        return Built(rule or Everyone(), dict(self.problems))

    def rule(self, draft: Draft, place: str) -> Rule | None:
        found = self._group(draft, place) if draft.kind is Is.GROUP else self._line(draft, place)
        if found is None:
            return None
        found = Not(found) if draft.is_not else found
        self.rules[place] = found
        return found

    def _group(self, draft: Draft, place: str) -> Rule | None:
        found = [
            rule
            for number, each in enumerate(draft.children)
            if (rule := self.rule(each, child_id(place, number))) is not None
        ]
        if len(found) < 2:
            return found[0] if found else None
        return AnyOf(tuple(found)) if draft.one("join") == "any" else All(tuple(found))

    def _line(self, draft: Draft, place: str) -> Rule | None:
        try:
            found = self._leaf(draft, place)
            self.check(found)
            return found
        except Later:
            return None
        except Missing as missing:
            self._note(place, missing)
        except windows.Unreadable as missing:
            self._note(place, missing)
        except BadInput as refused:
            self.problems[place] = getattr(refused, "problem", str(refused))
            self.refused.add(place)
        return None

    def _note(self, place: str, missing: ValueError) -> None:
        window = _("Say how long, or from when to when.")
        self.problems[place] = str(missing if isinstance(missing, Missing) else window)
        if isinstance(missing, Wrong):
            self.refused.add(place)

    def _leaf(self, draft: Draft, place: str) -> Rule:
        match draft.kind:
            case Is.EVERYONE:
                return Everyone()
            case Is.VALUE:
                return self._compare(draft, self.vocabulary.attributes)
            case Is.MEASURE:
                return self._measure(draft, place)
            case Is.SEQUENCE:
                return self._sequence(draft, place)
            case Is.BEEN:
                return self._been(draft)
            case Is.RANK:
                return self._rank(draft)
            case Is.SEGMENT:
                return self._segment(draft)
            case Is.SHARE:
                low, high = _percent(draft.one("low")), _percent(draft.one("high"))
                if low >= high:
                    raise Wrong(_("The second number must be the larger one."))
                return Share(draft.one("salt"), low, high)
            case Is.LIST:
                people = {int(each) for each in draft.all("p") if each.isdecimal()}
                if not people:
                    raise Missing(_("Look for somebody and choose them."))
                return Listed(tuple(sorted(people)))
        if not draft.one("text").strip():
            raise Missing(_("Write a condition."))
        return self.read(draft.one("text"))

    def _compare(self, draft: Draft, fields: Mapping[str, Field]) -> Compare:
        told = fields.get(draft.one("field"))
        if told is None:
            raise Missing(_("Choose what it is about."))
        return Compare(told.name, self._test(draft, told))

    def _measure(self, draft: Draft, place: str) -> Measure:
        kind = self._record(draft.one("of"))
        fold = Fold(draft.one("fold") or Fold.COUNT.value)
        name = "" if fold in WITHOUT_FIELD else draft.one("field")
        told = result(fold, kind.fields.get(name))
        if told is None:
            raise Missing(_("Choose of what."))
        where = self._where(draft, kind, place)
        records = Records(kind.name, where, windows.window_of(draft.fields))
        return Measure(fold, records, self._test(draft, told, windows.OF_RESULT), name)

    def _where(self, draft: Draft, kind: RecordKind, place: str) -> Where | None:
        found: list[Any] = []
        for number, each in enumerate(draft.children):
            here = child_id(place, number)
            try:
                detail = self._detail(each, kind, here)
            except Later:
                continue
            except (Missing, windows.Unreadable) as missing:
                self._note(here, missing)
                continue
            found.append(Not(detail) if each.is_not else detail)
        if len(found) < len(draft.children):
            raise Later
        if len(found) < 2:
            return found[0] if found else None
        return AnyOf(tuple(found)) if draft.one("join") == "any" else All(tuple(found))

    def _detail(self, draft: Draft, kind: RecordKind, place: str) -> Where:
        if draft.kind is not Is.GROUP:
            return self._compare(draft, kind.fields)
        found = self._where(draft, kind, place)
        if found is None:
            raise Missing(_("Add a detail to this bracket, or take it away."))
        return found

    def _sequence(self, draft: Draft, place: str) -> Sequence:
        if len(draft.children) < 2:
            raise Missing(_("Choose at least two things, one after the other."))
        steps = tuple(
            self._step(each, child_id(place, number)) for number, each in enumerate(draft.children)
        )
        within = draft.one("within")
        if not within.isdecimal() or not int(within):
            raise Missing(_("Say how long, or from when to when."))
        window = windows.window_of(draft.fields) if draft.one("w") else EVER
        return Sequence(steps, int(within), Unit(draft.one("unit") or "days"), window)

    def _step(self, draft: Draft, place: str) -> Records:
        kind = self._record(draft.one("of"))
        return Records(kind.name, self._where(draft, kind, place))

    def _been(self, draft: Draft) -> Been:
        days = draft.one("days")
        if not days.isdecimal() or not int(days):
            raise Missing(_("Say for how many days."))
        name = draft.one("field")
        if not name:
            return Been(self._segment(draft), int(days))
        told = self.vocabulary.attributes.get(name)
        if told is None:
            raise Missing(_("Choose what it is about."))
        values = tuple(each for each in draft.all("v") if each in told.choices)
        if told.kind is Kind.TRUTH:
            test = Test(Op.IS, (False,)) if draft.one("v") == "false" else Test(Op.TRUE)
        elif values:
            test = Test(Op.IS if len(values) == 1 else Op.IN, values)
        else:
            raise Missing(_("Choose a value."))
        return Been(Compare(name, test), int(days))

    def _rank(self, draft: Draft) -> Rank:
        told = self.vocabulary.attributes.get(draft.one("field"))
        if told is None:
            raise Missing(_("Choose what it is about."))
        side, high = draft.one("side"), _percent(draft.one("high"))
        low = Decimal(0)
        if side == "top":
            low, high = 100 - high, Decimal(100)
        elif side == "range":
            low = _percent(draft.one("low"))
        if low >= high:
            raise Wrong(_("The second number must be the larger one."))
        return Rank(told.name, low, high, draft.one("per"))

    def _segment(self, draft: Draft) -> InSegment:
        if draft.one("slug") not in self.vocabulary.segments:
            raise Missing(_("Choose a segment."))
        return InSegment(draft.one("slug"))

    def _record(self, name: str) -> RecordKind:
        kind = self.vocabulary.records.get(name)
        if kind is None:
            raise Missing(_("Choose what it is about."))
        return kind

    def _test(self, draft: Draft, told: Field, of: str = windows.OF_RECORDS) -> Test:
        if told.kind in (Kind.TRUTH, Kind.STATED) and draft.one("op") in (IS_TRUE, IS_FALSE):
            return Test(Op.IS, (draft.one("op") == IS_TRUE,))
        if told.kind is Kind.TRUTH:
            return Test(Op.TRUE)
        as_number = draft.one("op") == IS_NUMBER
        op = Op.IS if as_number else Op(draft.one("op") or Op.IS.value)
        if op is Op.KNOWN:
            return Test(op)
        if op is Op.WITHIN:
            return Test(op, (), windows.window_of(draft.fields, of))
        given = [each.strip() for each in draft.all("v") if each.strip()]
        if op is Op.IN:
            given = list(dict.fromkeys(given))
        wanted = 2 if op is Op.BETWEEN else 1
        if len(given) < wanted:
            raise Missing(_("Choose a value.") if told.choices else _("Fill in a value."))
        if told.kind is Kind.CHOICE and op is Op.IN and len(given) == 1:
            op = Op.IS
        if op not in (Op.IN, Op.BETWEEN):
            given = given[:1]
        numeric = as_number or op in ORDERING
        if op is Op.IN:
            return Test(op, tuple(self._of_list(each, told) for each in given))
        return Test(op, tuple(self._value(each, told, numeric=numeric) for each in given))

    def _of_list(self, text: str, told: Field) -> Value:
        """A value of a list: marked, it is a number or a truth, or a text that begins with the mark."""
        rest = text.removeprefix(MARK)
        if rest == text or told.kind is Kind.CHOICE:
            return self._value(text, told, numeric=False)
        if told.kind in (Kind.NUMBER, Kind.MONEY):
            return self._value(rest, told, numeric=True)
        if rest.startswith(MARK) or told.kind is not Kind.STATED:
            return rest
        if rest in (IS_TRUE, IS_FALSE):
            return rest == IS_TRUE
        return _decimal(rest)

    def _value(self, text: str, told: Field, *, numeric: bool) -> Value:
        if told.kind is Kind.MONEY:
            return Money(to_minor(_decimal(text), self.vocabulary.currency))
        if told.kind is Kind.NUMBER or (told.kind is Kind.STATED and numeric):
            return _decimal(text)
        if told.kind in (Kind.DAY, Kind.RECURRING):
            try:
                return date.fromisoformat(text)
            except ValueError:
                raise Missing(_("Give a day.")) from None
        if told.choices and text not in told.choices:
            raise Missing(_("Choose a value."))
        return text


def _decimal(text: str) -> Decimal:
    try:
        number = Decimal(text.replace(",", "").replace("，", "").lstrip("¥￥£$€ "))
    except InvalidOperation:
        raise Wrong(_("This is no number.")) from None
    if not number.is_finite() or abs(number) >= 10**12:
        raise Wrong(_("This is no number."))
    return number


def _percent(text: str) -> Decimal:
    text = text.strip().rstrip("%％")
    if not text:
        raise Missing(_("Give a percentage from 0 to 100."))
    number = _decimal(text)
    if not 0 <= number <= 100:
        raise Wrong(_("Give a percentage from 0 to 100."))
    return number
