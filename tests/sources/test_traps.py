"""What back offices and spreadsheets do to exports, trap by trap, through the import door."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import Any

import pytest

from tests.sources.files import LEGACY, PAID, cells_of, csv_bytes, file, order, xlsx_bytes
from tests.sources.platforms import headers
from tests.sources.platforms.files import NOW, edges, facts, imported, key, orders, sealed
from tests.sources.platforms.test_platforms import douyin, jd_row, pinduoduo, wechat, xiaohongshu
from tests.sources.test_taobao import counts
from xiaohe.sources import importing
from xiaohe.sources.formats import Status, known

NUMBER = 193000000000000001
PLAIN = order(NUMBER, "小王", "1240.50", 联系手机="13812345678")


@pytest.mark.parametrize("encoding", ["gbk", "gb18030", "utf-8", "utf-8-sig", "utf-16"])
def test_any_encoding_is_one_file(encoding: str, place: object, tmp_path: Path) -> None:
    imported(tmp_path, LEGACY, [PLAIN], encoding="gb18030")

    again = imported(tmp_path, LEGACY, [PLAIN], encoding=encoding)

    assert counts(again) == {"duplicate": 1}


@pytest.mark.parametrize(
    "cells",
    [
        {"订单编号": f'="{NUMBER}"'},
        {"订单编号": f"\t{NUMBER}"},
        {"订单编号": f"`{NUMBER}"},
        {"订单编号": f"'{NUMBER}"},
        {"订单编号": f"{NUMBER}\t", "买家会员名": " 小王"},
        {"买家实际支付金额": "1,240.50"},
        {"买家实际支付金额": "￥1,240.50"},
        {"买家实际支付金额": "1240.5元"},
        {"买家实际支付金额": "１２４０．５０"},
        {"买家实际支付金额": "1240.50（系统计算中，该值仅供参考）"},
        {"联系手机": "'13812345678"},
        {"联系手机": "86-13812345678"},
        {"联系手机": '="13812345678"'},
        {"联系手机": "13812345678.0"},
        {"订单状态": " 交易成功"},
        {"订单创建时间": "2025/06/01 10:00", "订单付款时间": "2025-06-01 10:00:00"},
    ],
    ids=lambda cells: "·".join(map(repr, cells.values())),
)  # fmt: skip
def test_a_dressed_cell_says_the_same(cells: dict[str, str], place: object, tmp_path: Path) -> None:
    imported(tmp_path, LEGACY, [PLAIN])

    again = imported(tmp_path, LEGACY, [{**PLAIN, **cells}])

    assert counts(again) == {"duplicate": 1}


@pytest.mark.parametrize("nothing", ["", "-", "--", "—", "无", "null", "/"])
def test_words_for_nothing_are_nothing(nothing: str, place: object, tmp_path: Path) -> None:
    row = {**PLAIN, "联系手机": nothing, "收货人姓名": nothing, "联系电话": nothing}

    imported(tmp_path, LEGACY, [row])

    assert sealed(key("member", "taobao:小王")) == {"member": "taobao:小王"}


@pytest.mark.parametrize(
    ("status", "meant"),
    [
        ("等待买家付款", Status.UNPAID),
        ("买家已付款,等待卖家发货", Status.PAID),
        ("买家已付款，等待卖家发货", Status.PAID),
        ("卖家已发货,等待买家确认", Status.SHIPPED),
        ("卖家已发货，等待买家确认", Status.SHIPPED),
        ("交易成功", Status.COMPLETED),
        ("交易关闭", Status.CLOSED),
    ],
)
def test_status_words_of_either_comma(status: str, meant: Status) -> None:
    for each in known():
        if each.source == "taobao" and each.kind in ("orders", "items"):
            assert each.status_of(status) is meant


@pytest.mark.parametrize(
    "number", ["1.93E+17", "1.93e+17", "2E+18", '="1.93E+17"', "1.93000000000000E+17"]
)
def test_a_number_in_scientific_notation_is_flagged_and_never_guessed(
    number: str, place: object, tmp_path: Path
) -> None:
    taobao = imported(tmp_path, LEGACY, [order(number)])
    shop = imported(tmp_path, headers.DOUYIN_74, [douyin("1", number)])

    assert counts(taobao) == counts(shop) == {"damaged_number": 1}
    assert orders() == []


def test_a_damaged_customer_number_is_no_key(place: object, tmp_path: Path) -> None:
    imported(
        tmp_path,
        headers.XIAOHONGSHU,
        [xiaohongshu("P7381000000001", 用户编号="5.93E+17", 收件人电话="")],
    )

    (made,) = facts("order.created")
    assert made["subject"] == key("order", "xiaohongshu:p7381000000001")


def test_customer_numbers_of_a_spreadsheet_are_whole(place: object, tmp_path: Path) -> None:
    imported(
        tmp_path,
        headers.XIAOHONGSHU,
        [xiaohongshu("P7381000000001", 用户编号="593.0", 收件人电话="")],
    )

    (bought,) = orders()
    assert bought["subject"] == key("customer", "xiaohongshu:593")


@pytest.mark.parametrize(
    "total",
    [{"订单编号": "合计", "总金额": "200.00"}, {"买家会员名": "总计", "买家实际支付金额": "1,240.50"}, {"订单编号": "Total"}],
)  # fmt: skip
def test_totals_second_headers_and_notes_are_no_data(
    total: dict[str, str], place: object, tmp_path: Path
) -> None:
    header = dict(zip(LEGACY, LEGACY, strict=True))
    note = {"订单编号": "注：本表由系统导出，仅供参考"}

    report = imported(tmp_path, LEGACY, [note, PLAIN, header, order(NUMBER + 1), total, {}])

    assert counts(report) == {"accepted": 2, "not_data": 3}
    assert report.money["paid"] == 124050 + 10000


def test_a_row_that_explains_the_columns_is_no_data(place: object, tmp_path: Path) -> None:
    explains = {name: f"{name}的说明" for name in headers.DOUYIN_74}

    report = imported(tmp_path, headers.DOUYIN_74, [explains, douyin("6930000000000000001")])

    assert counts(report) == {"accepted": 1, "not_data": 1}


def test_titles_may_stand_above_the_headings(place: object, tmp_path: Path) -> None:
    rows = [["店铺订单导出", "2026-05-17"], [], *cells_of(LEGACY, [PLAIN])]
    content = "\r\n".join(",".join(row) for row in rows).encode("gb18030") + b"\r\n"

    assert counts(importing.run(file(tmp_path, "o.csv", content), now=NOW)) == {"accepted": 1}


def test_notes_inside_numbers_and_words_for_no_refund(place: object, tmp_path: Path) -> None:
    row = {**jd_row("290000000001"), "应付金额": "499.00（系统计算中，该值仅供参考）"}
    imported(tmp_path, headers.JD, [row])
    imported(
        tmp_path, headers.TAOBAO_SHORT, [order(NUMBER, 退款金额="无退款申请", 商品标题="猫粮")]
    )

    assert sorted((each["paid"], each["refunded"]) for each in orders()) == [(10000, 0), (49900, 0)]


def test_a_blank_deal_time_is_told_by_the_number_or_rejected(place: object, tmp_path: Path) -> None:
    rows = [
        pinduoduo("260517-111111111111111", 订单成交时间=""),
        pinduoduo("269917-222222222222222", 订单成交时间=""),
        pinduoduo("260517-333333333333333", 订单成交时间="昨天"),
    ]

    report = imported(tmp_path, headers.PINDUODUO_23, rows)

    assert counts(report) == {"accepted": 1, "bad_date": 2}
    (bought,) = orders()
    assert str(bought["on"]) == "2026-05-17"


def test_columns_that_drift_between_exports_add_nothing_twice(
    place: object, tmp_path: Path
) -> None:
    rows = [pinduoduo("260517-111111111111111"), pinduoduo("260517-222222222222222")]
    wide = list(reversed(headers.PINDUODUO))
    imported(tmp_path, wide, rows)
    before = len(facts("order.paid")), len(facts("order.item"))

    again = imported(tmp_path, [*headers.PINDUODUO_23, "新出的一列"], rows)

    assert counts(again) == {"duplicate": 2}
    assert (len(facts("order.paid")), len(facts("order.item"))) == before


@pytest.mark.parametrize(
    ("words", "refunded"),
    [
        ("退款成功", True), ("同意退款，退款成功", True), ("同意退款,退款成功", True), ("售后关闭", False), ("换货成功", False),
        ("-", False), ("无售后或售后取消", False), ("售后中", False),
    ],
)  # fmt: skip
def test_words_of_after_sale_service(
    words: str, refunded: bool, place: object, tmp_path: Path
) -> None:
    report = imported(tmp_path, headers.DOUYIN_74, [douyin("6930000000000000001", 售后状态=words)])

    assert counts(report) == ({"refunded": 1} if refunded else {"accepted": 1})
    (bought,) = orders()
    assert bought["refunded"] == (7500 if refunded else 0)


@pytest.mark.parametrize(
    "hidden",
    [
        "1******6198",
        "138****8000",
        "##x9Zk==##",
        "$$aGk=$$1$$",
        "~~YWJj~~1~~",
        "13812345678-1234",
        "138123456781234",
    ],
)
def test_what_is_masked_is_never_a_key(hidden: str, place: object, tmp_path: Path) -> None:
    row = wechat("3700000000000000001", 收件人手机=hidden, 收件人姓名=hidden, 企业微信加密id="")
    covered = wechat("3700000000000000002", 企业微信加密id="wm****23")
    ciphered = wechat("3700000000000000003", 企业微信加密id="##x9Zk==##")

    report = imported(tmp_path, headers.WECHAT_SHOP_64, [row, covered, ciphered])

    assert (report.buyers, report.no_buyer) == (0, 3)
    assert edges() == set()
    assert "phone" not in sealed(key("order", "wechat_shop:3700000000000000001"))


def test_joined_sub_orders_of_either_semicolon(place: object, tmp_path: Path) -> None:
    for mark in (";", "；"):
        row = douyin(
            mark.join(["6930000000000000001", "6930000000000000002"]), 商品数量=mark.join("12")
        )
        imported(tmp_path, headers.DOUYIN_74, [row])

    (bought,) = orders()
    assert (bought["paid"], bought["quantity"]) == (7500, 3)
    assert len(facts("order.item")) == 2


def test_sheets_of_one_workbook_are_one_shop(place: object, tmp_path: Path) -> None:
    """订单报表, 销售明细 and 发货报表 in one file: the order once, its articles, and parcels nobody asked for."""
    item = {
        "子订单编号": "1001", "主订单编号": str(NUMBER), "商品标题": "猫粮", "价格": "620.25", "购买数量": "2", "商家编码": "CAT",
        "订单状态": PAID, "买家实付金额": "1240.50", "退款金额": "无退款申请", "订单创建时间": "2025-06-01 10:00:00",
    }  # fmt: skip
    sheets: dict[str, list[list[Any]]] = {
        "发货报表": [["订单编号", "物流单号", "物流公司"], [str(NUMBER), "YT1", "圆通"]],
        "销售明细": cells_of(headers.TAOBAO_ITEMS, [item]),
        "订单报表": cells_of(headers.TAOBAO_LEGACY, [PLAIN]),
    }

    report = importing.run(file(tmp_path, "all.xlsx", xlsx_bytes(sheets)), now=NOW)

    assert [part.format for part in report.parts] == ["taobao_orders", "taobao_items"]
    (bought,) = orders()
    assert (bought["paid"], bought["quantity"]) == (124050, 1)
    assert len(facts("order.item")) == 1


def test_a_byte_order_mark_twice_is_none(place: object, tmp_path: Path) -> None:
    content = codecs.BOM_UTF8 + csv_bytes(LEGACY, [PLAIN], "utf-8-sig")

    assert counts(importing.run(file(tmp_path, "o.csv", content), now=NOW)) == {"accepted": 1}
