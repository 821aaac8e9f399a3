"""One row per member of the shop: when they joined, their birthday, and the keys they are known by.

Who a row is stands in `buyers`; a row without any key of a person is told, and says nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from xiaohe.ledger.catalogue import as_json
from xiaohe.ledger.instants import to_us
from xiaohe.people.masking import masked_text
from xiaohe.sources.facts import NULL, FactBuffer, Ints
from xiaohe.sources.formats import Layout
from xiaohe.sources.reasons import Rejected
from xiaohe.sources.rows import birthdays
from xiaohe.sources.rows.buyers import BuyerColumns
from xiaohe.sources.rows.context import Context, Judge
from xiaohe.sources.rows.slice import Bools, OfSlices, Slice
from xiaohe.sources.tally import RowClass
from xiaohe.sources.times import Instants

LONGEST_WORD = 60


class MemberRows(OfSlices):
    """Parses lists of members; a time of joining is a fact of its own, where the list has one."""

    def __init__(self, context: Context, layout: Layout, width: int, judge: Judge) -> None:
        super().__init__(context, layout, width, judge)
        self._people = BuyerColumns(context, layout.format)

    def parse(self, rows: Sequence[list[str]], start: int) -> tuple[pa.Table, NDArray[np.void]]:
        context = self._context
        slice_ = self._slice(rows, start)
        joined = slice_.times("joined")
        buyers = self._people.of(slice_.cells, np.full(slice_.count, NULL))
        slice_.sift(buyers.named)
        slice_.reject(joined.bad, Rejected.BAD_DATE)
        slice_.reject(~buyers.named, Rejected.NO_NAME)
        good = slice_.good
        slice_.records["row_class"][good] = RowClass.CONTACT
        buffer = FactBuffer(context.source, context.currency)
        self._joined(buffer, slice_, good & joined.known, buyers.subject, joined)
        # Nobody wrote down when a list was made: what it says is known from now on.
        now = np.full(slice_.count, to_us(context.now))
        birthdays.add(context, buffer, slice_, good, buyers.subject, now)
        first = np.where(joined.known, joined.at, now)
        self._people.edges(buffer, start, buyers, good, first)
        self._people.remember(buyers, good)
        context.found.see_times(joined.at[good])
        return buffer.table(), slice_.records

    def _joined(
        self, buffer: FactBuffer, slice_: Slice, where: Bools, subject: Ints, joined: Instants
    ) -> None:
        rows = np.flatnonzero(where)
        plans = slice_.texts("plan")
        known = {
            plan: as_json({"plan": masked_text(plan)[:LONGEST_WORD]}) if plan else None
            for plan in set(plans)
        }
        buffer.add(
            "member.joined",
            rows + slice_.start,
            key=self._context.keys.of("member.joined", subject[rows]),
            occurred=joined.at[rows],
            date_only=joined.date_only[rows],
            subject=subject[rows],
            content=joined.at[rows],
            props=[known[plans[row]] for row in rows.tolist()],
        )
