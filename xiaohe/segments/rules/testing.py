"""Does a comparison fit a value of its kind? Pure."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from difflib import get_close_matches

from xiaohe.segments.rules import timing
from xiaohe.segments.rules.kinds import ALWAYS_KNOWN, OPERATORS, ORDERING, TEXTUAL, WHOLE
from xiaohe.segments.rules.patterns import LONGEST_PATTERN, unreadable, unsafe_part
from xiaohe.segments.rules.timing import Problem
from xiaohe.segments.rules.tree import Fold, Money, Op, Test, Value
from xiaohe.segments.rules.vocabulary import Field, Kind

MOST_VALUES = 1_000
LONGEST_TEXT = 500
# An 8-byte number of minor units holds any amount of this size.
LARGEST_MINOR = 10**15
LARGEST = Decimal(10) ** 15
DIGITS_AFTER_POINT = 6
# What PostgreSQL and UTF-8 cannot hold.
_UNFIT = re.compile("[\x00\ud800-\udfff]")
_NO_VALUE = frozenset({Op.KNOWN, Op.TRUE, Op.WITHIN})
_NEEDED = {
    Kind.TEXT: "text_needed",
    Kind.CHOICE: "text_needed",
    Kind.NUMBER: "number_needed",
    Kind.MONEY: "money_needed",
    Kind.TRUTH: "truth_needed",
    Kind.DAY: "day_needed",
    Kind.RECURRING: "day_needed",
    Kind.STATED: "value_needed",
}


def problem_of(test: Test, field: Field, fold: Fold | None = None) -> Problem | None:
    """What is wrong with comparing `field` so; `fold` says what made the value, if anything did."""
    ops = OPERATORS[field.kind]
    if fold in ALWAYS_KNOWN:
        ops = tuple(each for each in ops if each is not Op.KNOWN)
    if test.op not in ops:
        known = ", ".join(_written(each) for each in ops)
        said = {"name": field.name, "operator": _written(test.op), "known": known}
        return Problem("operator_unfit", said)
    if problem := _shape(test):
        return problem
    if test.op is Op.WITHIN and test.window is not None:
        recurring = field.kind is Kind.RECURRING
        return (timing.of_recurring if recurring else timing.of_day)(test.window)
    for value in test.values:
        if problem := _value(value, test.op, field, fold):
            return problem
    return _together(test)


def is_number(value: object) -> bool:
    """Is it a number that every database holds exactly?"""
    if not isinstance(value, Decimal) or not value.is_finite() or abs(value) >= LARGEST:
        return False
    _, digits, exponent = value.as_tuple()
    # Idle zeros at the end are no digits.
    idle = len(digits) - len("".join(map(str, digits)).rstrip("0"))
    return isinstance(exponent, int) and (not value or -exponent - idle <= DIGITS_AFTER_POINT)


def text_problem(text: object, longest: int, *, may_be_empty: bool = True) -> str | None:
    """The code of what is wrong with a text; None if nothing is."""
    if not isinstance(text, str):
        return "text_unfit"
    if not text and not may_be_empty:
        return "text_empty"
    if len(text) > longest:
        return "text_too_long"
    return "text_unfit" if _UNFIT.search(text) else None


def _written(op: Op) -> str:
    """As it stands in a rule; a day lies in a time, which has no word of its own."""
    return "in next 30 days" if op is Op.WITHIN else str(op)


def _shape(test: Test) -> Problem | None:
    count = len(test.values)
    wanted = 0 if test.op in _NO_VALUE else 2 if test.op is Op.BETWEEN else 1
    fits = count >= 1 if test.op is Op.IN else count == wanted
    if not fits or (test.window is not None) != (test.op is Op.WITHIN):
        return Problem("how_many_values", {"operator": _written(test.op)})
    return Problem("too_many_values", {"limit": MOST_VALUES}) if count > MOST_VALUES else None


def _value(value: Value, op: Op, field: Field, fold: Fold | None) -> Problem | None:
    if not _fits(value, op, field.kind):
        return Problem(_needed(op, field.kind), {"name": field.name})
    if isinstance(value, bool):
        return None
    if isinstance(value, Decimal):
        return _number(value, field, fold)
    if isinstance(value, Money):
        return None if abs(value.minor) < LARGEST_MINOR else Problem("number_too_large")
    if isinstance(value, date):
        return timing.day_problem(value)
    return _text(value, op, field)


def _fits(value: Value, op: Op, kind: Kind) -> bool:
    if op in TEXTUAL:
        return isinstance(value, str)
    match kind:
        case Kind.TEXT | Kind.CHOICE:
            return isinstance(value, str)
        case Kind.NUMBER:
            return isinstance(value, Decimal)
        case Kind.MONEY:
            return isinstance(value, Money) and isinstance(value.minor, int)
        case Kind.TRUTH:
            return isinstance(value, bool)
        case Kind.DAY | Kind.RECURRING:
            return isinstance(value, date) and not isinstance(value, datetime)
    if op in ORDERING:
        return isinstance(value, Decimal)
    # A list holds texts and numbers; truth is asked for by itself.
    return isinstance(value, str | Decimal) or (op is Op.IS and isinstance(value, bool))


def _needed(op: Op, kind: Kind) -> str:
    if kind is Kind.STATED and (op in TEXTUAL or op in ORDERING):
        return "text_needed" if op in TEXTUAL else "number_needed"
    return _NEEDED[kind]


def _number(value: Decimal, field: Field, fold: Fold | None) -> Problem | None:
    if not is_number(value):
        return Problem("number_too_large")
    if fold in WHOLE and (value < 0 or value != value.to_integral_value()):
        return Problem("whole_needed", {"name": field.name})
    return None


def _text(value: str, op: Op, field: Field) -> Problem | None:
    longest = LONGEST_PATTERN if op is Op.MATCHES else LONGEST_TEXT
    # "contains nothing" holds for every text, which nobody means.
    if code := text_problem(value, longest, may_be_empty=op not in TEXTUAL):
        return Problem(code, {"limit": longest} if code == "text_too_long" else {})
    if field.kind is Kind.CHOICE and value not in field.choices:
        near = get_close_matches(value[:100], field.choices, 1)
        said = {"name": field.name, "found": value, "known": ", ".join(field.choices)}
        return Problem("unknown_choice", said, near[0] if near else "")
    if op is not Op.MATCHES:
        return None
    if unsafe := unsafe_part(value):
        return Problem("pattern_unsafe", {"found": unsafe})
    why = unreadable(value)
    return Problem("pattern_wrong", {"why": why}) if why else None


def _together(test: Test) -> Problem | None:
    """Two ends in their order; they are of one kind by now."""
    if test.op is not Op.BETWEEN:
        return None
    low, high = (each.minor if isinstance(each, Money) else each for each in test.values)
    return Problem("ends_swapped") if low > high else None  # type: ignore[operator]
