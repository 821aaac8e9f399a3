"""Any other order table, one row per line (or per purchase): lines, the orders they make, and cancelled lines.

A line's key is built from the mapped values in one spelling (order, goods, pieces, money, time, buyer), never from
column names or number formatting, so two exports of one shop recognise each other's rows. Identical lines of an
order are told apart by their ordinal; a row without an order number is an order of its own, ordinal included.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from xiaohe.kernel.ids import mix
from xiaohe.kernel.money import minor_digits
from xiaohe.people.keys import Kind, Namespace
from xiaohe.sources import amounts
from xiaohe.sources.amounts import Amounts
from xiaohe.sources.cells import is_damaged_number, number_text, text
from xiaohe.sources.facts import NULL, FactBuffer, Ints
from xiaohe.sources.formats.words import Status, status_of
from xiaohe.sources.mapping import Mapping
from xiaohe.sources.reasons import Rejected
from xiaohe.sources.rows.buyers import add_edges, edge_props
from xiaohe.sources.rows.context import (
    Context,
    Judge,
    blank_rows,
    columns_of,
    record_people,
    reject,
)
from xiaohe.sources.seen import Counted
from xiaohe.sources.tally import RowClass, rejected_as

# A number no amount or quantity has: stands for an empty cell inside a key.
EMPTY = -(1 << 40)


class LineRows:
    """Parses a table by a confirmed mapping."""

    def __init__(self, context: Context, mapping: Mapping, width: int, judge: Judge) -> None:
        self._context = context
        self._mapping = mapping
        self._width = width
        self._judge = judge
        self._own_orders = Counted()
        self._cancelled = Counted()
        self._items: dict[str, int] = {}

    def parse(self, rows: Sequence[list[str]], start: int) -> tuple[pa.Table, NDArray[np.void]]:
        context = self._context
        count = len(rows)
        cells, broken = columns_of(rows, self._mapping.positions, self._width)
        records = blank_rows(count)
        at = context.clock.column(cells["time"])
        numbers = (
            [number_text(cell) for cell in cells["order_no"]]
            if "order_no" in cells
            else [""] * count
        )
        self._sift(rows, numbers, at.known, records)
        sifted = records["row_class"] != RowClass.BLANK
        is_blank = np.zeros(count, np.bool_)
        for index in np.flatnonzero(~at.known & ~sifted).tolist():
            is_blank[index] = not any(cell.strip() for cell in rows[index])
        reject(records, broken & ~is_blank, Rejected.BROKEN_ROW)
        reject(records, ~at.known & ~is_blank, Rejected.BAD_DATE)
        amount, quantity, bad = self._amounts(cells, count)
        reject(records, bad[1] & ~is_blank, Rejected.BAD_QUANTITY)
        reject(records, bad[0] & ~is_blank, Rejected.BAD_AMOUNT)
        good = (records["row_class"] == RowClass.BLANK) & ~is_blank
        codes, abroad = self._currencies(cells, amount, good)

        buyer, phone, digits = self._buyers(cells, count)
        named = np.where(buyer != NULL, buyer, phone)
        item = self._item_keys(cells, count)
        key, order = self._line_keys(numbers, named, item, quantity, amount, at.at, good)
        subject = np.where(named != NULL, named, order)
        classes = self._classes(cells, quantity, amount, named)
        records["row_class"][good] = classes[good]
        records["key"] = self._cancelled_keys(key, good & (classes == RowClass.CANCELLATION))
        data = (records["row_class"] != RowClass.BLANK) & ~sifted | (
            records["row_class"] >= RowClass.REJECTED
        )
        records["no_buyer"] = good & (named == NULL)
        self._set_money(records, data & ~abroad, amount)

        buffer = FactBuffer(context.source, self._mapping.currency)
        self._emit(
            buffer,
            start,
            good,
            classes,
            key,
            order,
            subject,
            item,
            quantity,
            amount,
            at.at,
            at.date_only,
            cells,
            codes,
            numbers,
        )
        both = good & (buyer != NULL) & (phone != NULL)
        add_edges(
            context, buffer, start, np.flatnonzero(both), buyer, phone, at.at, edge_props("phone")
        )
        self._remember(cells, digits, subject, good & (named != NULL))
        context.found.see_times(at.at[good])
        context.found.buyers.add(subject[good & (named != NULL) & (classes == RowClass.LINE)])
        if not self._mapping.has("buyer") and not self._mapping.has("phone"):
            titles = cells.get("title") or cells.get("item")
            if titles:
                context.found.goods.add(titles, at.at, np.flatnonzero(good))
        return buffer.table(), records

    # ------------------------------------------------------------ columns

    def _sift(
        self,
        rows: Sequence[list[str]],
        numbers: list[str],
        timed: NDArray[np.bool_],
        records: NDArray[np.void],
    ) -> None:
        """Set aside what is no data, and order numbers that a spreadsheet destroyed."""
        for index in np.flatnonzero(~timed).tolist():
            row_class = self._judge.row_class(rows[index])
            if row_class is not None:
                records["row_class"][index] = row_class
        for index, number in enumerate(numbers):
            if not number.isdigit() and is_damaged_number(number):
                records["row_class"][index] = rejected_as(Rejected.DAMAGED_NUMBER)

    def _amounts(
        self, cells: dict[str, list[str]], count: int
    ) -> tuple[Amounts, NDArray[np.float64], tuple[NDArray[np.bool_], NDArray[np.bool_]]]:
        currency = self._mapping.currency
        if "quantity" in cells:
            quantity, bad_quantity = amounts.quantities(cells["quantity"])
        else:
            quantity, bad_quantity = np.full(count, np.nan), np.zeros(count, np.bool_)
        if "amount" in cells:
            amount = amounts.column(cells["amount"], currency)
        elif "unit_price" in cells:
            amount = amounts.of_lines(cells["quantity"], cells["unit_price"], currency)
        else:
            amount = amounts.none(count)
        return amount, quantity, (amount.bad, bad_quantity)

    def _currencies(
        self, cells: dict[str, list[str]], amount: Amounts, good: NDArray[np.bool_]
    ) -> tuple[list[str] | None, NDArray[np.bool_]]:
        """Each row's currency where the table has a column of them, and which rows are in another than the file's.

        Those keep their own currency, are listed, and are never added to the others.
        """
        abroad = np.zeros(len(good), np.bool_)
        if "currency" not in cells:
            return None, abroad
        home = self._mapping.currency
        codes = [text(cell).upper() or home for cell in cells["currency"]]
        for index, code in enumerate(codes):
            if code == home:
                continue
            abroad[index] = True
            if not amount.known[index]:
                continue
            shift = minor_digits(home) - minor_digits(code)
            if shift > 0:
                amount.minor[index] //= 10**shift
            elif shift < 0:
                amount.minor[index] *= 10**-shift
            if good[index]:
                listed = self._context.found.currencies
                listed[code] = listed.get(code, 0) + int(amount.minor[index])
        return codes, abroad

    def _buyers(self, cells: dict[str, list[str]], count: int) -> tuple[Ints, Ints, list[str]]:
        context = self._context
        if "buyer" in cells:
            column = [number_text(cell) for cell in cells["buyer"]]
            cells["buyer"] = column
            buyer = context.on_platform(Namespace.CUSTOMER, column)
        else:
            buyer = np.full(count, NULL)
        if "phone" not in cells:
            return buyer, np.full(count, NULL), []
        phone, digits = context.phones(cells["phone"])
        return buyer, phone, digits

    def _item_keys(self, cells: dict[str, list[str]], count: int) -> Ints:
        codes = cells.get("item") or cells.get("title")
        keys = np.full(count, NULL)
        if codes is None:
            return keys
        known = self._items
        for index, code in enumerate(codes):
            key = known.get(code)
            if key is None:
                value = number_text(code).casefold()
                key = (
                    self._context.hasher("item", f"{self._context.source}:{value}")
                    if value
                    else NULL
                )
                if len(known) < 50_000:
                    known[code] = key
            keys[index] = key
        return keys

    def _line_keys(
        self,
        numbers: list[str],
        named: Ints,
        item: Ints,
        quantity: NDArray[np.float64],
        amount: Amounts,
        at: Ints,
        good: NDArray[np.bool_],
    ) -> tuple[Ints, Ints]:
        """Fact key and order key of each row."""
        order = self._context.orders(numbers)
        alone = (order == NULL) & good
        pieces = np.where(
            np.isnan(quantity), EMPTY, np.round(np.nan_to_num(quantity) * 1000)
        ).astype(np.int64)
        money = np.where(amount.known, amount.minor, EMPTY)
        # What takes the order's place in the key of a row that has no number: the fact type's own id.
        root = self._context.keys.of("order.item", np.where(alone, EMPTY, order))
        key = mix(mix(mix(root, named), mix(item, pieces)), mix(mix(root, money), at))
        if alone.any():
            rows = np.flatnonzero(alone)
            ordinal = self._own_orders.ordinals(key[rows])
            key[rows] = mix(key[rows], ordinal)
            order[rows] = self._context.keys.of("own-order", key[rows])
        return key, order

    def _cancelled_keys(self, key: Ints, back: NDArray[np.bool_]) -> Ints:
        """Keys of cancelled lines as the ledger will keep them: identical ones get its ordinal mixed in."""
        final = np.zeros(len(key), np.int64)
        rows = np.flatnonzero(back)
        ordinal = self._cancelled.ordinals(key[rows]) if self._mapping.has("order_no") else rows * 0
        final[rows] = np.where(ordinal > 0, mix(key[rows], ordinal), key[rows])
        return final

    def _classes(
        self,
        cells: dict[str, list[str]],
        quantity: NDArray[np.float64],
        amount: Amounts,
        named: Ints,
    ) -> NDArray[np.uint8]:
        statuses = [Status.PAID] * len(named)
        if "status" in cells:
            known = {cell: status_of(cell) or Status.PAID for cell in set(cells["status"])}
            statuses = [known[cell] for cell in cells["status"]]
        negative = np.nan_to_num(quantity) < 0
        if "quantity" not in cells:
            negative = amount.or_zero < 0
        stock = negative & (amount.or_zero == 0) & (named == NULL)
        return np.select(
            [
                stock,
                negative,
                np.array([status == Status.UNPAID for status in statuses]),
                np.array([status == Status.CLOSED for status in statuses]),
            ],
            [
                RowClass.STOCK_ADJUSTMENT,
                RowClass.CANCELLATION,
                RowClass.UNPAID,
                RowClass.CLOSED,
            ],
            default=RowClass.LINE,
        ).astype(np.uint8)

    def _set_money(
        self, records: NDArray[np.void], data: NDArray[np.bool_], amount: Amounts
    ) -> None:
        back = records["row_class"] == RowClass.CANCELLATION
        records["paid"] = np.where(data & ~back, amount.or_zero, 0)
        records["paid_remainder"] = np.where(data & ~back, amount.remainder, 0)
        records["refunded"] = np.where(data & back, -amount.or_zero, 0)
        records["refunded_remainder"] = np.where(data & back, -amount.remainder, 0)

    # ------------------------------------------------------------ facts

    def _emit(
        self,
        buffer: FactBuffer,
        start: int,
        good: NDArray[np.bool_],
        classes: NDArray[np.uint8],
        key: Ints,
        order: Ints,
        subject: Ints,
        item: Ints,
        quantity: NDArray[np.float64],
        amount: Amounts,
        at: Ints,
        date_only: NDArray[np.bool_],
        cells: dict[str, list[str]],
        codes: list[str] | None,
        numbers: list[str],
    ) -> None:
        content = np.where(amount.known, amount.minor, EMPTY)
        has_numbers = self._mapping.has("order_no")
        back = good & (classes == RowClass.CANCELLATION)
        for where, name in ((good & ~back, "order.item"), (back, "order.refunded")):
            rows = np.flatnonzero(where)
            cancelled = name == "order.refunded"
            buffer.add(
                name,
                rows + start,
                key=key[rows],
                occurred=at[rows],
                date_only=date_only[rows],
                subject=subject[rows],
                item_key=item[rows],
                quantity=np.abs(quantity[rows]) if cancelled else quantity[rows],
                amount=-amount.minor[rows] if cancelled else amount.minor[rows],
                content=content[rows],
                props=None if cancelled else self._props(cells, rows),
                in_file_ordinal=has_numbers,
                currencies=None if codes is None else [codes[row] for row in rows.tolist()],
                order_key=None if cancelled else order[rows],
            )
        sale = good & ~back & (classes != RowClass.STOCK_ADJUSTMENT)
        unpaid, closed = classes == RowClass.UNPAID, classes == RowClass.CLOSED
        for name, where in (
            ("order.created", sale),
            ("order.paid", sale & ~unpaid & ~closed),
            ("order.closed", sale & closed),
        ):
            rows = np.flatnonzero(where)
            state = self._context.keys.of(name, order[rows], mix(subject[rows], at[rows]))
            # An order's lines state it again and again: once a slice is enough.
            _, first = np.unique(state, return_index=True)
            first.sort()
            rows, state = rows[first], state[first]
            # A payment bill knows an order by no more than its number without the platform.
            is_named = name == "order.created" and has_numbers
            bare = [numbers[row] for row in rows.tolist()] if is_named else []
            buffer.add(
                name,
                rows + start,
                key=state,
                occurred=at[rows],
                date_only=date_only[rows],
                subject=subject[rows],
                order_key=order[rows],
                other=self._context.bare_numbers(bare) if is_named else None,
                content=state,
            )

    def _props(self, cells: dict[str, list[str]], rows: Ints) -> list[str | None] | None:
        wanted = [
            (prop, cells[name])
            for prop, name in (("title", "title"), ("unit_price", "unit_price"))
            if name in cells
        ]
        if not wanted:
            return None
        return [
            json.dumps(
                {prop: value for prop, column in wanted if (value := text(column[index]))},
                ensure_ascii=False,
                separators=(",", ":"),
            )
            for index in rows.tolist()
        ]

    def _remember(
        self,
        cells: dict[str, list[str]],
        digits: Sequence[str],
        subject: Ints,
        where: NDArray[np.bool_],
    ) -> None:
        values: dict[Kind, tuple[Namespace, Sequence[str]]] = {}
        if "buyer" in cells:
            values[Kind.CUSTOMER] = (Namespace.CUSTOMER, cells["buyer"])
        if digits:
            values[Kind.PHONE] = (Namespace.PHONE, digits)
        if "receiver" in cells:
            values[Kind.RECEIVER] = (Namespace.NAME, cells["receiver"])
        if values:
            record_people(self._context, np.flatnonzero(where), subject, values)
