"""One row per customer and member of staff: a link, where it came from, its tags, and the keys somebody typed beside it.

Identity of a row: staff account + add time to the second. Names and descriptions change and are never part of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from xiaohe.ledger.catalogue import as_json
from xiaohe.ledger.instants import to_us
from xiaohe.people.evidence import claim_words, extract_phone, order_numbers
from xiaohe.people.keys import Kind, Namespace, contact_value, normalise, platforms
from xiaohe.people.masking import masked_text
from xiaohe.shop.taxonomy import Entry
from xiaohe.sources import formats
from xiaohe.sources.cells import complete_phone, text
from xiaohe.sources.facts import NULL, FactBuffer, Ints
from xiaohe.sources.formats import Layout
from xiaohe.sources.formats.base import fold_header
from xiaohe.sources.reasons import Rejected
from xiaohe.sources.rows import birthdays, channels
from xiaohe.sources.rows.buyers import add_edges, edge_props
from xiaohe.sources.rows.context import Context, Judge, record_people
from xiaohe.sources.rows.slice import OfSlices, Slice
from xiaohe.sources.tally import RowClass
from xiaohe.sources.times import SECOND

FREE_TEXT = ("description", "name", "remark")
# `标签组1(客户等级)`: as many columns of tags as the company has groups of them.
TAG_GROUP = "标签组"
TAGS = (",", "，", ";", "；", "、", "\n")
LONGEST_WORD = 60
# Whose cells a contact may have beside, and what is sealed of each.
SEALED = {
    "name": Kind.CONTACT,
    "remark": Kind.REMARK,
    "description": Kind.DESCRIPTION,
    "company": Kind.DESCRIPTION,
    "position": Kind.DESCRIPTION,
    "address": Kind.ADDRESS,
}
AccountId = Callable[[str, str], int]


class ContactRows(OfSlices):
    """Parses contact exports; `account_id` finds or enters a staff account in the register."""

    def __init__(
        self, context: Context, layout: Layout, width: int, judge: Judge, account_id: AccountId
    ) -> None:
        super().__init__(context, layout, width, judge)
        self._account_id = account_id
        self._accounts: dict[tuple[str, str], int] = {}
        self._tag_groups = tag_groups(layout.header)
        self._platforms = order_platforms()

    def parse(self, rows: Sequence[list[str]], start: int) -> tuple[pa.Table, NDArray[np.void]]:
        context = self._context
        slice_ = self._slice(rows, start)
        added = slice_.times("added")
        staff = slice_.texts("staff" if slice_.has("staff") else "account")
        accounts = slice_.texts("account" if slice_.has("account") else "staff")
        slice_.sift(added.known)
        slice_.reject(~added.known, Rejected.BAD_DATE)
        slice_.reject(np.array([not name for name in accounts], np.bool_), Rejected.NO_ACCOUNT)
        chosen = np.flatnonzero(slice_.good)
        slice_.records["row_class"][chosen] = RowClass.CONTACT

        subject = np.full(len(rows), NULL)
        for index in chosen.tolist():
            subject[index] = context.hasher(
                Namespace.CONTACT,
                contact_value(accounts[index], self._local(int(added.at[index]))),
            )
        buffer = FactBuffer(context.source, context.currency)
        self._links(buffer, slice_, chosen, subject, added.at, accounts, staff)
        self._tags(buffer, slice_, chosen, subject, added.at)
        # Exports say what holds when they are made: of two the one read last is right.
        now = np.full(slice_.count, to_us(context.now))
        birthdays.add(context, buffer, slice_, subject != NULL, subject, now)
        keys = self._keys(slice_, chosen)
        for kind, others in keys.items():
            at_rows = np.flatnonzero(others != NULL)
            add_edges(context, buffer, start, at_rows, subject, others, added.at, edge_props(kind))
        self._numbers(buffer, slice_, chosen, subject, added.at)
        self._remember(slice_, chosen, subject)
        context.found.see_times(added.at[chosen])
        return buffer.table(), slice_.records

    def _local(self, instant: int) -> datetime:
        """The time as the file says it: the row's identity is in the shop's own clock."""
        at = datetime.fromtimestamp(instant // SECOND, UTC)
        return self._context.calendar.local(at)

    def _links(
        self,
        buffer: FactBuffer,
        slice_: Slice,
        chosen: Ints,
        subject: Ints,
        at: Ints,
        accounts: Sequence[str],
        staff: Sequence[str],
    ) -> None:
        ids = []
        for index in chosen.tolist():
            pair = (accounts[index], staff[index])
            if pair not in self._accounts:
                self._accounts[pair] = self._account_id(*pair)
            ids.append(self._accounts[pair])
        # Columns come and go between exports: one that is missing says what an empty one says.
        said = [slice_.raw(name) for name in (*FREE_TEXT, "mobile")]
        contents = [
            self._context.hasher("contact-row", "\x1f".join(column[index] for column in said))
            for index in chosen.tolist()
        ]
        via = slice_.texts("via")
        known = {each: link_props(each) for each in {via[index] for index in chosen.tolist()}}
        buffer.add(
            "link.started",
            chosen + slice_.start,
            key=self._context.keys.of("link.started", subject[chosen]),
            occurred=at[chosen],
            subject=subject[chosen],
            account_id=np.array(ids, np.int64),
            content=np.array(contents, np.int64),
            props=[known[via[index]] for index in chosen.tolist()],
        )

    def _tags(
        self, buffer: FactBuffer, slice_: Slice, chosen: Ints, subject: Ints, at: Ints
    ) -> None:
        """A fact per tag; nobody said when it was given, so it stands at the time the contact was added."""
        rows: list[int] = []
        props: list[str | None] = []
        others: list[int] = []
        for group, position in self._tag_groups:
            for index in chosen.tolist():
                row = slice_.rows[index]
                for tag in _tags_in(row[position]) if position < len(row) else ():
                    rows.append(index)
                    said = as_json({"group": group, "tag": tag})
                    props.append(said)
                    others.append(self._context.hasher("tag", said or ""))
        at_rows, tags = np.array(rows, np.int64), np.array(others, np.int64)
        buffer.add(
            "tag.added",
            at_rows + slice_.start,
            key=self._context.keys.of("tag.added", subject[at_rows], tags),
            occurred=at[at_rows],
            subject=subject[at_rows],
            content=tags,
            props=props,
        )

    def _keys(self, slice_: Slice, chosen: Ints) -> Mapping[str, Ints]:
        """Kind of evidence ► one key per row: what the export states, and a phone typed into free text."""
        hashed = self._context.hasher
        phones, emails = np.full(slice_.count, NULL), np.full(slice_.count, NULL)
        ids, unions = np.full(slice_.count, NULL), np.full(slice_.count, NULL)
        columns = [slice_.raw(name) for name in FREE_TEXT]
        stated = [slice_.raw(name) for name in ("mobile", "telephone")]
        mails, external = slice_.texts("email"), slice_.texts("external_userid")
        company, union = slice_.texts("corp_id"), slice_.texts("unionid")
        for index in chosen.tolist():
            digits = next((p for each in stated if (p := complete_phone(each[index]))), None)
            for column in columns:
                digits = digits or extract_phone(column[index])
            if digits:
                phones[index] = hashed(Namespace.PHONE, digits)
            for value, namespace, into in (
                (mails[index], Namespace.EMAIL, emails),
                (external_value(company[index], external[index]), Namespace.EXTERNAL, ids),
                (union[index], Namespace.UNIONID, unions),
            ):
                spelled = normalise(namespace, value) if value else None
                if spelled:
                    into[index] = hashed(namespace, spelled)
        return {"phone": phones, "email": emails, "external_userid": ids, "unionid": unions}

    def _numbers(
        self, buffer: FactBuffer, slice_: Slice, chosen: Ints, subject: Ints, at: Ints
    ) -> None:
        """Edges to order numbers and claim words in free text; a number joins only if such an order exists."""
        hashed = self._context.hasher
        found: dict[str, list[tuple[int, int]]] = {"order_no": [], "claim": []}
        for column in (slice_.raw(name) for name in FREE_TEXT):
            for index in chosen.tolist():
                cell = column[index]
                if len(cell) < 6:
                    continue
                for number in order_numbers(cell):
                    found["order_no"] += [
                        (index, hashed(Namespace.ORDER, f"{platform}:{number}"))
                        for platform in self._platforms
                    ]
                for word in claim_words(cell):
                    spelled = normalise(Namespace.CLAIM, word)
                    if spelled:
                        found["claim"].append((index, hashed(Namespace.CLAIM, spelled)))
        for kind, pairs in found.items():
            if not pairs:
                continue
            rows, others = np.array(pairs, np.int64).T
            key = self._context.keys.of("identity.seen", subject[rows], others)
            first = self._context.edges.first_time(key)
            rows, others, key = rows[first], others[first], key[first]
            buffer.add(
                "identity.seen",
                rows + slice_.start,
                key=key,
                occurred=at[rows],
                subject=subject[rows],
                other=others,
                content=key,
                props=[edge_props(kind)] * len(rows),
            )

    def _remember(self, slice_: Slice, chosen: Ints, subject: Ints) -> None:
        values: dict[Kind, tuple[Namespace, Sequence[str]]] = {}
        described = [
            slice_.texts(name) for name, kind in SEALED.items() if kind is Kind.DESCRIPTION
        ]
        for name, kind in SEALED.items():
            if slice_.has(name) and kind is not Kind.DESCRIPTION:
                values[kind] = (Namespace.NAME, slice_.raw(name))
        if any(map(any, described)):
            lines = [" · ".join(filter(None, cells)) for cells in zip(*described, strict=True)]
            values[Kind.DESCRIPTION] = (Namespace.NAME, lines)
        if slice_.has("mobile"):
            phones = [complete_phone(cell) or "" for cell in slice_.raw("mobile")]
            values[Kind.PHONE] = (Namespace.PHONE, phones)
        if slice_.has("email"):
            values[Kind.EMAIL] = (Namespace.EMAIL, slice_.texts("email"))
        if slice_.has("unionid"):
            values[Kind.UNIONID] = (Namespace.UNIONID, slice_.texts("unionid"))
        if slice_.has("external_userid"):
            told = zip(slice_.texts("corp_id"), slice_.texts("external_userid"), strict=True)
            values[Kind.EXTERNAL] = (Namespace.EXTERNAL, [external_value(*each) for each in told])
        record_people(self._context, chosen, subject, values)


def order_platforms() -> tuple[str, ...]:
    """Platforms an order number in free text may be of: those of all formats, and where orders ever came from."""
    return tuple(dict.fromkeys(["taobao", "table", *formats.platforms(), *platforms()]))


def external_value(company: str, number: str) -> str:
    """WeCom's number of a contact as it is keyed; exports of the company itself do not name it."""
    return f"{company}:{number}" if number else ""


def link_props(via: str, *, kind: str = "friend") -> str | None:
    """Properties of a link from an export: its source, as far as a declared word tells."""
    place = channels.place_of("", "", via)
    props = {
        "kind": kind,
        "via": "export",
        "source_type": place.source_type,
        "platform": place.platform,
        "entry": place.entry or Entry.UNKNOWN.value,
    }
    return as_json({name: value for name, value in props.items() if value})


def tag_groups(header: Sequence[str]) -> list[tuple[str, int]]:
    """(name of the group, position) of every column of tags; a group nobody named keeps its heading."""
    found = []
    for position, cell in enumerate(header):
        heading = text(cell)
        if not fold_header(cell).startswith(TAG_GROUP):
            continue
        inside = heading.replace("（", "(").replace("）", ")")
        name = inside[inside.find("(") + 1 : inside.rfind(")")] if "(" in inside else heading
        found.append((masked_text(name.strip() or heading)[:LONGEST_WORD], position))
    return found


def _tags_in(cell: str) -> list[str]:
    """The tags of one cell, each once; one that names a phone or the like is kept masked."""
    for sign in TAGS[1:]:
        cell = cell.replace(sign, TAGS[0])
    tags = (masked_text(tag)[:LONGEST_WORD] for part in cell.split(TAGS[0]) if (tag := text(part)))
    return list(dict.fromkeys(tags))
