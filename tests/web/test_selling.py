"""The merchant's side on pages: goods, stores and staff, ties, private notes; each can be taken back."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from tests.people.conftest import Town
from xiaohe.jobs.models import Job
from xiaohe.ledger import engine
from xiaohe.people import overlay, private_notes, ties
from xiaohe.shop import accounts, goods, stores, team
from xiaohe.shop.goods import Stated
from xiaohe.shop.models import AuditEntry, User
from xiaohe.sources import importing, merchandise
from xiaohe.traits import state
from xiaohe.web.pages import goods as goods_page

NOW = datetime(2025, 6, 30, 4, tzinfo=UTC)


def toast_undo(client: Client, address: str) -> Any:
    """Press the toast's 〔undo〕 on the page at `address`."""
    body = client.get(address).content.decode()
    found = re.search(r'class="toast-line.*?action="([^"]+)"', body, re.DOTALL)
    assert found, body
    return client.post(found[1])


@pytest.fixture
def sold(owner: Client) -> Client:
    goods.learn(
        [
            Stated(7, "【包邮】XX无谷全价猫粮鸡肉5kg", 40, date(2025, 6, 1)),
            Stated(8, "猫砂豆腐味6L*4袋", 9, date(2025, 6, 2)),
        ]
    )
    return owner


def test_names_are_asked_once_and_may_be_taken_back(sold: Client) -> None:
    fragment = goods_page.first_names()
    assert fragment is not None
    assert [ask.proposal for ask in fragment[1]["asks"]] == ["鸡肉猫粮", "豆腐猫砂"]

    answer = sold.post("/goods/names", {"name-7": "鸡肉猫粮", "name-8": "", "next": "/goods"})

    assert answer.headers["Location"] == "/goods"
    assert goods_page.first_names() is None
    assert goods.spoken_names([7, 8]) == {7: "鸡肉猫粮"}
    toast_undo(sold, "/goods")
    assert goods.spoken_names([7, 8]) == {}
    assert goods_page.first_names() == fragment


def test_an_article_says_its_name_margin_and_that_it_was_seen_today(sold: Client) -> None:
    told = {"spoken": "猫粮", "margin": "35", "launched_on": "2025-03-01", "group": ""}
    sold.post("/goods/7", told)
    row = goods.one(7)
    assert (row.spoken, row.margin, row.launched_on) == ("猫粮", 0.35, date(2025, 3, 1))

    sold.post("/goods/7/stock", {"seen": "yes"})
    assert goods.one(7).stock_confirmed_on is not None
    assert "seen today" in sold.get("/goods/7").content.decode()
    refused = sold.post("/goods/7", {**told, "margin": "350"})
    assert refused.status_code == 400
    assert goods.one(7).margin == 0.35
    assert sold.get("/goods/99").status_code == 404


def test_a_group_is_made_filled_dropped_and_back_again(sold: Client) -> None:
    sold.post("/goods/groups", {"name": "猫砂", "cycle_days": "25"})
    group = goods.groups()[0]
    form = {"name": "猫砂", "cycle_days": "20", "goods": ["8"], "offered": ["7", "8"]}
    sold.post(f"/goods/groups/{group.pk}", form)
    assert (goods.one(8).cycle_days, goods.one(7).group) == (20, None)

    sold.post(f"/goods/groups/{group.pk}/drop")
    assert goods.grouping() is None
    toast_undo(sold, "/goods")
    assert goods.one(8).cycle_days == 20


def test_stores_staff_and_closed_days(owner: Client) -> None:
    account = accounts.account_named("wecom", "xiaolin")
    owner.post("/stores/add", {"name": "滨江店"})
    (place,) = stores.all_stores()
    owner.post(f"/stores/{place.pk}", {"name": "滨江店", "day-0": "10-18", "address": "滨江路1号"})
    owner.post("/staff/add", {"name": "小林", "store": str(place.pk)})
    (who,) = team.everybody()
    told = {
        "name": "小林",
        "store": str(place.pk),
        "account": [str(account.pk)],
        "phone": "13800138000",
    }
    owner.post(f"/staff/{who.pk}", told)
    owner.post(
        f"/staff/{who.pk}/shifts", {"on": "2030-01-01", "starts_at": "10:00", "ends_at": "18:00"}
    )
    owner.post("/closed-days", {"from_on": "2025-01-28", "until_on": "2025-02-03", "why": "春节"})
    owner.post("/own-contacts", {"kind": "phone", "value": "13900139000", "note": "测试机"})

    assert [str(each) for each in stores.hours(place.pk)[0]] == ["10:00–18:00"]
    assert [each.pk for each in team.accounts_of(who.pk)] == [account.pk]
    assert stores.closed_spans() == ((date(2025, 1, 28), date(2025, 2, 3)),)
    assert {each.value for each in team.own_values()} == {"13800138000", "滨江路1号", "13900139000"}
    page = owner.get("/stores").content.decode()
    assert "滨江店" in page
    assert "小林" in page
    assert AuditEntry.objects.filter(page="stores").exists()


@pytest.mark.parametrize(
    ("step", "count"),
    [
        (("/closed-days", {"from_on": "2025-01-28"}), lambda: len(stores.all_closed())),
        (("/own-contacts", {"kind": "phone", "value": "1"}), lambda: len(team.own_contacts())),
    ],
)
def test_every_step_has_its_way_back(owner: Client, step: Any, count: Any) -> None:
    owner.post(*step)
    assert count() == 1
    toast_undo(owner, "/stores")
    assert count() == 0


def test_a_saved_store_a_colleague_and_a_new_group_are_taken_back(sold: Client) -> None:
    account = accounts.account_named("wecom", "xiaolin")
    place = stores.add("滨江店")
    team.set_store_contact(place.pk, phone="0571-88886666", address="")
    who = team.add("小林")
    told = {"name": "城西店", "day-1": "10-18", "phone": "", "address": "城西路1号"}
    sold.post(f"/stores/{place.pk}", told)
    toast_undo(sold, f"/stores/{place.pk}")
    assert (stores.one(place.pk).name, stores.hours(place.pk)) == ("滨江店", [[]] * 7)
    assert [each.value for each in team.own_values()] == ["0571-88886666"]

    told = {"name": "小丽", "store": str(place.pk), "account": [str(account.pk)], "phone": "1"}
    sold.post(f"/staff/{who.pk}", told)
    toast_undo(sold, f"/staff/{who.pk}")
    row = team.one(who.pk)
    assert (row.name, row.store, team.contact(row), team.accounts_of(who.pk)) == (
        "小林",
        None,
        ("", ""),
        [],
    )

    sold.post("/goods/groups", {"name": "猫砂", "cycle_days": "25"})
    made = goods.groups()[0].pk
    toast_undo(sold, f"/goods/groups/{made}")
    assert goods.groups() == []


def test_our_own_phone_is_followed_at_once(owner: Client) -> None:
    town = Town()
    town.bring(
        town.sale("1930123456789012345", member="wang", phone="13800138000"),
        town.friend("a", "毛毛妈", phone="13800138000"),
    )
    place = stores.add("滨江店")
    assert one_person(town.member("wang"), town.contact("a"))
    before = state.as_of(date(2030, 1, 1)).folder

    owner.post(f"/stores/{place.pk}", {"name": "滨江店", "phone": "13800138000"})

    assert not one_person(town.member("wang"), town.contact("a"))
    assert state.as_of(date(2030, 1, 1)).folder != before
    assert {"traits.refresh", "autopilot.prepare"} <= waiting()


def one_person(left: int, right: int) -> bool:
    return overlay.current().person(left) == overlay.current().person(right)


def waiting() -> set[str]:
    return set(Job.objects.filter(state="ready").values_list("name", flat=True))


def test_hours_nobody_can_read_are_refused_beside_the_field(owner: Client) -> None:
    place = stores.add("滨江店")
    answer = owner.post(f"/stores/{place.pk}", {"name": "滨江店", "day-0": "early to late"})
    assert answer.status_code == 400
    assert "Write opening hours like" in answer.content.decode()
    assert stores.hours(place.pk) == [[]] * 7


def two_people() -> tuple[int, int]:
    with state.current().reading("rhythm") as read:
        rhythm = read.table("rhythm").order_by("person").limit(2)
        found = read.run(rhythm.select("person"))["person"].to_pylist()
    return found[0], found[1]


def test_a_tie_is_found_told_shown_and_taken_back(shop_with_files: Client) -> None:
    one, other = two_people()
    told = {"other": str(other), "kind": "family", "words": "妈妈"}
    shop_with_files.post(f"/people/{one}/ties/add", told)

    assert f'href="/people/{one}"' in shop_with_files.get(f"/people/{other}").content.decode()
    assert [each.person for each in ties.of(other)] == [one]
    number = ties.of(one)[0].id
    shop_with_files.post(f"/people/{one}/ties/{number}/strike")
    assert ties.of(other) == []
    asked = shop_with_files.post(f"/people/{one}/ties/find", {"q": "nobody at all"})
    assert "Nobody answers to" in asked.content.decode()


def test_a_private_note_on_pages_of_three_readers(shop_with_files: Client) -> None:
    person = overlay.current().person(two_people()[0])
    lin, wang = (User.objects.create(username=name) for name in ("lin", "wang"))
    hers, his = Client(), Client()
    hers.force_login(lin)
    his.force_login(wang)
    hers.post(f"/people/{person}/notes", {"text": "丈夫不知道", "private": "on"})
    number = private_notes.seen_by(lin, person)[0].id

    assert "丈夫不知道" in hers.get(f"/people/{person}").content.decode()
    assert "丈夫不知道" not in his.get(f"/people/{person}").content.decode()
    assert his.post(f"/people/{person}/notes/{number}/open").status_code == 404
    closed = shop_with_files.get(f"/people/{person}").content.decode()
    assert "A private note of lin" in closed
    assert "丈夫不知道" not in closed
    opened = shop_with_files.post(f"/people/{person}/notes/{number}/open").content.decode()
    assert "丈夫不知道" in opened
    assert "owner opened it" in hers.get(f"/people/{person}").content.decode()
    his.post(f"/people/{person}/notes/{number}/strike")
    assert private_notes.seen_by(lin, person)


def test_a_code_offers_our_stores_and_colleagues_and_takes_any_other_name(owner: Client) -> None:
    stores.add("滨江店")
    team.add("小林")
    address = owner.post("/entries/new", {"entry": "store_code"}).headers["Location"]
    body = owner.get(address).content.decode()
    assert 'list="known-stores"' in body
    assert '<option value="滨江店">' in body
    assert '<option value="小林">' in body
    told = {"name": "门口", "store": "夜市摊", "staff": "小林", "gift": "guide"}
    owner.post(f"{address}/save", told)
    assert 'value="夜市摊"' in owner.get(address).content.decode()


def test_a_timeline_says_goods_as_people_do(
    shop_with_files: Any, sample_files: dict[str, Path]
) -> None:
    importing.run(sample_files["items"], now=NOW)
    merchandise.learn()
    sold_most = goods.most_sold(1)[0]
    with engine.reading() as read:
        lines = read.facts.filter(read.facts.item_key == sold_most.item_key)
        bought = lines.select("order_key").semi_join(
            read.facts.filter(read.facts.type == "order.paid"), "order_key"
        )
        paid = read.facts.filter(read.facts.type == "order.paid").semi_join(bought, "order_key")
        person = overlay.current().person(read.run(paid.limit(1)).to_pylist()[0]["subject"])
    assert sold_most.title in shop_with_files.get(f"/people/{person}").content.decode()

    goods.name(sold_most.item_key, "鸡肉猫粮", NOW)
    page = shop_with_files.get(f"/people/{person}").content.decode()

    assert "鸡肉猫粮" in page
    assert sold_most.title not in page
