"""Payment bills: every payment once, whichever file told it first and whatever is taken back afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sources.files import NEWER, csv_bytes, file, order
from tests.sources.test_aftersales import COMMA, NOW, facts_of, imported, money, orders
from tests.sources.test_taobao import counts
from xiaohe.ledger import engine, imports
from xiaohe.ledger.models import ImportState
from xiaohe.measures.registry import measure
from xiaohe.people import keys
from xiaohe.people.keys import Kind, Namespace
from xiaohe.sources import importing
from xiaohe.sources.report import Report
from xiaohe.traits import state

WECHAT = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信支付订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,总金额,"
    "代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,"
    "申请退款金额,费率备注"
).split(COMMA)
SUMS = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额".split(
    COMMA
)
LONG = (
    "序号,入账时间,支付宝交易号,支付宝流水号,商户订单号,账务类型,收入（+元）,支出（-元）,账户余额（元）,服务费（元）,支付渠道,"
    "签约产品,对方账户,对方名称,银行订单号,商品名称,备注,业务基础订单号,业务订单号,业务账单来源,业务描述,付款备注"
).split(COMMA)
SHORT = "账务流水号,业务流水号,商户订单号,商品名称,发生时间,对方账号,收入金额（+元）,支出金额（-元）,账户余额（元）,交易渠道,业务类型,备注".split(
    COMMA
)
LISTED = ["订单号", "订单状态", "订单创建时间", "买家付款时间", "订单实付金额", "全部商品名称", "商品种类数",
          "收货人/提货人", "收货人手机号/提货人手机号", "买家昵称", "买家手机号", "分销员"]  # fmt: skip
APP = "wx00000000000000aa"


def paid(number: int, total: str, openid: str = "oAbC1", **cells: str) -> dict[str, str]:
    return {
        "交易时间": f"2025-06-0{number} 10:00:00",
        "公众账号ID": APP,
        "微信支付订单号": f"420000123420250601000000000{number}",
        "商户订单号": f"E2025060112000000000{number}",
        "用户标识": openid,
        "交易类型": "JSAPI",
        "交易状态": "SUCCESS",
        "总金额": total,
        "退款金额": "0.00",
        "手续费": "0.60",
        **cells,
    }


def back(number: int, amount: str, state: str = "SUCCESS") -> dict[str, str]:
    return paid(number, "0.00", 交易状态="REFUND", 微信退款单号=f"5030000{number}", 退款金额=amount, 退款状态=state)  # fmt: skip


def wechat_bytes(rows: Sequence[dict[str, str]]) -> bytes:
    """The bill as it is downloaded: backticks, a second header, one row of sums."""
    ticked = [{name: f"`{row.get(name, '')}" for name in WECHAT} for row in rows]
    sums = COMMA.join(SUMS) + "\r\n" + COMMA.join(["`2", "`100.00", *["`0.00"] * 5]) + "\r\n"
    return csv_bytes(WECHAT, ticked, "utf-8-sig") + sums.encode()


def bill(folder: Path, rows: Sequence[dict[str, str]], name: str = "bill.csv") -> Report:
    return importing.run(file(folder, name, wechat_bytes(rows)), now=NOW)


def listed(number: int, total: str) -> dict[str, str]:
    return {
        "订单号": f"E2025060112000000000{number}",
        "订单状态": "交易完成",
        "订单创建时间": f"2025-06-0{number} 09:59:00",
        "买家付款时间": f"2025-06-0{number} 10:00:00",
        "订单实付金额": total,
        "买家手机号": "13800138000",
        "买家昵称": "小王",
    }


def test_a_wechat_bill_is_read_to_its_last_row(place: object, tmp_path: Path) -> None:
    rows = [paid(1, "100.00"), paid(2, "60.00"), back(2, "60.00"), back(1, "30.00", "FAIL")]

    report = bill(tmp_path, rows)
    again = bill(tmp_path, rows)

    assert (report.format, report.source) == ("wechat_pay_bill", "wechat_pay")
    assert counts(report) == {"accepted": 4, "not_data": 2}
    assert (report.money["paid"], report.money["refunded"], report.buyers) == (16_000, 6_000, 1)
    assert counts(again) == {"duplicate": 6}
    assert money("paid", "refunded", "valid") == [(10_000, 0, True), (6_000, 6_000, False)]


@pytest.mark.parametrize("column", ["微信支付订单号", "商户订单号"])
def test_a_damaged_number_of_either_side_is_flagged(
    column: str, place: object, tmp_path: Path
) -> None:
    report = bill(tmp_path, [paid(1, "100.00"), paid(2, "60.00", **{column: "6.92E+18"})])

    assert counts(report) == {"accepted": 1, "damaged_number": 1, "not_data": 2}
    assert money("paid") == [(10_000,)]


def test_the_payer_is_known_by_their_number_in_that_app(place: object, tmp_path: Path) -> None:
    bill(
        tmp_path, [paid(1, "100.00", "oAbC1"), paid(2, "50.00", "oXyZ2"), paid(3, "20.00", "oAbC1")]
    )

    said = keys.normalise(Namespace.OPENID, f"{APP}:oAbC1")
    subject = keys.hasher()(Namespace.OPENID, str(said))
    assert len({row["subject"] for row in orders()}) == 2
    assert [row["subject"] == subject for row in orders()] == [True, False, True]
    from xiaohe.people import identifiers

    assert identifiers.values_of([subject], [Kind.OPENID])[subject][0].text == f"{APP}:oAbC1"


def test_a_payment_taken_back_at_the_counter_is_no_purchase(place: object, tmp_path: Path) -> None:
    report = bill(tmp_path, [paid(1, "100.00"), paid(2, "60.00", 交易状态="REVOKED")])

    assert counts(report) == {"accepted": 1, "closed": 1, "not_data": 2}
    assert money("state") == [("paid",), ("closed",)]


@pytest.mark.parametrize("bill_first", [True, False])
def test_a_payment_an_order_list_knows_counts_once(
    bill_first: bool, place: object, tmp_path: Path
) -> None:
    def read_bill() -> None:
        bill(tmp_path, [paid(1, "100.00"), paid(2, "60.00")])

    if bill_first:
        read_bill()
    report = imported(tmp_path, LISTED, [listed(1, "100.00")], "youzan.csv")
    if not bill_first:
        read_bill()

    assert money("paid") == [(10_000,), (6_000,)]
    state.refresh(NOW)
    per_order = measure("M24b").read(state.current())
    assert (per_order.numerator, per_order.denominator) == (16_000, 2)
    importing.undo(report.import_id, now=NOW)
    assert money("paid") == [(10_000,), (6_000,)]


def test_a_list_that_states_the_payment_number_owns_the_payment(
    place: object, tmp_path: Path
) -> None:
    header = ["订单号", "订单下单时间", "订单状态", "收件人姓名", "收件人手机", "商品总价", "订单实际支付金额", "订单实际收款金额",
              "支付方式", "支付时间", "交易单号", "商品名称", "商品编码(平台)", "商品数量", "技术服务费", "带货方式"]  # fmt: skip
    row = {"订单号": "3700000000000000007", "订单下单时间": "2025-06-01 09:59:00", "订单状态": "已完成", "订单实际支付金额": "100.00",
           "支付方式": "微信支付", "支付时间": "2025-06-01 10:00:00", "交易单号": paid(1, "")["微信支付订单号"],
           "商品名称": "茶", "商品数量": "1", "商品总价": "100.00", "订单实际收款金额": "100.00"}  # fmt: skip
    bill(tmp_path, [paid(1, "100.00", 商户订单号="unrelated-1"), paid(2, "60.00")])

    report = imported(tmp_path, header, [row], "微信小店.csv")

    assert report.source == "wechat_shop"
    assert money("paid") == [(10_000,), (6_000,)]


def test_what_only_the_bill_knows_went_back_counts_with_the_lists_order(
    place: object, tmp_path: Path
) -> None:
    bill(tmp_path, [paid(1, "100.00"), back(1, "100.00"), paid(2, "60.00"), back(2, "10.00")])
    imported(tmp_path, LISTED, [listed(1, "100.00"), listed(2, "60.00")], "youzan.csv")

    assert money("paid", "refunded", "state") == [
        (10_000, 10_000, "refunded"),
        (6_000, 1_000, "paid"),
    ]
    state.refresh(NOW)
    per_order = measure("M24b").read(state.current())
    assert (per_order.numerator, per_order.denominator) == (5_000, 1)


def test_one_payment_for_two_orders_does_not_say_which_came_back(
    place: object, tmp_path: Path
) -> None:
    row = listed(1, "50.00")
    imported(tmp_path, LISTED, [row], "youzan.csv")
    number = row["订单号"]
    imported(tmp_path, NEWER, [order(number, paid="50.00")], "taobao.csv")
    bill(tmp_path, [paid(1, "100.00"), back(1, "30.00")])

    assert money("paid", "refunded") == [(5_000, 0), (5_000, 0)]


def alipay(number: int, kind: str, came: str = "", left: str = "", **cells: str) -> dict[str, str]:
    return {
        "入账时间": f"2025-06-0{number} 12:00:00",
        "支付宝交易号": f"202506012200143000000000000{number}",
        "支付宝流水号": f"8800000000000{number}{len(kind)}",
        "商户订单号": f"T200P19300000000000000{number}",
        "账务类型": kind,
        "收入（+元）": came,
        "支出（-元）": left,
        "账户余额（元）": "1000.00",
        "对方账户": "138****8000",
        "对方名称": "王**",
        **cells,
    }


def test_an_alipay_ledger_tells_sales_from_whatever_else_moved(
    place: object, tmp_path: Path
) -> None:
    rows = [alipay(1, "在线支付", "100.00"), alipay(2, "在线支付", "50.00"), alipay(2, "交易退款", "", "-20.00"),
            alipay(3, "提现", "", "-900.00", 商户订单号="", 支付宝交易号=""), alipay(1, "收费", "", "-0.60")]  # fmt: skip

    report = imported(tmp_path, LONG, rows, "alipay.csv")

    assert (report.format, counts(report)) == ("alipay_bill", {"accepted": 5})
    assert money("paid", "refunded") == [(10_000, 0), (5_000, 2_000)]
    assert sorted(each["amount"] for each in facts_of("order.settled")) == [-90_000, -60]


def test_the_short_form_and_the_orders_of_taobao_behind_it(place: object, tmp_path: Path) -> None:
    number = "193000000000000001"
    row = {"账务流水号": "1", "业务流水号": "2025060122001", "商户订单号": f"T200P{number}", "发生时间": "2025-06-01 10:00:00",
           "收入金额（+元）": "100.00", "业务类型": "在线支付", "对方账号": "13800138000"}  # fmt: skip
    report = imported(tmp_path, SHORT, [row], "short.csv")
    alone = money("paid")
    imported(tmp_path, NEWER, [order(number, paid="100.00")], "taobao.csv")

    assert (report.format, report.buyers, alone) == ("alipay_bill", 1, [(10_000,)])
    assert money("paid") == [(10_000,)]


FILES: dict[str, Any] = {
    "bill": lambda folder: bill(folder, [paid(1, "100.00"), paid(2, "60.00"), back(2, "10.00")]),
    "more": lambda folder: bill(folder, [paid(2, "60.00"), paid(3, "30.00"), back(3, "30.00")], "more.csv"),
    "list": lambda folder: imported(folder, LISTED, [listed(1, "100.00"), listed(4, "40.00")], "list.csv"),
    "late": lambda folder: imported(folder, LISTED, [listed(2, "60.00")], "late.csv"),
}  # fmt: skip


def by_hand(kept: frozenset[str]) -> list[tuple[int, int]]:
    """(paid, refunded) of each order: a payment a list knows is the list's order, with what the bill says went back."""
    lists = {"list": {1: 10_000, 4: 4_000}, "late": {2: 6_000}}
    bills = {
        "bill": ({1: 10_000, 2: 6_000}, {2: 1_000}),
        "more": ({2: 6_000, 3: 3_000}, {3: 3_000}),
    }
    payments: dict[int, int] = {}
    refunds: dict[int, int] = {}
    for name in kept & bills.keys():
        payments |= bills[name][0]
        refunds |= bills[name][1]
    for name in kept & lists.keys():
        payments |= lists[name]
    return sorted((paid, refunds.get(number, 0)) for number, paid in payments.items())


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(turn=st.permutations(list(FILES)), gone=st.sets(st.sampled_from(list(FILES)), max_size=4))
def test_any_order_and_any_of_them_taken_back_give_the_same_totals(
    turn: list[str], gone: set[str], place: object, tmp_path: Path
) -> None:
    done = {name: FILES[name](tmp_path) for name in turn}
    for name in turn:
        if name in gone:
            importing.undo(done[name].import_id, now=NOW)

    assert sorted(money("paid", "refunded")) == by_hand(frozenset(FILES) - gone)
    for row in imports.listing(states=[ImportState.COMMITTED]):
        importing.undo(row.id, now=NOW)
    with engine.reading() as read:
        assert not read.scalar(read.facts.aggregate(n=read.facts.count()))
