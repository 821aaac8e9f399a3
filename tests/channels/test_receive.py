"""Signed messages come in through the door of the server: each event counts once, whatever its sender repeats."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.asking import Answer, ask
from xiaohe.channels.models import Letter
from xiaohe.channels.webhook import endpoints, letters, mending, receive, signature
from xiaohe.channels.webhook.endpoints import Added
from xiaohe.kernel.errors import BadInput, Conflict
from xiaohe.kernel.workspace import Workspace
from xiaohe.ledger import engine
from xiaohe.people import search
from xiaohe.shop import audit

NOW = datetime.now(UTC)
PAID = {
    "type": "order.paid",
    "timestamp": "2026-11-03T20:26:10.344522+08:00",
    "data": {
        "order_id": "A-77",
        "customer_id": "c9",
        "phone": "13800138000",
        "amount": 129.90,
        "currency": "CNY",
        "note": "ring 13900139000",
    },
}


@pytest.fixture
def door(place: Workspace) -> Added:
    return endpoints.add_inbound("shop", NOW)


@pytest.fixture
def any_door(any_place: Workspace) -> Added:
    return endpoints.add_inbound("shop", NOW)


def send(
    door: Added, event: Any, message_id: str = "msg_1", *, at: datetime | None = None
) -> Answer:
    """One message as its sender would sign it now."""
    body = event if isinstance(event, bytes) else json.dumps(event).encode()
    signed = signature.sign([door.secret], message_id, body, at or datetime.now(UTC))
    return post(door.id, body, signed.as_headers())


def post(endpoint_id: str, body: bytes, headers: dict[str, str], *, method: str = "POST") -> Answer:
    named = {name.replace("-", "_"): value for name, value in headers.items()}
    return ask(f"/hooks/{endpoint_id}", method, body, **named)


def in_ledger() -> list[dict[str, Any]]:
    with engine.reading() as read:
        rows = read.run(read.facts.order_by("type", "occurred_at")).to_pylist()
        return [row for row in rows if row["type"] != "identity.seen"]


def test_a_message_is_a_fact_and_its_repetition_is_none(any_door: Added) -> None:
    answers = [send(any_door, PAID), send(any_door, PAID)]

    assert [(each.status, each.json["new"], each.json["known"]) for each in answers] == [
        (200, 1, 0),
        (200, 0, 1),
    ]
    (fact,) = in_ledger()
    assert (fact["type"], fact["amount"], fact["currency"]) == ("order.paid", 12990, "CNY")
    assert fact["source"] == f"webhook:{any_door.id}"
    assert fact["occurred_at"] == datetime(2026, 11, 3, 12, 26, 10, 344522, UTC)
    assert fact["props"] is None
    (found,) = search.find("13800138000", 5)
    assert found.person == fact["subject"]


def test_repeated_after_forty_days_it_still_counts_once(
    any_door: Added, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = json.dumps(PAID).encode()
    for later in (timedelta(0), timedelta(days=40)):
        now = NOW + later
        receive.receive(
            any_door.id, signature.sign([any_door.secret], "msg_1", body, now), body, now
        )
        drained(now)

    assert len(in_ledger()) == 1


def test_two_doors_do_not_meet(door: Added) -> None:
    other = endpoints.add_inbound("other shop", NOW)

    assert [send(each, PAID).json["new"] for each in (door, other)] == [1, 1]
    assert len({fact["subject"] for fact in in_ledger()}) == 2


def test_what_nobody_declared_is_kept_as_custom_with_identifiers_masked(door: Added) -> None:
    data = {"customer_id": "c9", "Phone": "13800138000", "text": "mail ann@shop.example", "n": 1.10}

    assert (
        send(door, {"type": "Quiz Done", "timestamp": "2026-11-03T12:00:00Z", "data": data}).status
        == 200
    )

    (fact,) = in_ledger()
    assert fact["type"] == "custom:Quiz Done"
    assert json.loads(fact["props"])["properties"] == {
        "customer_id": "c9",
        "Phone": "[masked]",
        "text": "mail [masked]",
        "n": "1.1",
    }


def test_the_names_of_custom_events_are_bounded_and_masked(
    any_door: Added, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receive, "MOST_NAMES", 2)
    names = ["Quiz", "Call 13800138000", "Third", "Quiz"]
    events = [{"type": each, "timestamp": "2026-11-03T12:00:00Z"} for each in names]

    assert [send(any_door, each, f"msg_{n}").json["new"] for n, each in enumerate(events)] == [
        1
    ] * 4

    kept = sorted((fact["type"], fact["props"]) for fact in in_ledger())
    assert kept == [
        ("custom:Call [masked]", None),
        ("custom:Quiz", None),
        ("custom:Quiz", None),
        ("custom:other", '{"name":"Third"}'),
    ]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (lambda headers: headers.update({"webhook-signature": "v1,AAAA"}), 401),
        (lambda headers: headers.pop("webhook-id"), 401),
        (lambda headers: headers.update({"webhook-timestamp": "1614265330"}), 401),
        (lambda headers: headers.update({"content-encoding": "gzip"}), 415),
    ],
)
def test_who_does_not_know_the_secret_changes_nothing(
    door: Added, change: Callable[[dict[str, str]], Any], status: int
) -> None:
    body = json.dumps(PAID).encode()
    headers = signature.sign([door.secret], "msg_1", body, datetime.now(UTC)).as_headers()
    change(headers)

    assert post(door.id, body, headers).status == status
    assert in_ledger() == []
    assert letters.listing() == []


def test_other_doors_methods_and_sizes_are_refused(door: Added) -> None:
    out = endpoints.add_outbound("out", "https://shop.example/x", ["*"], NOW)

    assert send(Added("in_nobody", door.secret), PAID).status == 404
    assert send(Added(out.id, out.secret), PAID).status == 404
    assert ask(f"/hooks/{door.id}").status == 405
    assert send(door, b" " * (receive.LARGEST_BODY + 1)).status == 413
    endpoints.disable(door.id, NOW)
    assert send(door, PAID).status == 410
    assert in_ledger() == []


def test_a_sender_that_will_send_no_more_says_so_signed(any_door: Added) -> None:
    def delete(said: Any, secret: str = any_door.secret) -> int:
        body = json.dumps(said).encode()
        signed = signature.sign([secret], "msg_9", body, datetime.now(UTC)).as_headers()
        return post(any_door.id, body, signed, method="DELETE").status

    # Another message of this sender, caught on its way, removes nothing.
    assert delete(PAID) == 400
    assert delete({"type": "webhook.remove"}, signature.new_secret()) == 401
    assert [each.id for each in endpoints.listing()] == [any_door.id]

    assert [delete({"type": "webhook.remove"}) for _twice in range(2)] == [200, 200]
    assert endpoints.listing() == []
    assert send(any_door, PAID).status == 410
    endpoints.bring_back(any_door.id, NOW)
    assert send(any_door, PAID).status == 200


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'"x"', b"\xff", b"NaN", b"[" * 100_000, b'{"a": "\\ud800"}', b"1" * 5_000],
)
def test_what_is_no_event_at_all_is_refused_and_kept(door: Added, body: bytes) -> None:
    statuses = [send(door, body).status for _twice in range(2)]

    assert statuses in ([400, 400], [202, 202])
    (kept,) = letters.listing()
    assert (kept.times, kept.endpoint) == (2, door.id)
    assert in_ledger() == []


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"timestamp": "yesterday"}, "timestamp"),
        ({"timestamp": "2026-11-03T12:00:00"}, "timestamp_without_zone"),
        ({"type": ""}, "type"),
        ({"type": "x" * 65}, "type"),
        ({"data": [1]}, "data"),
        ({"data": {"order_id": "1", "amount": "much"}}, "amount"),
        ({"data": {"order_id": "1", "amount": -1}}, "amount"),
        ({"data": {"order_id": "1", "amount": 1, "currency": "yuan"}}, "currency"),
    ],
)
def test_one_unreadable_event_of_several_waits_and_the_others_count(
    door: Added, wrong: dict[str, Any], why: str
) -> None:
    answer = send(door, [PAID, {**PAID, **wrong}])

    assert (answer.status, answer.json["new"], answer.json["kept"]) == (202, 1, 1)
    assert [each.why for each in letters.listing(door.id)] == [why]


def test_a_kept_event_is_mended_and_counts_once(any_door: Added) -> None:
    send(any_door, {**PAID, "timestamp": "yesterday"})
    (kept,) = letters.listing()
    with pytest.raises(BadInput):
        mending.replay(kept.id, NOW)

    done = mending.mend(kept.id, json.dumps(PAID).encode(), NOW)

    assert (done.new, len(in_ledger()), letters.listing()) == (1, 1, [])
    with pytest.raises(Conflict):
        mending.mend(kept.id, json.dumps(PAID).encode(), NOW)
    # Its sender mends it too, and sends the same message again.
    assert send(any_door, PAID).json["known"] == 1
    assert len(in_ledger()) == 1


def test_a_kept_event_is_sealed_and_a_look_at_it_is_noted(door: Added) -> None:
    send(door, {**PAID, "timestamp": "yesterday"})
    (kept,) = letters.listing()

    assert b"13800138000" not in bytes(Letter.objects.get(pk=kept.id).body)
    assert "13800138000" in letters.text_of(kept.id, NOW)
    assert audit.latest(1)[0].page == f"letter {kept.id}"


def test_after_a_change_of_secret_both_hold_until_the_grace_is_over(door: Added) -> None:
    new = Added(door.id, endpoints.rotate(door.id, datetime.now(UTC), grace=timedelta(hours=1)))

    assert [send(each, PAID, f"msg_{each.secret[-6:-2]}").status for each in (door, new)] == [
        200,
        200,
    ]
    endpoints.rotate(door.id, datetime.now(UTC), grace=timedelta(0))
    assert send(new, PAID).status == 401


def drained(now: datetime) -> None:
    from xiaohe.ledger import drain

    drain.drain(now, force=True)
