"""A rough pair of files: rows that must be refused, repeated, left out, and refunds in part and in full.

Every row is written with the verdict an import must reach; the verdicts are counted as they are written.
The order file is the newer form (买家实付金额, 退款金额).
"""

from __future__ import annotations

import csv
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from xiaohe.simulator import people, wecom_file
from xiaohe.simulator.dice import Dice
from xiaohe.simulator.goods import SHELVES
from xiaohe.simulator.taobao_file import yuan

HEADER = (
    "订单编号", "买家会员名", "买家应付货款", "买家应付邮费", "总金额", "买家实付金额", "退款金额", "订单状态", "买家留言",
    "收货人姓名", "收货地址", "联系手机", "订单创建时间", "订单付款时间", "宝贝标题", "宝贝总数量", "订单关闭原因",
)  # fmt: skip
# How many rows of each verdict.
PLAN = (
    ("accepted", 150), ("partial_refund", 12), ("no_buyer", 3), ("refunded", 9), ("unpaid", 8), ("closed", 10),
    ("duplicate", 14), ("damaged_number", 5), ("bad_date", 4), ("bad_amount", 4), ("no_order_number", 3),
)  # fmt: skip
_BAD_DATES = ("昨天下午", "2025-13-45 10:00:00", "####", "六月初")
_BAD_AMOUNTS = ("待确认", "一百八", "#VALUE!", "面议")
_START = datetime.fromisoformat("2025-03-01 08:00:00")


def write_orders(path: Path, seed: int) -> dict[str, Any]:
    """Write the rough orders; returns the report an import into an empty shop must give."""
    dice = Dice(seed, 20)
    verdicts = [verdict for verdict, count in PLAN for _ in range(count)]
    # The first rows are plain, so that there is something to repeat.
    order = verdicts[:20] + dice.shuffle(verdicts[20:])
    good: list[list[str]] = []
    rows: list[list[str]] = []
    paid = refunded = 0
    for number, verdict in enumerate(order):
        if verdict == "duplicate":
            rows.append(list(good[dice.below(len(good))]))
            continue
        row, row_paid, row_refunded = _row(seed, number, verdict)
        if verdict in ("accepted", "partial_refund", "no_buyer"):
            paid, refunded = paid + row_paid, refunded + row_refunded
        if verdict == "accepted":
            good.append(row)
        rows.append(row)
    rows.insert(70, list(HEADER))
    rows.insert(140, list(HEADER))
    total = ["合计", "", "", "", "", yuan(paid), yuan(refunded)]
    rows.append(total + [""] * (len(HEADER) - len(total)))
    with open(path, "w", encoding="gbk", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        writer.writerows(rows)
    return _report(Counter(order), len(rows), paid, refunded)


def _report(counts: Counter[str], rows: int, paid: int, refunded: int) -> dict[str, Any]:
    return {
        "read": rows,
        "accepted": counts["accepted"] + counts["partial_refund"] + counts["no_buyer"],
        "updated": 0,
        "duplicate": counts["duplicate"],
        "excluded": {
            "closed": counts["closed"],
            "not_data": 3,
            "refunded": counts["refunded"],
            "unpaid": counts["unpaid"],
        },
        "rejected": {
            reason: counts[reason]
            for reason in ("bad_amount", "bad_date", "damaged_number", "no_order_number")
        },
        "no_buyer": counts["no_buyer"],
        "accepted_paid_minor": paid,
        "accepted_refunded_minor": refunded,
    }


def _row(seed: int, number: int, verdict: str) -> tuple[list[str], int, int]:
    """One row, and its paid and refunded fen."""
    dice = Dice(seed, 21, number)
    who = number % 90
    buyer = people.buyer(seed, who)
    goods = dice.one_of(SHELVES[buyer.shelf])
    created = _START + timedelta(hours=13 * number, minutes=dice.below(600))
    paid_at = created + timedelta(minutes=3)
    order_number = people.order_number(1_000_000 + number, who, 850)
    paid, refund = goods.price, 0
    amount, shown_refund, state, because = yuan(paid), "无退款申请", "交易成功", ""
    member, created_text, paid_text = buyer.member, f"{created}", f"{paid_at}"
    if verdict == "partial_refund":
        refund = paid // 3
        shown_refund = yuan(refund)
    elif verdict == "refunded":
        refund, shown_refund = paid, yuan(paid)
    elif verdict == "unpaid":
        amount, paid_text, state = "0.00", "", "等待买家付款"
    elif verdict == "closed":
        amount, paid_text, state, because = "0.00", "", "交易关闭", "买家未付款，超时关闭"
    elif verdict == "no_buyer":
        member = ""
    elif verdict == "damaged_number":
        order_number = f"{int(order_number):.2E}".replace("E+", "E+")
    elif verdict == "bad_date":
        created_text, paid_text = _BAD_DATES[number % len(_BAD_DATES)], ""
    elif verdict == "bad_amount":
        amount = _BAD_AMOUNTS[number % len(_BAD_AMOUNTS)]
    elif verdict == "no_order_number":
        order_number = ""
    shown_number = f'="{order_number}"' if order_number.isdigit() else order_number
    row = [
        shown_number, member, yuan(goods.price), "0.00", yuan(goods.price), amount, shown_refund, state, "",
        buyer.receiver, buyer.address, f"'{people.masked(buyer.phone)}", created_text, paid_text, goods.title, "1",
        because,
    ]  # fmt: skip
    return row, paid, refund


def write_contacts(path: Path, seed: int) -> dict[str, Any]:
    """Write the rough contacts: repeats, a new name for an old row, no account, an unreadable time, a header."""
    dice = Dice(seed, 22)
    rows: list[list[str]] = []
    for number in range(60):
        staff, account = wecom_file.STAFF[number % 2]
        added = _START + timedelta(hours=29 * number, seconds=dice.below(3000))
        rows.append(_contact(people.nickname(dice, number % 3), staff, account, f"{added}"))
    # One buyer, two of our accounts: two friends, one recognised person.
    for number in (0, 1):
        rows[number][1] = people.order_number(1_000_000, 0, 850)
    repeated = [list(rows[10]), list(rows[11])]
    renamed = list(rows[12])
    renamed[0] = "换了名字的老客"
    rejected = [
        _contact("没写是谁加的", "", "", f"{_START}"),
        _contact("没写什么时候", *wecom_file.STAFF[0], "不记得了"),
    ]
    rows = [*rows, *repeated, renamed, *rejected, list(wecom_file.HEADER)]
    with open(path, "w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(wecom_file.HEADER)
        writer.writerows(rows)
    return {
        "read": len(rows),
        "accepted": 60,
        "updated": 0,
        "duplicate": 3,
        "excluded": {"not_data": 1},
        "rejected": {"bad_date": 1, "no_account": 1},
        "friends": 60,
    }


def _contact(name: str, staff: str, account: str, added: str) -> list[str]:
    return [name, "", staff, account, "小河杂货铺", added, "扫描二维码", *[""] * 6, "包裹卡", ""]
