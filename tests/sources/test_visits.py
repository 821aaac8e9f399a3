"""Tills: a visit is an occasion whatever paid for it, cash and consumption stay apart, a recharge is neither."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow.compute as pc

from tests.sources.files import csv_bytes, file
from tests.sources.test_aftersales import facts_of, imported, money, orders
from tests.sources.test_taobao import counts
from xiaohe.sources import importing
from xiaohe.traits import state

NOW = datetime(2025, 7, 1, tzinfo=UTC)
HEADER = ["账单号", "门店", "桌号", "餐段", "人数", "开台时间", "结账时间", "交易类型", "支付方式", "应收金额", "实收金额",
          "储值支付", "数量", "会员卡号", "手机号", "账单状态"]  # fmt: skip


def visit(number: int, paid: str = "88.00", **cells: str) -> dict[str, str]:
    return {
        "账单号": f"B2025060{number}",
        "门店": "文三路店",
        "桌号": "A3",
        "餐段": "午市",
        "人数": "3人",
        "开台时间": f"2025-06-0{number} 11:40:00",
        "结账时间": f"2025-06-0{number} 12:50:00",
        "交易类型": "消费",
        "支付方式": "微信支付",
        "应收金额": paid,
        "实收金额": paid,
        "会员卡号": "VIP001",
        **cells,
    }


def test_a_visit_keeps_covers_seat_and_slot(place: object, tmp_path: Path) -> None:
    report = imported(tmp_path, HEADER, [visit(1), visit(2, 账单状态="已作废")], "till.csv")
    again = imported(tmp_path, HEADER, [visit(1)], "till.csv")

    assert (report.format, report.source, counts(report)) == (
        "pos_visits",
        "pos",
        {"accepted": 1, "closed": 1},
    )
    assert counts(again) == {"duplicate": 1}
    assert money("paid", "consumed", "state") == [(8_800, 0, "paid"), (0, 0, "closed")]
    assert facts_of("order.created")[0]["props"] == (
        '{"covers":"3","seated_at":"2025-06-01 11:40","slot":"午市","store":"文三路店","table":"A3","tender":"cash"}'
    )


def test_what_a_balance_or_a_card_paid_is_an_occasion_and_no_cash(
    place: object, tmp_path: Path
) -> None:
    rows = [visit(1, "88.00", 支付方式="储值卡"), visit(2, "120.00", 支付方式="次卡"), visit(3, "100.00", 储值支付="60.00"),
            visit(4, "40.00", 应收金额="100.00", 储值支付="60.00")]  # fmt: skip

    report = imported(tmp_path, HEADER, rows, "till.csv")

    assert counts(report) == {"accepted": 4}
    assert money("net", "consumed", "valid") == [
        (0, 8_800, True),
        (0, 12_000, True),
        (4_000, 6_000, True),
        (4_000, 6_000, True),
    ]
    tenders = [each["props"] for each in facts_of("order.consumed")]
    assert tenders == [f'{{"tender":"{name}"}}' for name in ("balance", "course", "cash", "cash")]
    known = state.as_of(date(2025, 6, 10))
    with known.reading() as read:
        people = read.run(read.table("rhythm")).to_pylist()
    assert [(each["occasions"], each["net_total"]) for each in people] == [(4, 8_000)]


def test_a_recharge_is_cash_in_and_no_occasion(place: object, tmp_path: Path) -> None:
    header = ["充值单号", "充值时间", "会员卡号", "充值金额", "赠送金额", "充值门店"]
    row = {"充值单号": "C1", "充值时间": "2025-06-01 12:00:00", "会员卡号": "VIP001", "充值金额": "500.00", "赠送金额": "50"}  # fmt: skip
    at_the_till = visit(2, "300.00", 交易类型="储值充值")

    alone = imported(tmp_path, header, [row], "recharges.csv")
    beside = imported(tmp_path, HEADER, [at_the_till, visit(3)], "till.csv")
    again = imported(tmp_path, header, [row], "recharges.csv")

    assert [alone.format, counts(alone), counts(beside)] == [
        "recharges",
        {"accepted": 1},
        {"accepted": 2},
    ]
    assert counts(again) == {"duplicate": 1}
    assert [each["amount"] for each in facts_of("recharge.paid")] == [50_000, 30_000]
    assert money("paid") == [(8_800,)]
    assert len({each["subject"] for each in facts_of("recharge.paid")}) == 1


def test_bulk_orders_of_a_till_leave_the_rhythm_alone(place: object, tmp_path: Path) -> None:
    rows = [visit(n, "88.00", 数量="2") for n in (1, 2, 3, 4)] + [visit(5, "2000.00", 数量="60")]
    rows += [visit(6, str(20 + n), 账单号=f"X{n}", 会员卡号=f"V{n}", 数量="1") for n in range(200)]
    imported(tmp_path, HEADER, rows, "till.csv")

    known = state.as_of(date(2025, 6, 20))
    with known.reading() as read:
        table = read.run(read.table("orders"))
    bulk = table.filter(pc.field("bulk"))
    assert bulk["quantity"].to_pylist() == [60.0]


def test_the_same_visit_without_a_number_counts_once_per_row(place: object, tmp_path: Path) -> None:
    header = [name for name in HEADER if name != "账单号"]
    rows = [visit(1), visit(1), visit(2)]

    first = imported(tmp_path, header, rows, "till.csv")
    again = imported(tmp_path, header, rows, "till.csv")

    assert (counts(first), counts(again)) == ({"accepted": 3}, {"duplicate": 3})
    assert len(orders()) == 3


def test_a_row_of_less_than_nothing_goes_back_to_its_bill(place: object, tmp_path: Path) -> None:
    rows = [visit(1, "88.00"), visit(1, "-30.00", 结账时间="2025-06-02 10:00:00", 交易类型="退款")]

    report = imported(tmp_path, HEADER, rows, "till.csv")

    assert counts(report) == {"accepted": 2}
    assert money("paid", "refunded", "net") == [(8_800, 3_000, 5_800)]


def test_an_unknown_tills_table_goes_through_the_generic_door(
    place: object, tmp_path: Path
) -> None:
    header = ["店内编码", "日期时间", "就餐人数", "金额", "客户编号", "余额支付"]
    row = {"店内编码": "7", "日期时间": "2025-06-01 12:00:00", "就餐人数": "2", "金额": "90.00", "客户编号": "K1",
           "余额支付": "90.00"}  # fmt: skip
    path = file(tmp_path, "odd.csv", csv_bytes(header, [row], "utf-8"))

    looked = importing.inspect(path)
    report = importing.run(path, now=NOW, yes=True)

    assert counts(report) == {"accepted": 1}
    assert looked.mapping is None or looked.mapping.is_visits
    assert money("net", "consumed") == [(0, 9_000)]
