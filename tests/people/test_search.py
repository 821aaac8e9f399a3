"""Names and search over sealed values."""

import pytest

from xiaohe.people import identifiers, names, search
from xiaohe.people.keys import Kind, Namespace
from xiaohe.people.names import NameKind
from xiaohe.people.search import Why

PHONE, ORDER = "13800138000", "1930123456789012345"


def _found(text):
    return [(found.name, found.why) for found in search.find(text)]


def _described(contact, text):
    return [], [(contact, Namespace.NAME, text, Kind.DESCRIPTION)]


@pytest.fixture
def street(any_town):
    """Three people: a linked buyer, a buyer known by member name, a contact who never bought."""
    town = any_town
    town.bring(
        town.sale(ORDER, member="TB_Wang88", phone=PHONE, receiver="王小明"),
        town.sale("1930123456789012399", member="猫奴小王", receiver="王**"),
        town.friend("a", "毛毛妈 猫粮", phone=PHONE),
        town.friend("b", "猫粮老王 杭州"),
    )
    return town


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (PHONE, [("毛毛妈 猫粮", Why.PHONE)]),
        ("138-0013-8000", [("毛毛妈 猫粮", Why.PHONE)]),
        ("8000", [("毛毛妈 猫粮", Why.PHONE_TAIL)]),
        ("tb_wang88", [("毛毛妈 猫粮", Why.MEMBER)]),
        (ORDER, [("毛毛妈 猫粮", Why.ORDER)]),
        ("1930123456789012399", [("猫奴小王", Why.ORDER)]),
        ("毛毛", [("毛毛妈 猫粮", Why.NAME)]),
        ("毛毛妈 猫粮", [("毛毛妈 猫粮", Why.NAME)]),
        ("猫粮 毛", [("毛毛妈 猫粮", Why.NAME)]),
        ("王小明", [("毛毛妈 猫粮", Why.NAME)]),
        ("小王", [("猫奴小王", Why.MEMBER)]),
        ("猫粮", [("猫粮老王 杭州", Why.NAME), ("毛毛妈 猫粮", Why.NAME)]),
        ("  ", []),
        ("x", []),
        ("狗粮", []),
        ("13900139000", []),
        ("1930123456789012300", []),
    ],
)
def test_people_are_found_by_what_the_owner_knows_of_them(street, text, answer):
    assert _found(text) == answer


def test_what_staff_typed_into_a_contact_is_found_by_phone_and_order_number(town):
    town.bring(
        town.friend("a", "毛毛妈13800138000"),
        _described(town.contact("b"), f"老王 {ORDER}"),
        _described(town.contact("c"), "139 0013 9000"),
    )
    assert _found(PHONE) == [("毛毛妈13800138000", Why.PHONE)]
    assert [found.person for found in search.find(ORDER)] == [town.contact("b")]
    (tail,) = search.find("9000")
    assert (tail.person, tail.why) == (town.contact("c"), Why.PHONE_TAIL)


def test_a_single_character_finds_everybody_with_it(street):
    assert {name for name, _why in _found("王")} == {"毛毛妈 猫粮", "猫奴小王", "猫粮老王 杭州"}


def test_the_answer_is_the_same_every_time_and_has_an_end(street):
    assert search.find("王") == search.find("王")
    assert search.find("王", limit=1) == search.find("王")[:1]


def test_a_found_person_is_the_person_of_the_contact_and_of_the_buyer(street):
    (found,) = search.find(PHONE)
    assert (
        found.person
        == street.person(street.contact("a"))
        == street.person(street.member("TB_Wang88"))
    )


def test_what_an_undone_import_told_is_not_found(town):
    town.bring(town.sale(ORDER, member="wang", receiver="王小明"))
    second = town.bring(town.friend("a", "毛毛妈"))
    town.undo(second)
    assert _found("毛毛妈") == []
    assert _found("王小明") == [("wang", Why.NAME)]


def test_what_an_import_records_is_unseen_before_it_commits(town):
    recorder = identifiers.Recorder(999)
    recorder.add(town.member("wang"), Namespace.MEMBER, "taobao:wang")
    recorder.flush()
    assert _found("wang") == []
    assert names.display([town.member("wang")])[town.member("wang")].kind == NameKind.NUMBER


def test_the_newest_name_of_a_contact_is_shown_and_an_undo_gives_the_former_back(town):
    contact = town.contact("a")
    for name in ("毛毛妈", "毛毛妈 猫粮", "毛毛妈"):
        town.bring(town.friend("a", name))
    newest = town.bring(town.friend("a", "阿毛"))
    assert names.display([contact])[contact].name == "阿毛"
    assert names.hints([contact]) == {contact: "阿毛"}
    town.undo(newest)
    assert names.display([contact])[contact].name == "毛毛妈"
    town.undo(newest - 1)
    assert names.display([contact])[contact].name == "毛毛妈 猫粮"


def test_names_go_from_contact_over_member_and_receiver_to_what_a_mask_left(town):
    town.bring(
        town.sale("1", member="wang", receiver="王小明", phone=PHONE),
        town.sale("2", phone="13900139000", receiver="李四"),
        town.sale("3", phone="13700137000", receiver="赵**"),
        town.sale("4", phone="13600136000"),
        town.sale("5"),
    )
    shown = names.display(
        [
            town.member("wang"),
            town.phone("13900139000"),
            town.phone("13700137000"),
            town.phone("13600136000"),
            town.order("5"),
        ]
    )
    kinds = [each.kind for each in shown.values()]
    assert kinds == [
        NameKind.MEMBER,
        NameKind.RECEIVER,
        NameKind.MASKED,
        NameKind.PHONE,
        NameKind.NUMBER,
    ]
    assert [each.name for each in shown.values()][:3] == ["wang", "李四", "赵**"]
    assert [(key.namespace, key.value) for key in shown[town.member("wang")].keys] == [
        ("member", "wang"),
        ("phone", PHONE),
    ]


def test_the_sweep_forgets_only_what_nothing_live_states(any_town):
    town = any_town
    first = town.bring(town.friend("a", "毛毛妈"), town.friend("b", "老王"))
    second = town.bring(town.friend("a", "毛毛妈"), town.friend("c", "小李"))
    town.undo(first)
    assert identifiers.sweep() == 1
    assert identifiers.sweep() == 0
    assert _found("毛毛妈") == [("毛毛妈", Why.NAME)]
    town.undo(second)
    assert identifiers.sweep() == 2
    from xiaohe.kernel import store

    assert store.rows("SELECT count(*) FROM people_identifier") == [(0,)]
    assert store.rows("SELECT count(*) FROM people_search_gram") == [(0,)]


def test_no_plain_value_lies_on_the_disk_in_any_encoding(town, place):
    town.bring(
        town.sale(ORDER, member="TB_Wang88", phone=PHONE, receiver="王小明"),
        town.friend("a", "毛毛妈 猫粮", phone=PHONE, orders=(ORDER,)),
    )
    search.find("毛毛")
    names.display([town.contact("a")])
    planted = [PHONE, ORDER, "TB_Wang88", "tb_wang88", "王小明", "毛毛妈", "猫粮"]
    for path in place.home.rglob("*"):
        data = path.read_bytes() if path.is_file() else b""
        for text in planted:
            for encoding in ("utf-8", "gb18030", "utf-16-le", "utf-16-be"):
                assert text.encode(encoding) not in data, (path.name, encoding)


def test_recording_one_value_twice_keeps_one_row_and_both_imports(any_town):
    for import_id in (1, 2, 2, 1):
        recorder = identifiers.Recorder(import_id)
        recorder.add(7, Namespace.NAME, "毛毛妈")
        recorder.add(7, Namespace.NAME, "毛毛妈")
        recorder.add(7, Namespace.NAME, " ")
        recorder.add(7, Namespace.PHONE, "138****8000")
        recorder.flush()
    from xiaohe.people import store

    (stored,) = store.values_of([7])
    assert set(stored.import_ids) == {1, 2}


def test_an_undo_asks_for_the_sweep_and_the_job_does_it(town):
    from xiaohe import jobs
    from xiaohe.kernel import store

    jobs.discover()
    first = town.bring(town.friend("a", "毛毛妈"))
    town.bring(town.friend("b", "老王"))
    town.undo(first)
    jobs.run_pending(until_empty=True)
    assert store.rows("SELECT count(*) FROM people_identifier") == [(1,)]
