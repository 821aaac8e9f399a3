"""The states of an order, as any order file states them: created, paid, shipped, received, completed, closed, refunded.

Keys of states cover everything they say (order, buyer, time, amount), so the same state read from two exports is
one fact and a later state another; a status implies the ones before it, so an older export adds nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xiaohe.kernel.ids import mix
from xiaohe.sources import amounts
from xiaohe.sources.amounts import Amounts
from xiaohe.sources.facts import NULL, FactBuffer, Ints
from xiaohe.sources.formats.base import Format
from xiaohe.sources.formats.words import Status
from xiaohe.sources.rows.context import Context
from xiaohe.sources.times import Instants

STATUSES = list(Status)
UNPAID, PAID, SHIPPED, COMPLETED, CLOSED = range(5)
UNKNOWN = len(STATUSES)
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Times:
    """When things happened to the orders of a slice; `own` is the time that stands for the order itself."""

    created: Instants
    paid_at: Instants
    shipped: Instants
    received: Instants
    own: Ints
    own_date: Flags

    @property
    def bad(self) -> Flags:
        return self.created.bad | self.paid_at.bad | (self.own == NULL)

    @property
    def payment(self) -> tuple[Ints, Flags]:
        known = self.paid_at.known
        return (
            np.where(known, self.paid_at.at, self.own),
            np.where(known, self.paid_at.date_only, self.own_date),
        )


class StateColumns:
    """Reads the columns of a format that tell how far orders have come; one for each import."""

    def __init__(self, context: Context, layout_format: Format) -> None:
        self._context = context
        self._format = layout_format
        self._statuses: dict[str, int] = {}
        self._refunded: dict[str, bool] = {}

    def times(self, cells: Mapping[str, list[str]], numbers: Sequence[str]) -> Times:
        """The times of each row; where none is stated, the date in the order number, if the format has one."""
        created, paid_at = self.time(cells, "created"), self.time(cells, "paid_at")
        own = np.where(created.known, created.at, paid_at.at)
        own_date = np.where(created.known, created.date_only, paid_at.date_only)
        missing = np.flatnonzero((own == NULL) & ~created.bad & ~paid_at.bad)
        if len(missing) and self._format.date_from_number is not None:
            for index in missing.tolist():
                day = self._day_of(numbers[index])
                if day is not None:
                    own[index], own_date[index] = day, True
        return Times(
            created,
            paid_at,
            self.time(cells, "shipped_at"),
            self.time(cells, "received_at"),
            own,
            own_date,
        )

    def time(self, cells: Mapping[str, list[str]], name: str) -> Instants:
        column = cells.get(name)
        if column is None:
            count = len(cells["order_no"])
            off = np.zeros(count, np.bool_)
            return Instants(np.full(count, NULL), off, off)
        return self._context.clock.column(column)

    def money(self, cells: Mapping[str, list[str]], name: str) -> Amounts:
        column = cells.get(name)
        if column is None:
            return amounts.none(len(cells["order_no"]))
        return amounts.column(column, self._context.currency)

    def pieces(self, cells: Mapping[str, list[str]]) -> tuple[NDArray[np.float64], Flags]:
        column = cells.get("quantity")
        if column is None:
            count = len(cells["order_no"])
            return np.full(count, np.nan), np.zeros(count, np.bool_)
        return amounts.quantities(column)

    def status(self, cells: Mapping[str, list[str]], paid_at: Instants, paid: Amounts) -> Ints:
        """Index into STATUSES per row; without (known) words a payment time or an amount decides."""
        is_paid = paid_at.known | (("paid_at" not in cells) & (paid.or_zero != 0))
        fallback = np.where(is_paid, PAID, UNPAID)
        column = cells.get("status")
        if column is None:
            return fallback
        known = self._statuses
        codes = np.empty(len(column), np.int64)
        for index, cell in enumerate(column):
            code = known.get(cell)
            if code is None:
                found = self._format.status_of(cell)
                code = known[cell] = UNKNOWN if found is None else STATUSES.index(found)
            codes[index] = code
        return np.where(codes == UNKNOWN, fallback, codes)

    def says_refunded(self, cells: Mapping[str, list[str]]) -> Flags:
        """Rows whose words say that the money went back, without saying how much."""
        said = np.zeros(len(cells["order_no"]), np.bool_)
        known = self._refunded
        for name in ("status", "aftersale"):
            for index, cell in enumerate(cells.get(name, ())):
                found = known.get(cell)
                if found is None:
                    found = known[cell] = self._format.words.says_refunded(cell)
                if found:
                    said[index] = True
        return said

    def _day_of(self, number: str) -> int | None:
        """The start of the shop day that an order number names."""
        assert self._format.date_from_number is not None
        found = self._format.date_from_number.match(number)
        if found is None:
            return None
        year, month, day = found.groups()
        year = f"20{year}" if len(year) == 2 else year
        at = self._context.clock.column([f"{year}-{month}-{day}"]).at
        return int(at[0]) if at[0] != NULL else None


@dataclass(frozen=True)
class Stated:
    """What the rows of a slice say of their orders."""

    order: Ints
    subject: Ints
    times: Times
    status: Ints
    was_paid: Flags
    paid: Ints | None
    refunded: Ints
    quantity: NDArray[np.float64] | None
    # The order's number without its platform, hashed: a payment bill knows no other.
    number: Ints
    props: Sequence[str | None] | None = None
    # No amount is stated: `refunded` is all that was paid, because a word says that it went back.
    in_words: bool = False


# As the orders' fold knows it (`traits.orders.IN_WORDS`); such a fact has a key of its own, for an amount stated
# elsewhere may be the very same.
IN_WORDS = '{"told":"words"}'


def was_paid(status: Ints, paid_at: Instants, paid: Amounts) -> Flags:
    """Rows whose order was paid, though it may have been closed since."""
    found: Flags = (status != UNPAID) & ((status != CLOSED) | (paid_at.known & (paid.or_zero > 0)))
    return found


class StateFacts:
    """Turns what rows state into facts; `once` where several rows say the same of one order."""

    def __init__(self, context: Context, *, once: bool = False) -> None:
        self._context = context
        self._once = once

    def emit(self, buffer: FactBuffer, start: int, good: Flags, stated: Stated) -> None:
        times, status = stated.times, stated.status
        own, own_date = times.own, times.own_date
        self._state(
            buffer,
            start,
            "order.created",
            good,
            stated,
            own,
            own_date,
            other=stated.number,
            props=stated.props,
        )
        self._state(
            buffer,
            start,
            "order.paid",
            good & stated.was_paid,
            stated,
            *times.payment,
            amount=stated.paid,
            quantity=stated.quantity,
        )
        is_complete = status == COMPLETED
        shipped = times.shipped
        # A time that only a later export knows must not turn an earlier statement into another fact,
        # so a state without a time of its own stands at the order's.
        self._state(
            buffer,
            start,
            "order.shipped",
            good & (is_complete | (status == SHIPPED) | shipped.known),
            stated,
            np.where(shipped.known, shipped.at, own),
            np.where(shipped.known, shipped.date_only, own_date),
        )
        received = times.received
        where = good & received.known
        self._state(buffer, start, "order.received", where, stated, received.at, received.date_only)
        self._state(buffer, start, "order.completed", good & is_complete, stated, own, own_date)
        self._state(buffer, start, "order.closed", good & (status == CLOSED), stated, own, own_date)
        where = good & stated.was_paid & (stated.refunded > 0)
        self._state(
            buffer,
            start,
            "order.refunded",
            where,
            stated,
            own,
            own_date,
            amount=stated.refunded,
            props=[IN_WORDS] * len(where) if stated.in_words else None,
            apart=stated.in_words,
        )

    def _state(
        self,
        buffer: FactBuffer,
        start: int,
        name: str,
        where: Flags,
        stated: Stated,
        at: Ints,
        date_only: Flags,
        *,
        amount: Ints | None = None,
        quantity: NDArray[np.float64] | None = None,
        other: Ints | None = None,
        props: Sequence[str | None] | None = None,
        apart: bool = False,
    ) -> None:
        rows = np.flatnonzero(where)
        parts = [mix(stated.subject[rows], at[rows])]
        if apart:
            parts.append(np.ones(len(rows), np.int64))
        if amount is not None:
            parts.append(amount[rows])
        if quantity is not None:
            parts.append(np.where(np.isnan(quantity), -1, quantity * 1000).astype(np.int64)[rows])
        key = self._context.keys.of(name, stated.order[rows], *parts)
        if self._once:
            first = self._context.states.first_time(key)
            rows, key = rows[first], key[first]
        buffer.add(
            name,
            rows + start,
            key=key,
            occurred=at[rows],
            date_only=date_only[rows],
            subject=stated.subject[rows],
            order_key=stated.order[rows],
            content=key,
            amount=None if amount is None else amount[rows],
            quantity=None if quantity is None else quantity[rows],
            props=None if props is None else [props[row] for row in rows.tolist()],
            other=None if other is None else other[rows],
        )
