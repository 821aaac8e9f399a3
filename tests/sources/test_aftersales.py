"""After-sales and settlements: what went back is taken once, in any order of files, and nothing is revenue twice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from tests.sources.files import NEWER, csv_bytes, file, order
from tests.sources.test_taobao import counts
from xiaohe.kernel.clock import ShopCalendar
from xiaohe.ledger import engine
from xiaohe.sources import importing
from xiaohe.sources.report import Report
from xiaohe.traits.bills import told_twice
from xiaohe.traits.orders import folded

NOW = datetime(2025, 7, 1, tzinfo=UTC)
COMMA = ","
DOUYIN = (
    "售后单号,订单号,商品单号,商品名称,商品ID,应付金额（元）,商品运费（元）,支付优惠（元）,商品税费（元）,商品发货状态,售后类型,"
    "退商品金额（元）,退运费金额（元）,退支付优惠（元）,退税费金额（元）,售后状态,售后申请时间,退款方式,是否已上传退款凭证,售后原因,"
    "售后原因标签,退货物流单号,退货异常,退货发货时间,退货物流公司,自动处理截止时间,同意售后申请时间,商家退款时间,用户到账时间,"
    "售后关闭时间,商家编码,门店名称"
).split(COMMA)
SETTLED = (
    "结算时间,订单号,子订单号,结算金额,结算账户,结算单类型,有结算前退款,下单时间,商品ID,商品数量,业务类型,订单类型,订单总价,商品总价,"
    "运费,店铺劵,结算前退款金额,平台补贴,达人补贴,抖音支付补贴,抖音月付营销补贴,用户实付,收入合计,平台服务费,佣金,渠道分成,招商服务费,"
    "站外推广费,其他分成,其他分成说明,支出合计,是否免佣,免佣金额,备注"
).split(COMMA)
ORDERS = "主订单编号,子订单编号,选购商品,商品规格,商品数量,商品ID,商家编码,商品单价,订单应付金额,运费,支付方式,收件人,收件人手机号,省,市,区,详细地址,订单提交时间,订单完成时间,支付完成时间,订单状态,售后状态,达人ID,达人昵称".split(
    COMMA
)
TAB = "\t"


def aftersale(number: str, order_no: str, goods: str, state: str, **cells: str) -> dict[str, str]:
    return {
        "售后单号": TAB + number,
        "订单号": TAB + order_no,
        "商品单号": TAB + order_no + "1",
        "售后类型": "仅退款",
        "退商品金额（元）": goods,
        "退运费金额（元）": "0.00",
        "退税费金额（元）": "-",
        "售后状态": state,
        "售后申请时间": "2025-06-03 09:00:00",
        "商家退款时间": "2025-06-04 10:00:00" if "成功" in state else "-",
        "售后原因": "不想要了",
        **cells,
    }


def bought(order_no: str, paid: str, **cells: str) -> dict[str, str]:
    return {
        "主订单编号": TAB + order_no,
        "子订单编号": TAB + order_no,
        "选购商品": "鸡肉猫粮",
        "商品数量": "1",
        "订单应付金额": paid,
        "收件人": "##AbCd==",
        "订单提交时间": "2025-06-01 10:00:00",
        "支付完成时间": "2025-06-01 10:01:00",
        "订单状态": "已完成",
        "售后状态": "-",
        **cells,
    }


def imported(folder: Path, header: Sequence[str], rows: list[dict[str, str]], name: str) -> Report:
    return importing.run(file(folder, name, csv_bytes(header, rows, "utf-8-sig")), now=NOW)


def orders() -> list[dict[str, Any]]:
    """The orders of this moment as every number reads them."""
    calendar = ShopCalendar("Asia/Shanghai")
    with engine.reading() as read:
        told = told_twice(read, calendar=calendar)
        twice = read.register("twice", told) if told.num_rows else None
        table = folded(read.facts, calendar=calendar, currency="CNY", twice=twice)
        return read.run(table.order_by("on", "paid", "refunded")).to_pylist()


def money(*names: str) -> list[tuple[Any, ...]]:
    return [tuple(row[name] for name in names) for row in orders()]


def facts_of(type_name: str) -> list[dict[str, Any]]:
    with engine.reading() as read:
        return read.run(read.facts.filter(read.facts.type == type_name)).to_pylist()


A, B, C = "6920000000000000001", "6920000000000000002", "6920000000000000003"
AFTER = [
    aftersale("7100000000000000001", A, "30.00", "同意退款，退款成功"),
    aftersale("7100000000000000002", A, "20.00", "退款成功", **{"退运费金额（元）": "5.00"}),
    aftersale("7100000000000000003", B, "80.00", "售后关闭"),
    aftersale("7100000000000000004", C, "70.00", "换货成功", 售后类型="换货"),
]


def test_what_went_back_is_added_up_before_or_after_the_orders_come(
    place: object, tmp_path: Path
) -> None:
    report = imported(tmp_path, DOUYIN, AFTER, "售后.csv")

    assert (report.format, report.kind, report.source) == (
        "douyin_aftersales",
        "aftersales",
        "douyin",
    )
    assert counts(report) == {"accepted": 4}
    assert report.money["refunded"] == 5_500
    assert orders() == []

    imported(
        tmp_path, ORDERS, [bought(A, "100.00"), bought(B, "80.00"), bought(C, "70.00")], "订单.csv"
    )

    assert sorted(money("paid", "refunded", "valid")) == [
        (7_000, 0, True),
        (8_000, 0, True),
        (10_000, 5_500, True),
    ]


def test_any_order_of_the_files_gives_one_answer_and_undoing_takes_only_its_own_back(
    place: object, tmp_path: Path
) -> None:
    files = {
        "orders": (ORDERS, [bought(A, "100.00"), bought(B, "80.00")]),
        "first": (DOUYIN, [aftersale("7100000000000000001", A, "40.00", "退款成功")]),
        "later": (DOUYIN, AFTER[:2]),
    }
    answers = set()
    for turn in permutations(files):
        done = [imported(tmp_path, *files[name], f"{name}.csv") for name in turn]
        answers.add(str(sorted(money("paid", "refunded", "net"))))
        for report in done:
            importing.undo(report.import_id, now=NOW)
        assert orders() == []

    # 40 and 30 were said of one after-sale: the larger; the second comes on top.
    assert answers == {"[(8000, 0, 8000), (10000, 6500, 3500)]"}


def test_an_open_after_sale_counts_when_the_money_has_gone_back(
    place: object, tmp_path: Path
) -> None:
    imported(tmp_path, ORDERS, [bought(A, "100.00")], "orders.csv")
    opened = imported(tmp_path, DOUYIN, [aftersale("71000001", A, "100.00", "待商家处理")], "a.csv")
    still = money("refunded", "valid")
    done = imported(tmp_path, DOUYIN, [aftersale("71000001", A, "100.00", "退款成功")], "b.csv")
    again = imported(tmp_path, DOUYIN, [aftersale("71000001", A, "100.00", "退款成功")], "c.csv")

    assert [counts(each) for each in (opened, done, again)] == [
        {"accepted": 1},
        {"updated": 1},
        {"duplicate": 1},
    ]
    assert still == [(0, True)]
    assert money("refunded", "state") == [(10_000, "refunded")]


def test_a_cumulative_refund_of_the_order_list_is_not_added_to_its_after_sales(
    place: object, tmp_path: Path
) -> None:
    number = "193000000000000001"
    header = [
        "退款编号",
        "订单编号",
        "售后类型",
        "退款状态",
        "退款的申请时间",
        "退款完结时间",
        "买家退款金额",
    ]
    row = {
        "退款编号": "25000000000001",
        "订单编号": f'="{number}"',
        "退款状态": "退款成功",
        "退款的申请时间": "2025-06-02 10:00:00",
        "退款完结时间": "2025-06-03 10:00:00",
        "买家退款金额": "30.00元",
    }
    imported(tmp_path, header, [row], "refunds.csv")
    imported(tmp_path, NEWER, [order(number, paid="100.00", 退款金额="30.00")], "orders.csv")

    assert money("paid", "refunded", "net") == [(10_000, 3_000, 7_000)]


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"订单号": "6.92E+18"}, "damaged_number"),
        ({"售后单号": ""}, "no_order_number"),
        ({"售后申请时间": "昨天", "商家退款时间": "-"}, "bad_date"),
        ({"退商品金额（元）": "三十"}, "bad_amount"),
    ],
)
def test_what_cannot_be_read_is_told(
    cells: dict[str, str], reason: str, place: object, tmp_path: Path
) -> None:
    rows = [AFTER[0], AFTER[1] | cells, {"售后单号": "合计", "退商品金额（元）": "50.00"}]

    report = imported(tmp_path, DOUYIN, rows, "售后.csv")

    assert counts(report) == {"accepted": 1, reason: 1, "not_data": 1}


def settled(order_no: str, amount: str, **cells: str) -> dict[str, str]:
    return {
        "结算时间": "2025-06-20 03:00:00",
        "订单号": TAB + order_no,
        "子订单号": TAB + order_no,
        "结算金额": amount,
        "结算单类型": "已结算",
        "收入合计": "100.00",
        "平台服务费": "-5.00",
        "支出合计": "-5.00",
        **cells,
    }


NOTE = {
    "结算时间": "动账完成的时间",
    "订单号": "主订单编号",
    "结算金额": "=收入合计+支出合计",
    "备注": "无",
}


def test_a_settlement_is_no_order_and_no_second_revenue(place: object, tmp_path: Path) -> None:
    imported(tmp_path, ORDERS, [bought(A, "100.00")], "orders.csv")
    report = imported(tmp_path, SETTLED, [NOTE, settled(A, "95.00")], "settled.csv")
    again = imported(tmp_path, SETTLED, [NOTE, settled(A, "95.00")], "settled.csv")

    assert counts(report) == {"accepted": 1, "not_data": 1}
    assert again.duplicate == again.read
    assert money("paid", "refunded") == [(10_000, 0)]
    fact = facts_of("order.settled")[0]
    assert (fact["amount"], fact["props"]) == (
        9_500,
        '{"fees":"5.00","income":"100.00","kind":"已结算","sub_order":"true"}',
    )


def test_movements_name_their_order_or_none(place: object, tmp_path: Path) -> None:
    taobao = "商家昵称,入帐日期,入帐时间,支付流水号,主订单id,子订单id,入帐类型,收入金额(元),支出金额(元),业务描述,备注,收/付渠道,数据创建时间,数据修改时间".split(
        COMMA
    )
    shop = "流水单号,记账时间,动帐类型,收支类型,收支金额,账户余额,关联订单号,关联售后单号,关联提现单号,关联保单号,关联礼物单号,详情".split(
        COMMA
    )
    rows = [
        {"入帐日期": "2025-06-01", "入帐时间": "10:00:00", "支付流水号": "2025060100001", "主订单id": "193000000000000001",
         "入帐类型": "交易收款", "收入金额(元)": "100.00"},
        {"入帐日期": "2025-06-02", "入帐时间": "11:30:00", "支付流水号": "2025060100002", "入帐类型": "提现", "支出金额(元)": "-60.00"},
    ]  # fmt: skip
    moved = [{"流水单号": "9001", "记账时间": "2025-06-03 08:00:00", "动帐类型": "技术服务费", "收支类型": "支出",
              "收支金额": "1.50", "关联订单号": "3700000000000000001"}]  # fmt: skip

    first = imported(tmp_path, taobao, rows, "资金.csv")
    second = imported(tmp_path, shop, moved, "动账.csv")

    assert (first.format, counts(first)) == ("taobao_movements", {"accepted": 2})
    assert (second.format, counts(second)) == ("wechat_shop_movements", {"accepted": 1})
    found = {(each["amount"], each["order_key"] is not None) for each in facts_of("order.settled")}
    assert found == {(10_000, True), (-6_000, False), (-150, True)}
    assert orders() == []


@pytest.mark.parametrize("list_first", [True, False])
def test_an_after_sales_amount_holds_against_a_word(
    list_first: bool, place: object, tmp_path: Path
) -> None:
    files = [
        (ORDERS, [bought(A, "100.00", 售后状态="退款成功")], "list.csv"),
        (DOUYIN, [aftersale("7100000000000000001", A, "30.00", "退款成功")], "after.csv"),
    ]
    reports = [imported(tmp_path, *each) for each in (files if list_first else files[::-1])]

    assert money("paid", "refunded", "state") == [(10_000, 3_000, "paid")]
    importing.undo(reports[1 if list_first else 0].import_id, now=NOW)
    assert money("paid", "refunded", "state") == [(10_000, 10_000, "refunded")]


def test_one_after_sale_of_two_articles_said_to_be_back_leaves_the_word(
    place: object, tmp_path: Path
) -> None:
    lines = [
        bought(A, "60.00", 子订单编号=TAB + number, 售后状态="退款成功")
        for number in (A + "1", A + "2")
    ]
    imported(tmp_path, ORDERS, lines, "list.csv")
    imported(tmp_path, DOUYIN, [aftersale("71", A, "20.00", "退款成功")], "after.csv")
    one = money("paid", "refunded")
    imported(tmp_path, DOUYIN, [aftersale("72", A, "10.00", "退款成功")], "later.csv")

    assert one == [(12_000, 12_000)]
    assert money("paid", "refunded") == [(12_000, 3_000)]
