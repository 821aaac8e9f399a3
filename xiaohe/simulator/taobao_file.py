"""The Taobao order list as the back office writes it, traps and all; none of them costs a row.

GBK · `="1850…"` order numbers · phones behind a leading ' and mostly masked · "88.00元" · thousands commas ·
status with ASCII or full-width comma · a line break inside 买家留言 · leading tabs · four columns of blanks
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

from xiaohe.simulator import items_file, people
from xiaohe.simulator.dice import Dice
from xiaohe.simulator.goods import BUYER_NOTES, COURIERS
from xiaohe.simulator.orders import Order, Placed, State, looks

HEADER = (
    "订单编号", "买家会员名", "买家支付宝账号", "买家应付货款", "买家应付邮费", "买家支付积分", "总金额", "返点积分", "买家实际支付金额",
    "买家实际支付积分", "订单状态", "买家留言", "收货人姓名", "收货地址", "运送方式", "联系电话", "联系手机", "订单创建时间",
    "订单付款时间", "宝贝标题", "宝贝种类", "物流单号", "物流公司", "订单备注", "宝贝总数量", "店铺Id", "店铺名称", "订单关闭原因",
    "卖家服务费", "买家服务费", "发票抬头", "是否手机订单", "分阶段订单信息", "特权订金订单id", "定金排名", "修改后的sku",
    "修改后的收货地址", "异常信息", "天猫卡券抵扣", "集分宝抵扣", "是否是O2O交易",
)  # fmt: skip
SHOP_NAME = "小河杂货铺"
STATE_WORDS = {
    State.UNPAID: ("等待买家付款", "等待买家付款"),
    State.PAID: ("买家已付款，等待卖家发货", "买家已付款,等待卖家发货"),
    State.SHIPPED: ("卖家已发货，等待买家确认", "卖家已发货,等待买家确认"),
    State.COMPLETED: ("交易成功", "交易成功"),
    State.CLOSED: ("交易关闭", "交易关闭"),
}
ENCODING = "gbk"


def write(
    path: Path,
    seed: int,
    orders: Iterable[Placed],
    exported_at: datetime,
    *,
    items: Path | None = None,
) -> None:
    """Write the orders in the order given, one at a time: the files may be of any size. `items`: their articles, too."""
    with ExitStack() as opened:
        file = opened.enter_context(open(path, "w", encoding=ENCODING, newline=""))
        file.write(",".join(HEADER) + "\r\n")
        beside = None
        if items is not None:
            beside = opened.enter_context(open(items, "w", encoding=ENCODING, newline=""))
            beside.write(",".join(items_file.HEADER) + "\r\n")
        for one in orders:
            buyer = people.buyer(seed, one.person)
            order = looks(seed, one, (buyer.shelf, buyer.favourite), exported_at)
            file.write(",".join(map(cell, row(seed, order, buyer))) + "\r\n")
            if beside is not None:
                for article in items_file.rows(order):
                    beside.write(",".join(map(cell, article)) + "\r\n")


def cell(text: str) -> str:
    """One CSV cell as the platform writes it: `="…"` stays bare, which strict readers stumble over."""
    if text.startswith('="') or not ("," in text or '"' in text or "\n" in text):
        return text
    return '"' + text.replace('"', '""') + '"'


def row(seed: int, order: Order, buyer: people.Buyer) -> list[str]:
    """The 41 cells of an order; the traps in them belong to the order and are the same in every export."""
    one = order.placed
    dice = Dice(seed, 9, one.person, one.ordinal)
    total = yuan(order.goods + order.postage)
    paid = yuan(order.paid)
    if dice.happens(50):
        paid += "元"
    if dice.happens(50):
        total += "元"
    note = dice.one_of(BUYER_NOTES) if dice.happens(60) else ""
    courier, prefix = dice.one_of(COURIERS)
    # All dice are thrown before the state is looked at: the next export must throw the same.
    parcel = f"\t{prefix}{dice.below(10**10):010d}"
    tab = "\t" if dice.happens(10) else ""
    comma, blank = dice.below(2), "\t" if dice.happens(300) else ""
    phone, remark = "'" + shown_phone(dice, buyer), "已备注" if dice.happens(20) else ""
    device = "手机订单" if dice.happens(900) else ""
    sent = order.state in (State.SHIPPED, State.COMPLETED)
    return [
        f'="{one.number}"',
        tab + buyer.member,
        buyer.alipay,
        yuan(order.goods),
        yuan(order.postage),
        "0",
        total,
        "0",
        paid,
        "0",
        STATE_WORDS[order.state][comma],
        note,
        buyer.receiver,
        buyer.address,
        "快递",
        blank,
        phone,
        f"{one.created_at:%Y-%m-%d %H:%M:%S}",
        f"{order.paid_at:%Y-%m-%d %H:%M:%S}" if order.paid_at else "",
        order.title,
        str(order.kinds),
        parcel if sent else "",
        courier if sent else "",
        remark,
        str(order.quantity),
        "0",
        SHOP_NAME,
        order.closed_because or "订单未关闭",
        "0元",
        "0元",
        " ",
        device,
        "",
        " ",
        " ",
        " ",
        "",
        "",
        "0",
        "0",
        "",
    ]


def shown_phone(dice: Dice, buyer: people.Buyer) -> str:
    """The phone as the platform shows it: whole, a virtual number with an extension, or masked."""
    if buyer.shows_phone:
        return buyer.phone
    if buyer.uses_virtual_number:
        return f"184{dice.below(10**8):08d}-{dice.below(10**4):04d}"
    return people.masked(buyer.phone)


def yuan(fen: int) -> str:
    """¥ as written in a cell: two decimals, commas from a thousand on."""
    return f"{fen // 100:,}.{fen % 100:02d}"
