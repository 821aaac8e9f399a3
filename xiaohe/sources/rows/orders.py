"""One row per order, as a state: created, paid, shipped, completed, closed, refunded. Every file folds to one answer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from xiaohe.sources.amounts import Amounts
from xiaohe.sources.cells import is_damaged_number, number_text
from xiaohe.sources.facts import FactBuffer
from xiaohe.sources.formats.base import Layout
from xiaohe.sources.reasons import Rejected
from xiaohe.sources.rows.buyers import BuyerColumns, add_edges, edge_props
from xiaohe.sources.rows.context import Context, Judge, blank_rows, columns_of, reject
from xiaohe.sources.rows.referrals import BesideOrders
from xiaohe.sources.rows.states import CLOSED, UNPAID, StateColumns, Stated, StateFacts, was_paid
from xiaohe.sources.tally import RowClass, rejected_as

__all__ = ["PHONE_EDGE", "OrderRows", "add_edges", "read_numbers", "set_money"]

PHONE_EDGE = edge_props("phone")


class OrderRows:
    """Parses order lists, and any table with one row per order."""

    def __init__(self, context: Context, layout: Layout, width: int, judge: Judge) -> None:
        self._context = context
        self._positions = layout.positions
        self._width = width
        self._judge = judge
        self._buyers = BuyerColumns(context, layout.format)
        self._columns = StateColumns(context, layout.format)
        self._facts = StateFacts(context)
        self._beside = BesideOrders(context, layout.format)

    def parse(self, rows: Sequence[list[str]], start: int) -> tuple[pa.Table, NDArray[np.void]]:
        context, columns = self._context, self._columns
        cells, broken = columns_of(rows, self._positions, self._width)
        records = blank_rows(len(rows))
        numbers = read_numbers(cells["order_no"], rows, records, self._judge)
        reject(records, broken, Rejected.BROKEN_ROW)

        times = columns.times(cells, numbers)
        paid, refunded = columns.money(cells, "paid"), columns.money(cells, "refunded")
        quantity, bad_quantity = columns.pieces(cells)
        undecided = records["row_class"] == RowClass.BLANK
        blank = undecided & (np.array([not number for number in numbers]))
        records["row_class"][blank] = 255  # kept out of the checks below
        reject(records, times.bad, Rejected.BAD_DATE)
        reject(records, paid.bad | refunded.bad, Rejected.BAD_AMOUNT)
        reject(records, bad_quantity, Rejected.BAD_QUANTITY)
        good = records["row_class"] == RowClass.BLANK
        records["row_class"][blank] = RowClass.BLANK

        usable = [n if ok else "" for n, ok in zip(numbers, good, strict=True)]
        order = context.orders(usable)
        buyers = self._buyers.of(cells, order)
        subject = buyers.subject
        status = columns.status(cells, times.paid_at, paid)
        paid_once = was_paid(status, times.paid_at, paid)
        back = refunded.or_zero
        if "refunded" not in cells:
            # The platform says that the money went back, and no column how much of it: all of it.
            back = np.where(columns.says_refunded(cells), paid.or_zero, 0)
        is_full_refund = paid_once & (back > 0) & (back >= paid.or_zero)
        records["row_class"][good] = np.select(
            [status == UNPAID, status == CLOSED, is_full_refund],
            [RowClass.UNPAID, RowClass.CLOSED, RowClass.REFUNDED],
            default=RowClass.ORDER,
        )[good]
        data = records["row_class"] != RowClass.BLANK
        records["no_buyer"] = data & ~buyers.named & good
        set_money(records, data & (records["row_class"] != RowClass.NOT_DATA), paid, refunded)

        buffer = FactBuffer(context.source, context.currency)
        stated = Stated(
            order,
            subject,
            times,
            status,
            paid_once,
            paid.minor,
            back,
            quantity,
            context.bare_numbers(usable),
            self._beside.placed(cells),
            in_words="refunded" not in cells,
        )
        self._facts.emit(buffer, start, good, stated)
        self._buyers.edges(buffer, start, buyers, good, times.own)
        self._beside.payments(buffer, start, cells, good & paid_once, order, subject, times.own)
        self._beside.referrals(buffer, start, cells, good, order, subject, times.own)
        self._buyers.remember(buyers, good)
        context.found.see_times(times.own[good])
        is_order = records["row_class"] == RowClass.ORDER
        context.found.buyers.add(subject[good & buyers.named & is_order])
        if "title" in cells and "buyer" not in cells:
            context.found.goods.add(cells["title"], times.own, np.flatnonzero(good & paid_once))
        return buffer.table(), records


def read_numbers(
    column: Sequence[str], rows: Sequence[list[str]], records: NDArray[np.void], judge: Judge
) -> list[str]:
    """Clean order numbers; rows that have none or a damaged one are classed in `records` and get an empty one."""
    numbers = [number_text(cell) for cell in column]
    for index, number in enumerate(numbers):
        if number.isdigit() or _is_number(number):
            continue
        row_class: int | None = judge.row_class(rows[index])
        if row_class is None and not number:
            row_class = rejected_as(Rejected.NO_ORDER_NUMBER)
        elif row_class is None and is_damaged_number(number):
            row_class = rejected_as(Rejected.DAMAGED_NUMBER)
        if row_class is not None:
            records["row_class"][index] = row_class
            numbers[index] = ""
    return numbers


def _is_number(number: str) -> bool:
    """`260517-123456789`, `P7381…`: letters and digits, which no heading and no word for a sum is."""
    plain = number.replace("-", "")
    return len(plain) >= 6 and plain.isascii() and plain.isalnum() and plain[-4:].isdigit()


def set_money(
    records: NDArray[np.void], where: NDArray[np.bool_], paid: Amounts, refunded: Amounts
) -> None:
    """What the file says was paid and refunded, for the report's sums."""
    for name, money in (("paid", paid), ("refunded", refunded)):
        records[name] = np.where(where, money.or_zero, 0)
        records[f"{name}_remainder"] = np.where(where, money.remainder, 0)
