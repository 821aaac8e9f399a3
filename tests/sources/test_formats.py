"""Formats: every header of every platform is recognised as what it is, and a slip in a format file is told where it is."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.utils import translation

from tests.sources.files import CONTACTS
from tests.sources.platforms import headers
from xiaohe.kernel.errors import BadInput
from xiaohe.kernel.workspace import Workspace
from xiaohe.sources import formats, importing
from xiaohe.sources.formats.fields import FIELDS

KNOWN = [
    *((name, header) for name, many in headers.ORDER_SIDE.items() for header in many),
    ("wecom_contacts", CONTACTS),
]
IDS = [f"{name}-{len(header)}" for name, header in KNOWN]


def recognised(header: Sequence[str]) -> str | None:
    layout = formats.best_layout(formats.ours(), header)
    return layout.format.name if layout else None


def dressed(name: str, chance: random.Random) -> str:
    """A heading as back offices, spreadsheets and people dress it."""
    wide = name.replace("(", "（").replace(")", "）")
    narrow = name.replace("（", "(").replace("）", ")")
    return chance.choice(
        [name, f" {name} ", f"\t{name}", f"`{name}", f"'{name}", f'="{name}"', f"\ufeff{name}", wide, narrow, f"*{name}"]
    )  # fmt: skip


@pytest.mark.parametrize(("name", "header"), KNOWN, ids=IDS)
def test_a_header_is_its_format_in_any_order_and_dress(name: str, header: list[str]) -> None:
    chance = random.Random(name)
    for _try in range(20):
        mixed = [dressed(each, chance) for each in header]
        more = [f"新栏目{number}" for number in range(chance.randrange(12))]
        mixed = [*mixed, *more]
        chance.shuffle(mixed)

        assert recognised(mixed) == name


@pytest.mark.parametrize(("name", "header"), KNOWN, ids=IDS)
def test_a_header_stays_its_format_while_optional_columns_go(name: str, header: list[str]) -> None:
    """Merchants tick which columns to export: what is left is this format or none, never a neighbour's."""
    chance = random.Random(name)
    (mine,) = [each for each in formats.ours() if each.name == name]
    kept = 0
    for _try in range(60):
        fewer = [each for each in header if chance.random() < 0.6]
        found = recognised(fewer)
        layout = mine.layout(fewer)
        assert found == name if layout else found in (None, _TAOBAO.get(name)), fewer
        kept += layout is not None
    assert kept


# The two Taobao lists are one export with and without the columns of articles.
_TAOBAO = {"taobao_orders": "taobao_items", "taobao_items": "taobao_orders"}


@pytest.mark.parametrize("header", headers.NO_ORDER_LISTS, ids=len)
def test_what_is_no_order_list_is_taken_for_none(header: list[str]) -> None:
    kinds = {formats.Kind.ORDERS, formats.Kind.ORDER_LINES, formats.Kind.ITEMS}
    orders = [each for each in formats.ours() if each.kind in kinds]

    assert formats.best_layout(orders, header) is None


def test_a_plain_table_of_a_shop_is_no_platforms() -> None:
    assert recognised(["订单号", "日期", "客户", "商品名称", "数量", "金额"]) is None
    assert recognised(["订单编号", "下单时间", "手机号", "实付款", "订单状态"]) is None


def test_every_format_has_a_title_in_both_languages_and_fields_its_rows_read() -> None:
    for each in formats.ours():
        assert {"en", "zh"} <= each.titles.keys(), each.name
        if each.kind in FIELDS:
            assert set(each.columns) <= set(FIELDS[each.kind]), each.name


def test_words_for_states_have_either_comma_and_blanks() -> None:
    (taobao,) = [each for each in formats.ours() if each.name == "taobao_orders"]
    for cell in (
        "卖家已发货，等待买家确认",
        "卖家已发货,等待买家确认",
        " 卖家已发货 , 等待买家确认",
    ):
        assert taobao.status_of(cell) is formats.Status.SHIPPED
    (pinduoduo,) = [each for each in formats.ours() if each.name == "pinduoduo_orders"]
    assert pinduoduo.status_of("已发货，退款成功") is formats.Status.SHIPPED
    assert pinduoduo.words.says_refunded("已发货，退款成功")
    assert not pinduoduo.words.says_refunded("无售后或售后取消")
    assert taobao.status_of("从没见过的词") is None


# ---------------------------------------------------------------- formats of a merchant's own

GOOD = """
kind = "orders"
platform = "nongchang"
required = ["order_no", "paid", "paid_at"]

[title]
en = "Farm orders"
zh = "农场订单"

[columns]
order_no = ["农场单号"]
paid = ["收了多少"]
paid_at = ["哪天"]
mobile = ["手机"]
"""


def own(place: Workspace, name: str, text: str) -> Path:
    folder = place.home / "formats"
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def test_a_merchants_format_is_known_at_once_and_gone_with_its_file(place: Workspace) -> None:
    header = ["农场单号", "收了多少", "哪天", "手机"]
    assert formats.best_layout(formats.known(), header) is None

    file = own(place, "farm.toml", GOOD)

    layout = formats.best_layout(formats.known(), header)
    assert layout is not None
    assert layout.format.name == "farm"
    with translation.override("zh-hans"):
        assert formats.title_of("farm") == "农场订单"
    assert "nongchang" in formats.platforms()
    file.unlink()
    assert formats.best_layout(formats.known(), header) is None


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("甲,乙\n子,丑\n", "unknown_table"),
        ("农场单号,日期,金额\n1,2025-01-02,3.00\n", "needs_confirmation"),
    ],
)
def test_a_file_nobody_knows_names_the_broken_format_that_may_be_for_it(
    header: str, code: str, place: Workspace, tmp_path: Path
) -> None:
    own(place, "farm.toml", "kind = \n")
    file = tmp_path / "nongchang.csv"
    file.write_text(header, encoding="utf-8")

    with pytest.raises(BadInput) as refused:
        importing.run(file, now=datetime(2025, 7, 1, tzinfo=UTC))

    assert refused.value.code == code
    assert "farm.toml" in str(refused.value)
    assert "xiaohe sources formats" in str(refused.value)


@pytest.mark.parametrize(
    ("change", "code", "key"),
    [
        (("kind = ", "kind "), "format_unreadable", None),
        (('kind = "orders"', 'kind = "order"'), "format_unknown_word", "kind"),
        (('kind = "orders"\n', ""), "format_missing", "kind"),
        (("platform =", "platfrom ="), "format_unknown_key", "platfrom"),
        (("paid_at = [", "payed_at = ["), "format_unknown_key", "columns.payed_at"),
        (('["收了多少"]', '"收了多少"'), "format_wrong_type", "columns.paid"),
        (('mobile = ["手机"]', 'mobile = ["哪天"]'), "format_twice", None),
        (('"paid", "paid_at"]', '"paid", "created"]'), "format_not_a_column", "required"),
        (("[title]", "date_from_number = '(x'\n[title]"), "format_bad_pattern", "date_from_number"),
        (("[title]", 'split = ";"\n[title]'), "format_not_of_this_kind", "split"),
        (("[title]", 'at_least = "2"\n[title]'), "format_wrong_type", "at_least"),
        (("[columns]", '[status]\nlost = ["丢了"]\n[columns]'), "format_unknown_key", "status.lost"),
    ],
)  # fmt: skip
def test_a_slip_is_told_with_file_key_and_what_to_do_and_stops_nothing_else(
    change: tuple[str, str], code: str, key: str | None, place: Workspace
) -> None:
    own(place, "farm.toml", GOOD)
    own(place, "broken.toml", GOOD.replace(*change))

    (problem,) = formats.problems()

    assert problem.code == code
    assert "broken.toml" in str(problem)
    assert key is None or f"“{key}”" in str(problem)
    assert "%(" not in str(problem)
    assert {"farm", "taobao_orders"} <= {each.name for each in formats.known()}


def test_a_file_of_the_same_name_takes_the_place_of_ours(place: Workspace) -> None:
    own(place, "jd_orders.toml", GOOD)

    (jd,) = [each for each in formats.known() if each.name == "jd_orders"]

    assert jd.source == "nongchang"
    with pytest.raises(BadInput):
        formats.read(own(place, "Bad-Name.toml", GOOD))
