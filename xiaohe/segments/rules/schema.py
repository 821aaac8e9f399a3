"""The JSON form of rules as JSON schemas, for OpenAPI. Pure."""

from __future__ import annotations

from typing import Any

from xiaohe.segments.rules import checks, jsonform, testing
from xiaohe.segments.rules.tree import Fold, Op
from xiaohe.segments.rules.windows import Period, Unit

ROOT = "#/components/schemas/"
_TEXT = {"type": "string"}
_WHOLE = {"type": "integer"}
_DAY = {"type": "string", "format": "date"}


def schemas(root: str = ROOT) -> dict[str, Any]:
    """By name: SegmentRule (the document), RulePart, RuleWhere, RuleRecords, RuleTest, RuleValue, RuleWindow."""

    def ref(name: str) -> dict[str, Any]:
        return {"$ref": f"{root}{name}"}

    part, where, test = ref("RulePart"), ref("RuleWhere"), ref("RuleTest")
    records, window, number = ref("RuleRecords"), ref("RuleWindow"), ref("RuleNumber")
    compare = _kind("compare", field=_TEXT, test=test)
    been = {"oneOf": [compare, _kind("segment", segment=_TEXT)]}
    steps = {**_many(records), "minItems": min(checks.STEPS), "maxItems": max(checks.STEPS)}
    parts = [
        *_joins(part),
        _kind("everyone"),
        compare,
        _kind("measure", fold=_one_of(Fold), records=records, test=test, field__=_TEXT),
        _kind("sequence", steps=steps, within=_WHOLE, unit=_one_of(Unit), window__=window),
        _kind("been", rule=been, days=_WHOLE),
        _kind("rank", field=_TEXT, low=number, high=number, per__=_TEXT),
        _kind("segment", segment=_TEXT),
        _kind("share", salt=_TEXT, low=number, high=number),
        _kind("listed", people={**_many(_WHOLE), "maxItems": checks.MOST_PEOPLE}),
    ]
    values = {**_many(ref("RuleValue")), "maxItems": testing.MOST_VALUES}
    return {
        "SegmentRule": _object(version={"const": jsonform.VERSION}, rule=part),
        "RulePart": {"oneOf": parts},
        "RuleWhere": {"oneOf": [*_joins(where), compare]},
        "RuleRecords": _object(of=_TEXT, where__=where, window__=window),
        "RuleTest": _object(op=_one_of(Op), values__=values, window__=window),
        "RuleNumber": {"oneOf": [{"type": "number"}, _object(number=_TEXT)]},
        "RuleValue": {
            "oneOf": [
                {"type": ["string", "number", "boolean"]},
                _object(number=_TEXT),
                {**_object(money=_WHOLE), "description": "Minor units of the shop's currency."},
                _object(day=_DAY),
            ]
        },
        "RuleWindow": {"oneOf": _windows()},
    }


def _joins(part: dict[str, Any]) -> list[dict[str, Any]]:
    several = {**_many(part), "minItems": 2}
    return [_kind("all", rules=several), _kind("any", rules=several), _kind("not", rule=part)]


def _windows() -> list[dict[str, Any]]:
    length = {"count": {**_WHOLE, "minimum": 1}, "unit": _one_of(Unit)}
    offset = {"type": "integer", "enum": [-1, 0, 1]}
    return [
        _kind("ever"),
        _kind("last", **length),
        _kind("next", **length),
        _kind("ago", far=_WHOLE, near=_WHOLE),
        _kind("calendar", period=_one_of(Period), offset__=offset),
        _kind("same_last_year", period=_one_of(Period)),
        _kind("between", first__=_DAY, last__=_DAY),
    ]


def _kind(name: str, **members: Any) -> dict[str, Any]:
    return _object(kind={"const": name}, **members)


def _object(**members: Any) -> dict[str, Any]:
    """Exactly these members; those whose name ends in `__` may be left out."""
    needed = [name for name in members if not name.endswith("__")]
    properties = {name.removesuffix("__"): each for name, each in members.items()}
    return {
        "type": "object",
        "properties": properties,
        "required": needed,
        "additionalProperties": False,
    }


def _many(each: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": each}


def _one_of(names: type[Fold] | type[Op] | type[Unit] | type[Period]) -> dict[str, Any]:
    return {"type": "string", "enum": [str(each) for each in names]}
