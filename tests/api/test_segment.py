"""The Segment door: what is acknowledged is in the ledger, once, and nothing personal is in plain anywhere."""

from __future__ import annotations

import base64
import gzip
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.asking import Answer, ask
from xiaohe.kernel.workspace import Workspace
from xiaohe.ledger import engine
from xiaohe.sources import writekeys
from xiaohe.sources.models import DeadLetter

NOW = datetime.now(UTC).replace(microsecond=0)
STATED = (NOW - timedelta(minutes=5)).isoformat().replace("+00:00", "Z")


@pytest.fixture
def key(any_place: Workspace) -> str:
    return writekeys.add("segment", "site", NOW)[1]


def basic(key: str) -> str:
    return "Basic " + base64.b64encode(f"{key}:".encode()).decode()


def post(path: str, told: Any, key: str = "", **headers: str) -> Answer:
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    if key:
        headers["authorization"] = basic(key)
    return ask(path, "POST", body, **headers)


def track(event: str, number: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "type": "track", "event": event, "userId": "u1", "messageId": f"m{number}", "timestamp": STATED, **more,
    }  # fmt: skip


def facts(*types: str) -> list[dict[str, Any]]:
    with engine.reading() as read:
        found = read.facts.filter(read.facts.type.isin(types)) if types else read.facts
        return read.run(found.order_by("type", "row_no")).to_pylist()


def props(fact: dict[str, Any]) -> dict[str, Any]:
    return json.loads(fact["props"] or "{}")


def test_a_custom_event_is_usable_at_once_and_once(key: str) -> None:
    told = {"batch": [track("Quiz Finished", properties={"score": 7})], "sentAt": STATED}

    first, again = post("/v1/batch", told, key), post("/v1/batch", told, key)

    assert (first.status, first.json, again.status) == (200, {"success": True}, 200)
    (fact,) = facts("custom:Quiz Finished")
    assert props(fact) == {"properties": {"score": 7}}
    assert fact["source"] == f"segment:{writekeys.one('site').pk}"


def test_every_call_of_the_spec_is_taken_in_long_and_short_form(key: str) -> None:
    calls = {
        "identify": {"traits": {"plan": "gold"}},
        "track": {"event": "Quiz"},
        "page": {
            "name": "Home",
            "properties": {"path": "/a", "url": "https://x.cn/a?tel=13800138000"},
        },
        "screen": {"name": "Start"},
        "group": {"groupId": "g1", "traits": {"size": 3}},
        "alias": {"previousId": "anon"},
    }
    for number, (kind, told) in enumerate(calls.items()):
        for path in (f"/v1/{kind}", f"/v1/{kind[0]}"):
            message = {"userId": "u1", "messageId": f"m{number}", "timestamp": STATED, **told}
            assert post(path, {**message, "writeKey": key}).status == 200

    assert sorted(fact["type"] for fact in facts()) == [
        "custom:Quiz", "identity.described", "identity.grouped", "identity.seen", "identity.seen", "page.viewed",
        "screen.viewed",
    ]  # fmt: skip
    assert props(facts("page.viewed")[0]) == {"name": "Home", "path": "/a"}


def test_what_is_no_json_or_too_large_or_of_a_strangers_key_is_refused(key: str) -> None:
    large = track("Big", properties={"text": "x" * 40_000})

    assert post("/v1/track", b"{", key).status == 400
    assert post("/v1/batch", {"batch": 7}, key).status == 400
    assert post("/v1/track", large, key).status == 400
    assert post("/v1/batch", b" " * 512_001, key).status == 400
    assert (
        post("/v1/batch", gzip.compress(b" " * 512_001), key, content_encoding="gzip").status == 400
    )
    assert post("/v1/track", track("A"), "wrong").status == 401
    assert post("/v1/track", track("A")).status == 401
    assert ask("/v1/track").status == 405
    assert facts() == []


def test_a_packed_body_and_pythons_nan_and_half_a_pair_are_read(key: str) -> None:
    body = (
        b'{"batch": ['
        + json.dumps(track("A", properties={"x": float("nan"), "y": "\ud83d"})).encode()
        + b"]}"
    )

    assert post("/v1/batch", gzip.compress(body), key, content_encoding="gzip").status == 200

    assert props(facts("custom:A")[0])["properties"] == {"x": None, "y": "?"}


def test_unreadable_events_of_a_batch_lie_sealed_and_the_others_count(key: str) -> None:
    batch = [
        track("A", 1),
        {"type": "track", "event": "B", "messageId": "m2"},
        track("C", 3, timestamp="yesterday"),
        track("Order Completed", 4, properties={"order_id": "1", "total": "much"}),
        track("Big", 5, properties={"text": "x" * 40_000}),
        "nonsense",
        {"userId": "u"},
        track("Order Completed", 8, properties={"total": 1}),
    ]

    assert post("/v1/batch", {"batch": batch}, key).status == 200
    assert post("/v1/batch", {"batch": batch}, key).status == 200

    assert [fact["type"] for fact in facts()] == ["custom:A"]
    reasons = sorted(DeadLetter.objects.values_list("reason", flat=True))
    assert reasons[:3] == ["bad_money", "bad_timestamp", "missing_id"]
    assert sorted(set(reasons[3:])) == [
        "missing_order_id",
        "not_an_object",
        "too_large",
        "unknown_type",
    ]


def test_the_clients_wrong_clock_is_corrected_and_never_runs_ahead(key: str) -> None:
    ahead = NOW + timedelta(hours=3)
    batch = [
        track("A", 1, timestamp=(ahead - timedelta(minutes=10)).isoformat()),
        track("B", 2, timestamp=(ahead + timedelta(days=2)).isoformat()),
    ]

    post("/v1/batch", {"batch": batch, "sentAt": ahead.isoformat()}, key)

    first, second = facts("custom:A")[0], facts("custom:B")[0]
    assert abs(first["occurred_at"] - (datetime.now(UTC) - timedelta(minutes=10))) < timedelta(
        seconds=60
    )
    assert second["occurred_at"] <= datetime.now(UTC)


def test_a_retry_with_another_sent_at_is_the_same_event_with_or_without_an_id(key: str) -> None:
    bare = {"type": "track", "event": "A", "userId": "u1", "timestamp": STATED}
    for minutes in range(3):
        sent = (NOW + timedelta(minutes=minutes)).isoformat()
        post(
            "/v1/batch",
            {"batch": [track("B"), bare, {**bare, "timestamp": None}], "sentAt": sent},
            key,
        )

    # Without an id and a time each arrival is an event of its own.
    assert [fact["type"] for fact in facts()] == ["custom:A"] * 4 + ["custom:B"]


def test_an_order_gives_what_an_import_of_it_gives(key: str) -> None:
    order = {
        "order_id": "50314b8e", "total": 27.5, "revenue": 25, "shipping": 3, "tax": 2, "discount": 2.5, "currency": "USD",
        "coupon": "hasbros",
        "products": [
            {"product_id": "507f", "sku": "45790-32", "name": "Monopoly", "price": 19.99, "quantity": 3, "category": "Games"},
            {"product_id": "505b", "name": "UNO", "price": "0.07", "quantity": 2},
        ],
    }  # fmt: skip
    post("/v1/track", track("Order Completed", 1, properties=order), key)
    post("/v1/track", track("order_completed", 2, properties=order), key)
    post(
        "/v1/track",
        track(
            "Order Refunded",
            3,
            properties={"order_id": "50314b8e", "total": 10.1, "currency": "USD"},
        ),
        key,
    )

    created, paid = facts("order.created")[0], facts("order.paid")[0]
    assert (paid["amount"], paid["currency"], paid["quantity"], paid["order_key"]) == (
        2750,
        "USD",
        5.0,
        created["order_key"],
    )
    assert props(created) == {"coupon": "hasbros", "discount": 2.5, "shipping": 3, "tax": 2}
    items = facts("order.item")
    assert [(item["amount"], item["quantity"]) for item in items] == [(5997, 3.0), (14, 2.0)]
    assert props(items[0]) == {
        "title": "Monopoly",
        "sku": "45790-32",
        "category": "Games",
        "unit_price": "19.99",
    }
    assert facts("order.refunded")[0]["amount"] == 1010


def test_browsers_may_send_from_the_origins_of_the_key(any_place: Workspace) -> None:
    _source, key = writekeys.add("segment", "site", NOW, origins=["https://shop.example"])
    told = {**track("A"), "writeKey": key}

    preflight = ask("/v1/track", "OPTIONS", origin="https://shop.example")
    good = post("/v1/t", told, origin="https://shop.example", content_type="text/plain")
    bad = post("/v1/t", told, origin="https://evil.example")

    assert (preflight.status, preflight.headers["Access-Control-Allow-Origin"]) == (
        204,
        "https://shop.example",
    )
    assert (good.status, good.headers["Access-Control-Allow-Origin"]) == (
        200,
        "https://shop.example",
    )
    assert bad.status == 403
    assert "Access-Control-Allow-Credentials" not in good.headers
    assert len(facts()) == 1


def test_a_key_beyond_its_rate_is_told_when_to_come_again(key: str) -> None:
    writekeys.limit("site", 10)
    batch = {"batch": [track("A", number) for number in range(100)]}

    first, second = (
        post("/v1/batch", batch, key),
        post("/v1/batch", {"batch": [track("B", 200)]}, key),
    )

    assert (first.status, second.status) == (200, 429)
    assert 1 <= int(second.headers["Retry-After"]) <= 10
    assert facts("custom:B") == []


def test_a_rotated_key_goes_on_for_a_while_and_a_revoked_one_does_not(key: str) -> None:
    _source, second, until = writekeys.rotate("site", NOW)

    assert (
        post("/v1/track", track("A", 1), key).status
        == post("/v1/track", track("A", 2), second).status
        == 200
    )
    assert writekeys.writer_of(key, until) is not None
    writekeys._known.clear()
    assert writekeys.writer_of(key, until + timedelta(seconds=1)) is None
    writekeys.revoke("site", NOW)
    assert post("/v1/track", track("A", 3), second).status == 401


def test_names_beyond_the_bound_are_one_type_and_keep_their_name(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xiaohe.sources.names.MOST_NAMES", 2)

    post("/v1/batch", {"batch": [track(f"Event {n}", n) for n in range(4)]}, key)

    assert [fact["type"] for fact in facts()] == [
        "custom:Event 0",
        "custom:Event 1",
        "custom:other",
        "custom:other",
    ]
    assert [props(fact)["name"] for fact in facts("custom:other")] == ["Event 2", "Event 3"]


def test_a_full_inbox_refuses_and_keeps_nothing(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xiaohe.ledger.stream.INBOX_LIMIT", 0)

    refused = post("/v1/batch", {"batch": [track("A"), "nonsense"]}, key)

    assert (refused.status, refused.headers["Retry-After"]) == (429, "5")
    assert (facts(), DeadLetter.objects.count()) == ([], 0)
