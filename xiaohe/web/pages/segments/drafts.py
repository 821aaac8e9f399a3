"""From a rule to the draft that shows it; what no line can show becomes a line of text. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

from xiaohe.kernel.money import to_major
from xiaohe.segments.rules.tree import (
    All,
    AnyOf,
    Been,
    Compare,
    Everyone,
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
from xiaohe.web.pages.segments import windows
from xiaohe.web.pages.segments.draft import Draft, Is, group

# Beside the operators: `=` with a number, where a property as stated is also compared as text; and the two truths.
IS_NUMBER, IS_TRUE, IS_FALSE = "=", "true", "false"
# In a list the sign before a value that is no text, and before a text that begins with it.
MARK = "="
# Groups in groups, and brackets in brackets of details: deeper ones have no room on a phone.
MOST_DEEP, MOST_BRACKETS = 5, 3
Printed = Callable[[Rule], str]


class _TooMuch(ValueError):
    """Lines cannot show it."""


class Drafting:
    """Drafts of one shop's rules; `printed` gives the text form of a rule."""

    def __init__(self, printed: Printed, currency: str) -> None:
        self.printed, self.currency = printed, currency

    def whole(self, rule: Rule) -> Draft:
        """A group of lines at the top, whatever the rule is; `everyone` is no line at all."""
        if isinstance(rule, Everyone):
            return group()
        draft = self.of(rule)
        return draft if draft.kind is Is.GROUP and not draft.is_not else group(draft)

    def of(self, rule: Rule, deep: int = 0) -> Draft:
        """`deep`: of how many groups it is inside; what no page has room for is one line of text."""
        match rule:
            case All(rules) | AnyOf(rules) if deep <= MOST_DEEP:
                lines = (self.of(each, deep + 1) for each in rules)
                return group(*lines, join="any" if isinstance(rule, AnyOf) else "all")
            case Not(inner):
                return _negated(self.of(inner, deep))
        try:
            return self._leaf(rule)
        except _TooMuch:
            return Draft(Is.TEXT, {"text": (self.printed(rule),)})

    def _leaf(self, rule: Rule) -> Draft:
        match rule:
            case Everyone():
                return Draft(Is.EVERYONE)
            case Compare():
                return self._value(rule)
            case Measure():
                return self._measure(rule)
            case Sequence():
                return self._sequence(rule)
            case Been(Compare(name, test), days):
                values = ("true",) if test.op is Op.TRUE else tuple(map(str, test.values))
                if values == (str(False),):
                    values = ("false",)
                return Draft(Is.BEEN, {"field": (name,), "v": values, "days": (str(days),)})
            case Been(InSegment(slug), days):
                return Draft(Is.BEEN, {"field": ("",), "slug": (slug,), "days": (str(days),)})
            case Rank():
                return _rank(rule)
            case InSegment(slug):
                return Draft(Is.SEGMENT, {"slug": (slug,)})
            case Share(salt, low, high):
                return Draft(
                    Is.SHARE, {"salt": (salt,), "low": (plain(low),), "high": (plain(high),)}
                )
            case Listed(people):
                return Draft(Is.LIST, {"p": tuple(str(each) for each in people)})
        raise _TooMuch

    def _value(self, compare: Compare) -> Draft:
        return Draft(Is.VALUE, {"field": (compare.field,), **self._test(compare.test)})

    def _measure(self, measure: Measure) -> Draft:
        records = measure.records
        fields = {
            "of": (records.of,),
            "fold": (measure.fold.value,),
            "field": (measure.field,),
            **self._test(measure.test, windows.OF_RESULT),
            **_window(records),
            "join": (_join(records.where),),
        }
        return Draft(Is.MEASURE, fields, children=tuple(self._where(records.where)))

    def _where(self, where: Where | None) -> list[Draft]:
        if where is None:
            return []
        parts = where.rules if isinstance(where, All | AnyOf) else (where,)
        return [self._detail(part, 1) for part in parts]

    def _detail(self, part: Rule, deep: int) -> Draft:
        match part:
            case Compare():
                return self._value(part)
            case Not(inner):
                return _negated(self._detail(inner, deep))
            case All(rules) | AnyOf(rules) if deep <= MOST_BRACKETS:
                details = (self._detail(each, deep + 1) for each in rules)
                return group(*details, join="any" if isinstance(part, AnyOf) else "all")
        raise _TooMuch

    def _sequence(self, rule: Sequence) -> Draft:
        window = windows.fields_of(rule.window)
        if window is None:
            raise _TooMuch
        return Draft(
            Is.SEQUENCE,
            {
                "within": (str(rule.within),),
                "unit": (rule.unit.value,),
                **window,
            },
            children=tuple(self._step(each) for each in rule.steps),
        )

    def _step(self, records: Records) -> Draft:
        fields = {"of": (records.of,), "join": (_join(records.where),)}
        return Draft(Is.STEP, fields, children=tuple(self._where(records.where)))

    def _test(self, test: Test, of: str = windows.OF_RECORDS) -> dict[str, tuple[str, ...]]:
        if test.window is not None:
            window = windows.fields_of(test.window, of)
            if window is None:
                raise _TooMuch
            return {"op": (test.op.value,), **window}
        op = test.op.value
        if test.op is Op.IN:
            return {"op": (op,), "v": tuple(self._listed(value) for value in test.values)}
        if test.op is Op.IS and isinstance(test.values[0], bool):
            return {"op": (IS_TRUE if test.values[0] else IS_FALSE,)}
        if test.op is Op.IS and isinstance(test.values[0], Decimal):
            op = IS_NUMBER
        return {"op": (op,), "v": tuple(self._written(value) for value in test.values)}

    def _listed(self, value: Value) -> str:
        """A value of a list, which may mix texts, numbers and truths."""
        if isinstance(value, bool):
            return f"{MARK}{IS_TRUE if value else IS_FALSE}"
        written = self._written(value)
        marked = isinstance(value, Decimal) or (isinstance(value, str) and written.startswith(MARK))
        return f"{MARK}{written}" if marked else written

    def _written(self, value: Value) -> str:
        match value:
            case Money(minor):
                return plain(to_major(minor, self.currency))
            case Decimal():
                return plain(value)
            case date():
                return value.isoformat()
        return str(value)


def _negated(draft: Draft) -> Draft:
    if draft.is_not:
        draft = group(draft)
    return Draft(draft.kind, draft.fields, True, draft.children)


def plain(number: Decimal) -> str:
    """A number without exponent and idle zeros: 12.50 → 12.5."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _join(where: Where | None) -> str:
    return "any" if isinstance(where, AnyOf) else "all"


def _window(records: Records) -> dict[str, tuple[str, ...]]:
    fields = windows.fields_of(records.window)
    if fields is None:
        raise _TooMuch
    return fields


def _rank(rule: Rank) -> Draft:
    if rule.high == 100 and rule.low > 0:
        side, low, high = "top", "", plain(100 - rule.low)
    elif rule.low == 0 and rule.high < 100:
        side, low, high = "bottom", "", plain(rule.high)
    else:
        side, low, high = "range", plain(rule.low), plain(rule.high)
    fields = {"field": rule.field, "side": side, "low": low, "high": high, "per": rule.per}
    return Draft(Is.RANK, {name: (value,) for name, value in fields.items()})
