"""What an order file tells beside the order: its payment's number, and who or what brought it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from xiaohe.ledger.catalogue import as_json
from xiaohe.sources.cells import is_damaged_number, number_text, text
from xiaohe.sources.facts import FactBuffer, Ints
from xiaohe.sources.formats.base import Format
from xiaohe.sources.rows.context import Context

# Words in a column of payment methods → whose transaction number stands beside it.
RAILS = (
    ("wechat_pay", ("微信", "财付通", "wechat", "tenpay")),
    ("alipay", ("支付宝", "花呗", "蚂蚁", "alipay")),
)
_SEVERAL = re.compile(r"[,，;；、\s]+")
# field → property of `order.referred`
REFERRAL = {"group_no": "group", "group_role": "role", "channel": "channel"}
PLACED = ("store", "staff")
LONGEST = 80


class BesideOrders:
    """Reads the columns of payments and referrals; one for each import."""

    def __init__(self, context: Context, layout_format: Format) -> None:
        self._context = context
        self._format = layout_format

    def placed(self, cells: Mapping[str, list[str]]) -> list[str | None] | None:
        """Properties of `order.created`: the store and the member of staff, where the file names them."""
        named = [(name, cells[name]) for name in PLACED if name in cells]
        if not named:
            return None
        known: dict[tuple[str, ...], str | None] = {}
        found: list[str | None] = []
        for said in zip(*(column for _, column in named), strict=True):
            if said not in known:
                pairs = zip(named, said, strict=True)
                props = {
                    name: value[:LONGEST] for (name, _), cell in pairs if (value := text(cell))
                }
                known[said] = as_json(props)
            found.append(known[said])
        return found

    def payments(
        self,
        buffer: FactBuffer,
        start: int,
        cells: Mapping[str, list[str]],
        good: NDArray[np.bool_],
        order: Ints,
        subject: Ints,
        at: Ints,
    ) -> None:
        """`order.payment_seen` for each transaction number, so that a bill's row of it is no second order."""
        if "payment_no" not in cells:
            return
        rows: list[int] = []
        others: list[int] = []
        methods = cells.get("payment_method")
        for index in np.flatnonzero(good).tolist():
            cell = cells["payment_no"][index]
            if not cell:
                continue
            rail = self._rail(methods[index] if methods else "")
            for part in _SEVERAL.split(text(cell)):
                number = number_text(part)
                # A group of digits at least; what a spreadsheet broke names nothing.
                if len(number) < 6 or is_damaged_number(number) or "*" in number:
                    continue
                rows.append(index)
                others.append(self._context.hasher("payment", f"{rail}:{number.lower()}"))
        at_rows, other = np.array(rows, np.int64), np.array(others, np.int64)
        self._once(buffer, start, "order.payment_seen", at_rows, order, subject, at, other, None)

    def referrals(
        self,
        buffer: FactBuffer,
        start: int,
        cells: Mapping[str, list[str]],
        good: NDArray[np.bool_],
        order: Ints,
        subject: Ints,
        at: Ints,
    ) -> None:
        """`order.referred` for each order that a group purchase or a promoter brought."""
        named = [(prop, cells[field]) for field, prop in REFERRAL.items() if field in cells]
        promoters = cells.get("promoter")
        if not named and promoters is None:
            return
        rows: list[int] = []
        others: list[int] = []
        props: list[str | None] = []
        hashed = self._context.hasher
        for index in np.flatnonzero(good).tolist():
            told = {
                prop: value[:LONGEST] for prop, column in named if (value := text(column[index]))
            }
            promoter = number_text(promoters[index]) if promoters else ""
            if not promoter and not told:
                continue
            said = as_json(told)
            who = f"{self._context.source}:{promoter.lower()}" if promoter else ""
            rows.append(index)
            others.append(hashed("promoter", who) if who else hashed("referral", said or ""))
            props.append(said)
        at_rows, other = np.array(rows, np.int64), np.array(others, np.int64)
        self._once(buffer, start, "order.referred", at_rows, order, subject, at, other, props)

    def _rail(self, method: str) -> str:
        folded = method.casefold()
        named = (rail for rail, words in RAILS if any(word in folded for word in words))
        return next(named, self._format.payment_rail or self._context.source)

    def _once(
        self,
        buffer: FactBuffer,
        start: int,
        name: str,
        rows: Ints,
        order: Ints,
        subject: Ints,
        at: Ints,
        other: Ints,
        props: Sequence[str | None] | None,
    ) -> None:
        """One fact per order and other; several rows of an order say the same."""
        if not len(rows):
            return
        key = self._context.keys.of(name, order[rows], other)
        first = np.flatnonzero(self._context.states.first_time(key))
        rows = rows[first]
        buffer.add(
            name,
            rows + start,
            key=key[first],
            occurred=at[rows],
            subject=subject[rows],
            order_key=order[rows],
            other=other[first],
            content=key[first],
            props=None if props is None else [props[place] for place in first.tolist()],
        )
