"""Likely pairs become questions, answers become facts, and nothing likely joins by itself."""

import pytest

from xiaohe.kernel.errors import NotFound
from xiaohe.people import actions
from xiaohe.people.keys import Kind, Namespace
from xiaohe.people.likely import Answer, answer, building, questions, table

PHONE = "13800138000"


def _buyer(town, member, receiver="", *, city="", masked="", number=None):
    """One order of a buyer whose receiver, city and phone the platform shows as it likes."""
    facts, values = town.sale(number or f"77{member}", member=member, receiver=receiver)
    subject = town.member(member)
    values += [(subject, Namespace.NAME, city, Kind.CITY)] if city else []
    values += [(subject, Namespace.NAME, masked, Kind.MASKED_PHONE)] if masked else []
    return facts, values


def _friend(town, row, name, remark="", description=""):
    facts, values = town.friend(row, name)
    subject = town.contact(row)
    values += [(subject, Namespace.NAME, remark, Kind.REMARK)] if remark else []
    values += [(subject, Namespace.NAME, description, Kind.DESCRIPTION)] if description else []
    return facts, values


def _others(town, count=60):
    """Buyers that resemble nobody much, so that names and cities have frequencies."""
    cities = ("上海", "北京", "四川成都", "湖北武汉", "广东广州")
    names = "李张刘陈赵黄周吴徐孙"
    return [
        _buyer(town, f"someone{at}", f"{names[at % 10]}**", city=cities[at % 5], masked=f"1390000{at:04d}"[:3] + f"****{at:04d}")
        for at in range(count)
    ]  # fmt: skip


@pytest.fixture
def shop(any_town):
    """老王 of 杭州 bought behind a mask; the chat list knows him by a remark."""
    any_town.bring(
        *_others(any_town),
        _buyer(any_town, "wang", "王**", city="浙江杭州", masked="138****8000"),
        _friend(any_town, "a", "一杯清茶", remark=f"猫粮老王 杭州 {PHONE}"),
        _friend(any_town, "b", "路人"),
    )
    building.rebuild()
    return any_town


def _asked(town, **more):
    return [(each.left, each.right) for each in questions(town.now, **more)]


def test_a_remark_and_a_masked_parcel_become_a_question_and_nothing_else(shop):
    (asked,) = questions(shop.now)
    assert (asked.left, asked.right) == (shop.contact("a"), shop.member("wang"))
    assert {"name1", "city1", "phone2"} <= set(asked.because)
    assert 0.5 < asked.chance < 1
    assert shop.groups() == set()


def test_yes_joins_them_no_parts_them_for_good_and_each_is_taken_back(shop):
    pair = (shop.contact("a"), shop.member("wang"))
    (asked,) = questions(shop.now)
    done = answer(asked.id, Answer.YES, shop.now)
    assert shop.same(*pair)
    assert _asked(shop) == []
    actions.undo(done.facts, shop.now)
    assert shop.groups() == set()
    assert _asked(shop) == [pair]
    refused = answer(asked.id, Answer.NO, shop.now)
    building.rebuild()
    assert _asked(shop) == []
    actions.undo(refused.facts, shop.now)
    building.rebuild()
    assert _asked(shop) == [pair]


def test_what_nobody_knows_is_asked_again_only_when_something_new_speaks_for_it(shop):
    (asked,) = questions(shop.now)
    done = answer(asked.id, Answer.UNKNOWN, shop.now)
    building.rebuild()
    assert _asked(shop) == []
    shop.bring(_friend(shop, "a", "一杯清茶", description="¥10 那单"))
    building.rebuild()
    (again,) = questions(shop.now)
    assert again.id == asked.id
    assert "amount1" in again.because
    actions.undo(done.facts, shop.now)
    assert shop.groups() == set()


def test_five_questions_are_about_the_five_people_worth_most(any_town):
    surnames = "欧谭陆范汪廖石"
    rows = [
        _buyer(any_town, f"m{at}", f"{name}**", city="浙江宁波", masked=f"137****{at:02d}77")
        for at, name in enumerate(surnames)
    ]
    friends = [
        _friend(any_town, f"r{at}", f"{name}姐 宁波 1371111{at:02d}77")
        for at, name in enumerate(surnames)
    ]
    any_town.bring(*_others(any_town), *rows, *friends)
    building.rebuild()
    worth = {any_town.member(f"m{at}"): 1000.0 * (at + 1) for at in range(7)}
    asked = questions(any_town.now, values=lambda persons: worth)
    assert [each.right for each in asked] == [any_town.member(f"m{at}") for at in (6, 5, 4, 3, 2)]
    assert len({each.left for each in asked}) == 5


def test_answers_move_the_weights(shop):
    before = table.current().about["model"]
    (asked,) = questions(shop.now)
    done = answer(asked.id, Answer.NO, shop.now)
    building.rebuild()
    after = table.current().about["model"]
    assert after["offset"] < before["offset"] == 0
    name = {field["name"]: field for field in after["fields"]}["phone"]
    assert name["u"][2] > {f["name"]: f for f in before["fields"]}["phone"]["u"][2]
    actions.undo(done.facts, shop.now)
    building.rebuild()
    answer(asked.id, Answer.YES, shop.now)
    building.rebuild()
    learned = table.current().about
    assert learned["model"]["offset"] > 0
    assert learned["certain"] == 1


def test_too_few_pairs_are_flagged_as_presets(shop):
    model = table.current().about["model"]
    assert model["preset"] is True
    assert {field["learned"] for field in model["fields"]} == {"preset"}


def test_a_contact_whose_order_is_known_is_never_asked_about(shop):
    shop.bring(shop.sale("9999", member="wang", phone=PHONE), shop.friend("a", "x", phone=PHONE))
    assert shop.same(shop.contact("a"), shop.member("wang"))
    building.rebuild()
    assert _asked(shop) == []


def test_an_id_nobody_was_asked_about_changes_nothing(shop):
    for made_up in ("0", "zz", f"{shop.member('wang'):x}"):
        with pytest.raises(NotFound):
            answer(made_up, Answer.YES, shop.now)
    assert shop.groups() == set()


def test_the_derived_table_holds_no_name_phone_or_city(shop):
    raw = table.path().read_bytes()
    for text in ("老王", "王", "杭州", PHONE, "8000", "清茶"):
        assert text.encode() not in raw
    assert set(table.current().pairs.column_names) == {
        "left",
        "right",
        "weight",
        "chance",
        "because",
        "between",
    }


def test_without_a_table_there_are_no_questions_and_one_is_asked_for(shop):
    from xiaohe import jobs

    table.path().unlink()
    assert _asked(shop) == []
    assert jobs.latest("people.likely").is_open
