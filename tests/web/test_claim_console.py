"""The owner's pages of codes and claims: two taps to a sheet, every number opens, every action is undone."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from PIL import Image

from tests.entries.shop import REAL, claimed, contact_says, order_paid, work
from xiaohe.entries import codes, queries
from xiaohe.entries.models import Claim, ClaimState, Code
from xiaohe.entries.queries import What
from xiaohe.ledger import engine
from xiaohe.people import identifiers
from xiaohe.people.identifiers import Recorder
from xiaohe.people.keys import Kind, Namespace
from xiaohe.shop import clock
from xiaohe.shop.models import AuditEntry

BUYER, CONTACT = 41, 77


def test_two_taps_make_a_code_and_its_sheet(
    owner: Any, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    monkeypatch.setenv("XIAOHE_PUBLIC_URL", "https://cards.example.com")

    made = owner.post("/entries/new", {"entry": "parcel_card"})
    page = owner.get(made.headers["Location"]).content.decode()
    sheet = owner.post(made.headers["Location"] + "/sheet", {"paper": "card", "count": "20"})

    assert 'role="note"' in page
    assert "Make the sheet" in page
    assert sheet.headers["Content-Type"] == "application/pdf"
    assert sheet.content.startswith(b"%PDF")
    assert queries.funnels()[Code.objects.get().code].printed == 20


def test_what_was_typed_comes_back_with_the_refusal(owner: Any) -> None:
    code = codes.make("store_code", clock.now()).code

    page = owner.post(
        f"/entries/{code}/save", {"name": "Counter", "gift": "guide", "gift_link": "x"}
    )

    assert page.status_code == 400
    assert "https://" in page.content.decode()
    assert codes.one(code).name != "Counter"


def test_a_picture_is_kept_without_its_story_and_leaves_no_file(owner: Any, place: Any) -> None:
    code = codes.make("store_code", clock.now()).code
    out = io.BytesIO()
    Image.new("RGB", (300, 300), "white").save(out, "JPEG")
    out.seek(0)
    out.name = "qr.jpg"

    owner.post(f"/entries/{code}/picture", {"picture": out})

    assert bytes(codes.one(code).picture or b"").startswith(b"\x89PNG")
    assert list(place.spool.glob("*")) == []
    owner.post(f"/entries/{code}/picture", {"off": "1"})
    assert codes.one(code).picture is None


def test_retire_is_undone_by_the_same_button(owner: Any) -> None:
    code = codes.make("store_code", clock.now()).code

    owner.post(f"/entries/{code}/retire", {"to": "retire"})
    refused = owner.post(f"/entries/{code}/sheet", {"paper": "a6", "count": "1"})
    owner.post(f"/entries/{code}/retire", {"to": "use"})

    assert refused.status_code == 409
    assert codes.one(code).retired_at is None


def test_shipped_cards_are_noted_and_taken_back(owner: Any) -> None:
    code = codes.make("parcel_card", clock.now()).code

    owner.post(f"/entries/{code}/shipped", {"count": "120"})
    noted = queries.funnels()[code].shipped
    page = owner.get(f"/entries/{code}").content.decode()
    owner.post(re.search(r'action="(/undo/[^"]+)"', page)[1])  # type: ignore[index]

    assert noted == 120
    assert code not in queries.funnels()


def test_the_owner_sees_what_a_number_was_and_says_who_it_is(owner: Any) -> None:
    code = codes.make("parcel_card", clock.now()).code
    order_paid(REAL, BUYER)
    right, wrong = claimed(code, REAL), claimed(code, "1930000000000000000", scanner=9)
    contact_says(CONTACT, "")
    named(CONTACT, "林姐 咖啡")
    work()

    page = owner.get("/entries/claims").content.decode()
    found = owner.post(f"/entries/claims/{right.pk}", {"q": "林姐"}).content.decode()
    owner.post(f"/entries/claims/{right.pk}/join", {"person": str(CONTACT)})
    owner.post(f"/entries/claims/{wrong.pk}/refuse")
    work()

    assert REAL in page
    assert "the number is right" in page
    assert "no such order in your files yet" in page
    assert "林姐 咖啡" in found
    assert states() == {right.pk: ClaimState.JOINED, wrong.pk: ClaimState.REFUSED}
    assert queries.people(code, What.ADDED) == queries.people(code, What.CLAIMED)
    assert len(queries.people(code, What.ADDED)) == 1
    crowd = owner.get(f"/entries/{code}/added").content.decode()
    assert "1 person was added by this code" in crowd
    assert AuditEntry.objects.filter(page="claims").exists()

    owner.post(f"/entries/claims/{right.pk}/undo")
    assert states()[right.pk] == ClaimState.WAITING


def test_the_funnel_is_counted_by_distinct_scanners(owner: Any, stranger: Any) -> None:
    from django.test import Client

    code = codes.make("table_code", clock.now()).code
    for _visitor in range(3):
        visitor = Client()
        visitor.get(f"/c/{code}")
        visitor.get(f"/c/{code}")

    funnel = queries.funnels()[code]
    assert (funnel.scanned, funnel.claimed, funnel.added) == (3, 0, 0)
    with engine.reading() as read:
        rows = read.run(queries.told(read.facts)).to_pylist()
    assert rows == [
        {"code": code, "printed": 0, "shipped": 0, "scanned": 3, "claimed": 0, "cost": 0}
    ]


def states() -> dict[int, str]:
    return dict(Claim.objects.values_list("id", "state"))


def named(contact: int, name: str) -> None:
    recorder = Recorder(identifiers.BY_HAND)
    recorder.add(contact, Namespace.NAME, name, kind=Kind.REMARK)
    recorder.flush()
