"""One row per payment on the bill of a payment service: a payment of ours, unless an order list knows the order.

a sale    ─► an order of the rail (wechat_pay, alipay), with two statements of what it is: the payment's number,
             and the merchant's own order number. Where an order list states either, `traits` counts it once.
a refund  ─► money back of that order
the rest  ─► a movement (withdrawals, fees), never an order
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from xiaohe.kernel.ids import fold
from xiaohe.kernel.money import minor_digits
from xiaohe.ledger.catalogue import as_json
from xiaohe.sources import amounts
from xiaohe.sources.amounts import Amounts
from xiaohe.sources.facts import NULL, FactBuffer, Ints
from xiaohe.sources.formats import Layout
from xiaohe.sources.formats.base import fold_header
from xiaohe.sources.reasons import Rejected
from xiaohe.sources.rows.buyers import BuyerColumns, Buyers
from xiaohe.sources.rows.context import Context, Judge
from xiaohe.sources.rows.orders import set_money
from xiaohe.sources.rows.settlements import add_settled, signed, times_of
from xiaohe.sources.rows.slice import OfSlices, Slice, filled
from xiaohe.sources.tally import RowClass
from xiaohe.sources.times import Instants


class Row(StrEnum):
    """What a row of a bill is."""

    SALE = "sale"
    REFUND = "refund"
    REVOKED = "revoked"
    MOVED = "moved"


# Words inside the service's own; the first that fits counts. A format may say others under [options].
WORDS = {
    Row.REVOKED: ("revoked", "已撤销", "撤销成功"),
    Row.REFUND: ("refund", "退款"),
    Row.SALE: (
        "success",
        "支付成功",
        "已支付",
        "交易付款",
        "在线支付",
        "当面付",
        "交易",
        "收款",
        "消费",
    ),
}
REFUND_FAILED = ("fail", "失败", "关闭", "change", "异常", "processing", "处理中")
# The first heading of the sums below the rows; whatever follows it is no payment.
ENDS_AT = ("总交易单数", "总交易", "#")


class BillRows(OfSlices):
    """Parses payment bills."""

    def __init__(self, context: Context, layout: Layout, width: int, judge: Judge) -> None:
        super().__init__(context, layout, width, judge)
        self._people = BuyerColumns(context, layout.format)
        options = layout.format.options
        self._words = {row: tuple(map(fold, options.get(row, WORDS[row]))) for row in WORDS}
        self._prefix = re.compile(options.get("merchant_prefix", "(?!)"))
        self._rail = layout.format.payment_rail or context.source
        self._over = False

    def parse(self, rows: Sequence[list[str]], start: int) -> tuple[pa.Table, NDArray[np.void]]:
        context = self._context
        slice_ = self._slice(rows, start)
        self._set_sums_aside(slice_)
        at = times_of(slice_)
        amount = signed(slice_)
        payments, merchants = slice_.numbers("payment_no"), slice_.numbers("order_no")
        slice_.sift(at.known & amount.known)
        what = self._what(slice_, amount)
        refunded = self._refunded(slice_, amount)
        slice_.reject_damaged(payments, merchants)
        is_order = what != Row.MOVED
        slice_.reject(~filled(payments) & ~filled(merchants) & is_order, Rejected.NO_ORDER_NUMBER)
        slice_.reject(~at.known, Rejected.BAD_DATE)
        slice_.reject(amount.bad | refunded.bad, Rejected.BAD_AMOUNT)
        good = slice_.good
        sale, back = good & (what == Row.SALE), good & (what == Row.REFUND)
        revoked, moved = good & (what == Row.REVOKED), good & (what == Row.MOVED)
        done = back & ~self._failed(slice_) & (refunded.or_zero > 0)
        records = slice_.records["row_class"]
        records[sale], records[back] = RowClass.ORDER, RowClass.AFTERSALE
        records[revoked], records[moved] = RowClass.CLOSED, RowClass.SETTLEMENT

        numbers = [one or other for one, other in zip(payments, merchants, strict=True)]
        order = context.orders(numbers)
        buyers = self._people.of(slice_.cells, order)
        slice_.records["no_buyer"] = sale & ~buyers.named
        none = amounts.none(len(rows))
        set_money(slice_.records, sale, amount, none)
        slice_.records["refunded"] = np.where(done, refunded.or_zero, 0)

        buffer = FactBuffer(context.source, context.currency)
        self._sales(buffer, slice_, sale | revoked, sale, order, buyers, at, amount)
        self._numbers(buffer, slice_, sale, order, buyers, at, payments, merchants)
        self._closed(buffer, slice_, revoked, order, buyers, at)
        self._back(buffer, slice_, back, done, order, at, refunded, payments)
        rows_moved = np.flatnonzero(moved)
        add_settled(
            context, buffer, slice_, rows_moved, [""] * len(rows), [""] * len(rows), at, amount
        )
        self._people.edges(buffer, start, buyers, sale, at.at)
        self._people.remember(buyers, sale & buyers.named)
        context.found.see_times(at.at[good])
        context.found.buyers.add(buyers.subject[sale & buyers.named])
        return buffer.table(), slice_.records

    # ------------------------------------------------------------ what a row is

    def _set_sums_aside(self, slice_: Slice) -> None:
        """From the second header on, which sums up, nothing is a payment."""
        for index, row in enumerate(slice_.rows):
            if not self._over and row and row[0] and not row[0][:1].isdigit():
                self._over = fold_header(row[0]).startswith(ENDS_AT[:2])
            if self._over and any(cell.strip() for cell in row):
                slice_.set_aside(index)

    def _what(self, slice_: Slice, amount: Amounts) -> NDArray[np.str_]:
        said = slice_.texts("state") if slice_.has("state") else slice_.texts("kind")
        known = {cell: self._row_of(fold(cell)) for cell in set(said)}
        left = amount.or_zero < 0
        nowhere = ~filled(slice_.numbers("payment_no")) & ~filled(slice_.numbers("order_no"))
        found = np.array([known[cell] for cell in said], "U8")
        found[(found == Row.SALE) & (left | nowhere)] = Row.MOVED
        return found

    def _row_of(self, cell: str) -> Row:
        if not cell:
            return Row.SALE
        return next(
            (row for row, words in self._words.items() if any(word in cell for word in words)),
            Row.MOVED,
        )

    def _refunded(self, slice_: Slice, amount: Amounts) -> Amounts:
        if slice_.has("refunded"):
            return slice_.money("refunded")
        minor = np.where(amount.known, np.abs(amount.or_zero), NULL)
        return Amounts(minor, np.abs(amount.remainder), amount.bad)

    def _failed(self, slice_: Slice) -> NDArray[np.bool_]:
        cells = [fold(cell) for cell in slice_.texts("refund_state")]
        known = {cell: any(word in cell for word in REFUND_FAILED) for cell in set(cells)}
        return np.array([known[cell] for cell in cells], np.bool_)

    # ------------------------------------------------------------ facts

    def _sales(
        self,
        buffer: FactBuffer,
        slice_: Slice,
        created: NDArray[np.bool_],
        paid: NDArray[np.bool_],
        order: Ints,
        buyers: Buyers,
        at: Instants,
        amount: Amounts,
    ) -> None:
        for name, where, money in (
            ("order.created", created, None),
            ("order.paid", paid, amount.minor),
        ):
            rows = np.flatnonzero(where)
            parts = [buyers.subject[rows], at.at[rows]]
            key = self._context.keys.of(
                name, order[rows], *parts, *([] if money is None else [money[rows]])
            )
            buffer.add(
                name,
                rows + slice_.start,
                key=key,
                occurred=at.at[rows],
                date_only=at.date_only[rows],
                subject=buyers.subject[rows],
                order_key=order[rows],
                content=key,
                amount=None if money is None else money[rows],
            )

    def _numbers(
        self,
        buffer: FactBuffer,
        slice_: Slice,
        sale: NDArray[np.bool_],
        order: Ints,
        buyers: Buyers,
        at: Instants,
        payments: Sequence[str],
        merchants: Sequence[str],
    ) -> None:
        """The two numbers by which an order list may know this payment."""
        hashed = self._context.hasher
        payment = slice_.each(payments, lambda n: hashed("payment", f"{self._rail}:{n.lower()}"))
        plain = [self._prefix.sub("", number, count=1) for number in merchants]
        merchant = slice_.each(plain, lambda n: hashed("number", n.lower()))
        fee = slice_.money("fee")
        digits = minor_digits(self._context.currency)
        for other in (payment, merchant):
            rows = np.flatnonzero(sale & (other != NULL))
            key = self._context.keys.of("order.billed", order[rows], other[rows])
            buffer.add(
                "order.billed",
                rows + slice_.start,
                key=key,
                occurred=at.at[rows],
                subject=buyers.subject[rows],
                order_key=order[rows],
                other=other[rows],
                content=key,
                props=[
                    as_json({"fee": f"{abs(Decimal(int(fee.minor[row])).scaleb(-digits)):f}"})
                    if fee.known[row]
                    else None
                    for row in rows.tolist()
                ],
            )

    def _closed(
        self,
        buffer: FactBuffer,
        slice_: Slice,
        where: NDArray[np.bool_],
        order: Ints,
        buyers: Buyers,
        at: Instants,
    ) -> None:
        rows = np.flatnonzero(where)
        key = self._context.keys.of("order.closed", order[rows], at.at[rows])
        buffer.add(
            "order.closed",
            rows + slice_.start,
            key=key,
            occurred=at.at[rows],
            subject=buyers.subject[rows],
            order_key=order[rows],
            content=key,
        )

    def _back(
        self,
        buffer: FactBuffer,
        slice_: Slice,
        asked: NDArray[np.bool_],
        done: NDArray[np.bool_],
        order: Ints,
        at: Instants,
        refunded: Amounts,
        payments: Sequence[str],
    ) -> None:
        context = self._context
        numbers = [
            number or serial or payment
            for number, serial, payment in zip(
                slice_.numbers("refund_no"), slice_.numbers("serial_no"), payments, strict=True
            )
        ]
        aftersale = slice_.each(
            numbers, lambda n: context.hasher("aftersale", f"{context.source}:{n.lower()}")
        )
        rows = np.flatnonzero(asked)
        buffer.add(
            "order.aftersale",
            rows + slice_.start,
            key=context.keys.of("order.aftersale", order[rows], aftersale[rows]),
            occurred=at.at[rows],
            subject=order[rows],
            order_key=order[rows],
            other=aftersale[rows],
            props=['{"kind":"refund"}'] * len(rows),
        )
        rows = np.flatnonzero(done)
        key = context.keys.of("order.refunded", order[rows], aftersale[rows], refunded.minor[rows])
        buffer.add(
            "order.refunded",
            rows + slice_.start,
            key=key,
            occurred=at.at[rows],
            subject=order[rows],
            order_key=order[rows],
            other=aftersale[rows],
            amount=refunded.minor[rows],
            content=key,
        )
