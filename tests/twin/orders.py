"""Rows of a file to orders: one state, one day, one amount each; cancellation lines matched by hand."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta


@dataclass(frozen=True)
class Row:
    """One row of an order table; times are the shop's local ones, money is minor units.

    `paid`: what the row says was paid for the whole order; `line`: the amount of this line alone.
    `state`: paid, unpaid, closed, or `cancel` for a line that takes goods back without naming its order.
    """

    at: datetime
    buyer: str | None = None
    order_no: str | None = None
    paid_at: datetime | None = None
    date_only: bool = False
    state: str = "paid"
    paid: int | None = None
    line: int | None = None
    quantity: float | None = None
    refunded: int = 0
    item: str | None = None
    phone: str | None = None


@dataclass
class Order:
    number: str
    buyer: str | None = None
    times: list[datetime] = field(default_factory=list)
    paid_times: list[datetime] = field(default_factory=list)
    date_only: bool = False
    states: set[str] = field(default_factory=set)
    paid: list[int] = field(default_factory=list)
    lines: int = 0
    quantity: float | None = None
    refunded: int = 0
    returned: int = 0
    phone: str | None = None
    person: str | None = None
    # Of each line: what, and how many pieces.
    lines_of: list[tuple[str | None, float | None]] = field(default_factory=list)

    @property
    def at(self) -> datetime:
        return min(self.paid_times or self.times)

    def day(self, starts: timedelta) -> date:
        return self.at.date() if self.date_only else (self.at - starts).date()

    @property
    def gross(self) -> int:
        return max(self.paid) if self.paid else self.lines

    @property
    def net(self) -> int:
        return self.gross - self.refunded - self.returned

    @property
    def is_valid(self) -> bool:
        if "paid" not in self.states or "closed" in self.states:
            return False
        taken_back = self.refunded + self.returned
        return not (taken_back > 0 and taken_back >= self.gross)


def orders_of(rows: list[Row]) -> list[Order]:
    """Fold the rows into orders; a row without an order number is an order of its own."""
    found: dict[str, Order] = {}
    stock: dict[tuple[str, str], list[list]] = defaultdict(list)
    for number, row in enumerate(rows):
        if row.state == "cancel":
            continue
        key = row.order_no or f"row {number}"
        order = found.setdefault(key, Order(key))
        _add(order, row)
        if row.buyer and row.item and row.quantity:
            stock[row.buyer, row.item].append([row.at, number, row.quantity, order])
    cancels = [(row.at, number, row) for number, row in enumerate(rows) if row.state == "cancel"]
    for at, _, row in sorted(cancels, key=lambda entry: entry[:2]):
        _take_back(stock, at, row)
    return list(found.values())


def _add(order: Order, row: Row) -> None:
    order.buyer = order.buyer or row.buyer
    order.phone = order.phone or row.phone
    order.times.append(row.at)
    if row.paid_at:
        order.paid_times.append(row.paid_at)
    order.date_only = order.date_only or row.date_only
    order.states.add(row.state)
    if row.paid is not None:
        order.paid.append(row.paid)
    order.lines += row.line or 0
    if row.line is not None or row.quantity is not None:
        order.lines_of.append((row.item, row.quantity))
    if row.quantity is not None:
        order.quantity = (order.quantity or 0) + row.quantity
    order.refunded = max(order.refunded, row.refunded)


def _take_back(stock: dict, at: datetime, row: Row) -> None:
    """Give a cancellation to the latest earlier line of the same buyer and item that still holds it."""
    if not (row.buyer and row.item and row.quantity):
        return
    wanted = abs(row.quantity)
    fitting = [line for line in stock[row.buyer, row.item] if line[0] < at and line[2] >= wanted]
    if fitting:
        line = max(fitting, key=lambda entry: entry[:2])
        line[2] -= wanted
        line[3].returned += abs(row.line or 0)
