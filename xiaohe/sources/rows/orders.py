"""One row per order, as a state: created, paid, shipped, completed, closed, refunded. Every file folds to one answer.

Keys of states cover everything they say (order, buyer, time, amount), so the same state read from two exports is
one fact and a later state another; a status implies the ones before it, so an older export adds nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from xiaohe.kernel.ids import mix
from xiaohe.people.keys import Kind, Namespace
from xiaohe.sources import amounts
from xiaohe.sources.amounts import Amounts
from xiaohe.sources.cells import is_damaged_number, number_text
from xiaohe.sources.facts import NULL, FactBuffer, Ints
from xiaohe.sources.formats.words import Status, status_of
from xiaohe.sources.reasons import Rejected
from xiaohe.sources.rows.context import (
    Context,
    Judge,
    blank_rows,
    columns_of,
    record_people,
    reject,
)
from xiaohe.sources.tally import RowClass, rejected_as
from xiaohe.sources.times import Instants

STATUSES = list(Status)
UNKNOWN = len(STATUSES)
PHONE_EDGE = '{"kind":"phone"}'


class OrderRows:
    """Parses order lists: Taobao's, and any table with one row per order."""

    def __init__(
        self, context: Context, positions: Mapping[str, int], width: int, judge: Judge
    ) -> None:
        self._context = context
        self._positions = positions
        self._width = width
        self._judge = judge
        self._statuses: dict[str, int] = {}

    def parse(self, rows: Sequence[list[str]], start: int) -> tuple[pa.Table, NDArray[np.void]]:
        context = self._context
        cells, broken = columns_of(rows, self._positions, self._width)
        records = blank_rows(len(rows))
        numbers = read_numbers(cells["order_no"], rows, records, self._judge)
        reject(records, broken, Rejected.BROKEN_ROW)

        created, paid_at = self._times(cells, "created"), self._times(cells, "paid_at")
        paid, refunded = self._money(cells, "paid"), self._money(cells, "refunded")
        quantity, bad_quantity = self._pieces(cells)
        own_time = np.where(created.known, created.at, paid_at.at)
        undecided = records["row_class"] == RowClass.BLANK
        blank = undecided & (np.array([not number for number in numbers]))
        records["row_class"][blank] = 255  # kept out of the checks below
        reject(records, created.bad | paid_at.bad | (own_time == NULL), Rejected.BAD_DATE)
        reject(records, paid.bad | refunded.bad, Rejected.BAD_AMOUNT)
        reject(records, bad_quantity, Rejected.BAD_QUANTITY)
        good = records["row_class"] == RowClass.BLANK
        records["row_class"][blank] = RowClass.BLANK

        order = context.orders([n if ok else "" for n, ok in zip(numbers, good, strict=True)])
        member = self._buyers(cells)
        phone, digits = (
            context.phones(*(cells[name] for name in ("mobile", "telephone") if name in cells))
            if "mobile" in cells or "telephone" in cells
            else (np.full(len(rows), NULL), [])
        )
        subject = np.where(member != NULL, member, np.where(phone != NULL, phone, order))
        status = self._status(cells, paid_at, paid)
        was_paid = (status != STATUSES.index(Status.UNPAID)) & (
            (status != STATUSES.index(Status.CLOSED)) | (paid_at.known & (paid.or_zero > 0))
        )
        is_full_refund = was_paid & (refunded.or_zero > 0) & (refunded.or_zero >= paid.or_zero)
        records["row_class"][good] = np.select(
            [
                status == STATUSES.index(Status.UNPAID),
                status == STATUSES.index(Status.CLOSED),
                is_full_refund,
            ],
            [RowClass.UNPAID, RowClass.CLOSED, RowClass.REFUNDED],
            default=RowClass.ORDER,
        )[good]
        data = records["row_class"] != RowClass.BLANK
        records["no_buyer"] = data & (member == NULL) & (phone == NULL) & good
        set_money(records, data & (records["row_class"] != RowClass.NOT_DATA), paid, refunded)

        buffer = FactBuffer(context.source, context.currency)
        self._emit(
            buffer,
            start,
            good,
            order,
            subject,
            created,
            paid_at,
            own_time,
            status,
            was_paid,
            paid,
            refunded,
            quantity,
            cells,
        )
        has_buyer = good & (subject != order)
        self._edges(
            buffer, start, good & (member != NULL) & (phone != NULL), member, phone, own_time
        )
        self._remember(cells, digits, subject, has_buyer)
        context.found.see_times(own_time[good])
        context.found.buyers.add(subject[has_buyer & (records["row_class"] == RowClass.ORDER)])
        if "title" in cells and "buyer" not in cells:
            context.found.goods.add(cells["title"], own_time, np.flatnonzero(good & was_paid))
        return buffer.table(), records

    # ------------------------------------------------------------ columns

    def _times(self, cells: dict[str, list[str]], name: str) -> Instants:
        column = cells.get(name)
        if column is None:
            count = len(cells["order_no"])
            off = np.zeros(count, np.bool_)
            return Instants(np.full(count, NULL), off, off)
        return self._context.clock.column(column)

    def _money(self, cells: dict[str, list[str]], name: str) -> Amounts:
        column = cells.get(name)
        if column is None:
            return amounts.none(len(cells["order_no"]))
        return amounts.column(column, self._context.currency)

    def _pieces(self, cells: dict[str, list[str]]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        column = cells.get("quantity")
        if column is None:
            count = len(cells["order_no"])
            return np.full(count, np.nan), np.zeros(count, np.bool_)
        return amounts.quantities(column)

    def _buyers(self, cells: dict[str, list[str]]) -> Ints:
        column = cells.get("buyer")
        if column is None:
            return np.full(len(cells["order_no"]), NULL)
        namespace = Namespace.MEMBER if self._context.source == "taobao" else Namespace.CUSTOMER
        return self._context.on_platform(namespace, column)

    def _status(self, cells: dict[str, list[str]], paid_at: Instants, paid: Amounts) -> Ints:
        """Index into STATUSES per row; without (known) words a payment time or an amount decides."""
        fallback = np.where(
            paid_at.known | (("paid_at" not in cells) & (paid.or_zero != 0)),
            STATUSES.index(Status.PAID),
            STATUSES.index(Status.UNPAID),
        )
        column = cells.get("status")
        if column is None:
            return fallback
        known = self._statuses
        codes = np.empty(len(column), np.int64)
        for index, cell in enumerate(column):
            code = known.get(cell)
            if code is None:
                found = status_of(cell)
                code = known[cell] = UNKNOWN if found is None else STATUSES.index(found)
            codes[index] = code
        return np.where(codes == UNKNOWN, fallback, codes)

    # ------------------------------------------------------------ facts

    def _emit(
        self,
        buffer: FactBuffer,
        start: int,
        good: NDArray[np.bool_],
        order: Ints,
        subject: Ints,
        created: Instants,
        paid_at: Instants,
        own_time: Ints,
        status: Ints,
        was_paid: NDArray[np.bool_],
        paid: Amounts,
        refunded: Amounts,
        quantity: NDArray[np.float64],
        cells: dict[str, list[str]],
    ) -> None:
        own_date = np.where(created.known, created.date_only, paid_at.date_only)
        pieces = np.where(np.isnan(quantity), -1, quantity * 1000).astype(np.int64)

        def state(
            name: str,
            where: NDArray[np.bool_],
            at: Ints,
            date_only: NDArray[np.bool_],
            amount: Ints | None = None,
            with_quantity: bool = False,
        ) -> None:
            rows = np.flatnonzero(where)
            parts = [mix(subject[rows], at[rows])]
            if amount is not None:
                parts.append(amount[rows])
            if with_quantity:
                parts.append(pieces[rows])
            key = self._context.keys.of(name, order[rows], *parts)
            buffer.add(
                name,
                rows + start,
                key=key,
                occurred=at[rows],
                date_only=date_only[rows],
                subject=subject[rows],
                order_key=order[rows],
                content=key,
                amount=None if amount is None else amount[rows],
                quantity=quantity[rows] if with_quantity else None,
            )

        def index(each: Status) -> int:
            return STATUSES.index(each)

        pay_time = np.where(paid_at.known, paid_at.at, own_time)
        pay_date = np.where(paid_at.known, paid_at.date_only, own_date)
        is_complete = status == index(Status.COMPLETED)
        is_shipped = is_complete | (status == index(Status.SHIPPED))
        state("order.created", good, own_time, own_date)
        state("order.paid", good & was_paid, pay_time, pay_date, paid.minor, True)
        shipped = self._times(cells, "shipped_at")
        # A time that only a later export knows must not turn an earlier statement into another fact,
        # so a state without a time of its own stands at the order's.
        state(
            "order.shipped",
            good & (is_shipped | shipped.known),
            np.where(shipped.known, shipped.at, own_time),
            np.where(shipped.known, shipped.date_only, own_date),
        )
        received = self._times(cells, "received_at")
        state("order.received", good & received.known, received.at, received.date_only)
        state("order.completed", good & is_complete, own_time, own_date)
        state("order.closed", good & (status == index(Status.CLOSED)), own_time, own_date)
        state(
            "order.refunded",
            good & was_paid & (refunded.or_zero > 0),
            own_time,
            own_date,
            refunded.minor,
        )

    def _edges(
        self,
        buffer: FactBuffer,
        start: int,
        where: NDArray[np.bool_],
        member: Ints,
        phone: Ints,
        at: Ints,
    ) -> None:
        add_edges(
            self._context, buffer, start, np.flatnonzero(where), member, phone, at, PHONE_EDGE
        )

    def _remember(
        self,
        cells: dict[str, list[str]],
        digits: Sequence[str],
        subject: Ints,
        has_buyer: NDArray[np.bool_],
    ) -> None:
        values: dict[Kind, tuple[Namespace, Sequence[str]]] = {}
        if "buyer" in cells:
            is_member = self._context.source == "taobao"
            kind = Kind.MEMBER if is_member else Kind.CUSTOMER
            values[kind] = (Namespace.MEMBER if is_member else Namespace.CUSTOMER, cells["buyer"])
        if digits:
            values[Kind.PHONE] = (Namespace.PHONE, digits)
        if "receiver" in cells:
            values[Kind.RECEIVER] = (Namespace.NAME, cells["receiver"])
        if values:
            record_people(self._context, np.flatnonzero(has_buyer), subject, values)


def read_numbers(
    column: Sequence[str], rows: Sequence[list[str]], records: NDArray[np.void], judge: Judge
) -> list[str]:
    """Clean order numbers; rows that have none or a damaged one are classed in `records` and get an empty one."""
    numbers = [number_text(cell) for cell in column]
    for index, number in enumerate(numbers):
        if number.isdigit():
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


def set_money(
    records: NDArray[np.void], where: NDArray[np.bool_], paid: Amounts, refunded: Amounts
) -> None:
    """What the file says was paid and refunded, for the report's sums."""
    for name, money in (("paid", paid), ("refunded", refunded)):
        records[name] = np.where(where, money.or_zero, 0)
        records[f"{name}_remainder"] = np.where(where, money.remainder, 0)


def add_edges(
    context: Context,
    buffer: FactBuffer,
    start: int,
    rows: Ints,
    subject: Ints,
    other: Ints,
    at: Ints,
    props: str,
) -> None:
    """Evidence that two keys belong to one person, once per file."""
    if not len(rows):
        return
    key = context.keys.of("identity.seen", subject[rows], other[rows])
    first = context.edges.first_time(key)
    rows, key = rows[first], key[first]
    buffer.add(
        "identity.seen",
        rows + start,
        key=key,
        occurred=at[rows],
        subject=subject[rows],
        other=other[rows],
        content=key,
        props=[props] * len(rows),
    )
