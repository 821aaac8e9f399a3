"""What each call of the description does, and the way in: route, key, input, answer.

request ─► call of this method and path ─► key and scope ─► input checked ─► answer, or a refusal with its place
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import parse_qs

import orjson
from django.utils.translation import gettext_lazy as _

from xiaohe.api.http import Request, Response, json_response
from xiaohe.api.refusals import json_error
from xiaohe.api.rest import callers
from xiaohe.api.rest.description import CALLS, Call, Schema
from xiaohe.api.rest.openapi import serve
from xiaohe.kernel.errors import BadInput
from xiaohe.segments import actions, listing, queries
from xiaohe.segments.asking import Asked
from xiaohe.segments.rules import jsonform
from xiaohe.segments.rules.errors import RuleError
from xiaohe.segments.rules.tree import Rule
from xiaohe.segments.saved import Done
from xiaohe.segments.text import parse, print_rule
from xiaohe.shop import audit, clock
from xiaohe.shop.api_keys import Caller
from xiaohe.shop.models import AuditAct

# A rule that lists as many people as one may.
LARGEST_BODY = 512 * 1024
TYPES: Mapping[str, Any] = {"string": str, "integer": int, "boolean": bool, "object": dict}


class BadField(BadInput):
    """A value that a call does not take; the name is told, never the value."""

    def __init__(self, name: str) -> None:
        super().__init__(
            "bad_field", _("“%(name)s” is missing or not what this call takes."), name=name
        )


@dataclass(frozen=True)
class Given:
    """What a request said: its key, the slug of its path, and its input after the check."""

    caller: Caller
    slug: str
    told: Mapping[str, Any]

    @property
    def on(self) -> date | None:
        return self.told.get("on")


def answer(request: Request) -> Response:
    """Any path of the description."""
    here = [
        (call, found) for call in CALLS if (found := _pattern(call.path).fullmatch(request.path))
    ]
    if not here:
        return json_error(404, "not_found", "There is nothing at this address.")
    # Whole words come before slugs in the description.
    path = here[0][0].path
    method = "GET" if request.method == "HEAD" else request.method
    for call, found in here:
        if call.method == method and call.path == path:
            return _answered(request, call, found.groupdict().get("slug", ""))
    allowed = ", ".join(sorted({call.method for call, _found in here if call.path == path}))
    refusal = json_error(405, "method", f"{allowed} only.")
    return Response(refusal.status, refusal.body, headers={"Allow": allowed})


def _answered(request: Request, call: Call, slug: str) -> Response:
    caller = callers.caller(request, call.scope)
    try:
        given = Given(caller, slug, _input(request, call))
        with callers.questions.entered():
            return json_response(HANDLERS[call.name](given), call.status)
    except RuleError as error:
        return _wrong_rule(error)


def _wrong_rule(error: RuleError) -> Response:
    place = error.place
    told: dict[str, Any] = {
        "code": error.code,
        "message": str(error),
        "suggestion": error.suggestion,
    }
    if place.line:
        told |= {"line": place.line, "column": place.column, "length": place.length}
    if place.path is not None:
        told["path"] = place.path
    return json_response({"success": False, "error": told}, error.status)


# ---------------------------------------------------------------- input


def _input(request: Request, call: Call) -> Mapping[str, Any]:
    if call.body is None:
        words = parse_qs(request.environ.get("QUERY_STRING", ""), keep_blank_values=True)
        given = {name: _read(name, some[-1], call.query.get(name)) for name, some in words.items()}
        return _checked(given, call.query, call.required)
    try:
        told = orjson.loads(request.body(LARGEST_BODY) or b"null")
    except orjson.JSONDecodeError:
        raise BadInput("malformed", _("The body is not the JSON this call takes.")) from None
    if not isinstance(told, dict):
        raise BadInput("malformed", _("The body is not the JSON this call takes."))
    return _checked(told, call.body["properties"], call.body.get("required", ()))


def _read(name: str, word: str, schema: Schema | None) -> Any:
    """A word of an address as the value it stands for."""
    kind = (schema or {}).get("type")
    if kind == "boolean":
        if word not in ("true", "false"):
            raise BadField(name)
        return word == "true"
    if kind == "integer":
        if not re.fullmatch(r"-?\d{1,18}", word):
            raise BadField(name)
        return int(word)
    return word


def _checked(
    given: Mapping[str, Any], known: Mapping[str, Schema], required: Any
) -> Mapping[str, Any]:
    for name in [
        *(each for each in given if each not in known),
        *(n for n in required if n not in given),
    ]:
        raise BadField(name)
    return {name: _value(name, value, known[name]) for name, value in given.items()}


def _value(name: str, value: Any, schema: Schema) -> Any:
    """A value of the kind the schema says; days as days."""
    wanted = TYPES[schema["type"]]
    told: Any = value
    if not isinstance(told, wanted) or (wanted is int and isinstance(told, bool)):
        raise BadField(name)
    if "pattern" in schema and not re.fullmatch(schema["pattern"], told):
        raise BadField(name)
    if isinstance(told, int) and not schema.get("minimum", told) <= told <= schema.get(
        "maximum", told
    ):
        raise BadField(name)
    if schema.get("format") == "date":
        try:
            return date.fromisoformat(told)
        except ValueError:
            raise BadField(name) from None
    return told


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(path.replace("{slug}", "(?P<slug>[a-z0-9-]{1,40})"))


# ---------------------------------------------------------------- segments


def _listing(given: Given) -> dict[str, Any]:
    some = queries.segments(archived=bool(given.told.get("archived")))
    return {"segments": [listing.segment(each) for each in some]}


def _one(given: Given) -> dict[str, Any]:
    return listing.segment(queries.segment(given.slug))


def _create(given: Given) -> dict[str, Any]:
    return _done(given, actions.save(given.told["name"], _rule(given), None, clock.now()))


def _change(given: Given) -> dict[str, Any]:
    seen = given.told["version"]
    done = actions.save(given.told["name"], _rule(given), None, clock.now(), given.slug, seen=seen)
    return _done(given, done)


def _archive(given: Given) -> dict[str, Any]:
    return _done(given, actions.archive(given.slug, None, clock.now()))


def _done(given: Given, done: Done) -> dict[str, Any]:
    page = f"{given.caller.as_page}: segment {done.saved.slug}"
    audit.record(AuditAct.CHANGED, now=clock.now(), user_id=None, page=page[:80], people=0)
    return {"segment": listing.segment(done.saved), "version": done.saved.version}


def _rule(given: Given) -> Rule:
    known = queries.vocabulary()
    if ("rule" in given.told) == ("tree" in given.told):
        raise BadField("rule")
    if "rule" in given.told:
        return parse(given.told["rule"], known)
    return jsonform.from_json(given.told["tree"], known)


def _check(given: Given) -> dict[str, Any]:
    known = queries.vocabulary()
    rule = _rule(given)
    return {"rule": print_rule(rule, known.currency, known), "tree": jsonform.to_json(rule)}


# ---------------------------------------------------------------- people


def _asked(given: Given) -> Asked:
    if given.slug:
        return Asked(queries.segment(given.slug).rule, clock.now(), given.on)
    return Asked(_rule(given), clock.now(), given.on)


def _count(given: Given) -> dict[str, Any]:
    count = _asked(given).count()
    return {"people": int(count), "about": count.about}


def _people(given: Given) -> dict[str, Any]:
    columns = [each for each in given.told.get("columns", "").split(",") if each]
    after = given.told.get("after")
    if after is not None and not re.fullmatch(r"p-?\d{1,20}", after):
        raise BadField("after")
    page = _asked(given).page(
        columns, limit=given.told.get("limit", 100), after=None if after is None else int(after[1:])
    )
    audit.record(
        AuditAct.EXPORTED,
        now=clock.now(),
        user_id=None,
        page=f"{given.caller.as_page}: {given.slug or 'rule'}"[:80],
        people=len(page.rows),
    )
    rows = [listing.person(each) for each in page.rows]
    return {"people": rows, "next": None if page.next is None else f"p{page.next}"}


def _explain(given: Given) -> dict[str, Any]:
    person = int(given.told["person"].removeprefix("p"))
    return listing.explanation(_asked(given).explain(person))


HANDLERS: Mapping[str, Callable[[Given], dict[str, Any]]] = {
    "listing": _listing,
    "create": _create,
    "one": _one,
    "change": _change,
    "archive": _archive,
    "check": _check,
    "count": _count,
    "count_rule": _count,
    "people": _people,
    "people_of_rule": _people,
    "explain": _explain,
    "explain_rule": _explain,
}


def exact() -> dict[str, Callable[[Request], Response]]:
    return {"/v1/segments": answer, "/v1/openapi.json": serve}


BEGINNING = "/v1/segments/"
