"""The normal form: of several trees that plainly say the same, the one that is kept, printed and compared. Pure.

And(a, And(b, c)) = And(a, b, c)     Not(Not(a)) = a            And(a) = a
in (a)            = is a             within ever = is known     in (a, b, a) = in (a, b)
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import cast

from xiaohe.segments.rules.tree import (
    All,
    AnyOf,
    Been,
    Compare,
    Everyone,
    InSegment,
    Listed,
    Measure,
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
from xiaohe.segments.rules.windows import EVER, Between, Ever, Window


def normal(rule: Rule) -> Rule:
    """The same meaning in normal form; of a tree in normal form, that tree."""
    match rule:
        case All(rules):
            return _joined(All, [normal(each) for each in rules], empty=Everyone())
        case AnyOf(rules):
            return _joined(AnyOf, [normal(each) for each in rules], empty=Not(Everyone()))
        case Not(inner):
            inside = normal(inner)
            return inside.rule if isinstance(inside, Not) else Not(inside)
        case Compare(name, test):
            return Compare(name, _test(test))
        case Measure():
            return replace(rule, records=_records(rule.records), test=_test(rule.test))
        case Sequence():
            steps = tuple(_records(each) for each in rule.steps)
            return replace(rule, steps=steps, window=_window(rule.window))
        case Been(Compare(name, test), days):
            # Only truths and choices are written down, so true is plainly that.
            test = Test(Op.TRUE) if test == Test(Op.IS, (True,)) else _test(test)
            return Been(Compare(name, test), days)
        case Rank() | Share():
            return replace(rule, low=plain(rule.low), high=plain(rule.high))
        case Listed(people):
            return Listed(tuple(sorted(set(people))))
        case InSegment() | Everyone() | Been():
            return rule
    raise TypeError(f"not a rule: {rule!r}")


def plain(number: Decimal) -> Decimal:
    """The number without exponent, idle zeros and negative nought, so that equal numbers are written alike."""
    if not number:
        return Decimal(0)
    text = f"{number:f}"
    return Decimal(text.rstrip("0").rstrip(".") if "." in text else text)


def _joined(kind: type[All] | type[AnyOf], rules: list[Rule], empty: Rule) -> Rule:
    flat: list[Rule] = []
    for each in rules:
        flat += each.rules if isinstance(each, kind) else (each,)
    if not flat:
        return empty
    return flat[0] if len(flat) == 1 else kind(tuple(flat))


def _records(records: Records) -> Records:
    # The normal form of conditions on a record is one.
    where = None if records.where is None else cast(Where, normal(records.where))
    return replace(records, where=where, window=_window(records.window))


def _window(window: Window) -> Window:
    return EVER if window == Between() else window


def _test(test: Test) -> Test:
    values = tuple(_value(test.op, each) for each in test.values)
    window = None if test.window is None else _window(test.window)
    if test.op is Op.WITHIN and isinstance(window, Ever):
        return Test(Op.KNOWN)
    if test.op is Op.IN:
        values = _once(values)
        if len(values) == 1:
            return Test(Op.IS, values)
    return Test(test.op, values, window)


def _value(op: Op, value: Value) -> Value:
    if isinstance(value, Decimal):
        return plain(value)
    if op is Op.MATCHES and isinstance(value, str):
        return _without_idle_slashes(value)
    return value


def _once(values: tuple[Value, ...]) -> tuple[Value, ...]:
    """Each value once, in the order given; 1 and true are two."""
    return tuple({(type(each), each): each for each in values}.values())


def _without_idle_slashes(pattern: str) -> str:
    """`\\/` and `/` match the same; the pattern has the short one."""
    out, at = [], 0
    while at < len(pattern):
        pair = pattern[at : at + 2]
        out.append("/" if pair == "\\/" else pair if pair.startswith("\\") else pattern[at])
        at += 2 if pair.startswith("\\") else 1
    return "".join(out)
