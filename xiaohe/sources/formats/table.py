"""Any other order table: which column is what, proposed from its headings and its values.

Headings say what a column is called, values whether it can be that: a column of times must read as times, a
column of money as numbers. Only what passes both is proposed, and a person confirms it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Any

from django.utils.translation import gettext_lazy as _

from xiaohe.sources.cells import (
    amount,
    complete_phone,
    currency_of,
    local_time,
    number_text,
    slashed_parts,
    text,
)
from xiaohe.sources.formats.base import fold_header
from xiaohe.sources.mapping import ORDER_TOTAL, Mapping

TITLE = _("order table")
SAMPLE = 2_000
# A column is taken for times or numbers if nearly all of its filled cells are; totals and notes are the rest.
MOSTLY = 0.9

# field → headings, the most telling first; matched whole, then as a part.
NAMES: dict[str, tuple[str, ...]] = {
    "order_no": (
        "主订单编号", "订单编号", "订单号", "主订单号", "订单id", "交易单号", "单号", "invoiceno", "invoice",
        "invoicenumber", "orderno", "orderid", "ordernumber", "order", "transactionid", "receipt", "billno", "basketid",
    ),
    "buyer": (
        "买家会员名", "会员名", "买家昵称", "会员号", "会员编号", "客户编号", "客户id", "用户id", "用户编号", "下单帐号",
        "下单账号", "用户标识", "买家", "客户", "会员", "customerid", "customer", "customerno", "customernumber", "clientid",
        "userid", "memberid", "buyerid", "buyer", "householdid", "member", "user", "client",
    ),
    "phone": (
        "买家手机号", "联系手机", "收货人手机号/提货人手机号", "收件人手机号", "收件人手机", "收件人电话", "收货人电话", "手机号", "手机",
        "联系电话", "电话", "phone", "mobile", "tel", "telephone",
    ),
    "receiver": ("收货人姓名", "收件人姓名", "收货人/提货人", "收货人", "收件人", "客户姓名", "姓名", "真实姓名"),
    "time": (
        "订单付款时间", "支付完成时间", "订单支付时间", "买家付款时间", "付款确认时间", "支付时间", "付款时间", "订单成交时间",
        "成交时间", "订单创建时间", "订单提交时间", "订单下单时间", "下单时间", "交易时间", "创建时间", "消费时间", "日期", "时间",
        "invoicedate", "orderdate", "purchasedate", "transactiontimestamp", "transactiondate", "datetime", "timestamp", "createdat", "date", "time",
    ),
    "amount": (
        "用户实付金额", "订单实付金额", "订单实际支付金额", "买家实付金额", "买家实际支付金额", "实付款", "实付金额", "订单实收金额", "订单应付金额",
        "商家实收金额", "实收金额", "支付金额", "成交金额", "订单金额", "商家应收", "应付金额", "订单总价", "总金额", "销售额", "金额",
        "totalamount", "amountpaid", "ordertotal", "lineamount", "linetotal", "salesvalue", "dollarvalue", "amount", "total", "sales",
        "revenue", "spend", "value",
    ),
    "quantity": (
        "购买数量", "商品数量", "商品数量(件)", "成交数量", "订购数量", "宝贝总数量", "sku件数", "数量", "件数", "quantity", "qty",
        "numberofcds", "numberofitems", "pieces", "units",
    ),
    "unit_price": (
        "商品单价", "商品价格", "单价", "京东价", "价格", "unitprice", "priceperunit", "itemprice", "price",
    ),
    "refunded": ("商品已退款金额", "退款金额", "已退款金额", "refunded", "refundamount"),
    "item": (
        "商家编码", "商品编码", "商品id", "sku编码", "货号", "stockcode", "sku", "productid", "productcode", "itemcode",
        "itemid", "articleno", "article",
    ),
    "title": (
        "商品标题", "商品名称", "全部商品名称", "选购商品", "宝贝标题", "sku名称", "货品标题", "商品", "标题", "description",
        "productname", "itemname", "product", "title",
    ),
    "status": ("订单状态", "交易状态", "orderstatus", "status"),
    "currency": ("货币种类", "币种", "货币", "currency", "currencycode"),
    "covers": ("就餐人数", "用餐人数", "客人数", "来客数", "人数", "客数", "covers", "guests"),
    "seated": ("开台时间", "入座时间", "开桌时间", "就座时间", "seatedat", "seatedtime"),
    "slot": ("餐段", "市别", "餐别", "slot"),
    "table_no": ("桌台号", "桌号", "桌台", "台号", "tableno", "tablenumber"),
    "store": ("门店名称", "消费门店", "门店", "storename", "store"),
    "tender": ("支付方式", "付款方式", "结算方式", "收款方式", "tender", "paymentmethod"),
    "balance_paid": ("储值支付", "余额支付", "会员卡支付", "储值消费", "储值抵扣", "balancepaid"),
    "units": ("核销次数", "划卡次数", "消课次数", "扣次"),
}  # fmt: skip

# Parts that make a heading certainly something else.
NOT = {
    "order_no": ("子订单", "数量", "状态", "时间", "金额", "date", "status", "total", "amount"),
    "buyer": (
        "留言",
        "备注",
        "付款",
        "应付",
        "实付",
        "支付",
        "手机",
        "电话",
        "姓名",
        "name",
        "地址",
        "type",
    ),
    "time": ("预计", "承诺", "发货", "确认收货", "完成", "结算", "预约", "退款", "week"),
    "amount": ("退款", "优惠", "运费", "佣金", "disc", "tax", "refund", "积分"),
    "quantity": ("赠品",),
    "covers": ("购买", "付款", "支付"),
    "item": ("标题", "名称"),
    "title": ("数量", "总价", "价格", "编码", "id", "分类", "类目"),
}
# Fields that only a till's table has; seat and time are both times, so the seat is taken first.
OF_A_TILL = ("covers", "slot", "table_no", "store", "tender", "balance_paid", "units")
# Headings of an amount that is the whole order's.
ORDER_TOTALS = (
    "订单金额",
    "订单总价",
    "订单总金额",
    "订单实付",
    "实付款",
    "ordertotal",
    "orderamount",
)
DOLLAR_WORDS = {"dollar": "USD", "usd": "USD", "gbp": "GBP", "eur": "EUR", "hkd": "HKD", "美元": "USD", "英镑": "GBP", "欧元": "EUR", "港币": "HKD"}  # fmt: skip


@dataclass(frozen=True)
class _Column:
    position: int
    heading: str
    folded: str
    values: Sequence[str]

    @property
    def filled(self) -> float:
        """The share of cells that hold anything."""
        return sum(map(bool, map(text, self.values))) / max(1, len(self.values))

    def mostly(self, is_one: Callable[[str], bool]) -> bool:
        filled = [value for value in self.values if text(value)]
        return bool(filled) and sum(map(is_one, filled)) >= MOSTLY * len(filled)


def _is_time(cell: str) -> bool:
    return local_time(cell) is not None or local_time(cell, day_first=True) is not None


def _is_number(cell: str) -> bool:
    try:
        return amount(cell) is not None
    except ValueError:
        return False


def _is_filled(column: _Column) -> bool:
    return any(map(text, column.values))


FITS: dict[str, Callable[[_Column], bool]] = {
    "time": lambda column: column.mostly(_is_time),
    "amount": lambda column: column.mostly(_is_number),
    "quantity": lambda column: column.mostly(_is_number),
    "unit_price": lambda column: column.mostly(_is_number),
    "refunded": lambda column: column.mostly(_is_number) or not any(map(text, column.values)),
    "covers": lambda column: column.mostly(_is_number),
    "seated": lambda column: column.mostly(_is_time),
    "balance_paid": lambda column: column.mostly(_is_number) or not any(map(text, column.values)),
    "units": lambda column: column.mostly(_is_number) or not any(map(text, column.values)),
    "phone": lambda column: any(complete_phone(value) or "*" in value for value in column.values),
}


def propose(header: Sequence[str], rows: Iterable[list[str]], currency: str) -> Mapping | None:
    """The mapping suggested for a table; None if it has no time, or neither amount nor quantity."""
    sample = list(islice(rows, SAMPLE))
    columns = [
        _Column(
            position,
            heading,
            fold_header(heading).replace("_", "").replace("-", ""),
            [row[position] if position < len(row) else "" for row in sample],
        )
        for position, heading in enumerate(header)
        if heading.strip()
    ]
    chosen: dict[str, _Column] = {}
    # Times and money first: what is left over of a shared word ("order", "customer") is then a name.
    for name in ("seated", "time", "order_no", "buyer", "phone", "receiver", "amount", "quantity", "unit_price",
                 "refunded", "item", "title", "status", "currency", *OF_A_TILL):  # fmt: skip
        best = _best(name, columns, taken={each.position for each in chosen.values()})
        if best is not None:
            chosen[name] = best
    if "time" not in chosen:
        times = [column for column in columns if FITS["time"](column)]
        if len(times) == 1:
            chosen["time"] = times[0]
    _settle_price(chosen)
    if "time" not in chosen or not ({"amount", "quantity"} & chosen.keys()):
        return None
    money = chosen.get("amount") or chosen.get("unit_price")
    found, doubts = _currency(chosen.get("currency"), money, currency)
    if repeats_total := _repeats_total(chosen):
        doubts.append(ORDER_TOTAL)
    return Mapping(
        columns={name: column.heading for name, column in chosen.items()},
        positions={name: column.position for name, column in chosen.items()},
        header=tuple(header),
        currency=found,
        per_order=repeats_total or _is_per_order(chosen),
        doubts=tuple(doubts),
    )


def _best(name: str, columns: Sequence[_Column], taken: set[int]) -> _Column | None:
    fits = FITS.get(name, _is_filled)
    scored = []
    for column in columns:
        if column.position in taken:
            continue
        score = _score(name, column.folded)
        if score and fits(column):
            # Unpaid orders have no payment time: the fuller column of times tells the time of every row.
            filled = round(column.filled, 2) if name == "time" else 1.0
            scored.append((filled, score, -column.position, column))
    return max(scored, key=lambda each: each[:3])[3] if scored else None


def _score(name: str, folded: str) -> float:
    if any(part in folded for part in NOT.get(name, ())):
        return 0
    names = NAMES[name]
    for rank, known in enumerate(names):
        if folded == known:
            return 100 - rank
    for rank, known in enumerate(names):
        if len(known) >= 2 and known in folded and (not known.isascii() or len(known) > 3):
            return 40 - rank / 2
    return 0


def _settle_price(chosen: dict[str, _Column]) -> None:
    """A price beside a quantity makes the amount; a price alone is the amount; both given, the amount wins."""
    if "amount" in chosen or "unit_price" not in chosen:
        chosen.pop("unit_price", None)
    elif "quantity" not in chosen:
        chosen["amount"] = chosen.pop("unit_price")


def _is_per_order(chosen: dict[str, _Column]) -> bool:
    """One row per order: numbers never repeat, and the row has a state or a refund that later exports change."""
    number = chosen.get("order_no")
    if number is None or "amount" not in chosen or not {"status", "refunded"} & chosen.keys():
        return False
    values = [number_text(value) for value in number.values if text(value)]
    return len(values) > 1 and len(set(values)) == len(values)


def _repeats_total(chosen: dict[str, _Column]) -> bool:
    """Several rows of one order that all carry the same amount, under a heading that says it is the order's."""
    number, money = chosen.get("order_no"), chosen.get("amount")
    if number is None or money is None or {"quantity", "unit_price"} & chosen.keys():
        return False
    if not any(word in money.folded for word in ORDER_TOTALS):
        return False
    pairs = [
        (number_text(order), text(total))
        for order, total in zip(number.values, money.values, strict=True)
        if text(order)
    ]
    orders = len({order for order, _total in pairs})
    return orders < len(pairs) and len(set(pairs)) == orders


def _currency(column: _Column | None, money: _Column | None, shops: str) -> tuple[str, list[str]]:
    """The currency the file itself names, else the shop's; a mere hint in a heading becomes a doubt."""
    if column is not None:
        codes = {text(value).upper() for value in column.values if text(value)}
        if len(codes) == 1 and len(code := codes.pop()) == 3:
            return code, []
        if len(codes) > 1:
            return shops, ["currencies"]
    if money is None:
        return shops, []
    signs = {sign for value in money.values if (sign := currency_of(value))}
    if len(signs) == 1:
        return signs.pop(), []
    hint = next((code for word, code in DOLLAR_WORDS.items() if word in money.folded), None)
    return shops, [f"currency:{hint}"] if hint and hint != shops else []


def day_comes_first(cells: Iterator[str]) -> tuple[bool, bool]:
    """(is `03/04/2011` the third of April?, is it certain?), told by the first date that can only be one."""
    rises: list[list[int]] = [[], []]
    for cell in cells:
        parts = slashed_parts(cell)
        if parts is None:
            continue
        first, second = parts
        if first > 12:
            return True, True
        if second > 12:
            return False, True
        if len(rises[0]) < 50_000:
            rises[0].append(first * 100 + second)
            rises[1].append(second * 100 + first)
    if not rises[0]:
        return False, True
    # Exports are mostly in order of time: the reading that jumps back less often is the likelier one.
    back = [sum(a > b for a, b in pairwise(each)) for each in rises]
    return back[1] < back[0], False


def needs_day_order(mapping: Mapping, rows: Iterable[list[str]]) -> bool:
    at: Any = mapping.positions["time"]
    return any(slashed_parts(row[at]) for row in islice(rows, 200) if at < len(row))
