"""Order lists with one row per sub-order or article: the order once, its articles each.

    row ─► its order's states (once a file) ─► who bought
        └► its article, or several of them where a row joins sub-orders with `;`

What was paid stands either for the whole order, repeated on each row, or for the row alone (`paid_is`). In the
second case a closed row takes back its own money, not the order's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from xiaohe.kernel.ids import mix
from xiaohe.sources import amounts
from xiaohe.sources.amounts import Amounts
from xiaohe.sources.cells import number_text, text
from xiaohe.sources.facts import NULL, FactBuffer, Ints
from xiaohe.sources.formats.base import Layout, PaidIs
from xiaohe.sources.reasons import Rejected
from xiaohe.sources.rows.articles import Articles, props_of, taken_apart
from xiaohe.sources.rows.buyers import BuyerColumns
from xiaohe.sources.rows.context import Context, Judge, blank_rows, columns_of, reject
from xiaohe.sources.rows.orders import read_numbers, set_money
from xiaohe.sources.rows.referrals import BesideOrders
from xiaohe.sources.rows.states import (
    CLOSED,
    IN_WORDS,
    UNPAID,
    Flags,
    StateColumns,
    Stated,
    StateFacts,
    Times,
    was_paid,
)
from xiaohe.sources.tally import RowClass

# Cells that belong to the article of a row, not to its order: a row that goes on with an order has only these.
OF_THE_LINE = frozenset(
    (
        "sub_order_no",
        "title",
        "sku",
        "code",
        "price",
        "quantity",
        "line_paid",
        "refunded",
        "aftersale",
    )
)


@dataclass(frozen=True)
class _Read:
    """What one slice says, row by row."""

    good: Flags
    order: Ints
    subject: Ints
    times: Times
    status: Ints
    was_paid: Flags
    paid: Amounts
    refunded: Ints
    says_refunded: Flags


class OrderLineRows:
    """Parses lists with several rows per order."""

    def __init__(self, context: Context, layout: Layout, width: int, judge: Judge) -> None:
        self._context = context
        self._format = layout.format
        self._positions = layout.positions
        self._width = width
        self._judge = judge
        self._buyers = BuyerColumns(context, layout.format)
        self._columns = StateColumns(context, layout.format)
        self._facts = StateFacts(context, once=True)
        self._beside = BesideOrders(context, layout.format)
        self._articles = Articles(context)
        self._last: dict[str, str] = {}

    def parse(self, rows: Sequence[list[str]], start: int) -> tuple[pa.Table, NDArray[np.void]]:
        context, columns = self._context, self._columns
        cells, broken = columns_of(rows, self._positions, self._width)
        if self._format.continues:
            self._go_on(cells)
        count = len(rows)
        records = blank_rows(count)
        numbers = read_numbers(cells["order_no"], rows, records, self._judge)
        reject(records, broken, Rejected.BROKEN_ROW)
        self._set_notes_aside(numbers, cells, rows, records)

        times = columns.times(cells, numbers)
        paid, refunded = columns.money(cells, "paid"), columns.money(cells, "refunded")
        lines_of, lines, parts = taken_apart(cells, count, self._format.split)
        quantity, bad_quantity = self._pieces(lines, len(lines_of))
        undecided = records["row_class"] == RowClass.BLANK
        blank = undecided & (np.array([not number for number in numbers]))
        records["row_class"][blank] = 255  # kept out of the checks below
        reject(records, times.bad, Rejected.BAD_DATE)
        reject(records, paid.bad | refunded.bad, Rejected.BAD_AMOUNT)
        reject(records, _rows_of(bad_quantity, lines_of, count), Rejected.BAD_QUANTITY)
        good = records["row_class"] == RowClass.BLANK
        records["row_class"][blank] = RowClass.BLANK

        usable = [n if ok else "" for n, ok in zip(numbers, good, strict=True)]
        order = context.orders(usable)
        buyers = self._buyers.of(cells, order)
        status = columns.status(cells, times.paid_at, paid)
        paid_once = was_paid(status, times.paid_at, paid)
        said = columns.says_refunded(cells) & ~refunded.known
        read = _Read(
            good, order, buyers.subject, times, status, paid_once, paid, refunded.or_zero, said
        )
        records["row_class"][good] = self._classes(read)[good]
        records["no_buyer"] = good & ~buyers.named
        data = (records["row_class"] != RowClass.BLANK) & (
            records["row_class"] != RowClass.NOT_DATA
        )
        shown = paid if self._by_line else self._once_an_order(paid, order, good)
        set_money(records, data, shown, refunded)

        buffer = FactBuffer(context.source, context.currency)
        self._states(buffer, start, read, usable, cells)
        self._items(buffer, start, read, lines_of, lines, parts, quantity)
        self._buyers.edges(buffer, start, buyers, good, times.own)
        bought = good & paid_once
        self._beside.payments(buffer, start, cells, bought, order, buyers.subject, times.own)
        self._beside.referrals(buffer, start, cells, good, order, buyers.subject, times.own)
        self._buyers.remember(buyers, good)
        context.found.see_times(times.own[good])
        is_order = records["row_class"] == RowClass.ORDER
        context.found.buyers.add(buyers.subject[good & buyers.named & is_order])
        if "title" in cells and not buyers.named.any():
            context.found.goods.add(cells["title"], times.own, np.flatnonzero(bought))
        return buffer.table(), records

    @property
    def _by_line(self) -> bool:
        return self._format.paid_is is PaidIs.LINE

    # ------------------------------------------------------------ columns

    def _go_on(self, cells: dict[str, list[str]]) -> None:
        """Rows without a number repeat the order above: its cells were merged when the file was written."""
        own = [name for name in cells if name not in OF_THE_LINE]
        titles = cells.get("title") or cells.get("code") or [""] * len(cells["order_no"])
        for index, number in enumerate(cells["order_no"]):
            if text(number):
                self._last = {name: cells[name][index] for name in own}
            elif self._last and text(titles[index]) and not any(text(cells[n][index]) for n in own):
                for name in own:
                    cells[name][index] = self._last[name]

    def _set_notes_aside(
        self,
        numbers: list[str],
        cells: Mapping[str, list[str]],
        rows: Sequence[list[str]],
        records: NDArray[np.void],
    ) -> None:
        """A row whose order number has no digit and that tells no time explains columns."""
        times = [cells[name] for name in ("created", "paid_at") if name in cells]
        for index, number in enumerate(numbers):
            if not number or any(char.isdigit() for char in number):
                continue
            if not any(char.isdigit() for column in times for char in column[index]):
                records["row_class"][index] = self._judge.no_data(rows[index])
                numbers[index] = ""

    def _pieces(
        self, lines: Mapping[str, list[str]], count: int
    ) -> tuple[NDArray[np.float64], Flags]:
        if "quantity" not in lines:
            return np.full(count, np.nan), np.zeros(count, np.bool_)
        return amounts.quantities(lines["quantity"])

    def _classes(self, read: _Read) -> NDArray[np.uint8]:
        back = np.where(read.says_refunded, read.paid.or_zero, read.refunded)
        is_full_refund = read.was_paid & (back > 0) & (back >= read.paid.or_zero)
        return np.select(
            [read.status == UNPAID, read.status == CLOSED, is_full_refund],
            [RowClass.UNPAID, RowClass.CLOSED, RowClass.REFUNDED],
            default=RowClass.ORDER,
        ).astype(np.uint8)

    def _once_an_order(self, paid: Amounts, order: Ints, good: Flags) -> Amounts:
        """The money of repeated rows, shown once, for the report's sums."""
        rows = np.flatnonzero(good)
        first = np.zeros(len(order), np.bool_)
        key = self._context.keys.of("shown", order[rows], paid.or_zero[rows])
        first[rows[self._context.states.first_time(key)]] = True
        keep = first | ~good
        return Amounts(
            np.where(keep, paid.minor, NULL), np.where(keep, paid.remainder, 0), paid.bad
        )

    # ------------------------------------------------------------ facts

    def _states(
        self,
        buffer: FactBuffer,
        start: int,
        read: _Read,
        numbers: list[str],
        cells: Mapping[str, list[str]],
    ) -> None:
        status, back = read.status, np.zeros(len(read.order), np.int64)
        paid: Ints | None = read.paid.minor
        if self._by_line:
            # One closed row among others leaves the order standing; its money is its articles'.
            standing = np.isin(read.order, read.order[read.good & read.was_paid])
            status = np.where((status == CLOSED) & standing, UNPAID, status)
            paid = None
        elif "refunded" not in cells:
            back = np.where(read.says_refunded, read.paid.or_zero, 0)
        stated = Stated(
            read.order,
            read.subject,
            read.times,
            status,
            read.was_paid,
            paid,
            back,
            None,
            self._context.bare_numbers(numbers),
            self._beside.placed(cells),
            in_words="refunded" not in cells,
        )
        self._facts.emit(buffer, start, read.good, stated)

    def _items(
        self,
        buffer: FactBuffer,
        start: int,
        read: _Read,
        lines_of: Ints,
        lines: dict[str, list[str]],
        parts: Ints,
        quantity: NDArray[np.float64],
    ) -> None:
        context = self._context
        order, subject = read.order[lines_of], read.subject[lines_of]
        good, at = read.good[lines_of], read.times.own[lines_of]
        item = self._articles.keys(lines, len(lines_of))
        amount = self._line_amounts(read, lines_of, lines, parts)
        sub = (
            context.orders([number_text(cell) for cell in lines["sub_order_no"]])
            if "sub_order_no" in lines
            else np.full(len(lines_of), NULL)
        )
        variant = np.array([hash_of(context, cell) for cell in lines.get("sku", [])], np.int64)
        variant = variant if len(variant) else np.zeros(len(lines_of), np.int64)
        for where, has_sub in ((good & (sub != NULL), True), (good & (sub == NULL), False)):
            rows = np.flatnonzero(where & ((item != NULL) | has_sub))
            key = context.keys.of(
                "order.item",
                order[rows],
                *([sub[rows]] if has_sub else [item[rows], variant[rows]]),
            )
            buffer.add(
                "order.item",
                lines_of[rows] + start,
                key=key,
                occurred=at[rows],
                date_only=read.times.own_date[lines_of[rows]],
                subject=subject[rows],
                order_key=order[rows],
                item_key=item[rows],
                quantity=quantity[rows],
                amount=amount[rows],
                content=mix(item[rows], amount[rows]),
                props=props_of(lines, rows),
                in_file_ordinal=not has_sub,
            )
        self._refunds(
            buffer, start, read, lines_of, parts, np.where(sub != NULL, sub, item), amount
        )

    def _line_amounts(
        self, read: _Read, lines_of: Ints, lines: Mapping[str, list[str]], parts: Ints
    ) -> Ints:
        """What each article cost: as stated, else pieces × price, else what the row says was paid."""
        currency, count = self._context.currency, len(lines_of)
        stated = amounts.none(count)
        if "line_paid" in lines:
            stated = amounts.column(lines["line_paid"], currency)
        alone = parts[lines_of] == 1
        found = np.where(alone & self._by_line, read.paid.minor[lines_of], stated.minor)
        if "price" in lines and "quantity" in lines:
            counted = amounts.of_lines(lines["quantity"], lines["price"], currency)
            found = np.where(found == NULL, counted.minor, found)
        if not self._by_line:
            return found
        return _adding_up(found, read.paid.minor, lines_of, parts)

    def _refunds(
        self,
        buffer: FactBuffer,
        start: int,
        read: _Read,
        lines_of: Ints,
        parts: Ints,
        line: Ints,
        amount: Ints,
    ) -> None:
        """Money that went back for an article: as stated, else all of it where the platform says it went back."""
        first = (
            np.flatnonzero(np.r_[True, lines_of[1:] != lines_of[:-1]]) if len(line) else lines_of
        )
        back = np.zeros(len(line), np.int64)
        back[first] = read.refunded[lines_of[first]]
        in_words = np.zeros(len(line), np.bool_)
        if self._by_line:
            gone = (read.says_refunded | (read.status == CLOSED))[lines_of]
            whole = np.where(amount == NULL, 0, amount)
            in_words = gone & (read.refunded[lines_of] == 0)
            back = np.where(in_words, whole, back)
        rows = np.flatnonzero(
            read.good[lines_of] & read.was_paid[lines_of] & (back > 0) & (line != NULL)
        )
        order = read.order[lines_of]
        amounts_told = mix(back[rows], in_words[rows].astype(np.int64))
        told = np.where(in_words[rows], amounts_told, back[rows])
        key = self._context.keys.of("order.refunded", order[rows], line[rows], told)
        buffer.add(
            "order.refunded",
            lines_of[rows] + start,
            key=key,
            occurred=read.times.own[lines_of[rows]],
            date_only=read.times.own_date[lines_of[rows]],
            subject=read.subject[lines_of[rows]],
            order_key=order[rows],
            item_key=line[rows],
            amount=back[rows],
            content=key,
            props=[IN_WORDS if worded else None for worded in in_words[rows].tolist()],
        )


def hash_of(context: Context, cell: str) -> int:
    value = text(cell)
    return context.hasher("variant", value.casefold()) if value else 0


def _rows_of(lines: Flags, lines_of: Ints, count: int) -> Flags:
    """Rows any of whose lines is marked."""
    found = np.zeros(count, np.bool_)
    found[lines_of[lines]] = True
    return found


def _adding_up(found: Ints, paid: Ints, lines_of: Ints, parts: Ints) -> Ints:
    """Lines of joined rows, which must add up to what their row says was paid: the last one takes the rest."""
    result = found.copy()
    ends = np.cumsum(parts)
    for row in np.flatnonzero(parts > 1).tolist():
        if paid[row] == NULL:
            continue
        start, end = int(ends[row] - parts[row]), int(ends[row])
        told = np.where(result[start:end] == NULL, 0, result[start:end])
        if int(told.sum()) == 0:
            told[0] = paid[row]
        else:
            told[-1] += paid[row] - int(told.sum())
        result[start:end] = told
    return result
