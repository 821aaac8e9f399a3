"""What identifies and what does not, in cells and in free text."""

from datetime import datetime

import pytest

from xiaohe.people import evidence, keys
from xiaohe.people.keys import Namespace


@pytest.mark.parametrize(
    "cell",
    [
        "13800138000",
        " 138 0013 8000 ",
        "138-0013-8000",
        "+86 13800138000",
        "+8613800138000",
        "8613800138000",
        "008613800138000",
        "'13800138000",
        '="13800138000"',
        "１３８００１３８０００",
    ],
)
def test_one_phone_has_one_spelling(cell):
    assert keys.normalise(Namespace.PHONE, cell) == "13800138000"


@pytest.mark.parametrize(
    "cell",
    [
        "",
        "-",
        "138****8000",
        "1380013800",
        "138001380001",
        "13800138000-1234",
        "13800138000转1234",
        "13800138000,1234",
        "138001380001234",
        "12800138000",
        "027-87654321",
        "##b7e23ec29af22b0b",
        "1.38001E+10",
    ],
)
def test_incomplete_virtual_and_masked_phones_are_no_keys(cell):
    assert keys.normalise(Namespace.PHONE, cell) is None


@pytest.mark.parametrize(
    "cell", ["王**", "t**8", "＊小明", "$$cipher", "##密文", "~~x", "tb***1", "", "-", "无"]
)
def test_masked_and_blank_names_are_no_keys(cell):
    assert keys.on_platform("taobao", cell) is None
    assert keys.normalise(Namespace.MEMBER, cell) is None


def test_member_names_fold_to_one_key_per_platform(place):
    hasher = keys.hasher()
    one = keys.on_platform("taobao", "ＴＢ_Wang88 ")
    assert one == "taobao:tb_wang88"
    assert hasher(Namespace.MEMBER, one) == hasher(Namespace.MEMBER, "taobao:tb_wang88")
    assert hasher(Namespace.MEMBER, one) != hasher(Namespace.MEMBER, "pinduoduo:tb_wang88")
    assert hasher(Namespace.MEMBER, one) != hasher(Namespace.CUSTOMER, one)


def test_a_contact_is_who_added_them_and_when():
    added = datetime(2025, 6, 1, 9, 30, 5)  # noqa: DTZ001 (as the file says it)
    assert keys.contact_value("LiLei", added) == "lilei|2025-06-01 09:30:05"


@pytest.mark.parametrize(
    ("text", "phone"),
    [
        ("毛毛妈13800138000杭州", "13800138000"),
        ("电话：138 0013 8000。", "13800138000"),
        ("+86-138-0013-8000", "13800138000"),
        ("Tel13800138000", "13800138000"),
        ("１３８００１３８０００ 猫粮", "13800138000"),
        ("13800138000 13800138000", "13800138000"),
        ("13800138000 13900139000", None),
        ("138****8000", None),
        ("13800138000-1234", None),
        ("13800138000转1234", None),
        ("订单1380013800012345678", None),
        ("138001380001", None),
        ("猫粮老王 杭州", None),
    ],
)
def test_a_phone_in_free_text_counts_only_if_it_is_whole_and_the_only_one(text, phone):
    assert evidence.extract_phone(text) == phone


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("订单号1930123456789012345 猫粮", ["1930123456789012345"]),
        (
            "单1930123456789012345/1930123456789012346",
            ["1930123456789012345", "1930123456789012346"],
        ),
        ("拼多多230101-123456789012345", ["230101-123456789012345"]),
        ("有赞 E20230101123456789", ["e20230101123456789"]),
        ("１９３０１２３４５６７８９０１２３４５", ["1930123456789012345"]),
        ("电话13800138000 8613800138000", []),
        ("2025-06-30 见面", []),
        ("1.93E+18", []),
        ("", []),
    ],
)
def test_order_numbers_in_free_text(text, numbers):
    assert evidence.order_numbers(text) == numbers
