"""One row per visit or recharge at a till: what was paid in cash, what a balance or a card paid, who sat where.

a visit       ─► an order; paid is the cash alone, `order.consumed` the worth of what was prepaid
a recharge    ─► `recharge.paid`: cash in, neither an order nor an occasion
a row of less than nothing ─► money back of the order it names
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from xiaohe.kernel.ids import fold, mix
from xiaohe.ledger.catalogue import as_json
from xiaohe.people.masking import masked_text
from xiaohe.sources.amounts import Amounts
from xiaohe.sources.cells import number_text
from xiaohe.sources.facts import NULL, FactBuffer, Ints
from xiaohe.sources.formats import Kind, Layout, Status
from xiaohe.sources.reasons import Rejected
from xiaohe.sources.rows import birthdays
from xiaohe.sources.rows.buyers import BuyerColumns, Buyers
from xiaohe.sources.rows.context import Context, Judge
from xiaohe.sources.rows.slice import OfSlices, Slice, filled
from xiaohe.sources.rows.till_words import (
    Tender,
    clock,
    is_recharge,
    is_voided,
    only_tender,
    tender_of,
    whole_number,
)
from xiaohe.sources.seen import Counted
from xiaohe.sources.tally import RowClass
from xiaohe.sources.times import Instants

Bools = NDArray[np.bool_]


TELLING = ("slot", "store", "table_no", "staff")
LONGEST_WORD = 60


@dataclass(frozen=True)
class _Paid:
    """What a slice's visits cost: cash, what prepaid money or units paid, and by which tender most of it went."""

    cash: Amounts
    prepaid: Ints
    tender: NDArray[np.str_]
    unknown: Bools
    bad: Bools


class VisitRows(OfSlices):
    """Parses tills' tables of visits, of recharges, and of both."""

    def __init__(self, context: Context, layout: Layout, width: int, judge: Judge) -> None:
        super().__init__(context, layout, width, judge)
        self._people = BuyerColumns(context, layout.format)
        self._only_recharges = layout.format.kind is Kind.RECHARGES
        self._own = Counted()

    def parse(self, rows: Sequence[list[str]], start: int) -> tuple[pa.Table, NDArray[np.void]]:
        context = self._context
        slice_ = self._slice(rows, start)
        at = slice_.times("time", "seated")
        paid = self._paid(slice_)
        quantity, bad_quantity = slice_.pieces("quantity")
        refunded = slice_.money("refunded")
        numbers = slice_.numbers("order_no")
        slice_.sift(at.known & ~paid.unknown)
        slice_.reject_damaged(numbers)
        slice_.reject(~at.known, Rejected.BAD_DATE)
        slice_.reject(bad_quantity, Rejected.BAD_QUANTITY)
        slice_.reject(paid.bad | paid.unknown | refunded.bad, Rejected.BAD_AMOUNT)
        good = slice_.good
        order = context.orders([n if ok else "" for n, ok in zip(numbers, good, strict=True)])
        self._number_the_rest(slice_, order, good)
        buyers = self._people.of(slice_.cells, order)
        recharge = good & self._recharges(slice_)
        back = good & ~recharge & (paid.cash.or_zero < 0)
        closed = good & ~recharge & ~back & self._closed(slice_)
        visit = good & ~recharge & ~back & ~closed
        records = slice_.records["row_class"]
        records[visit], records[recharge] = RowClass.ORDER, RowClass.RECHARGE
        records[back], records[closed] = RowClass.AFTERSALE, RowClass.CLOSED
        slice_.records["no_buyer"] = (visit | recharge) & ~buyers.named
        self._tell_money(slice_, visit | recharge, back, paid.cash, refunded)

        buffer = FactBuffer(context.source, context.currency)
        self._visits(buffer, slice_, visit, closed, order, buyers, at, paid, quantity)
        self._items(buffer, slice_, visit, order, buyers, at, quantity)
        self._refunds(
            buffer, slice_, visit & (refunded.or_zero > 0), back, order, at, paid.cash, refunded
        )
        self._money_in(buffer, slice_, recharge, order, buyers, at, paid.cash)
        birthdays.add(context, buffer, slice_, good & buyers.named, buyers.subject, at.at)
        self._people.edges(buffer, start, buyers, good, at.at)
        self._people.remember(buyers, good)
        context.found.see_times(at.at[good])
        context.found.buyers.add(buyers.subject[visit & buyers.named])
        return buffer.table(), slice_.records

    # ------------------------------------------------------------ what a row says

    def _number_the_rest(self, slice_: Slice, order: Ints, good: Bools) -> None:
        """A visit without a number is known by all its cells, and by how often the very same came before."""
        rows = np.flatnonzero(good & (order == NULL))
        if not len(rows):
            return
        hashed, source = self._context.hasher, self._context.source
        columns = [slice_.cells[name] for name in sorted(slice_.cells)]
        own = np.array(
            [
                hashed(
                    "visit", f"{source}:" + "\x1f".join(column[row].strip() for column in columns)
                )
                for row in rows.tolist()
            ],
            np.int64,
        )
        order[rows] = mix(own, self._own.ordinals(own))

    def _recharges(self, slice_: Slice) -> Bools:
        if self._only_recharges:
            return np.ones(slice_.count, np.bool_)
        said = slice_.texts("type")
        known = {cell: is_recharge(cell) for cell in set(said)}
        return np.array([known[cell] for cell in said], np.bool_)

    def _closed(self, slice_: Slice) -> Bools:
        said, kinds = slice_.texts("status"), slice_.texts("type")
        known = {
            cell: self._layout.format.status_of(cell) is Status.CLOSED or is_voided(cell)
            for cell in {*said, *kinds}
        }
        return np.array(
            [known[one] or known[other] for one, other in zip(said, kinds, strict=True)], np.bool_
        )

    def _paid(self, slice_: Slice) -> _Paid:
        amount, due = slice_.money("amount"), slice_.money("due")
        balance, course = slice_.money("balance_paid"), slice_.money("course_paid")
        points = slice_.money("points_paid")
        units, _bad = slice_.pieces("units")
        by_word = self._tenders(slice_)
        apart = balance.or_zero + course.or_zero + points.or_zero
        whole = np.where(amount.known, amount.or_zero, due.or_zero)
        known = amount.known | due.known
        # What is received may or may not hold what a balance paid: the sum due tells which it is.
        without = amount.known & due.known & (amount.or_zero + apart == due.or_zero)
        cash = np.where(without, amount.or_zero, np.maximum(whole - apart, np.minimum(whole, 0)))
        prepaid = apart.copy()
        tender = np.where(
            apart == 0,
            by_word,
            np.where(
                balance.or_zero > 0,
                Tender.BALANCE,
                np.where(course.or_zero > 0, Tender.COURSE, Tender.POINTS),
            ),
        )
        tender = np.where((apart > 0) & (cash > 0), Tender.CASH, tender)
        used = np.nan_to_num(units) > 0
        tender = np.where(used & ~known & (apart == 0), Tender.COURSE, tender)
        # Without columns of their own the word decides for the whole amount.
        all_prepaid = (apart == 0) & (tender != Tender.CASH)
        prepaid = np.where(all_prepaid, whole, prepaid)
        cash = np.where(all_prepaid, np.minimum(whole, 0), cash)
        unknown = ~known & (apart == 0) & (tender == Tender.CASH)
        bad = amount.bad | due.bad | balance.bad | course.bad | points.bad
        remainder = np.where(cash == amount.or_zero, amount.remainder, 0).astype(np.int32)
        return _Paid(Amounts(cash, remainder, bad), prepaid, tender, unknown, bad)

    def _tenders(self, slice_: Slice) -> NDArray[np.str_]:
        said = [fold(cell) for cell in slice_.texts("tender")]
        known = {cell: tender_of(cell) for cell in set(said)}
        return np.array([known[cell] for cell in said], "U8")

    def _tell_money(
        self, slice_: Slice, paid: Bools, back: Bools, cash: Amounts, refunded: Amounts
    ) -> None:
        records = slice_.records
        records["paid"] = np.where(paid, cash.or_zero, 0)
        records["paid_remainder"] = np.where(paid, cash.remainder, 0)
        records["refunded"] = np.where(back, -cash.or_zero, np.where(paid, refunded.or_zero, 0))

    # ------------------------------------------------------------ facts

    def _visits(
        self,
        buffer: FactBuffer,
        slice_: Slice,
        visit: Bools,
        closed: Bools,
        order: Ints,
        buyers: Buyers,
        at: Instants,
        paid: _Paid,
        quantity: NDArray[np.float64],
    ) -> None:
        context, has_lines = self._context, slice_.has("title")
        by_lines = slice_.has("line_amount") and not slice_.has("amount") and not slice_.has("due")
        props = self._props(slice_, paid.tender)
        # A payment bill knows an order by no more than this.
        bare = context.bare_numbers(slice_.numbers("order_no"))
        consumed = visit & (paid.prepaid > 0)
        for name, where, money, told in (
            ("order.created", visit | closed, None, props),
            ("order.paid", visit, None if by_lines else paid.cash.minor, None),
            ("order.consumed", consumed, paid.prepaid, only_tender(paid.tender)),
            ("order.closed", closed, None, None),
        ):
            rows = np.flatnonzero(where)
            parts = [
                mix(buyers.subject[rows], at.at[rows]),
                *([] if money is None else [money[rows]]),
            ]
            key = context.keys.of(name, order[rows], *parts)
            with_pieces = name == "order.paid" and not has_lines
            buffer.add(
                name,
                rows + slice_.start,
                key=key,
                occurred=at.at[rows],
                date_only=at.date_only[rows],
                subject=buyers.subject[rows],
                order_key=order[rows],
                other=bare[rows] if name == "order.created" else None,
                content=key,
                amount=None if money is None else money[rows],
                quantity=quantity[rows] if with_pieces else None,
                props=None if told is None else [told[row] for row in rows.tolist()],
            )

    def _props(self, slice_: Slice, tender: NDArray[np.str_]) -> list[str | None]:
        columns = {
            ("table" if name == "table_no" else name): slice_.texts(name)
            for name in TELLING
            if slice_.has(name)
        }
        covers, seated = slice_.numbers("covers"), slice_.texts("seated")
        made: dict[tuple[str, ...], str | None] = {}
        found: list[str | None] = []
        for row, paid_by in enumerate(tender.tolist()):
            words = tuple(column[row] for column in columns.values())
            told = (paid_by, covers[row], seated[row], *words)
            if told not in made:
                named = zip(
                    columns, (masked_text(word)[:LONGEST_WORD] for word in words), strict=True
                )
                props = {
                    "tender": paid_by,
                    "covers": whole_number(covers[row]),
                    "seated_at": clock(seated[row]),
                }
                made[told] = as_json({k: v for k, v in {**props, **dict(named)}.items() if v})
            found.append(made[told])
        return found

    def _items(
        self,
        buffer: FactBuffer,
        slice_: Slice,
        visit: Bools,
        order: Ints,
        buyers: Buyers,
        at: Instants,
        quantity: NDArray[np.float64],
    ) -> None:
        if not slice_.has("title"):
            return
        context, titles = self._context, slice_.texts("title")
        line = slice_.money("line_amount")
        item = slice_.each(
            [
                number_text(code) or title
                for code, title in zip(slice_.raw("code"), titles, strict=True)
            ],
            lambda value: context.hasher("item", f"{context.source}:{value.casefold()}"),
        )
        rows = np.flatnonzero(visit & filled(titles))
        pieces = np.where(np.isnan(quantity), -1, quantity * 1000).astype(np.int64)
        content = mix(mix(item, pieces), line.minor)
        buffer.add(
            "order.item",
            rows + slice_.start,
            key=context.keys.of("order.item", order[rows], content[rows]),
            occurred=at.at[rows],
            date_only=at.date_only[rows],
            subject=buyers.subject[rows],
            order_key=order[rows],
            item_key=item[rows],
            quantity=quantity[rows],
            amount=line.minor[rows],
            content=content[rows],
            props=[as_json({"title": titles[row]}) for row in rows.tolist()],
            in_file_ordinal=True,
        )

    def _refunds(
        self,
        buffer: FactBuffer,
        slice_: Slice,
        told: Bools,
        back: Bools,
        order: Ints,
        at: Instants,
        cash: Amounts,
        refunded: Amounts,
    ) -> None:
        """What a visit's own row says went back in all, and rows of less than nothing, each by itself."""
        for where, amount, is_own in ((told, refunded.or_zero, False), (back, -cash.or_zero, True)):
            rows = np.flatnonzero(where)
            own = mix(mix(order[rows], at.at[rows]), amount[rows])
            key = self._context.keys.of("order.refunded", order[rows], own)
            buffer.add(
                "order.refunded",
                rows + slice_.start,
                key=key,
                occurred=at.at[rows],
                date_only=at.date_only[rows],
                subject=order[rows],
                order_key=order[rows],
                other=own if is_own else None,
                amount=amount[rows],
                content=key,
            )

    def _money_in(
        self,
        buffer: FactBuffer,
        slice_: Slice,
        where: Bools,
        number: Ints,
        buyers: Buyers,
        at: Instants,
        cash: Amounts,
    ) -> None:
        rows = np.flatnonzero(where)
        columns = {"bonus": "bonus", "units": "units", "store": "store", "staff": "staff"}
        told = {prop: slice_.texts(name) for prop, name in columns.items() if slice_.has(name)}
        buffer.add(
            "recharge.paid",
            rows + slice_.start,
            key=self._context.keys.of("recharge.paid", number[rows], cash.or_zero[rows]),
            occurred=at.at[rows],
            date_only=at.date_only[rows],
            subject=buyers.subject[rows],
            other=number[rows],
            amount=cash.or_zero[rows],
            content=cash.or_zero[rows],
            props=[
                as_json(
                    {
                        prop: column[row][:LONGEST_WORD]
                        for prop, column in told.items()
                        if column[row]
                    }
                )
                for row in rows.tolist()
            ],
        )


__all__ = ["Tender", "VisitRows"]
