"""One row per member of a customer group: a link through the group from the day they joined, until they left.

A member is known by WeCom's number of them where the file has it, else by the name they go by in that group: lists
of who left name nobody's time of joining. Staff in a group are marked as staff.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from xiaohe.kernel.ids import fold
from xiaohe.people.keys import Kind, Namespace, normalise
from xiaohe.shop.taxonomy import Entry
from xiaohe.sources.facts import NULL, FactBuffer, Ints
from xiaohe.sources.formats import Layout
from xiaohe.sources.reasons import Rejected
from xiaohe.sources.rows.contacts import external_value, link_props
from xiaohe.sources.rows.context import Context, Judge, record_people
from xiaohe.sources.rows.slice import OfSlices, filled, in_rows
from xiaohe.sources.tally import RowClass

# A member of this type is one of ours.
STAFF_WORDS = ("企业成员", "员工", "群主", "管理员", "内部", "staff", "owner", "admin")
REMOVED_WORDS = ("移出", "踢", "移除", "removed", "kicked")
MARKED = '{"as":"staff","on":"person"}'


class GroupRows(OfSlices):
    """Parses lists of members and of those who left; `account_id` finds or enters a group in the register."""

    def __init__(
        self,
        context: Context,
        layout: Layout,
        width: int,
        judge: Judge,
        account_id: Callable[[str], int],
    ) -> None:
        super().__init__(context, layout, width, judge)
        self._account_id = account_id
        self._accounts: dict[str, int] = {}

    def parse(self, rows: Sequence[list[str]], start: int) -> tuple[pa.Table, NDArray[np.void]]:
        context = self._context
        slice_ = self._slice(rows, start)
        joined, left = slice_.times("joined"), slice_.times("left")
        names, groups = slice_.texts("name"), slice_.texts("group")
        ids = [
            external_value(*each)
            for each in zip(slice_.texts("corp_id"), slice_.texts("external_userid"), strict=True)
        ]
        timed = joined.known | left.known
        slice_.sift(timed)
        slice_.reject(~timed, Rejected.BAD_DATE)
        slice_.reject(~filled(groups), Rejected.NO_ACCOUNT)
        slice_.reject(~filled(names) & ~filled(ids), Rejected.NO_NAME)
        good = slice_.good
        chosen = np.flatnonzero(good)
        slice_.records["row_class"][chosen] = RowClass.CONTACT
        subject = self._subjects(chosen, names, groups, ids, len(rows))

        buffer = FactBuffer(context.source, context.currency)
        accounts = self._accounts_of(groups, good)
        via = slice_.texts("via")
        known = {each: _props(each) for each in set(via)}
        self._add(buffer, start, "link.started", good & joined.known, subject, joined.at, accounts,
                  [known[each] for each in via])  # fmt: skip
        ended = _ended_props(slice_.texts("how_left"))
        self._add(buffer, start, "link.ended", good & left.known, subject, left.at, accounts, ended)
        first = np.where(joined.known, joined.at, left.at)
        self._staff(buffer, start, good & _is_staff(slice_.texts("member_type")), subject, first)
        record_people(
            context, chosen, subject, {Kind.CONTACT: (Namespace.NAME, slice_.raw("name"))}
        )
        if any(ids):
            record_people(context, chosen, subject, {Kind.EXTERNAL: (Namespace.EXTERNAL, ids)})
        context.found.see_times(first[chosen])
        return buffer.table(), slice_.records

    def _external(self, value: str) -> int:
        spelled = normalise(Namespace.EXTERNAL, value)
        return self._context.hasher(Namespace.EXTERNAL, spelled) if spelled else NULL

    def _subjects(
        self,
        chosen: Ints,
        names: Sequence[str],
        groups: Sequence[str],
        ids: Sequence[str],
        count: int,
    ) -> Ints:
        subject = np.full(count, NULL)
        for index in chosen.tolist():
            found = self._external(ids[index]) if ids[index] else NULL
            if found == NULL:
                value = f"{fold(groups[index])}|{fold(names[index])}"
                found = self._context.hasher(Namespace.CONTACT, f"group:{value}")
            subject[index] = found
        return subject

    def _accounts_of(self, groups: Sequence[str], good: NDArray[np.bool_]) -> Ints:
        ids = np.full(len(groups), NULL)
        for index in np.flatnonzero(good).tolist():
            group = groups[index]
            if group not in self._accounts:
                self._accounts[group] = self._account_id(group)
            ids[index] = self._accounts[group]
        return ids

    def _add(
        self,
        buffer: FactBuffer,
        start: int,
        name: str,
        where: NDArray[np.bool_],
        subject: Ints,
        at: Ints,
        accounts: Ints,
        props: Sequence[str | None],
    ) -> None:
        rows = np.flatnonzero(where)
        key = self._context.keys.of(name, subject[rows], accounts[rows], at[rows])
        buffer.add(
            name,
            rows + start,
            key=key,
            occurred=at[rows],
            subject=subject[rows],
            account_id=accounts[rows],
            content=key,
            props=[props[row] for row in rows.tolist()],
        )

    def _staff(
        self,
        buffer: FactBuffer,
        start: int,
        where: NDArray[np.bool_],
        subject: Ints,
        at: Ints,
    ) -> None:
        rows = np.flatnonzero(where)
        key = self._context.keys.of("identity.marked", subject[rows])
        buffer.add(
            "identity.marked",
            rows + start,
            key=key,
            occurred=at[rows],
            subject=subject[rows],
            content=key,
            props=[MARKED] * len(rows),
        )


def _props(via: str) -> str | None:
    """A member's link; however they were let in, it was the group they came by."""
    return link_props(via or Entry.GROUP.value, kind="group")


def _is_staff(types: Sequence[str]) -> NDArray[np.bool_]:
    folded = [fold(cell) for cell in types]
    return in_rows(folded, STAFF_WORDS)


def _ended_props(how: Sequence[str]) -> list[str | None]:
    known = {
        cell: '{"ended_by":"staff","kind":"group"}'
        if any(word in fold(cell) for word in REMOVED_WORDS)
        else '{"ended_by":"customer","kind":"group"}'
        for cell in set(how)
    }
    return [known[cell] for cell in how]
