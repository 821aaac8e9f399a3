"""The published schema describes exactly what is written."""

from __future__ import annotations

import json
import re
from typing import Any

from hypothesis import HealthCheck, given, settings

from tests.segments.rules import rules
from tests.segments.vocabulary import VOCABULARY
from xiaohe.segments.rules import jsonform, schema
from xiaohe.segments.rules.tree import Rule

SCHEMAS = schema.schemas("")


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(rule=rules(VOCABULARY))
def test_every_document_fits_the_schema(rule: Rule) -> None:
    document = json.loads(json.dumps(jsonform.to_json(rule)))
    assert fits(document, {"$ref": "SegmentRule"}), document


def test_every_kind_of_condition_is_described() -> None:
    described = {each["properties"]["kind"]["const"] for each in SCHEMAS["RulePart"]["oneOf"]}
    assert described == set(jsonform.KINDS)


def fits(value: Any, described: dict[str, Any]) -> bool:
    """As much of JSON Schema as the description uses."""
    if "$ref" in described:
        return fits(value, SCHEMAS[described["$ref"]])
    if "oneOf" in described:
        return sum(fits(value, each) for each in described["oneOf"]) == 1
    if "const" in described:
        return bool(value == described["const"])
    if "enum" in described and value not in described["enum"]:
        return False
    kinds = described["type"] if isinstance(described["type"], list) else [described["type"]]
    return any(_is(value, each, described) for each in kinds)


def _is(value: Any, kind: str, described: dict[str, Any]) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    match kind:
        case "string":
            is_day = re.fullmatch(r"\d{4}-\d\d-\d\d", str(value)) is not None
            return isinstance(value, str) and (described.get("format") != "date" or is_day)
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            return number and isinstance(value, int) and value >= described.get("minimum", value)
        case "number":
            return number
        case "array":
            if not isinstance(value, list) or len(value) < described.get("minItems", 0):
                return False
            return all(fits(each, described["items"]) for each in value)
        case "object":
            if not isinstance(value, dict) or set(described["required"]) - set(value):
                return False
            known = described["properties"]
            return all(name in known and fits(each, known[name]) for name, each in value.items())
    raise AssertionError(f"the test knows no {kind}")
