"""Every call: where, who may, what it takes, what it gives. The router, the checks of input and openapi.json are made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from xiaohe.shop.api_keys import Scope

MOST_PEOPLE = 1_000
Schema = Mapping[str, Any]


def _object(of: Mapping[str, Schema], *required: str) -> Schema:
    needed = {"required": list(required)} if required else {}
    return {"type": "object", "properties": dict(of), **needed, "additionalProperties": False}


def _list_of(name: str) -> Schema:
    return {"type": "array", "items": ref(name)}


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


TEXT: Schema = {"type": "string"}
MAYBE_TEXT: Schema = {"type": ["string", "null"]}
TRUTH: Schema = {"type": "boolean"}
WHOLE: Schema = {"type": "integer"}
DAY: Schema = {"type": "string", "format": "date"}
INSTANT: Schema = {"type": ["string", "null"], "format": "date-time"}
RULE: Schema = {"type": "string", "description": "a rule of the language of docs/segments.md"}
TREE: Schema = {
    "type": "object",
    "description": "the same rule as a tree",
    "$ref": "#/components/schemas/SegmentRule",
}
PERSON: Schema = {"type": "string", "pattern": "^p?-?[0-9]+$", "description": "a person's id"}
SLUG: Schema = {"type": "string", "pattern": "^[a-z0-9-]{1,40}$"}
ON: Schema = {**DAY, "description": "what was so before this shop day; absent: now"}
LIMIT: Schema = {"type": "integer", "minimum": 1, "maximum": MOST_PEOPLE, "default": 100}
AFTER: Schema = {"type": "string", "description": "`next` of the page before"}
COLUMNS: Schema = {"type": "string", "description": "attributes, such as stage,net_365"}

_SEGMENT = {
    "slug": SLUG, "name": TEXT, "kind": {"type": "string", "enum": ["own", "library", "tag"]}, "rule": RULE,
    "version": WHOLE, "as_shipped": TRUTH, "why": TEXT, "todo": TEXT, "waits_for": TEXT, "edited_at": INSTANT,
    "archived_at": INSTANT,
}  # fmt: skip
_FACT = {
    "key": TEXT, "on": DAY, "type": TEXT, "amount": {"type": ["integer", "null"]}, "currency": MAYBE_TEXT,
    "decides_alone": {**TRUTH, "description": "taken back alone, the person's membership is another"},
}  # fmt: skip
SCHEMAS: Mapping[str, Schema] = {
    "Segment": _object(_SEGMENT, "slug", "name", "kind", "rule", "version"),
    "Segments": _object({"segments": _list_of("Segment")}, "segments"),
    "Saved": _object({"segment": ref("Segment"), "version": WHOLE}, "segment", "version"),
    "Count": _object({"people": WHOLE, "about": TRUTH}, "people", "about"),
    "People": _object(
        {
            "people": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"person": PERSON},
                    "required": ["person"],
                    "additionalProperties": True,
                },
            },
            "next": MAYBE_TEXT,
        },
        "people",
        "next",
    ),
    "Fact": _object(_FACT, *_FACT),
    "Why": _object(
        {
            "rule": RULE, "sentence": TEXT, "fits": TRUTH, "value": {}, "since": INSTANT, "since_known": TRUTH,
            "until": INSTANT, "until_known": TRUTH, "since_gap": MAYBE_TEXT,
            "until_gap": MAYBE_TEXT, "sure_until": INSTANT, "facts": _list_of("Fact"), "parts": _list_of("Why"),
        },
        "rule", "fits", "since", "until", "facts", "parts",
    ),
    "Explanation": _object(
        {"person": PERSON, "on": DAY, "at": INSTANT, "fits": TRUTH, "why": ref("Why")},
        "person", "on", "fits", "why",
    ),
    "Checked": _object({"rule": RULE, "tree": TREE}, "rule", "tree"),
    "Error": _object(
        {
            "success": {"const": False},
            "error": {
                "type": "object",
                "properties": {
                    "code": TEXT, "message": TEXT, "line": WHOLE, "column": WHOLE, "length": WHOLE, "path": MAYBE_TEXT,
                    "suggestion": TEXT,
                },
                "required": ["code", "message"],
            },
        },
        "success", "error",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Call:
    """`path` has at most one `{slug}`; `name` is the function of `calls` that answers."""

    name: str
    method: str
    path: str
    about: str
    gives: str
    scope: Scope = Scope.SEGMENTS_READ
    query: Mapping[str, Schema] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    body: Schema | None = None
    status: int = 200


_PAGE = {"columns": COLUMNS, "limit": LIMIT, "after": AFTER}
_BASE = "/v1/segments"
_ONE = f"{_BASE}/{{slug}}"
_WRITE = Scope.SEGMENTS_WRITE

CALLS = (
    Call("listing", "GET", _BASE, "Every segment", "Segments", query={"archived": TRUTH}),
    Call(
        "create", "POST", _BASE, "A new segment", "Saved", _WRITE,
        body=_object({"name": TEXT, "rule": RULE, "tree": TREE}, "name"), status=201,
    ),
    Call("count_rule", "POST", f"{_BASE}/count", "How many people fit a rule", "Count",
         body=_object({"rule": RULE, "tree": TREE, "on": ON})),
    Call("people_of_rule", "POST", f"{_BASE}/people", "Who fits a rule; noted in the audit", "People",
         body=_object({"rule": RULE, "tree": TREE, "on": ON, **_PAGE})),
    Call("explain_rule", "POST", f"{_BASE}/explain", "Why one person fits a rule or does not", "Explanation",
         body=_object({"rule": RULE, "tree": TREE, "person": PERSON, "on": ON}, "person")),
    Call("check", "POST", f"{_BASE}/check", "Whether a rule can be read, and where not", "Checked",
         body=_object({"rule": RULE, "tree": TREE})),
    Call("one", "GET", _ONE, "One segment", "Segment"),
    Call(
        "change", "PUT", _ONE, "Another rule or name; `version` is the one you had before you", "Saved", _WRITE,
        body=_object({"name": TEXT, "rule": RULE, "tree": TREE, "version": WHOLE}, "name", "version"),
    ),
    Call("archive", "DELETE", _ONE, "Put a segment away; a PUT brings it back", "Saved", _WRITE),
    Call("count", "GET", f"{_ONE}/count", "How many people are in it", "Count", query={"on": ON}),
    Call("people", "GET", f"{_ONE}/people", "Who is in it; noted in the audit", "People", query={"on": ON, **_PAGE}),
    Call("explain", "GET", f"{_ONE}/explain", "Why one person is in it or is not", "Explanation",
         query={"person": PERSON, "on": ON}, required=("person",)),
)  # fmt: skip
