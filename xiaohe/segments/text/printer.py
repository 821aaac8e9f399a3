"""A tree as text, one way of writing for each tree; reading it gives the same tree again."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal

from xiaohe.kernel.money import minor_digits, to_major
from xiaohe.segments.rules.kinds import result
from xiaohe.segments.rules.normal import plain
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
)
from xiaohe.segments.rules.vocabulary import Field, Kind, Vocabulary
from xiaohe.segments.rules.windows import (
    EVER,
    Ago,
    Between,
    Calendar,
    Ever,
    Last,
    Next,
    Period,
    SameLastYear,
    Unit,
    Window,
)
from xiaohe.segments.text.words import BARE_VALUE, NEVER_BARE, PLAIN_NAME, STARTS_LEAF

YUAN = "CNY"
# Signs that cannot be seen are written by their number.
UNSEEN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]"
)
ESCAPED = "\\u"
_DAYS = {-1: "yesterday", 0: "today", 1: "tomorrow"}
_TURNS = {-1: "last", 0: "this", 1: "next"}
# Operators whose opposite has a form of its own.
TURNED = {Op.IS: "is not", Op.IN: "not in", Op.KNOWN: "is not known"}
_TIMES = {Op.AT_LEAST: "at least", Op.AT_MOST: "at most", Op.IS: "exactly"}


class Printer:
    """`vocabulary` tells choices (`regular`) from texts (`"东店"`); without it both stand in quotation marks."""

    def __init__(self, currency: str, vocabulary: Vocabulary | None = None) -> None:
        self.currency = currency
        self.attributes: Mapping[str, Field] = vocabulary.attributes if vocabulary else {}
        self.records = vocabulary.records if vocabulary else {}

    def rule(self, rule: Rule) -> str:
        match rule:
            case All(rules):
                return " and ".join(self._inside(each, AnyOf, self.rule) for each in rules)
            case AnyOf(rules):
                return " or ".join(self.rule(each) for each in rules)
            case Not(Compare(name, test)) if test.op in TURNED:
                return self.compare(
                    name, test, self.attributes.get(name), taken=STARTS_LEAF, turned=True
                )
            case Not(inner):
                return f"not {self._inside(inner, (All, AnyOf), self.rule)}"
        return self.leaf(rule)

    def leaf(self, rule: Rule) -> str:
        match rule:
            case Everyone():
                return "everyone"
            case Compare(name, test):
                return self.compare(name, test, self.attributes.get(name), taken=STARTS_LEAF)
            case Measure():
                return self.measure(rule)
            case Sequence(steps, within, unit, window):
                chain = " then ".join(self.some(each) for each in steps)
                return _spaced("did", chain, "within", length(within, unit), since(window))
            case Been(InSegment(slug), days):
                return f"has been in segment {quoted(slug)} for {length(days, Unit.DAYS)}"
            case Been(Compare(name, test), days):
                value = self.been(name, test)
                return (
                    f"{written(name, STARTS_LEAF)} has been {value} for {length(days, Unit.DAYS)}"
                )
            case Rank(name, low, high, per):
                group = f" of {written(per, STARTS_LEAF)}" if per else ""
                return f"{written(name, STARTS_LEAF)} in {_place(low, high)}{group}"
            case InSegment(slug):
                return f"in segment {quoted(slug)}"
            case Share(salt, low, high):
                return f"share {number(low)} to {number(high)} percent of {quoted(salt)}"
            case Listed(people):
                return f"listed ({', '.join(f'p{each}' for each in people)})"
        raise TypeError(f"not a rule: {rule!r}")

    def been(self, name: str, test: Test) -> str:
        if test.op is Op.TRUE:
            return "true"
        if test.op is Op.IN:
            return f"in {self.list(test, self.attributes.get(name))}"
        return self.value(test.values[0], self.attributes.get(name))

    def measure(self, leaf: Measure) -> str:
        when = since(leaf.records.window)
        if leaf.fold is Fold.COUNT and leaf.test.op in _TIMES:
            return _spaced("did", self.some(leaf.records), when, _times(leaf.test))
        some = self.some(leaf.records, compared=True)
        kind = self.records.get(leaf.records.of)
        made = result(leaf.fold, kind.fields.get(leaf.field) if kind else None)
        test = self.test(leaf.test, made)
        if leaf.test.op is Op.WITHIN and not when:
            # Otherwise the time of the value would read like the time of the records.
            when = "ever"
        if leaf.fold is Fold.COUNT:
            return _spaced("count of", some, when, test)
        if leaf.fold in (Fold.DAYS_SINCE_FIRST, Fold.DAYS_SINCE_LAST):
            return _spaced(str(leaf.fold), some, when, test)
        return _spaced(str(leaf.fold), "of", written(leaf.field), "over", some, when, test)

    def some(self, records: Records, *, compared: bool = False) -> str:
        """Records with their condition, without their time; `compared`: what is made of them is, right after."""
        if records.where is None:
            return written(records.of)
        fields = self.records[records.of].fields if records.of in self.records else {}
        condition = self.where(records.where, fields)
        match records.where:
            case Compare(_, test):
                # "where live is 2" would compare the field and not what is made of the records.
                simple = not (compared and test.op is Op.TRUE)
            case Not(Compare(_, test)):
                simple = test.op in TURNED
            case _:
                simple = False
        return f"{written(records.of)} where {condition if simple else f'({condition})'}"

    def where(self, rule: Rule, fields: Mapping[str, Field]) -> str:
        def inner(each: Rule) -> str:
            return self.where(each, fields)

        match rule:
            case All(rules):
                return " and ".join(self._inside(each, AnyOf, inner) for each in rules)
            case AnyOf(rules):
                return " or ".join(inner(each) for each in rules)
            case Not(Compare(name, test)) if test.op in TURNED:
                return self.compare(name, test, fields.get(name), turned=True)
            case Not(each):
                return f"not {self._inside(each, (All, AnyOf), inner)}"
            case Compare(name, test):
                return self.compare(name, test, fields.get(name))
        raise TypeError(f"not a condition on a record: {rule!r}")

    def compare(
        self,
        name: str,
        test: Test,
        field: Field | None,
        *,
        taken: frozenset[str] = frozenset(),
        turned: bool = False,
    ) -> str:
        """A comparison; `turned` says the opposite of one whose operator is in TURNED."""
        said = self.test(test, field)
        if turned:
            said = said.replace(str(test.op), TURNED[test.op], 1)
        return _spaced(written(name, taken), said)

    def test(self, test: Test, field: Field | None) -> str:
        match test.op:
            case Op.TRUE:
                return ""
            case Op.KNOWN:
                return "is known"
            case Op.WITHIN:
                return since(test.window or EVER) or "ever"
            case Op.IN:
                return f"in {self.list(test, field)}"
            case Op.BETWEEN:
                low, high = (self.value(each, field) for each in test.values)
                return f"between {low} and {high}"
            case Op.MATCHES:
                return f"matches {pattern(str(test.values[0]))}"
        return f"{test.op} {self.value(test.values[0], field)}"

    def list(self, test: Test, field: Field | None) -> str:
        return f"({', '.join(self.value(each, field) for each in test.values)})"

    def value(self, value: Value, field: Field | None) -> str:
        match value:
            case bool():
                return "true" if value else "false"
            case Decimal():
                return number(value)
            case Money(minor):
                return money(minor, self.currency)
            case date():
                return value.isoformat()
        is_choice = field is not None and field.kind is Kind.CHOICE
        bare = is_choice and BARE_VALUE.fullmatch(value) and value not in NEVER_BARE
        return value if bare else quoted(value)

    def _inside(
        self, rule: Rule, kinds: type | tuple[type, ...], say: Callable[[Rule], str]
    ) -> str:
        return f"({say(rule)})" if isinstance(rule, kinds) else say(rule)


def written(name: str, taken: frozenset[str] = frozenset()) -> str:
    """A name as it stands in a rule: in quotation marks where it would read as something else."""
    plainly = PLAIN_NAME.fullmatch(name) and name.casefold() not in taken | NEVER_BARE
    return name if plainly else quoted(name)


def quoted(text: str) -> str:
    safe = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return '"' + UNSEEN.sub(_by_number, safe) + '"'


def _by_number(found: re.Match[str]) -> str:
    return f"{ESCAPED}{{{ord(found[0]):x}}}"


def pattern(text: str) -> str:
    out, at = [], 0
    while at < len(text):
        pair = text[at : at + 2]
        out.append(pair if pair.startswith("\\") else "\\/" if text[at] == "/" else text[at])
        at += 2 if pair.startswith("\\") else 1
    return f"/{''.join(out)}/"


def number(value: Decimal) -> str:
    return f"{plain(value):f}"


def money(minor: int, currency: str) -> str:
    """`¥12.50`, whole amounts without minor digits; in other currencies `12.50 money`."""
    major = to_major(minor, currency)
    digits = minor_digits(currency)
    text = f"{major:.{digits}f}" if major != major.to_integral_value() else f"{int(major)}"
    return f"¥{text}" if currency == YUAN else f"{text} money"


def length(count: int, unit: Unit) -> str:
    """`1 day`, `30 days`."""
    return f"{count} {str(unit).removesuffix('s') if count == 1 else unit}"


def since(window: Window) -> str:
    """A window as it stands in a rule; nothing for ever."""
    match window:
        case Ever():
            return ""
        case Last(count, unit):
            return f"in last {length(count, unit)}"
        case Next(count, unit):
            return f"in next {length(count, unit)}"
        case Ago(far, near):
            return f"{far} to {near} days ago" if far != near else f"{length(far, Unit.DAYS)} ago"
        case Calendar(Period.DAY, offset):
            return _DAYS[offset]
        case Calendar(period, offset):
            return f"in {_TURNS[offset]} {period}"
        case SameLastYear(period):
            return f"in same {period} last year"
        case Between(first, last):
            return _between(first, last)
    raise TypeError(f"not a window: {window!r}")


def _between(first: date | None, last: date | None) -> str:
    if first is None and last is None:
        return ""
    if last is None:
        return f"since {first}"
    if first is None:
        return f"before {last + timedelta(1)}"
    return f"on {first}" if first == last else f"from {first} to {last}"


def _times(test: Test) -> str:
    times = int(test.values[0])  # type: ignore[arg-type]
    if test.op is Op.AT_LEAST and times == 1:
        return ""
    return f"{_TIMES[test.op]} {times} {'time' if times == 1 else 'times'}"


def _place(low: Decimal, high: Decimal) -> str:
    if high == 100:
        return f"top {number(100 - low)} percent"
    if low == 0:
        return f"bottom {number(high)} percent"
    return f"percentile {number(low)} to {number(high)}"


def _spaced(*parts: str) -> str:
    return " ".join(each for each in parts if each)
