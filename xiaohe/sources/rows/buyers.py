"""Who bought, as the rows of one slice tell it.

    buyer > unionid > openid > external_userid > phone > the order itself
      └ the strongest a row has is its subject, every other key of the row one edge of evidence

Masked values and ciphertext are never keys. What only describes (receiver, city, address, masked phone) is kept
sealed beside the subject, for the questions asked where no key decides.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xiaohe.ledger.catalogue import as_json
from xiaohe.people import keys
from xiaohe.people.keys import Kind, Namespace
from xiaohe.sources.cells import is_damaged_number, number_text, text
from xiaohe.sources.facts import NULL, FactBuffer, Ints
from xiaohe.sources.formats.base import Format
from xiaohe.sources.rows import places
from xiaohe.sources.rows.context import CIPHERS, MOST_CACHED, Context

# As files show a phone that is masked: enough digits left to compare.
_MASKED_PHONE = re.compile(r"1[\d*]{6,10}\d{2,4}")
# Shorter ones name a town at most.
SHORTEST_ADDRESS = 8


@dataclass(frozen=True)
class Key:
    """One kind of key in a slice: its ids, how evidence calls it, and what is sealed of it."""

    edge: str
    ids: Ints
    kind: Kind
    namespace: Namespace
    values: Sequence[str]


@dataclass(frozen=True)
class Buyers:
    """The buyers of one slice of rows."""

    subject: Ints
    # Rows with any key of a person.
    named: NDArray[np.bool_]
    keys: Sequence[Key]
    cells: Mapping[str, list[str]]

    @property
    def digits(self) -> Sequence[str]:
        """The complete phone of each row."""
        found = next((key for key in self.keys if key.kind is Kind.PHONE), None)
        return found.values if found else [""] * len(self.subject)


class BuyerColumns:
    """Reads the columns of a format that tell of people; one for each import."""

    def __init__(self, context: Context, layout_format: Format) -> None:
        self._context = context
        self._format = layout_format
        self._ids: dict[Namespace, dict[str, int]] = {}
        self._addresses: dict[str, int] = {}

    def of(self, cells: dict[str, list[str]], order: Ints) -> Buyers:
        """The buyers of rows whose orders are `order`; cells of the address-only form are unpacked in place."""
        _unpack(cells)
        found = [key for key in self._keys(cells) if (key.ids != NULL).any()]
        subject = np.full(len(order), NULL)
        for key in found:
            subject = np.where(subject == NULL, key.ids, subject)
        named = subject != NULL
        return Buyers(np.where(named, subject, order), named, found, cells)

    def _keys(self, cells: dict[str, list[str]]) -> list[Key]:
        context, found = self._context, []
        if "buyer" in cells:
            found.append(self._buyer(cells))
        if "unionid" in cells:
            namespace = Namespace.UNIONID
            values = list(map(text, cells["unionid"]))
            found.append(
                Key("unionid", self._hashed(namespace, values), Kind.UNIONID, namespace, values)
            )
        for name, whose, kind, namespace in (
            ("openid", "app_id", Kind.OPENID, Namespace.OPENID),
            ("external_userid", "corp_id", Kind.EXTERNAL, Namespace.EXTERNAL),
        ):
            if name in cells:
                values = _prefixed(cells.get(whose), cells[name])
                found.append(Key(name, self._hashed(namespace, values), kind, namespace, values))
        phones = [cells[name] for name in ("mobile", "telephone") if name in cells]
        if phones:
            ids, digits = context.phones(*phones)
            found.append(Key("phone", ids, Kind.PHONE, Namespace.PHONE, digits))
        return found

    def _buyer(self, cells: dict[str, list[str]]) -> Key:
        namespace, values = self._format.buyer, cells["buyer"]
        if namespace is Namespace.MEMBER:
            ids = self._context.on_platform(namespace, values)
            return Key("buyer", ids, Kind.MEMBER, namespace, values)
        # Numbers go through spreadsheets: `123.0` is `123`, and of `1.2E+17` digits are lost.
        values = [number_text(cell) for cell in values]
        values = ["" if is_damaged_number(value) else value for value in values]
        ids = self._context.on_platform(namespace, values)
        return Key("buyer", ids, Kind.CUSTOMER, namespace, values)

    def _hashed(self, namespace: Namespace, values: Sequence[str]) -> Ints:
        known = self._ids.setdefault(namespace, {"": NULL})
        if len(known) > MOST_CACHED:
            known = self._ids[namespace] = {"": NULL}
        ids = np.empty(len(values), np.int64)
        for index, value in enumerate(values):
            found = known.get(value)
            if found is None:
                spelled = keys.normalise(namespace, value)
                is_key = spelled is not None and not keys.is_masked(value.rpartition(":")[2])
                found = self._context.hasher(namespace, spelled) if is_key and spelled else NULL
                known[value] = found
            ids[index] = found
        return ids

    # ------------------------------------------------------------ evidence

    def edges(
        self, buffer: FactBuffer, start: int, buyers: Buyers, good: NDArray[np.bool_], at: Ints
    ) -> None:
        """An edge from the subject to every further key of its row, and to a whole address."""
        for key in buyers.keys:
            rows = np.flatnonzero(good & (key.ids != NULL) & (key.ids != buyers.subject))
            for some, scope in _by_scope(key, rows):
                add_edges(
                    self._context,
                    buffer,
                    start,
                    some,
                    buyers.subject,
                    key.ids,
                    at,
                    edge_props(key.edge, scope),
                )
        if "address" in buyers.cells:
            others = self._address_ids(buyers.cells)
            rows = np.flatnonzero(good & (others != NULL))
            add_edges(
                self._context,
                buffer,
                start,
                rows,
                buyers.subject,
                others,
                at,
                edge_props("address"),
            )

    def _address_ids(self, cells: Mapping[str, list[str]]) -> Ints:
        known = self._addresses
        if len(known) > MOST_CACHED:
            known.clear()
        column = cells["address"]
        before = [cells[name] for name in ("province", "city") if name in cells]
        ids = np.empty(len(column), np.int64)
        for index, cell in enumerate(column):
            found = known.get(cell) if not before else None
            if found is None:
                found = self._address_id(_whole([each[index] for each in before], cell))
                if not before:
                    known[cell] = found
            ids[index] = found
        return ids

    def _address_id(self, address: str) -> int:
        spelled = keys.normalise(Namespace.ADDRESS, address)
        if spelled is None or len(spelled) < SHORTEST_ADDRESS:
            return NULL
        return self._context.hasher(Namespace.ADDRESS, spelled)

    # ------------------------------------------------------------ sealed values

    def remember(self, buyers: Buyers, good: NDArray[np.bool_]) -> None:
        """Hand what identifies and describes people to the vault; a combination just handed in is skipped."""
        context, cells = self._context, buyers.cells
        raw = [cells[name] for name in _DESCRIBING if name in cells]
        wanted = good & buyers.named
        for index in np.flatnonzero(good & ~buyers.named).tolist():
            wanted[index] = any(_says(cells[name][index]) for name in _TELLING if name in cells)
        chosen = np.flatnonzero(wanted)
        if not len(chosen):
            return
        rows = chosen.tolist()
        columns = [
            [column[row] for row in rows] for column in (*(k.values for k in buyers.keys), *raw)
        ]
        said = zip(buyers.subject[chosen].tolist(), *columns, strict=True)
        marks = np.fromiter(map(hash, said), np.int64, len(rows))
        describe = _described_by(cells, len(good))
        add = context.recorder.add
        for index in chosen[context.people.first_time(marks)].tolist():
            subject = int(buyers.subject[index])
            for key in buyers.keys:
                value = text(key.values[index])
                if not value:
                    continue
                if key.kind in keys.ON_A_PLATFORM:
                    value = f"{context.source}:{value}"
                add(subject, key.namespace, value, kind=key.kind)
            for kind, value in describe(index):
                if value:
                    add(subject, Namespace.NAME, value, kind=kind)


_DESCRIBING = ("receiver", "mobile", "telephone", "province", "city", "address")
# A row without a key is kept for one of these: a name, or what is left of a phone.
_TELLING = ("receiver", "mobile")


def _says(cell: str) -> bool:
    return len(cell) > 1 and bool(text(cell)) and not text(cell).startswith(CIPHERS)


def _described_by(
    cells: Mapping[str, list[str]], count: int
) -> Callable[[int], list[tuple[Kind, str]]]:
    """What describes the person of a row, worked out only for rows that are kept."""
    nothing = [""] * count
    receivers, addresses = cells.get("receiver", nothing), cells.get("address", nothing)
    provinces, cities = cells.get("province", nothing), cells.get("city", nothing)
    mobiles, telephones = cells.get("mobile", nothing), cells.get("telephone", nothing)

    def told(index: int) -> list[tuple[Kind, str]]:
        found = []
        receiver = text(receivers[index])
        if receiver and not receiver.startswith(CIPHERS):
            found.append((Kind.RECEIVER, receiver))
        cell, province, city = addresses[index], provinces[index], cities[index]
        address = "" if not cell or keys.is_masked(cell) else _whole((province, city), cell)
        if address:
            found.append((Kind.ADDRESS, address))
        elif cell or province:
            # A whole address tells its city.
            found.append((Kind.CITY, places.city_of(province, city, cell)))
        phone = mobiles[index] or telephones[index]
        if "*" in phone and _MASKED_PHONE.fullmatch(shown := text(phone)):
            found.append((Kind.MASKED_PHONE, shown))
        return found

    return told


def _whole(before: Sequence[str], address: str) -> str:
    """An address with its province and city, unless it begins with them."""
    cleaned = text(address)
    if not cleaned or cleaned.startswith(CIPHERS):
        return ""
    missing = [
        part for each in before if (part := text(each)) and part not in cleaned[: places.ENOUGH]
    ]
    return " ".join([*missing, cleaned])


def _unpack(cells: dict[str, list[str]]) -> None:
    """Cells of the address-only form give their name and phone to rows that have none."""
    column = cells.get("address")
    if column is None:
        return
    for index, cell in enumerate(column):
        line = places.unpack(cell)
        if line is None:
            continue
        if column is cells["address"]:
            # The first of them: what the slice was given stays as it is.
            count = len(column)
            cells["address"] = list(column)
            for name in ("receiver", "mobile"):
                cells[name] = list(cells.get(name) or [""] * count)
        cells["address"][index] = line.address
        cells["receiver"][index] = text(cells["receiver"][index]) or line.name
        cells["mobile"][index] = text(cells["mobile"][index]) or line.phone


def _prefixed(whose: Sequence[str] | None, ids: Sequence[str]) -> list[str]:
    """`<whose>:<id>` of each row, "" where there is no id."""
    owners = whose if whose is not None else [""] * len(ids)
    return [
        f"{text(owner)}:{value}" if (value := text(cell)) else ""
        for owner, cell in zip(owners, ids, strict=True)
    ]


def edge_props(kind: str, scope: str = "") -> str:
    """Whose id it is, an app's or a company's, tells two ids of one human from those of two."""
    return as_json({"kind": kind, "scope": scope} if scope else {"kind": kind}) or ""


def _by_scope(key: Key, rows: Ints) -> Iterator[tuple[Ints, str]]:
    if key.kind not in (Kind.OPENID, Kind.EXTERNAL):
        yield rows, ""
        return
    scopes = np.array([key.values[row].partition(":")[0] for row in rows.tolist()], object)
    for scope in sorted(set(scopes.tolist())):
        yield rows[scopes == scope], scope


def add_edges(
    context: Context,
    buffer: FactBuffer,
    start: int,
    rows: Ints,
    subject: Ints,
    other: Ints,
    at: Ints,
    props: str,
) -> None:
    """Evidence that two keys belong to one person, once per file."""
    if not len(rows):
        return
    key = context.keys.of("identity.seen", subject[rows], other[rows])
    first = context.edges.first_time(key)
    rows, key = rows[first], key[first]
    buffer.add(
        "identity.seen",
        rows + start,
        key=key,
        occurred=at[rows],
        subject=subject[rows],
        other=other[rows],
        content=key,
        props=[props] * len(rows),
    )
