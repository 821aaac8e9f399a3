"""Segments over HTTP: who may, what is refused where, and answers that are what openapi.json says."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.asking import Answer, ask
from tests.segments.state.shop import bring
from tests.traits.facts import order
from xiaohe.api.rest import callers, openapi
from xiaohe.kernel.workspace import Workspace
from xiaohe.shop import api_keys, audit, clock
from xiaohe.shop.models import AuditAct
from xiaohe.traits import state as traits

NOW = datetime(2026, 5, 4, 9, tzinfo=UTC)
TYPES = {
    "string": str,
    "integer": int,
    "boolean": bool,
    "object": dict,
    "array": list,
    "null": type(None),
}


def key(*scopes: str, name: str = "reports") -> str:
    return "Bearer " + api_keys.add(name, scopes or ["segments:read"], NOW)[1]


def call(path: str, secret: str, method: str = "GET", query: str = "", **told: Any) -> Answer:
    body = json.dumps(told).encode() if told else b""
    return ask(path, method, body, query=query, authorization=secret)


def conforms(value: Any, schema: Any) -> None:
    """As much of JSON Schema as the description uses; raises AssertionError."""
    if "$ref" in schema:
        schema = openapi.document()["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    assert not kinds or isinstance(value, tuple(TYPES[each] for each in kinds)), (value, schema)
    assert value in schema.get("enum", [value])
    if isinstance(value, str) and "pattern" in schema:
        assert re.search(schema["pattern"], value)
    if isinstance(value, dict) and "properties" in schema:
        assert set(schema.get("required", [])) <= value.keys()
        if schema.get("additionalProperties") is False:
            assert value.keys() <= schema["properties"].keys()
        for name, inner in value.items():
            conforms(inner, schema["properties"].get(name, {}))
    for each in value if isinstance(value, list) else []:
        conforms(each, schema["items"])


def described(path: str, method: str, status: int = 200) -> Any:
    told = openapi.document()["paths"][path][method]["responses"][str(status)]
    return told["content"]["application/json"]["schema"]


def test_the_description_is_whole() -> None:
    told = openapi.document()
    assert told["openapi"] == "3.1.0"
    names = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(told)))
    assert names == told["components"]["schemas"].keys()
    operations = [one for path in told["paths"].values() for one in path.values()]
    assert len({each["operationId"] for each in operations}) == len(operations)
    for path, methods in told["paths"].items():
        for each in methods.values():
            in_path = {p["name"] for p in each.get("parameters", []) if p["in"] == "path"}
            assert in_path == set(re.findall(r"{(\w+)}", path))
    assert ask("/v1/openapi.json").json == json.loads(json.dumps(told))


@pytest.mark.parametrize(
    ("scopes", "method", "status"),
    [(["segments:read"], "GET", 200), (["segments:write"], "GET", 403), ([], "GET", 401)],
)
def test_only_who_may_asks(place: Workspace, scopes: list[str], method: str, status: int) -> None:
    secret = key(*scopes) if scopes else "Bearer xh_nobodys"
    answer = call("/v1/segments", secret, method)
    assert answer.status == status
    if status == 200:
        conforms(answer.json, described("/v1/segments", "get"))
        assert "g06" in [each["slug"] for each in answer.json["segments"]]


def test_a_segment_is_made_changed_and_put_away(any_place: Workspace) -> None:
    secret = key("segments:read", "segments:write")
    made = call("/v1/segments", secret, "POST", name="Ours", rule="linked")
    assert made.status == 201
    conforms(made.json, described("/v1/segments", "post", 201))
    path = f"/v1/segments/{made.json['segment']['slug']}"

    changed = call(path, secret, "PUT", name="Ours", rule="linked and due", version=1)
    stale = call(path, secret, "PUT", name="Ours", rule="due", version=1)
    gone = call(path, secret, "DELETE")

    assert (changed.status, stale.status, gone.status) == (200, 409, 200)
    assert call(path, secret).json["archived_at"]
    assert call(path, secret).json["rule"] == "linked and due"
    assert any(each.page.startswith("API key") for each in audit.latest())


def test_a_wrong_rule_is_answered_with_its_place(place: Workspace) -> None:
    secret = key()
    answer = call("/v1/segments/check", secret, "POST", rule="linked and\nstage is regularr")
    assert answer.status == 400
    conforms(answer.json, described("/v1/segments/check", "post", 400))
    told = answer.json["error"]
    assert (told["line"], told["column"], told["length"]) == (2, 10, 8)
    assert told["suggestion"] == "regular"


@pytest.mark.parametrize(
    ("path", "method", "query", "told", "status"),
    [
        ("/v1/segments/g06/people", "GET", "limit=0", {}, 400),
        ("/v1/segments/g06/people", "GET", "limit=1001", {}, 400),
        ("/v1/segments/g06/people", "GET", "surname=x", {}, 400),
        ("/v1/segments/g06/count", "GET", "on=2025-13-01", {}, 400),
        ("/v1/segments/g06/explain", "GET", "", {}, 400),
        ("/v1/segments/g06/explain", "GET", "person=ann", {}, 400),
        ("/v1/segments/count", "POST", "", {"rule": 7}, 400),
        ("/v1/segments/count", "GET", "", {}, 405),
        ("/v1/segments/nobody-knows", "GET", "", {}, 404),
        ("/v1/segments/g06/names", "GET", "", {}, 404),
    ],
)
def test_what_no_call_takes_is_refused(
    place: Workspace, path: str, method: str, query: str, told: dict[str, Any], status: int
) -> None:
    answer = call(path, key(), method, query, **told)
    assert (answer.status, answer.json["success"]) == (status, False)


def test_a_key_asks_only_so_often(place: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callers, "monotonic", lambda: 1_000.0)
    secret = key()
    answers = [call("/v1/segments/check", secret, "POST", rule="linked") for _each in range(31)]
    assert [each.status for each in answers].count(429) == 1
    assert answers[-1].headers["Retry-After"]


def test_people_come_page_by_page_without_names(place: Workspace) -> None:
    at = datetime(2025, 5, 1, 9, tzinfo=UTC)
    bring([*order("1", at, "ann"), *order("2", at, "bob"), *order("3", NOW, "ann")], NOW)
    traits.refresh(clock.now())
    secret = key()
    rule = "did purchase"

    count = call("/v1/segments/count", secret, "POST", rule=rule)
    first = call("/v1/segments/people", secret, "POST", rule=rule, limit=1, columns="occasions")
    rest = call("/v1/segments/people", secret, "POST", rule=rule, after=first.json["next"])

    assert count.json == {"people": 2, "about": False}
    conforms(first.json, described("/v1/segments/people", "post"))
    people = [*first.json["people"], *rest.json["people"]]
    assert len({each["person"] for each in people}) == 2
    assert rest.json["next"] is None
    assert not re.search("ann|bob", first.body.decode() + rest.body.decode())
    exported = [each for each in audit.latest() if each.act == AuditAct.EXPORTED]
    assert [each.people for each in exported] == [1, 1]

    person = first.json["people"][0]["person"]
    why = call("/v1/segments/explain", secret, "POST", rule=rule, person=person)
    conforms(why.json, described("/v1/segments/explain", "post"))
    assert why.json["fits"] is True
    assert [each["type"] for each in why.json["why"]["facts"]] == ["order.paid"] * len(
        why.json["why"]["facts"]
    )


def test_a_tree_stands_wherever_a_rule_does(place: Workspace) -> None:
    # Given
    bring([*order("1", NOW, "ann"), *order("2", NOW, "bob")], NOW)
    secret, text = key(), "not did purchase in last 90 days"
    tree = call("/v1/segments/check", secret, "POST", rule=text).json["tree"]
    found = call("/v1/segments/people", secret, "POST", rule="everyone").json["people"]
    for path, more in (("count", {}), ("people", {}), ("explain", found[0]), ("check", {})):
        # When
        by_text = call(f"/v1/segments/{path}", secret, "POST", rule=text, **more)
        by_tree = call(f"/v1/segments/{path}", secret, "POST", tree=tree, **more)
        both = call(f"/v1/segments/{path}", secret, "POST", rule=text, tree=tree, **more)
        # Then
        assert (by_text.status, by_tree.status) == (200, 200)
        assert {**by_tree.json, "at": ""} == {**by_text.json, "at": ""}
        assert (both.status, both.json["error"]["code"]) == (400, "bad_field")


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_a_day_out_of_reach_is_refused(place: Workspace, day: str) -> None:
    answer = call("/v1/segments/count", key(), "POST", rule="vip", on=day)
    assert (answer.status, answer.json["error"]["code"]) == (400, "no_such_day")


@pytest.mark.parametrize("person", ["p17", "p-17", f"p{2**63}", "p" + "9" * 400])
def test_who_is_not_known_is_not_found(place: Workspace, person: str) -> None:
    answer = call("/v1/segments/explain", key(), "POST", rule="vip", person=person)
    assert (answer.status, answer.json["error"]["code"]) == (404, "no_such_person")
