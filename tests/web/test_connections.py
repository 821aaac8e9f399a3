"""接入: what other programs tell and are told, seen and changed on its page through the same doors as the commands."""

from __future__ import annotations

import html
import json
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.asking import Answer, ask
from tests.channels.receiver import Receiver
from xiaohe.channels.webhook import endpoints, letters, signature
from xiaohe.kernel import workspace
from xiaohe.kernel.workspace import Workspace
from xiaohe.ledger import engine
from xiaohe.shop import api_keys, audit, signin
from xiaohe.sources import writekeys
from xiaohe.sources.segment import dead
from xiaohe.web import sample_shop
from xiaohe.web.urls import urlpatterns

KEY = re.compile(r'<pre id="key">([^<]+)</pre>')
PHONE = "13800138000"
PAID = {
    "type": "track", "event": "Order Completed", "userId": PHONE, "messageId": "m-1",
    "properties": {"order_id": "A-1", "total": "27.50", "currency": "CNY"},
}  # fmt: skip
BAD = {**PAID, "properties": {"order_id": "A-1", "total": "a lot"}}


@pytest.fixture
def sample(place: Workspace, template_store: Path) -> None:
    """A sample shop that stands, with nothing in it."""
    home = workspace.workspace(workspace.SAMPLE).home
    home.mkdir(mode=0o700)
    shutil.copyfile(template_store, home / "xiaohe.db")
    (home / sample_shop.READY).touch()


def said(client: Any, address: str) -> str:
    """A page's main part in words, as it is read."""
    response = client.get(address)
    assert response.status_code == 200, address
    return words(response)


def words(response: Any) -> str:
    main = response.content.decode().partition("<main")[2].partition("</main>")[0]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", main)).split())


def add_source(client: Any, **more: str) -> str:
    """The write key of a new source, as the page shows it."""
    shown = client.post("/connections/sources/new", {"name": "Our site", **more})
    found = KEY.search(shown.content.decode())
    assert found is not None, words(shown)
    assert shown.headers["Cache-Control"] == "no-store"
    return found.group(1)


def track(key: str, event: dict[str, Any]) -> int:
    """What the door for SDKs answers to one event."""
    body = json.dumps({**event, "writeKey": key}).encode()
    return ask("/v1/track", "POST", body, content_type="application/json").status


def tell(endpoint_id: str, secret: str, event: Any) -> Answer:
    """What the door for webhooks answers to one signed message."""
    body = json.dumps(event).encode()
    signed = signature.sign([secret], "msg_1", body, datetime.now(UTC)).as_headers()
    headers = {name.replace("-", "_"): value for name, value in signed.items()}
    return ask(f"/hooks/{endpoint_id}", "POST", body, **headers)


def recorded() -> list[str]:
    with engine.reading() as read:
        return sorted(read.run(read.facts.select("type"))["type"].to_pylist())


def acts() -> list[tuple[str, str, int | None]]:
    return [(each.act, each.page, each.user_id) for each in reversed(audit.latest())]


def test_with_nothing_connected_the_page_teaches_what_could_be(owner: Any) -> None:
    assert 'href="/connections"' in owner.get("/more").content.decode()
    assert 'href="/connections"' in owner.get("/data").content.decode()
    page = said(owner, "/connections")
    assert "Nothing is connected yet." in page
    for way in ("Add a site, app or server", "Let a program tell us", "Tell a program"):
        assert way in page


def test_a_new_sources_key_is_shown_once_and_its_events_are_counted(owner: Any) -> None:
    key = add_source(owner, limit="50")
    assert track(key, PAID) == 200

    page = said(owner, "/connections")
    assert "Our site sent 1 event today, just now." in page
    assert "just now · 1 today · 1 in seven days · at most 50 a second" in page
    assert key not in owner.get("/connections/sources/1").content.decode()
    assert acts() == [("added", "segment:1", signin.owner().pk)]


@pytest.mark.parametrize(
    ("sent", "field", "why"),
    [
        ({"name": " "}, "name", "A source needs a name of at most 80 characters."),
        ({"name": "Our site"}, "name", "There is a source named Our site already."),
        ({"name": "app", "origins": "shop.example"}, "origins", "An origin is written like"),
        ({"name": "app", "limit": "-1"}, "limit", "A limit is a whole number"),
    ],
)
def test_a_slip_is_told_beside_its_field_and_nothing_typed_is_lost(
    owner: Any, sent: dict[str, str], field: str, why: str
) -> None:
    add_source(owner)
    response = owner.post("/connections/sources/new", sent)
    assert response.status_code == 400
    page = response.content.decode()
    assert re.search(rf'id="{field}-error">{why}', page)
    assert f'value="{sent["name"]}"' in page
    assert len(writekeys.all_sources()) == 1


def test_a_changed_key_goes_on_for_a_while_and_a_revoked_source_is_refused(owner: Any) -> None:
    old = add_source(owner)
    shown = owner.post("/connections/sources/1/rotate", {"grace": "24"})
    new = KEY.search(shown.content.decode())
    assert new is not None
    assert (track(old, PAID), track(new.group(1), PAID)) == (200, 200)
    assert "The old key goes on until" in said(owner, "/connections/sources/1")

    owner.post("/connections/sources/1/revoke")

    assert (track(old, PAID), track(new.group(1), PAID)) == (401, 401)
    assert "Everything that was connected is switched off." in said(owner, "/connections")
    assert [act for act, _page, _user in acts()] == ["added", "rotated", "disabled"]


def test_a_key_to_ask_with_is_shown_once_changed_taken_away_and_brought_back(owner: Any) -> None:
    def opens(key: str) -> bool:
        return api_keys.caller_of(key) is not None

    refused = owner.post("/connections/keys/new", {"name": "reports"})
    assert (refused.status_code, "Choose what it may do." in words(refused)) == (400, True)
    sent = {"name": "reports", "scope": ["segments:read"]}
    first = KEY.search(owner.post("/connections/keys/new", sent).content.decode())
    assert first is not None
    assert first.group(1) not in owner.get("/connections/keys/1").content.decode()
    assert "1 program may ask what is known here." in said(owner, "/connections")
    changed = owner.post("/connections/keys/1/rotate", {"grace": "1"})
    second = KEY.search(changed.content.decode())
    assert second is not None
    assert (opens(first.group(1)), opens(second.group(1))) == (True, True)
    gone = owner.post("/connections/keys/1/remove", follow=True).content.decode()
    assert not opens(second.group(1))
    assert "/connections/keys/1/bring-back" in gone
    owner.post("/connections/keys/1/bring-back")
    assert opens(second.group(1))
    assert [act for act, _page, _user in acts()] == ["added", "rotated", "disabled", "enabled"]


def test_an_unreadable_event_is_told_in_words_and_counts_once_mended(owner: Any) -> None:
    key = add_source(owner)
    track(key, BAD)
    for address in ("/connections", "/connections/unread"):
        page = owner.get(address).content.decode()
        assert "1 event could not be read." in page
        assert "An amount or a currency in it is none." in page
        assert PHONE not in page

    shown = owner.get("/connections/unread/event/1")
    assert PHONE in shown.content.decode()
    assert key not in shown.content.decode()
    assert shown.headers["Cache-Control"] == "no-store"
    assert acts()[-1] == ("viewed", "dead letter 1", signin.owner().pk)
    for text in ("{", "[]", json.dumps({**PAID, "messageId": "m-2"}), json.dumps(BAD)):
        refused = owner.post("/connections/unread/event/1", {"text": text})
        assert (refused.status_code, "text-error" in refused.content.decode()) == (400, True)
    assert recorded() == []

    owner.post("/connections/unread/event/1", {"text": json.dumps(PAID)})
    track(key, PAID)
    assert recorded() == ["order.created", "order.paid"]
    assert "Every event could be read." in said(owner, "/connections/unread")


def test_all_are_tried_again_and_one_is_thrown_away_and_taken_back(owner: Any) -> None:
    key = add_source(owner)
    for number in range(3):
        track(key, {**BAD, "messageId": f"m-{number}"})
    dead.fix(1, {**PAID, "messageId": "m-0"}, datetime.now(UTC))

    told = owner.post("/connections/unread/again", follow=True)
    assert "1 count now; 2 still cannot be read." in told.content.decode()
    told = owner.post("/connections/unread/event/2/again", follow=True)
    assert "It still cannot be read: An amount" in told.content.decode()
    dropped = owner.post("/connections/unread/event/2/drop", follow=True)
    assert dead.ids() == [3]
    assert owner.get("/connections/unread/event/2").status_code == 404

    undo = re.search(r'action="(/connections/unread/event/2/restore)"', dropped.content.decode())
    assert undo is not None
    assert "It waits again." in owner.post(undo.group(1), follow=True).content.decode()
    assert dead.ids() == [2, 3]
    assert owner.post("/connections/unread/nothing/2/restore").status_code == 404


def test_a_message_dropped_by_mistake_is_taken_back_with_undo(owner: Any) -> None:
    shown = owner.post("/connections/webhooks/new/in", {"name": "till"})
    secret = KEY.search(shown.content.decode())
    assert secret is not None
    (one,) = endpoints.listing()
    event = {"type": "order.paid", "data": {"order_id": "A-1", "phone": PHONE}}
    assert tell(one.id, secret.group(1), event).status == 202
    assert "It does not say when it happened" in said(owner, "/connections")

    dropped = owner.post("/connections/unread/message/1/drop", follow=True)
    assert "Every event could be read." in words(dropped)
    undo = re.search(r'action="(/connections/unread/message/1/restore)"', dropped.content.decode())
    assert undo is not None
    owner.post(undo.group(1))

    assert [each.id for each in letters.listing()] == [1]
    mended = {**event, "timestamp": "2026-11-03T20:26:10+08:00"}
    owner.post("/connections/unread/message/1", {"text": json.dumps(mended)})
    assert (recorded(), letters.listing()) == (["order.paid"], [])


def test_a_program_is_told_tested_switched_off_and_told_again(owner: Any) -> None:
    with Receiver() as there:
        sent = {"name": "crm", "url": there.url, "types": ["order.*"], "private": "on"}
        owner.post("/connections/webhooks/new/out", sent)
        (one,) = endpoints.listing()
        at = f"/connections/webhooks/{one.id}"
        told = owner.post(f"{at}/test", follow=True)
        assert "The test arrived: answered 200 after" in told.content.decode()
        assert len(there.told) == 1
    page = owner.get(at).content.decode()
    assert "webhook.test" in page
    assert "/hook<" not in page

    delivery = re.search(r'name="delivery" value="(\d+)"', page)
    assert delivery is not None
    owner.post(f"{at}/switch", {"to": "off"})
    assert "crm is switched off." in said(owner, at)
    owner.post(f"{at}/resend", {"delivery": delivery.group(1)})
    owner.post(f"{at}/switch", {"to": "on"})
    assert "waiting" in said(owner, at)
    assert [act for act, _page, _user in acts()] == ["added", "disabled", "enabled"]


def test_a_removed_program_is_hidden_stops_and_comes_back_with_its_log(owner: Any) -> None:
    with Receiver() as there:
        sent = {"name": "crm", "url": there.url, "types": ["order.*"], "private": "on"}
        owner.post("/connections/webhooks/new/out", sent)
        (one,) = endpoints.listing()
        at = f"/connections/webhooks/{one.id}"
        owner.post(f"{at}/test")

        removed = owner.post(f"{at}/remove", follow=True)

        assert "crm is removed." in removed.content.decode()
        assert "Nothing is connected yet." in words(removed)
        assert "crm was removed just now." in said(owner, at)
        assert owner.post(f"{at}/test").status_code == 409
        assert len(there.told) == 1
    undo = re.search(rf'action="({at}/bring-back)"', removed.content.decode())
    assert undo is not None
    assert "crm is back, as it was." in owner.post(undo.group(1), follow=True).content.decode()
    assert [each.id for each in endpoints.listing()] == [one.id]
    assert "webhook.test" in owner.get(at).content.decode()


def test_the_sample_shop_has_no_connections_and_says_so(owner: Any, sample: None) -> None:
    page = said(owner, "/sample/connections")

    assert "The sample shop is connected to nothing." in page
    assert 'href="/connections"' in owner.get("/sample/connections").content.decode()
    for address in ("connections/sources/new", "connections/webhooks/new/in", "connections/unread"):
        assert owner.get(f"/sample/{address}").status_code == 404, address


def test_an_address_in_our_own_network_is_refused_beside_the_field(owner: Any) -> None:
    sent = {"name": "crm", "url": "https://127.0.0.1/hook", "types": ["order.*"]}
    response = owner.post("/connections/webhooks/new/out", sent)
    assert re.search(r'id="url-error">127\.0\.0\.1 lies in a network', response.content.decode())
    sent["url"] = "https://93.184.215.14/hook"
    response = owner.post("/connections/webhooks/new/out", {**sent, "types": ["nonsense"]})
    assert 'id="types-error"' in response.content.decode()
    assert endpoints.listing() == []


def test_nothing_changes_for_a_page_of_another_site(owner: Any) -> None:
    from django.test import Client

    other = Client(enforce_csrf_checks=True)
    other.force_login(signin.owner())
    for pattern in urlpatterns:
        route = str(pattern.pattern)
        if route.startswith("connections"):
            address = re.sub(r"<int:\w+>", "1", route).replace("<slug:kind>", "event")
            address = re.sub(r"<slug:\w+>", "in", address)
            assert other.post(f"/{address}").status_code in (403, 405), address
