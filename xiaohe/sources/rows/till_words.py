"""Words on a till's rows: what paid for a visit, what is a recharge, how many sat down and when."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from xiaohe.kernel.ids import fold
from xiaohe.ledger.catalogue import as_json
from xiaohe.sources.cells import local_time


class Tender(StrEnum):
    """What paid for a visit."""

    CASH = "cash"
    BALANCE = "balance"
    COURSE = "course"
    POINTS = "points"


# Words inside the till's own; the first that fits counts.
TENDERS = {
    Tender.COURSE: (
        "次卡",
        "课卡",
        "课包",
        "课时",
        "疗程",
        "计次",
        "消课",
        "划卡",
        "划次",
        "course",
        "pass",
    ),
    Tender.POINTS: ("积分", "points"),
    Tender.BALANCE: (
        "储值",
        "余额",
        "会员卡",
        "预付",
        "充值卡",
        "卡扣",
        "卡支付",
        "balance",
        "prepaid",
    ),
}
# Beside one of these, a prepaid word names a part of the payment at most, and only columns could say which.
MONEY = (
    "微信",
    "支付宝",
    "现金",
    "刷卡",
    "银行卡",
    "银联",
    "美团",
    "抖音",
    "cash",
    "wechat",
    "alipay",
)
RECHARGES = (
    "充值",
    "储值",
    "开卡",
    "办卡",
    "购卡",
    "售卡",
    "续卡",
    "购课",
    "续费",
    "recharge",
    "top-up",
)
VOIDED = ("作废", "退单", "取消", "撤单", "void")


def is_recharge(kind: str) -> bool:
    """Whether a row's kind, in a till's own words, is money put on a card."""
    said = fold(kind)
    return any(word in said for word in RECHARGES) and "消费" not in said


def is_voided(word: str) -> bool:
    return any(each in fold(word) for each in VOIDED)


def tender_of(cell: str) -> Tender:
    if any(word in cell for word in MONEY):
        return Tender.CASH
    return next(
        (tender for tender, words in TENDERS.items() if any(word in cell for word in words)),
        Tender.CASH,
    )


def only_tender(tender: NDArray[np.str_]) -> list[str | None]:
    known = {each: as_json({"tender": each}) for each in set(tender.tolist())}
    return [known[each] for each in tender.tolist()]


def whole_number(cell: str) -> str:
    """`3`, `3.0`, `3人` as 3; "" for anything that is no number of people."""
    digits = "".join(sign for sign in cell.partition(".")[0] if sign.isdigit())
    return str(int(digits)) if digits and len(digits) <= 4 else ""


def clock(cell: str) -> str:
    """The shop's clock time in one spelling; a bare time of day stays as it is."""
    read = local_time(cell) if cell else None
    if read is None:
        return cell[:16]
    written: datetime = read[0]
    return f"{written:%Y-%m-%d %H:%M}"
