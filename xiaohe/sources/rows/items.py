"""One row per item of an order: adds lines to orders, whose buyer and payment the order list tells.

Keyed by the platform's sub-order number where there is one; identical lines without one are all kept.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from xiaohe.kernel.ids import mix
from xiaohe.sources import amounts
from xiaohe.sources.amounts import Amounts
from xiaohe.sources.cells import number_text
from xiaohe.sources.facts import NULL, UNKNOWN_INSTANT, FactBuffer, Ints
from xiaohe.sources.formats.base import Layout
from xiaohe.sources.formats.words import Status
from xiaohe.sources.reasons import Rejected
from xiaohe.sources.rows.articles import Articles, props_of
from xiaohe.sources.rows.buyers import BuyerColumns
from xiaohe.sources.rows.context import Context, Judge, blank_rows, columns_of, reject
from xiaohe.sources.rows.orders import read_numbers, set_money
from xiaohe.sources.rows.referrals import BesideOrders
from xiaohe.sources.tally import RowClass
from xiaohe.sources.times import Instants


class ItemRows:
    """Parses item lists, legacy and current."""

    def __init__(self, context: Context, layout: Layout, width: int, judge: Judge) -> None:
        self._context = context
        self._format = layout.format
        self._positions = layout.positions
        self._width = width
        self._judge = judge
        self._buyers = BuyerColumns(context, layout.format)
        self._beside = BesideOrders(context, layout.format)
        self._articles = Articles(context)

    def parse(self, rows: Sequence[list[str]], start: int) -> tuple[pa.Table, NDArray[np.void]]:
        context = self._context
        cells, broken = columns_of(rows, self._positions, self._width)
        count = len(rows)
        records = blank_rows(count)
        numbers = read_numbers(cells["order_no"], rows, records, self._judge)
        unsure = records["row_class"] != RowClass.BLANK
        unsure |= np.array([not number for number in numbers])
        skipped = records["row_class"].copy()
        records["row_class"][unsure] = 255

        reject(records, broken, Rejected.BROKEN_ROW)
        at = self._times(cells)
        reject(records, at.bad, Rejected.BAD_DATE)
        quantity, bad_quantity = amounts.quantities(cells["quantity"])
        reject(records, bad_quantity, Rejected.BAD_QUANTITY)
        amount, bad_amount = self._amounts(cells)
        refunded = (
            amounts.column(cells["refunded"], context.currency)
            if "refunded" in cells
            else amounts.none(count)
        )
        reject(records, bad_amount | refunded.bad, Rejected.BAD_AMOUNT)
        good = records["row_class"] == RowClass.BLANK
        records["row_class"][unsure] = skipped[unsure]

        order = context.orders([n if ok else "" for n, ok in zip(numbers, good, strict=True)])
        # Who bought is told by the order list, except where the item list names the member.
        states_orders = "buyer" in cells
        buyers = self._buyers.of(cells if states_orders else {}, order)
        subject = buyers.subject
        item = self._articles.keys(cells, count)
        sub = (
            context.orders([number_text(cell) for cell in cells["sub_order_no"]])
            if "sub_order_no" in cells
            else np.full(count, NULL)
        )
        records["row_class"][good] = self._classes(cells)[good]
        records["no_buyer"] = good & ~buyers.named
        data = (records["row_class"] != RowClass.BLANK) & (
            records["row_class"] != RowClass.NOT_DATA
        )
        set_money(records, data, amount, refunded)

        occurred = np.where(at.known, at.at, UNKNOWN_INSTANT)
        buffer = FactBuffer(context.source, context.currency)
        self._emit(
            buffer,
            start,
            good,
            order,
            subject,
            occurred,
            at,
            item,
            sub,
            quantity,
            amount,
            refunded,
            cells,
        )
        if states_orders:
            named = good & buyers.named
            self._states(buffer, start, named & at.known, order, subject, at, cells)
            self._buyers.edges(buffer, start, buyers, named & at.known, at.at)
            self._buyers.remember(buyers, named)
            context.found.buyers.add(subject[named])
        self._beside.payments(buffer, start, cells, good, order, subject, occurred)
        context.found.see_times(at.at[good])
        context.found.goods.add(cells["title"], at.at, np.flatnonzero(good))
        return buffer.table(), records

    def _times(self, cells: dict[str, list[str]]) -> Instants:
        name = "created" if "created" in cells else "paid_at"
        if name in cells:
            return self._context.clock.column(cells[name])
        count = len(cells["order_no"])
        return Instants(np.full(count, NULL), np.zeros(count, np.bool_), np.zeros(count, np.bool_))

    def _amounts(self, cells: dict[str, list[str]]) -> tuple[Amounts, NDArray[np.bool_]]:
        """What was paid for the line, else quantity × price."""
        if "paid" in cells:
            paid = amounts.column(cells["paid"], self._context.currency)
            return paid, paid.bad
        line = amounts.of_lines(cells["quantity"], cells["price"], self._context.currency)
        return line, line.bad

    def _classes(self, cells: dict[str, list[str]]) -> NDArray[np.uint8]:
        # A known item that now shows a refund is `updated`. Where the list states orders too, a second item of
        # an order states it again, which says nothing about the item.
        item = RowClass.LINE if "buyer" in cells else RowClass.ITEM
        column = cells.get("status")
        if column is None:
            return np.full(len(cells["title"]), item, np.uint8)
        classes = {Status.UNPAID: RowClass.UNPAID, Status.CLOSED: RowClass.CLOSED}
        known = {
            cell: classes.get(status, item) if (status := self._format.status_of(cell)) else item
            for cell in set(column)
        }
        return np.array([known[cell] for cell in column], np.uint8)

    def _emit(
        self,
        buffer: FactBuffer,
        start: int,
        good: NDArray[np.bool_],
        order: Ints,
        subject: Ints,
        occurred: Ints,
        at: Instants,
        item: Ints,
        sub: Ints,
        quantity: NDArray[np.float64],
        amount: Amounts,
        refunded: Amounts,
        cells: dict[str, list[str]],
    ) -> None:
        context = self._context
        pieces = np.where(np.isnan(quantity), -1, quantity * 1000).astype(np.int64)
        content = mix(mix(item, pieces), amount.minor)
        for where, has_sub in ((good & (sub != NULL), True), (good & (sub == NULL), False)):
            rows = np.flatnonzero(where)
            key = (
                context.keys.of("order.item", order[rows], sub[rows])
                if has_sub
                else context.keys.of("order.item", order[rows], content[rows])
            )
            buffer.add(
                "order.item",
                rows + start,
                key=key,
                occurred=occurred[rows],
                date_only=at.date_only[rows],
                subject=subject[rows],
                order_key=order[rows],
                item_key=item[rows],
                quantity=quantity[rows],
                amount=amount.minor[rows],
                content=content[rows],
                props=props_of(cells, rows),
                in_file_ordinal=not has_sub,
            )
        rows = np.flatnonzero(good & (refunded.or_zero > 0))
        # Cumulative per sub-order: two pieces of one article in an order are refunded apart.
        line = np.where(sub != NULL, sub, item)
        key = context.keys.of("order.refunded", order[rows], line[rows], refunded.minor[rows])
        buffer.add(
            "order.refunded",
            rows + start,
            key=key,
            occurred=occurred[rows],
            date_only=at.date_only[rows],
            subject=subject[rows],
            order_key=order[rows],
            item_key=line[rows],
            amount=refunded.minor[rows],
            content=key,
        )

    def _states(
        self,
        buffer: FactBuffer,
        start: int,
        where: NDArray[np.bool_],
        order: Ints,
        subject: Ints,
        at: Instants,
        cells: dict[str, list[str]],
    ) -> None:
        """Supplier-side lists name the buyer, so they state the order itself too; its money is its items'."""
        classes = self._classes(cells)
        for name, chosen in (
            ("order.created", where),
            ("order.paid", where & (classes == RowClass.LINE)),
            ("order.closed", where & (classes == RowClass.CLOSED)),
        ):
            rows = np.flatnonzero(chosen)
            key = self._context.keys.of(name, order[rows], mix(subject[rows], at.at[rows]))
            buffer.add(
                name,
                rows + start,
                key=key,
                occurred=at.at[rows],
                date_only=at.date_only[rows],
                subject=subject[rows],
                order_key=order[rows],
                content=key,
            )
