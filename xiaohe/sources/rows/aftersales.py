"""One row per after-sale: what went back of which order, whether or not the order has come yet.

Money went back only where the platform says so; a closed or refused after-sale and an exchange take nothing from
the order. An after-sale's amount is its own: the orders' fold adds up several of one order (`traits.orders`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from xiaohe.kernel.ids import fold
from xiaohe.ledger.catalogue import as_json
from xiaohe.people.masking import masked_text
from xiaohe.sources import amounts
from xiaohe.sources.amounts import Amounts
from xiaohe.sources.facts import FactBuffer, Ints
from xiaohe.sources.formats import Layout
from xiaohe.sources.reasons import Rejected
from xiaohe.sources.rows.context import Context, Judge
from xiaohe.sources.rows.orders import set_money
from xiaohe.sources.rows.slice import OfSlices, Slice, filled
from xiaohe.sources.tally import RowClass

# Columns that together are what went back, where no single one says it.
PARTS = ("goods_back", "freight_back", "tax_back")


class State(StrEnum):
    """How an after-sale stands."""

    OPEN = "open"
    REFUNDED = "refunded"
    EXCHANGED = "exchanged"
    CLOSED = "closed"


class Asked(StrEnum):
    """What the buyer asked for."""

    REFUND = "refund"
    RETURN = "return"
    EXCHANGE = "exchange"
    OTHER = "other"


# Words inside the platform's own; a format may say others under [options]. The first that fits counts.
WORDS: Mapping[str, Sequence[str]] = MappingProxyType(
    {
        State.CLOSED: (
            "关闭",
            "取消",
            "撤销",
            "拒绝",
            "驳回",
            "失败",
            "closed",
            "cancel",
            "reject",
        ),
        State.EXCHANGED: ("换货成功", "换货完成", "补发成功", "补寄成功", "维修完成", "exchanged"),
        State.REFUNDED: ("退款成功", "已退款", "退款完成", "退货成功", "退货完成", "refunded"),
    }
)
ASKED: Mapping[Asked, Sequence[str]] = MappingProxyType(
    {
        Asked.EXCHANGE: ("换货", "补寄", "补发", "维修", "exchange", "repair"),
        Asked.RETURN: ("退货", "return"),
        Asked.REFUND: ("退款", "refund"),
    }
)


class AftersaleRows(OfSlices):
    """Parses after-sale lists."""

    def __init__(self, context: Context, layout: Layout, width: int, judge: Judge) -> None:
        super().__init__(context, layout, width, judge)
        self._words = {state: layout.format.options.get(state, WORDS[state]) for state in WORDS}

    def parse(self, rows: Sequence[list[str]], start: int) -> tuple[pa.Table, NDArray[np.void]]:
        context = self._context
        slice_ = self._slice(rows, start)
        orders, numbers = slice_.numbers("order_no"), slice_.numbers("aftersale_no")
        at = slice_.times("refunded_at", "applied", "closed_at")
        applied = slice_.times("applied", "refunded_at", "closed_at")
        slice_.sift(
            np.array([order.isdigit() for order in orders], np.bool_)
            & np.array([number.isdigit() for number in numbers], np.bool_)
            & at.known
        )
        amount, bad = self._amount(slice_)
        slice_.reject(~filled(orders) | ~filled(numbers), Rejected.NO_ORDER_NUMBER)
        slice_.reject_damaged(orders, numbers)
        slice_.reject(~at.known, Rejected.BAD_DATE)
        slice_.reject(bad, Rejected.BAD_AMOUNT)
        good = slice_.good
        slice_.records["row_class"][good] = RowClass.AFTERSALE

        state = self._states(slice_, amount)
        back = good & (state == State.REFUNDED) & (amount.or_zero > 0)
        set_money(slice_.records, back, amounts.none(len(rows)), amount)
        order = context.orders([n if ok else "" for n, ok in zip(orders, good, strict=True)])
        prefix = f"{context.source}:"
        aftersale = slice_.each(
            numbers, lambda number: context.hasher("aftersale", prefix + number.lower())
        )
        buffer = FactBuffer(context.source, context.currency)
        self._open(buffer, slice_, np.flatnonzero(good), order, aftersale, applied.at, state)
        rows_back = np.flatnonzero(back)
        key = context.keys.of(
            "order.refunded", order[rows_back], aftersale[rows_back], amount.minor[rows_back]
        )
        buffer.add(
            "order.refunded",
            rows_back + start,
            key=key,
            occurred=at.at[rows_back],
            date_only=at.date_only[rows_back],
            subject=order[rows_back],
            order_key=order[rows_back],
            other=aftersale[rows_back],
            amount=amount.minor[rows_back],
            content=key,
        )
        context.found.see_times(applied.at[good])
        return buffer.table(), slice_.records

    def _amount(self, slice_: Slice) -> tuple[Amounts, NDArray[np.bool_]]:
        """What the file says went back: one column, or its parts together."""
        whole = slice_.money("refunded")
        if slice_.has("refunded"):
            return whole, whole.bad
        minor = np.zeros(slice_.count, np.int64)
        remainder = np.zeros(slice_.count, np.int32)
        bad = np.zeros(slice_.count, np.bool_)
        for name in PARTS:
            part = slice_.money(name)
            minor += part.or_zero
            remainder += part.remainder
            bad |= part.bad
        return Amounts(minor, remainder, bad), bad

    def _states(self, slice_: Slice, amount: Amounts) -> NDArray[np.str_]:
        """Words first; without a column of them, a time at which money went back says that it did."""
        cells = [fold(cell) for cell in slice_.texts("state")]
        asked = [fold(cell) for cell in slice_.texts("kind")]
        paid_back = slice_.times("refunded_at").known
        known = {cell: self._state_of(cell) for cell in set(cells)}
        found = [
            known[cell] if cell else State.REFUNDED if done else State.OPEN
            for cell, done in zip(cells, paid_back.tolist(), strict=True)
        ]
        # An exchange that ran into a refund says so in its state; one that did not takes no money.
        return np.array(
            [
                State.EXCHANGED
                if state is State.REFUNDED and not cell and _asked(kind) is Asked.EXCHANGE
                else state
                for state, cell, kind in zip(found, cells, asked, strict=True)
            ]
        )

    def _state_of(self, cell: str) -> State:
        if any(word in cell for word in self._words[State.REFUNDED]):
            # “退款成功，售后关闭”: the money went, whatever was closed afterwards.
            return State.REFUNDED
        for state in (State.CLOSED, State.EXCHANGED):
            if any(word in cell for word in self._words[state]):
                return state
        return State.OPEN

    def _open(
        self,
        buffer: FactBuffer,
        slice_: Slice,
        rows: Ints,
        order: Ints,
        aftersale: Ints,
        at: Ints,
        state: NDArray[np.str_],
    ) -> None:
        kinds, reasons = slice_.texts("kind"), slice_.texts("reason")
        contents = [self._context.hasher("aftersale-state", str(state[row])) for row in rows]
        props = [
            as_json(
                {
                    name: value
                    for name, value in (
                        ("kind", _asked(fold(kinds[row])).value),
                        ("state", str(state[row])),
                        ("reason", masked_text(reasons[row])[:80]),
                    )
                    if value
                }
            )
            for row in rows.tolist()
        ]
        buffer.add(
            "order.aftersale",
            rows + slice_.start,
            key=self._context.keys.of("order.aftersale", order[rows], aftersale[rows]),
            occurred=at[rows],
            subject=order[rows],
            order_key=order[rows],
            other=aftersale[rows],
            content=np.array(contents, np.int64),
            props=props,
        )


def _asked(cell: str) -> Asked:
    return next(
        (asked for asked, words in ASKED.items() if any(word in cell for word in words)),
        Asked.OTHER,
    )
