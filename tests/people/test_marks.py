"""Staff, tests and our own phones: out of everything while they are marked, and back when that is taken back."""

from __future__ import annotations

import pytest

from xiaohe.people import actions, marks, overlay
from xiaohe.people.keys import Kind, Namespace
from xiaohe.people.marks import As, On
from xiaohe.shop import team
from xiaohe.traits import state

PHONE, ORDER = "13800138000", "1930123456789012345"


def _people():
    """Everybody any derived table knows, by table."""
    on = state.refresh(_people.now).on
    del on
    found = {}
    for name in ("orders", "links", "signals", "rhythm", "spells", "came", "told"):
        with state.current().reading(name) as read:
            found[name] = sorted(read.run(read.table(name))["person"].drop_null().to_pylist())
    return found


@pytest.fixture
def shop(town):
    town.bring(
        town.sale(ORDER, member="wang", phone=PHONE),
        town.sale("2", member="li"),
        town.friend("a", "毛毛妈", phone=PHONE),
        town.friend("b", "小李"),
    )
    _people.now = town.now
    return town


def test_a_marked_person_is_in_no_table_and_is_back_after_undo(shop):
    before = _people()
    wang = overlay.current().person(shop.member("wang"))
    done = marks.mark(shop.contact("a"), As.STAFF, On.PERSON, shop.now)
    after = _people()
    assert all(wang not in people for people in after.values())
    assert after == {name: [p for p in people if p != wang] for name, people in before.items()}
    actions.undo(done.facts, shop.now)
    assert _people() == before


def test_a_marked_phone_leaves_out_whoever_was_seen_with_it(shop):
    before = _people()
    done = marks.mark_value(On.PHONE, "138 0013 8000", As.TEST, shop.now)
    (told,) = marks.listing()
    assert (told.as_, told.value, told.people) == (
        As.TEST,
        PHONE,
        (shop.person(shop.contact("a")),),
    )
    assert set(_people()["orders"]) == {shop.member("li")}
    actions.undo(done.facts, shop.now)
    assert _people() == before


def test_the_shops_own_phone_also_joins_nobody(shop):
    assert shop.same(shop.member("wang"), shop.contact("a"))
    marks.mark_value(On.PHONE, PHONE, As.OWN, shop.now)
    assert not shop.same(shop.member("wang"), shop.contact("a"))
    (told,) = marks.listing()
    assert set(told.people) == {shop.member("wang"), shop.contact("a")}


def test_a_colleagues_phone_is_marked_while_it_stands_with_them(shop):
    row = team.add("李雷", phone=PHONE)
    (told,) = marks.listing()
    assert (told.as_, told.on, told.value, told.undo) == (As.STAFF, On.PHONE, PHONE, None)
    assert set(_people()["orders"]) == {shop.member("li")}
    team.change(row.pk, "李雷", store_id=None, phone="", address="")
    assert marks.listing() == []
    assert len(set(_people()["orders"])) == 2


def test_what_is_said_of_a_key_outranks_where_it_stands(shop):
    team.add_own("phone", PHONE)
    assert set(_people()["orders"]) == {shop.member("li")}
    (told,) = marks.listing()
    marks.unmark(told.subject, shop.now)
    assert marks.listing() == []
    assert len(set(_people()["orders"])) == 2


def test_an_own_address_marks_who_had_parcels_sent_there(shop):
    address = shop.hash(Namespace.ADDRESS, "浙江省杭州市文三路1号仓库")
    facts, values = shop.sale("3", member="zhao")
    from tests.people.conftest import _seen

    facts.append(_seen("taobao", shop.member("zhao"), address, "address"))
    values.append(
        (shop.member("zhao"), Namespace.ADDRESS, "浙江省 杭州市 文三路1号 仓库", Kind.ADDRESS)
    )
    shop.bring((facts, values))
    marks.mark_value(On.ADDRESS, "浙江省杭州市文三路1号仓库", As.OWN, shop.now)
    (told,) = marks.listing()
    assert (told.people, told.value) == ((shop.member("zhao"),), "浙江省 杭州市 文三路1号 仓库")
