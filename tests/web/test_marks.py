"""Who is no customer, on pages: marked, listed with who is left out, taken back."""

from __future__ import annotations

from django.test import Client

from tests.people.conftest import Town
from xiaohe.people import marks
from xiaohe.people.marks import As, On

PHONE, ORDER = "13800138000", "1930123456789012345"


def _town() -> Town:
    town = Town()
    town.bring(
        town.sale(ORDER, member="wang", phone=PHONE), town.friend("a", "毛毛妈", phone=PHONE)
    )
    return town


def test_a_person_is_marked_on_their_page_and_taken_back_on_the_list(owner: Client) -> None:
    town = _town()
    person = town.person(town.contact("a"))
    assert "Nobody is marked" in owner.get("/marks").content.decode()
    owner.post(f"/people/{person}/mark", {"as": "staff"})
    assert "Marked: colleague." in owner.get(f"/people/{person}").content.decode()
    body = owner.get("/marks").content.decode()
    assert "1 person is no customer" in body
    assert "毛毛妈" in body
    owner.post(f"/marks/{person}/drop")
    assert marks.listing() == []


def test_a_phone_is_marked_by_typing_it_and_half_a_phone_is_refused(owner: Client) -> None:
    town = _town()
    owner.post("/marks/add", {"on": "phone", "value": "138 0013", "as": "test"})
    assert "not a whole phone" in owner.get("/marks").content.decode()
    assert marks.listing() == []
    owner.post("/marks/add", {"on": "phone", "value": PHONE, "as": "test"})
    (told,) = marks.listing()
    assert (told.as_, told.on, told.people) == (
        As.TEST,
        On.PHONE,
        (town.person(town.contact("a")),),
    )
    assert (
        owner.post("/marks/add", {"on": "phone", "value": PHONE, "as": "king"}).status_code == 404
    )
