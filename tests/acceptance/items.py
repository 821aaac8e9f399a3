"""Two orders and their items in both forms of the item list."""

from __future__ import annotations

from typing import Any

from tests.acceptance.counting import BASE
from tests.acceptance.exports import CURRENT_ITEMS, DONE, LEGACY_ITEMS, order


def legacy_item(number: int, title: str, price: str, pieces: int, **more: object) -> Any:
    return {"订单编号": f'="{number}"', "标题": title, "价格": price, "购买数量": pieces, "订单状态": DONE, **more}  # fmt: skip


def current_item(number: int, sub: int, title: str, price: str, pieces: int, paid: str, **more: object) -> Any:  # fmt: skip
    return {
        "子订单编号": number + sub, "主订单编号": number, "商品标题": title, "价格": price, "购买数量": pieces,
        "订单状态": DONE, "买家实付金额": paid, "退款状态": "没有申请退款", "退款金额": "无退款申请",
        "订单创建时间": "2025-03-01 10:00:00", **more,
    }  # fmt: skip


ORDERS = [
    order(BASE + 10, "甲", "50.00", "2025-03-01", 宝贝总数量=3),
    order(BASE + 20, "乙", "30.00", "2025-03-02"),
]
ITEM_FILES = {
    "legacy": (
        LEGACY_ITEMS,
        [
            legacy_item(BASE + 10, "木耳", "15.00", 2, 商家编码="ME"),
            legacy_item(BASE + 10, "木耳", "15.00", 2, 商家编码="ME"),
            legacy_item(BASE + 10, "香菇", "20.00", 1),
            legacy_item(BASE + 20, "木耳", "15.00", 2, 商家编码="ME"),
            legacy_item(BASE + 30, "木耳", "15.00", 1, 商家编码="ME"),
        ],
        # 30 + 30 + 20 + 30 + 15
        12500,
    ),
    "current": (
        CURRENT_ITEMS,
        [
            current_item(BASE + 10, 1, "木耳", "15.00", 2, "28.00"),
            current_item(BASE + 10, 2, "香菇", "22.00", 1, "22.00"),
            current_item(BASE + 20, 1, "木耳", "30.00", 1, "30.00"),
            current_item(BASE + 30, 1, "木耳", "15.00", 1, "15.00"),
        ],
        9500,
    ),
}
