"""The Taobao item list beside the order list: which articles each order holds, by the title a seller wrote."""

from __future__ import annotations

from collections.abc import Iterator

from xiaohe.simulator.goods import SHELVES, Goods
from xiaohe.simulator.orders import Order, State

HEADER = (
    "订单编号", "标题", "价格", "购买数量", "外部系统编号", "商品属性", "套餐信息", "备注", "订单状态", "商家编码",
)  # fmt: skip
# Codes are the shop's own: shelf and place on it.
CODES = {
    goods.title: f"XH{shelf + 1}{place + 1:02d}"
    for shelf, all_of_it in enumerate(SHELVES)
    for place, goods in enumerate(all_of_it)
}
PRICES = {goods.title: goods.price for shelf in SHELVES for goods in shelf}
# Between two titles in one cell of the order list.
JOINED = "，"
STATES = {
    State.UNPAID: "等待买家付款",
    State.PAID: "买家已付款，等待卖家发货",
    State.SHIPPED: "卖家已发货，等待买家确认",
    State.COMPLETED: "交易成功",
    State.CLOSED: "交易关闭",
}


def rows(order: Order) -> Iterator[list[str]]:
    """One row per article of the order; the second article of an order is one piece."""
    titles = order.title.split(JOINED)
    for place, title in enumerate(titles):
        pieces = order.quantity - (len(titles) - 1) if place == 0 else 1
        code, price = CODES[title], PRICES[title]
        yield [
            f'="{order.placed.number}"',
            title,
            f"{price // 100}.{price % 100:02d}",
            str(pieces),
            code,
            "",
            "",
            "",
            STATES[order.state],
            code,
        ]


def goods_of(code: str) -> Goods:
    """The article of this code."""
    return SHELVES[int(code[2]) - 1][int(code[3:]) - 1]
