"""One phone on two platforms is a question with both sides; yes is one person, and undo makes two again."""

import pytest

from xiaohe.people import actions
from xiaohe.people.keys import Kind, Namespace
from xiaohe.people.likely import Answer, across_platforms, all_one, answer, building, questions

PHONE = "13800138000"


def _sale(
    town, platform, member, phone="", *, name="王小明", city="浙江杭州", address="", number=None
):
    """An order as the file of any platform tells it."""
    facts, values = town.sale(
        number or f"{platform}{member}", member=member, phone=phone, receiver=name
    )
    subject, former = town.hash(Namespace.MEMBER, f"{platform}:{member}"), town.member(member)
    order = town.hash(Namespace.ORDER, f"{platform}:{number or member}")
    for fact in facts:
        fact["source"] = platform
        fact["key_hash"] ^= hash(platform) >> 8
        fact["subject"] = subject if fact["subject"] == former else fact["subject"]
        if fact["type"] == "order.paid":
            fact["order_key"] = order
            fact["subject"] = subject if member else order if not phone else fact["subject"]
    told = [(subject if s == former else s, space, value, kind) for s, space, value, kind in values]
    told = [
        (s, sp, f"{platform}:{member}" if sp is Namespace.MEMBER else v, k) for s, sp, v, k in told
    ]
    whose = facts[0]["subject"]
    told = [(whose if kind is Kind.RECEIVER else s, space, v, kind) for s, space, v, kind in told]
    told.append((whose, Namespace.NAME, city, Kind.CITY))
    if address:
        told.append((whose, Namespace.NAME, address, Kind.ADDRESS))
    return facts, told


def _on(town, platform, member):
    return town.hash(Namespace.MEMBER, f"{platform}:{member}")


def _pairs(town, **more):
    return {frozenset((each.left, each.right)) for each in questions(town.now, **more)}


@pytest.fixture
def two_platforms(any_town):
    town = any_town
    town.bring(_sale(town, "taobao", "wang", PHONE), _sale(town, "jd", "xiaowang", PHONE))
    building.rebuild()
    return town, frozenset((_on(town, "taobao", "wang"), _on(town, "jd", "xiaowang")))


def test_one_phone_on_two_platforms_is_asked_with_both_sides_and_joins_nobody(two_platforms):
    town, pair = two_platforms
    (asked,) = questions(town.now)
    assert frozenset((asked.left, asked.right)) == pair
    assert set(asked.because) == {"shared2", "name3", "city1"}
    assert 0.9 < asked.chance < 1
    assert town.groups() == set()
    assert across_platforms(20)[1] == 1


def test_yes_makes_one_person_of_both_orders_and_undo_makes_two_again(two_platforms):
    town, pair = two_platforms
    done = answer(questions(town.now)[0].id, Answer.YES, town.now)
    assert town.same(*pair)
    building.rebuild()
    assert _pairs(town) == set()
    actions.undo(done.facts, town.now)
    building.rebuild()
    assert not town.same(*pair)
    assert _pairs(town) == {pair}


def test_no_parts_them_for_good_and_a_contact_reaches_both_once_they_are_one(two_platforms):
    town, pair = two_platforms
    town.bring(town.friend("a", "一杯清茶", phone=PHONE))
    building.rebuild()
    assert not town.same(town.contact("a"), *pair)
    no = answer(across_platforms(20)[0][0].id, Answer.NO, town.now)
    building.rebuild()
    assert across_platforms(20) == ([], 0)
    actions.undo(no.facts, town.now)
    building.rebuild()
    answer(across_platforms(20)[0][0].id, Answer.YES, town.now)
    assert town.same(town.contact("a"), *pair)


def test_a_phone_of_two_members_of_one_platform_is_a_familys_and_not_asked_about(any_town):
    town = any_town
    town.bring(
        _sale(town, "taobao", "wang", PHONE),
        _sale(town, "taobao", "mama", PHONE, name="李梅"),
        _sale(town, "jd", "xiaowang", PHONE),
    )
    building.rebuild()
    assert _pairs(town) == set()
    assert across_platforms(20) == ([], 0)


def test_another_name_on_the_phone_is_a_question_but_not_listed_as_nearly_sure(any_town):
    town = any_town
    town.bring(
        _sale(town, "taobao", "wang", PHONE), _sale(town, "jd", "li", PHONE, name="李梅", city="")
    )
    building.rebuild()
    (asked,) = questions(town.now)
    assert asked.chance < 0.5
    assert across_platforms(20) == ([], 0)


def test_three_platforms_are_two_taps_and_all_of_these_is_one_and_its_undo_takes_all_back(any_town):
    town = any_town
    town.bring(
        *(_sale(town, each, "wang", PHONE) for each in ("taobao", "jd", "pos")),
        *(_sale(town, each, "li", "13900139000", name="李梅") for each in ("taobao", "jd")),
    )
    building.rebuild()
    listed, total = across_platforms(20)
    assert len(listed) == total == 3
    done = all_one([each.id for each in listed] + ["1f"], town.now)
    assert town.same(*(_on(town, each, "wang") for each in ("taobao", "jd", "pos")))
    assert town.same(*(_on(town, each, "li") for each in ("taobao", "jd")))
    assert not town.same(_on(town, "jd", "li"), _on(town, "jd", "wang"))
    actions.undo(done.facts, town.now)
    assert town.groups() == set()


def test_an_order_without_account_is_asked_by_name_and_address(any_town):
    town = any_town
    home = "浙江省杭州市西湖区文三路 88 号 3 幢 402"
    town.bring(
        _sale(town, "taobao", "wang", address=home),
        _sale(town, "jd", "", number="77", address=home.replace(" ", "")),
        _sale(town, "jd", "", number="78", name="李梅", address=home),
    )
    building.rebuild()
    (asked,) = questions(town.now)
    order = town.hash(Namespace.ORDER, "jd:77")
    assert {asked.left, asked.right} == {_on(town, "taobao", "wang"), order}
    assert asked.because == ("shared3",)


def test_a_phone_said_not_to_be_somebodys_is_not_asked_about_again(two_platforms):
    town, _pair = two_platforms
    actions.split(_on(town, "jd", "xiaowang"), town.phone(PHONE), town.now)
    building.rebuild()
    assert _pairs(town) == set()
