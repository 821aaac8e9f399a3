"""The JSON form of rules, for the builder and for other programs; `schema.py` describes it. Pure.

    {"version": 1, "rule": {"kind": "all", "rules": [
        {"kind": "compare", "field": "stage", "test": {"op": "is", "values": ["regular"]}},
        {"kind": "measure", "fold": "count", "records": {"of": "purchase", "window": {"kind": "last", …}}, "test": …}]}}

Texts, numbers and truth are JSON's own; amounts are `{"money": 1250}` in minor units, days `{"day": "2026-01-31"}`,
and numbers with more digits than a float holds `{"number": "…"}`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, Never

from xiaohe.segments.rules import checks, windowform
from xiaohe.segments.rules.errors import Place, RuleError
from xiaohe.segments.rules.normal import normal
from xiaohe.segments.rules.object import Object, wrong
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
from xiaohe.segments.rules.vocabulary import Vocabulary
from xiaohe.segments.rules.windows import Unit

VERSION = 1
LARGEST_EXACT = 2**53
KINDS = (
    "all", "any", "not", "everyone", "compare", "measure", "sequence", "been", "rank", "segment",
    "share", "listed",
)  # fmt: skip
IN_WHERE = ("all", "any", "not", "compare")


def to_json(rule: Rule) -> dict[str, Any]:
    return {"version": VERSION, "rule": _written(rule)}


def from_json(document: object, vocabulary: Vocabulary | None = None) -> Rule:
    """The rule in normal form, checked if there is a vocabulary; raises RuleError, which names the path."""
    whole = Object(document, "")
    version = whole.take("version")
    if version != VERSION or isinstance(version, bool):
        raise RuleError(
            "json_version", place=Place(path="/version"), found=str(version)[:40], known=VERSION
        )
    rule = _read(whole.take("rule"), "/rule", 0)
    whole.end()
    if vocabulary is not None:
        checks.check(rule, vocabulary, path="/rule")
    return normal(rule)


def remembered(document: object) -> Rule:
    """`from_json` of what was checked when it was stored; the same document gives the same tree, not only an equal one."""
    return _of_text(json.dumps(document))


@lru_cache(maxsize=4096)
def _of_text(text: str) -> Rule:
    return from_json(json.loads(text))


# ---------------------------------------------------------------- writing


def _written(rule: Rule) -> dict[str, Any]:
    match rule:
        case All(rules):
            return {"kind": "all", "rules": [_written(each) for each in rules]}
        case AnyOf(rules):
            return {"kind": "any", "rules": [_written(each) for each in rules]}
        case Not(inner):
            return {"kind": "not", "rule": _written(inner)}
        case Everyone():
            return {"kind": "everyone"}
        case Compare(field, test):
            return {"kind": "compare", "field": field, "test": _test(test)}
        case Measure(fold, records, test, field):
            named = {"field": field} if field else {}
            made = {"fold": str(fold), **named, "records": _records(records), "test": _test(test)}
            return {"kind": "measure", **made}
        case Sequence(steps, within, unit, window):
            written = [_records(each) for each in steps]
            when = windowform.written(window)
            return {
                "kind": "sequence",
                "steps": written,
                "within": within,
                "unit": str(unit),
                **when,
            }
        case Been(inner, days):
            return {"kind": "been", "rule": _written(inner), "days": days}
        case Rank(field, low, high, per):
            group = {"per": per} if per else {}
            return {
                "kind": "rank",
                "field": field,
                "low": _number(low),
                "high": _number(high),
                **group,
            }
        case InSegment(slug):
            return {"kind": "segment", "segment": slug}
        case Share(salt, low, high):
            return {"kind": "share", "salt": salt, "low": _number(low), "high": _number(high)}
        case Listed(people):
            return {"kind": "listed", "people": list(people)}
    raise TypeError(f"not a rule: {rule!r}")


def _records(records: Records) -> dict[str, Any]:
    where = {} if records.where is None else {"where": _written(records.where)}
    return {"of": records.of, **where, **windowform.written(records.window)}


def _test(test: Test) -> dict[str, Any]:
    values = {"values": [_value(each) for each in test.values]} if test.values else {}
    # A day may well lie "ever"; of a test the window is always said.
    when = {} if test.window is None else {"window": windowform.as_object(test.window)}
    return {"op": str(test.op), **values, **when}


def _value(value: Value) -> Any:
    match value:
        case bool() | str():
            return value
        case Decimal():
            return _number(value)
        case Money(minor):
            return {"money": minor}
        case date():
            return {"day": value.isoformat()}


def _number(value: Decimal) -> Any:
    if value == value.to_integral_value() and abs(value) < LARGEST_EXACT:
        return int(value)
    return float(value) if Decimal(repr(float(value))) == value else {"number": f"{value:f}"}


# ---------------------------------------------------------------- reading


def _read(data: object, path: str, depth: int, kinds: tuple[str, ...] = KINDS) -> Any:
    if depth > checks.DEEPEST:
        raise wrong(path, "too_deep", limit=checks.DEEPEST)
    each = Object(data, path)
    kind = each.choice("kind", kinds)
    rule = _of_kind(kind, each, depth, kinds)
    each.end()
    return rule


def _of_kind(kind: str, each: Object, depth: int, kinds: tuple[str, ...]) -> Rule:
    match kind:
        case "all" | "any":
            inside = tuple(
                _read(data, path, depth + 1, kinds) for data, path in each.items("rules")
            )
            return All(inside) if kind == "all" else AnyOf(inside)
        case "not":
            return Not(_read(each.take("rule"), each.at("rule"), depth + 1, kinds))
        case "everyone":
            return Everyone()
        case "compare":
            return Compare(each.text("field"), _read_test(each))
        case "measure":
            fold = Fold(each.choice("fold", tuple(str(every) for every in Fold)))
            field = each.text("field") if each.has("field") else ""
            records = _read_records(each.take("records"), each.at("records"), depth)
            return Measure(fold, records, _read_test(each), field)
        case "sequence":
            steps = tuple(_read_records(data, path, depth) for data, path in each.items("steps"))
            unit = Unit(each.choice("unit", tuple(str(every) for every in Unit)))
            return Sequence(steps, each.whole("within"), unit, windowform.read(each))
        case "been":
            inner = _read(each.take("rule"), each.at("rule"), depth + 1, ("compare", "segment"))
            return Been(inner, each.whole("days"))
        case "rank":
            per = each.text("per") if each.has("per") else ""
            return Rank(each.text("field"), _decimal(each, "low"), _decimal(each, "high"), per)
        case "segment":
            return InSegment(each.text("segment"))
        case "share":
            return Share(each.text("salt"), _decimal(each, "low"), _decimal(each, "high"))
        case "listed":
            return Listed(tuple(_person(data, path) for data, path in each.items("people")))
    return _impossible(kind)


def _read_records(data: object, path: str, depth: int) -> Records:
    each = Object(data, path)
    of = each.text("of")
    where = None
    if each.has("where"):
        where = _read(each.take("where"), each.at("where"), depth + 1, IN_WHERE)
    records = Records(of, where, windowform.read(each))
    each.end()
    return records


def _read_test(parent: Object) -> Test:
    each = Object(parent.take("test"), parent.at("test"))
    op = Op(each.choice("op", tuple(str(every) for every in Op)))
    values: tuple[Value, ...] = ()
    if each.has("values"):
        values = tuple(_read_value(data, path) for data, path in each.items("values"))
    window = windowform.read(each) if each.has("window") else None
    each.end()
    return Test(op, values, window)


def _read_value(data: object, path: str) -> Value:
    if isinstance(data, bool | str):
        return data
    if isinstance(data, int | float | Decimal):
        return _as_decimal(data, path)
    if not isinstance(data, Mapping) or len(data) != 1:
        raise wrong(
            path, "json_type", wanted='"…", 12, true, {"money": 1250}, {"day": "2026-01-31"}'
        )
    each = Object(data, path)
    if each.has("money"):
        return Money(each.whole("money"))
    if each.has("day"):
        return each.day("day")
    return _as_decimal(each.text("number"), each.at("number"))


def _decimal(each: Object, name: str) -> Decimal:
    data = each.take(name)
    if isinstance(data, Mapping) and data.keys() == {"number"}:
        data = data["number"]
    return _as_decimal(data, each.at(name))


def _as_decimal(data: object, path: str) -> Decimal:
    if isinstance(data, bool) or not isinstance(data, int | float | str | Decimal):
        raise wrong(path, "json_type", wanted="12.5")
    # A whole number of thousands of digits would take a while to write down.
    if isinstance(data, int) and abs(data) >= 10**18:
        raise wrong(path, "number_too_large")
    try:
        number = Decimal(str(data)[:60])
    except InvalidOperation:
        raise wrong(path, "json_type", wanted="12.5") from None
    if not number.is_finite() or abs(number.adjusted()) > 30:
        raise wrong(path, "number_too_large")
    return number


def _person(data: object, path: str) -> int:
    if isinstance(data, bool) or not isinstance(data, int):
        raise wrong(path, "person_unfit")
    return data


def _impossible(kind: str) -> Never:
    raise AssertionError(f"no reader for the kind {kind}")
