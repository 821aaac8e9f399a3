"""One row per customer and member of staff: a link, and the keys somebody typed beside it.

Identity of a row: staff account + add time to the second. Names and descriptions change and are never part of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from xiaohe.people.evidence import extract_phone, order_numbers
from xiaohe.people.keys import Kind, Namespace, contact_value
from xiaohe.sources.cells import complete_phone, text
from xiaohe.sources.facts import NULL, FactBuffer, Ints
from xiaohe.sources.reasons import Rejected
from xiaohe.sources.rows.context import (
    Context,
    Judge,
    blank_rows,
    columns_of,
    record_people,
    reject,
)
from xiaohe.sources.rows.orders import PHONE_EDGE, add_edges
from xiaohe.sources.tally import RowClass
from xiaohe.sources.times import SECOND

ORDER_EDGE = '{"kind":"order_no"}'
# Platforms whose orders a number in a description may name.
ORDER_PLATFORMS = ("taobao", "table")
FREE_TEXT = ("description", "name", "remark")
FRIEND = '{"kind":"friend","via":"export"}'


class ContactRows:
    """Parses WeCom contact exports; `account_id` finds or enters a staff account in the register."""

    def __init__(
        self,
        context: Context,
        positions: Mapping[str, int],
        width: int,
        judge: Judge,
        account_id: Callable[[str, str], int],
    ) -> None:
        self._context = context
        self._positions = positions
        self._width = width
        self._judge = judge
        self._account_id = account_id
        self._accounts: dict[tuple[str, str], int] = {}

    def parse(self, rows: Sequence[list[str]], start: int) -> tuple[pa.Table, NDArray[np.void]]:
        context = self._context
        cells, broken = columns_of(rows, self._positions, self._width)
        records = blank_rows(len(rows))
        added = context.clock.column(cells["added"])
        account_names = [text(cell) for cell in cells.get("account") or cells["staff"]]
        staff_names = [text(cell) for cell in cells.get("staff") or cells["account"]]
        for index in np.flatnonzero(~added.known).tolist():
            row_class = self._judge.row_class(rows[index])
            if row_class is not None:
                records["row_class"][index] = row_class
        skipped = records["row_class"] != RowClass.BLANK
        blank = np.array([not any(cell.strip() for cell in row) for row in rows], np.bool_)
        reject(records, broken & ~blank, Rejected.BROKEN_ROW)
        reject(records, ~added.known & ~blank & ~skipped, Rejected.BAD_DATE)
        reject(
            records, np.array([not name for name in account_names]) & ~blank, Rejected.NO_ACCOUNT
        )
        good = (records["row_class"] == RowClass.BLANK) & ~blank
        chosen = np.flatnonzero(good)
        records["row_class"][chosen] = RowClass.CONTACT

        subject = np.full(len(rows), NULL)
        for index in chosen.tolist():
            subject[index] = context.hasher(
                Namespace.CONTACT,
                contact_value(account_names[index], self._local(int(added.at[index]))),
            )
        buffer = FactBuffer(context.source, context.currency)
        self._links(buffer, start, chosen, subject, added.at, account_names, staff_names, cells)
        self._keys(buffer, start, chosen, subject, added.at, cells)
        self._remember(chosen, subject, cells)
        context.found.see_times(added.at[chosen])
        return buffer.table(), records

    def _local(self, instant: int) -> datetime:
        """The time as the file says it: the row's identity is in the shop's own clock."""
        at = datetime.fromtimestamp(instant // SECOND, UTC)
        return self._context.calendar.local(at)

    def _links(
        self,
        buffer: FactBuffer,
        start: int,
        chosen: Ints,
        subject: Ints,
        at: Ints,
        accounts: Sequence[str],
        staff: Sequence[str],
        cells: dict[str, list[str]],
    ) -> None:
        ids = []
        for index in chosen.tolist():
            pair = (accounts[index], staff[index])
            if pair not in self._accounts:
                self._accounts[pair] = self._account_id(*pair)
            ids.append(self._accounts[pair])
        contents = [
            self._context.hasher(
                "contact-row",
                # Columns come and go between exports: one that is missing says what an empty one says.
                "\x1f".join(
                    cells[name][index] if name in cells else "" for name in (*FREE_TEXT, "mobile")
                ),
            )
            for index in chosen.tolist()
        ]
        buffer.add(
            "link.started",
            chosen + start,
            key=self._context.keys.of("link.started", subject[chosen]),
            occurred=at[chosen],
            subject=subject[chosen],
            account_id=np.array(ids, np.int64),
            content=np.array(contents, np.int64),
            props=[FRIEND] * len(chosen),
        )

    def _keys(
        self,
        buffer: FactBuffer,
        start: int,
        chosen: Ints,
        subject: Ints,
        at: Ints,
        cells: dict[str, list[str]],
    ) -> None:
        """Edges to phones and to order numbers; an order number joins only if such an order exists."""
        hashed = self._context.hasher
        phones = np.full(len(subject), NULL)
        texts = [cells[name] for name in FREE_TEXT if name in cells]
        orders: list[tuple[int, int]] = []
        for index in chosen.tolist():
            digits = next(
                (
                    phone
                    for name in ("mobile", "telephone")
                    if name in cells and (phone := complete_phone(cells[name][index]))
                ),
                None,
            )
            for column in texts:
                digits = digits or extract_phone(column[index])
                for number in order_numbers(column[index]):
                    orders += [
                        (index, hashed("order", f"{platform}:{number}"))
                        for platform in ORDER_PLATFORMS
                    ]
            if digits:
                phones[index] = hashed("phone", digits)
        rows = np.flatnonzero(phones != NULL)
        add_edges(self._context, buffer, start, rows, subject, phones, at, PHONE_EDGE)
        if orders:
            pairs = np.array(orders, np.int64)
            at_rows, others = pairs[:, 0], pairs[:, 1]
            key = self._context.keys.of("identity.seen", subject[at_rows], others)
            first = self._context.edges.first_time(key)
            at_rows, others, key = at_rows[first], others[first], key[first]
            buffer.add(
                "identity.seen",
                at_rows + start,
                key=key,
                occurred=at[at_rows],
                subject=subject[at_rows],
                other=others,
                content=key,
                props=[ORDER_EDGE] * len(at_rows),
            )

    def _remember(self, chosen: Ints, subject: Ints, cells: dict[str, list[str]]) -> None:
        values: dict[Kind, tuple[Namespace, Sequence[str]]] = {
            Kind.CONTACT: (Namespace.NAME, cells["name"])
        }
        if "remark" in cells:
            values[Kind.REMARK] = (Namespace.NAME, cells["remark"])
        if "description" in cells:
            values[Kind.DESCRIPTION] = (Namespace.NAME, cells["description"])
        if "mobile" in cells:
            values[Kind.PHONE] = (
                Namespace.PHONE,
                [complete_phone(cell) or "" for cell in cells["mobile"]],
            )
        record_people(self._context, chosen, subject, values)
