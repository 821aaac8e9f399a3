"""One row per movement on the platform's account with us: what was settled for which order, and what was taken off.

It is never an order and never revenue: the order list says what was bought. Rows that name no order (withdrawals,
deposits, fees of a month) are kept as movements without one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from xiaohe.kernel.ids import fold, mix
from xiaohe.kernel.money import minor_digits
from xiaohe.ledger.catalogue import as_json
from xiaohe.people.masking import masked_text
from xiaohe.sources import amounts
from xiaohe.sources.amounts import Amounts
from xiaohe.sources.cells import text
from xiaohe.sources.facts import NULL, FactBuffer, Ints
from xiaohe.sources.reasons import Rejected
from xiaohe.sources.rows.context import Context
from xiaohe.sources.rows.orders import set_money
from xiaohe.sources.rows.slice import OfSlices, Slice, in_rows
from xiaohe.sources.tally import RowClass
from xiaohe.sources.times import Instants

OUT_WORDS = ("支出", "出账", "扣", "out")
# Fields whose name begins so are what was taken off, unless one column sums them up.
FEE = "fee_"
# Longer than this, a cell of the time column is a date with its time.
LONGEST_CLOCK = 8
_CLOCK = re.compile(r"\d{1,2}:\d{2}(:\d{2})?")


class SettlementRows(OfSlices):
    """Parses settlement lists and lists of movements."""

    def parse(self, rows: Sequence[list[str]], start: int) -> tuple[pa.Table, NDArray[np.void]]:
        context = self._context
        slice_ = self._slice(rows, start)
        at = times_of(slice_)
        amount = signed(slice_)
        orders, parts = slice_.numbers("order_no"), slice_.numbers("sub_order_no")
        slice_.sift(at.known & amount.known)
        says_nothing = start == 0 and bool(rows) and not (at.known[0] or amount.known[0])
        if says_nothing and slice_.good[0]:
            # Some exports explain their columns in the row below the headings.
            slice_.set_aside(0)
        slice_.reject_damaged(orders, parts)
        slice_.reject(~at.known, Rejected.BAD_DATE)
        slice_.reject(amount.bad | ~amount.known, Rejected.BAD_AMOUNT)
        good = slice_.good
        slice_.records["row_class"][good] = RowClass.SETTLEMENT
        buffer = FactBuffer(context.source, context.currency)
        add_settled(context, buffer, slice_, np.flatnonzero(good), orders, parts, at, amount)
        none = amounts.none(len(rows))
        came, left = amount.or_zero > 0, amount.or_zero < 0
        set_money(slice_.records, good & came, amount, none)
        slice_.records["refunded"] = np.where(good & left, -amount.or_zero, 0)
        context.found.see_times(at.at[good])
        return buffer.table(), slice_.records


def add_settled(
    context: Context,
    buffer: FactBuffer,
    slice_: Slice,
    rows: Ints,
    orders: Sequence[str],
    parts: Sequence[str],
    at: Instants,
    amount: Amounts,
) -> None:
    """One movement per row; rows that say the very same are told apart by their ordinal."""
    order = context.orders([text(number) for number in orders])
    part = context.orders([text(number) for number in parts])
    serial = slice_.each(
        slice_.numbers("serial_no"),
        lambda number: context.hasher("settlement", f"{context.source}:{number.lower()}"),
    )
    kinds = slice_.texts("kind")
    kind = slice_.each([fold(each) for each in kinds], lambda each: context.hasher("kind", each))
    root = np.where(order != NULL, order, serial)
    root = np.where(root != NULL, root, context.hasher("settlement", context.source))
    content = mix(mix(mix(root, part), mix(kind, serial)), mix(mix(root, amount.minor), at.at))
    buffer.add(
        "order.settled",
        rows + slice_.start,
        key=context.keys.of("order.settled", content[rows]),
        occurred=at.at[rows],
        date_only=at.date_only[rows],
        subject=root[rows],
        order_key=order[rows],
        amount=amount.minor[rows],
        content=content[rows],
        props=_props(context, slice_, rows, kinds, part),
        in_file_ordinal=True,
    )


def _props(
    context: Context, slice_: Slice, rows: Ints, kinds: Sequence[str], part: Ints
) -> list[str | None]:
    fees = slice_.money("fees_total")
    if not slice_.has("fees_total"):
        taken = [slice_.money(name) for name in slice_.cells if name.startswith(FEE)]
        minor = np.sum([np.abs(each.or_zero) for each in taken], axis=0) if taken else fees.minor
        fees = Amounts(np.asarray(minor, np.int64), fees.remainder, fees.bad)
    income = slice_.money("income_total")
    digits = minor_digits(context.currency)

    def decimal(minor: int) -> str:
        return "" if minor == NULL else f"{abs(Decimal(minor).scaleb(-digits)):f}"

    return [
        as_json(
            {
                name: value
                for name, value in (
                    ("kind", masked_text(kinds[row])[:60]),
                    ("income", decimal(int(income.minor[row]))),
                    ("fees", decimal(int(fees.minor[row]))),
                    ("sub_order", "true" if part[row] != NULL else ""),
                )
                if value
            }
        )
        for row in rows.tolist()
    ]


def times_of(slice_: Slice) -> Instants:
    """When the money moved; a day and a time of day may stand in columns of their own."""
    if not slice_.has("day"):
        return slice_.times("time")
    days, clocks = slice_.texts("day"), slice_.texts("time")
    joined = [
        f"{day} {clock}"
        if _CLOCK.fullmatch(clock) and len(day) <= 10 + LONGEST_CLOCK
        else clock or day
        for day, clock in zip(days, clocks, strict=True)
    ]
    return slice_.context.clock.column(joined)


def signed(slice_: Slice) -> Amounts:
    """What came (positive) or left: one signed column, one with a word beside it, or two columns."""
    if not slice_.has("amount"):
        came, left = slice_.money("income"), slice_.money("expense")
        minor = np.where(came.known | left.known, came.or_zero - np.abs(left.or_zero), NULL)
        return Amounts(minor, came.remainder - np.abs(left.remainder), came.bad | left.bad)
    amount = slice_.money("amount")
    if not slice_.has("direction"):
        return amount
    out = in_rows([fold(cell) for cell in slice_.texts("direction")], OUT_WORDS)
    minor = np.where(out & amount.known, -np.abs(amount.or_zero), amount.minor)
    return Amounts(minor, np.where(out, -np.abs(amount.remainder), amount.remainder), amount.bad)
