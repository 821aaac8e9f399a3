"""Both sides of the likely join as arrays: contacts and buyers, each person one row per side.

Names, phones and remarks are unsealed a slice at a time and turned into numbers at once (a character's code point, a
city's number, a place in a dictionary that lives as long as the comparison); no text outlives its slice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from xiaohe.kernel.ids import fold
from xiaohe.ledger.engine import Reading, micros, prop
from xiaohe.people import identifiers
from xiaohe.people.identifiers import Value
from xiaohe.people.keys import (
    Kind,
    Namespace,
    hasher,
    is_masked,
    normalise_address,
    normalise_phone,
)
from xiaohe.people.likely import places, texts
from xiaohe.people.likely.texts import MOST_PIECES, Name
from xiaohe.people.names import plain

Ints = NDArray[np.int64]
SLICE = 2_000
HOUR_US = 3_600_000_000
OF_CONTACTS = (Kind.REMARK, Kind.CONTACT, Kind.DESCRIPTION, Kind.PHONE)
OF_BUYERS = (
    Kind.RECEIVER,
    Kind.MEMBER,
    Kind.CUSTOMER,
    Kind.PHONE,
    Kind.MASKED_PHONE,
    Kind.CITY,
    Kind.ADDRESS,
)
_CALLED = (Kind.REMARK, Kind.CONTACT, Kind.DESCRIPTION)
NAMES, CITIES, PHONES, AMOUNTS, WORDS = 2, 2, 2, 3, 6
ADDRESSES = 2
# A shop sells on fewer; the rest share the last bit.
MOST_PLATFORMS = 62
UNSAID = 0
# Orders and items of one person beyond these add nothing to who they are.
MOST_TITLES = 200_000


class Dictionary:
    """Numbers for the pieces of text that contacts use; what no contact uses cannot agree."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}

    def learn(self, pieces: Sequence[str]) -> list[int]:
        known = self._known
        return [known.setdefault(piece, len(known) + 1) for piece in pieces]

    def known(self, pieces: Sequence[str]) -> list[int]:
        return [number for piece in pieces if (number := self._known.get(piece))]

    def __len__(self) -> int:
        return len(self._known) + 1


@dataclass
class Contacts:
    """What our chat list says of each; 0 where it says nothing."""

    person: Ints
    names: Ints  # n × 2 × (surname, first, second)
    cities: Ints  # n × 2
    phones: Ints  # n × 2
    amounts: Ints  # n × 3, minor units
    words: Ints  # n × WORDS
    pieces: Ints  # n × MOST_PIECES
    hour: Ints  # when they were added; -1 unknown

    def __len__(self) -> int:
        return len(self.person)


@dataclass
class Buyers:
    """What the platforms' files say of each."""

    person: Ints
    names: Ints
    cities: Ints
    phones: Ints
    masked: Ints  # n × 2 × (head, its digits, tail)
    words: Ints  # whole member names
    pieces: Ints
    has_member: NDArray[np.bool_]
    has_goods: NDArray[np.bool_]
    platforms: Ints = field(default_factory=lambda: np.empty(0, np.int64))  # one bit for each
    addresses: Ints = field(default_factory=lambda: np.empty((0, ADDRESSES), np.int64))  # hashes
    # Sorted pairs (row, value), one number each: `coded`.
    hours: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    amounts: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    goods: Ints = field(default_factory=lambda: np.empty(0, np.int64))

    def __len__(self) -> int:
        return len(self.person)


Side = TypeVar("Side", Contacts, Buyers)
VALUE_BITS = 34


def coded(row: Ints, value: Ints) -> Ints:
    """A row and a value below 2³⁴ as one number that sorts by both."""
    return (np.asarray(row, np.int64) << VALUE_BITS) | np.asarray(value, np.int64)


@dataclass(frozen=True)
class Both:
    contacts: Contacts
    buyers: Buyers
    dictionary_size: int


def read_both(read: Reading, persons: pa.Table, left_out: Ints) -> Both:
    """Everybody with a link, and everybody who bought under a name, both without those left out."""
    dictionary = Dictionary()
    contacts = _contacts(read, persons, left_out, dictionary)
    orders = _orders(read)
    buyers = _buyers(orders, persons, left_out, dictionary)
    _bought(read, orders, persons, buyers, dictionary)
    buyers.platforms = _platforms(read, persons, buyers.person)
    return Both(contacts, buyers, len(dictionary))


def buyers_named(read: Reading, subjects: Sequence[int]) -> Buyers:
    """Some buyers as their own files tell of them, each subject by itself whoever it was joined with."""
    alone = pa.table({"subject": np.empty(0, np.int64), "person": np.empty(0, np.int64)})
    wanted = pa.table({"subject": pa.array(sorted(subjects), pa.int64())})
    orders = wanted.append_column("order_key", wanted["subject"])
    side = _buyers(orders, alone, np.empty(0, np.int64), Dictionary())
    side.platforms = _platforms(read, alone, side.person)
    return _only(side, side.platforms > 0)


def person_of(persons: pa.Table, subjects: Ints) -> Ints:
    """The person of each subject, by an overlay's table."""
    known = persons["subject"].to_numpy()
    if not len(known):
        return subjects
    at = np.minimum(np.searchsorted(known, subjects), len(known) - 1)
    found: Ints = np.where(known[at] == subjects, persons["person"].to_numpy()[at], subjects)
    return found


# ---------------------------------------------------------------- contacts


def _contacts(read: Reading, persons: pa.Table, left_out: Ints, dictionary: Dictionary) -> Contacts:
    facts = read.facts
    # A link said by a tap stands on the buyer: it is no row of a chat list.
    began = facts.filter(facts.type == "link.started", facts.source != "xiaohe")
    found = read.run(
        began.group_by("subject").agg(at=micros(began.occurred_at.max())).order_by("subject")
    )
    subjects = found["subject"].to_numpy()
    hours = found["at"].to_numpy() // HOUR_US
    person, row = np.unique(person_of(persons, subjects), return_inverse=True)
    kept = ~np.isin(person, left_out)
    names, cities, phones, amounts, words, pieces = _blank(
        len(person), (NAMES, 3), CITIES, PHONES, AMOUNTS, WORDS, MOST_PIECES
    )
    hour = np.full(len(person), -1, np.int64)
    side = Contacts(person, names, cities, phones, amounts, words, pieces, hour)
    np.maximum.at(side.hour, row, hours)
    for at, values in _by_row(subjects, row, OF_CONTACTS):
        _say_contact(side, at, values, dictionary)
    return _only(side, kept)


def _say_contact(side: Contacts, at: int, values: list[Value], dictionary: Dictionary) -> None:
    said = texts.said_by([value.text for value in values if value.kind in _CALLED])
    typed = [value.text for value in values if value.kind == Kind.PHONE]
    _put_names(side.names[at], said.names)
    _put(side.cities[at], said.cities)
    phones = dict.fromkeys([*filter(None, map(normalise_phone, typed)), *said.phones])
    _put(side.phones[at], [int(phone) for phone in phones])
    _put(side.amounts[at], said.amounts)
    _put(side.words[at], dictionary.learn(said.words[:WORDS]))
    _put(side.pieces[at], dictionary.learn(said.pieces))


# ---------------------------------------------------------------- buyers


def _orders(read: Reading) -> pa.Table:
    """Each order once: whose, when first, for how much."""
    facts = read.facts
    states = facts.filter(
        facts.type.isin(["order.created", "order.paid"]), facts.order_key.notnull()
    )
    each = states.group_by("subject", "order_key").agg(
        at=micros(states.occurred_at.min()), amount=states.amount.max()
    )
    return read.run(each.order_by("subject", "order_key"))


def _buyers(orders: pa.Table, persons: pa.Table, left_out: Ints, dictionary: Dictionary) -> Buyers:
    subjects = np.unique(orders["subject"].to_numpy())
    person, row = np.unique(person_of(persons, subjects), return_inverse=True)
    names, cities, phones, masked, words, pieces = _blank(
        len(person), (NAMES, 3), CITIES, PHONES, (2, 3), 4, MOST_PIECES
    )
    named, none = np.zeros(len(person), np.bool_), np.zeros(len(person), np.bool_)
    side = Buyers(
        person, names, cities, phones, masked, words, pieces, has_member=none, has_goods=none.copy()
    )
    side.addresses = np.zeros((len(person), ADDRESSES), np.int64)
    for at, values in _by_row(subjects, row, OF_BUYERS):
        named[at] = True
        _say_buyer(side, at, values, dictionary)
    return _only(side, named & ~np.isin(person, left_out))


def _say_buyer(side: Buyers, at: int, values: list[Value], dictionary: Dictionary) -> None:
    by_kind: dict[Kind, list[str]] = {}
    for value in values:
        by_kind.setdefault(value.kind, []).append(plain(value))
    # A customer id of a table may be the name itself.
    called = by_kind.get(Kind.RECEIVER, []) + by_kind.get(Kind.CUSTOMER, [])
    names = dict.fromkeys(filter(None, map(texts.name_of_receiver, called)))
    _put_names(side.names[at], sorted(names, key=lambda name: not name.is_whole))
    told = by_kind.get(Kind.CITY, []) + by_kind.get(Kind.ADDRESS, [])
    cities = dict.fromkeys(filter(None, map(places.city_of_address, told)))
    _put(side.cities[at], list(cities))
    whole = dict.fromkeys(filter(None, map(normalise_phone, by_kind.get(Kind.PHONE, []))))
    _put(side.phones[at], [int(phone) for phone in whole])
    spelled = filter(None, map(normalise_address, by_kind.get(Kind.ADDRESS, [])))
    hashed = hasher()
    _put(side.addresses[at], [hashed(Namespace.ADDRESS, each) for each in dict.fromkeys(spelled)])
    masks = dict.fromkeys(filter(None, map(texts.masked_phone, by_kind.get(Kind.MASKED_PHONE, []))))
    for place, mask in zip(range(2), masks, strict=False):
        side.masked[at, place] = mask
    members = by_kind.get(Kind.MEMBER, []) + by_kind.get(Kind.CUSTOMER, [])
    members = [fold(name) for name in members if not is_masked(name)]
    side.has_member[at] = bool(members)
    _put(side.words[at], dictionary.known(members[:4]))
    pieces = [piece for name in members for piece in texts.pieces_of(name)]
    _put(side.pieces[at], dictionary.known(list(dict.fromkeys(pieces))))


def _bought(
    read: Reading, orders: pa.Table, persons: pa.Table, buyers: Buyers, dictionary: Dictionary
) -> None:
    """When each bought, for how much, and which of the contacts' words stand in the titles."""
    if not len(buyers):
        return
    person = person_of(persons, orders["subject"].to_numpy())
    row = np.minimum(np.searchsorted(buyers.person, person), len(buyers) - 1)
    kept = buyers.person[row] == person
    row, keys = row[kept], orders["order_key"].to_numpy()[kept]
    buyers.hours = np.unique(coded(row, orders["at"].to_numpy()[kept] // HOUR_US))
    amounts = orders["amount"].fill_null(-1).to_numpy()[kept]
    said = (amounts > 0) & (amounts < 1 << VALUE_BITS)
    buyers.amounts = np.unique(coded(row[said], amounts[said]))
    order = np.argsort(keys)
    row, keys = row[order], keys[order]
    codes = []
    for slice_row, pieces in _titles(read, keys, row, dictionary):
        codes.append(coded(slice_row, pieces))
    if codes:
        buyers.goods = np.unique(np.concatenate(codes))
        buyers.has_goods[np.unique(buyers.goods >> VALUE_BITS)] = True


def _platforms(read: Reading, persons: pa.Table, wanted: Ints) -> Ints:
    """On which platforms each of some persons bought."""
    facts = read.facts
    ordered = facts.filter(facts.type.startswith("order."), facts.order_key.notnull())
    asked = ordered.select("subject", "source").distinct().order_by("subject", "source")
    found = read.run(asked)
    names, of_name = np.unique(found["source"].to_numpy(), return_inverse=True)
    bits = np.left_shift(1, np.minimum(np.arange(len(names)), MOST_PLATFORMS - 1))
    platforms = np.zeros(len(wanted), np.int64)
    if len(wanted):
        person = person_of(persons, found["subject"].to_numpy())
        at = np.minimum(np.searchsorted(wanted, person), len(wanted) - 1)
        here = wanted[at] == person
        np.bitwise_or.at(platforms, at[here], bits[of_name[here]])
    return platforms


def _titles(
    read: Reading, keys: Ints, row: Ints, dictionary: Dictionary
) -> Iterator[tuple[Ints, Ints]]:
    """(row, piece) of everything bought; a title that shares nothing with contacts gives piece 0."""
    facts = read.facts
    items = facts.filter(facts.type == "order.item", facts.order_key.notnull())
    told = items.select("order_key", title=prop(items.props, "title"))
    seen: dict[str, list[int]] = {}
    for table in read.batches(told.filter(told.title.notnull()), rows=50_000):
        order_keys = table["order_key"].to_numpy()
        at = np.minimum(np.searchsorted(keys, order_keys), len(keys) - 1)
        hit = np.flatnonzero(keys[at] == order_keys)
        titles = table["title"].to_pylist()
        rows: list[int] = []
        pieces: list[int] = []
        for index in hit.tolist():
            title = titles[index]
            if title not in seen:
                if len(seen) >= MOST_TITLES:
                    seen.clear()
                seen[title] = [0, *dictionary.known(texts.pieces_of(title))]
            rows += [int(row[at[index]])] * len(seen[title])
            pieces += seen[title]
        yield np.array(rows, np.int64), np.array(pieces, np.int64)


# ---------------------------------------------------------------- arrays


def _by_row(
    subjects: Ints, row: NDArray[np.intp], kinds: Sequence[Kind]
) -> Iterator[tuple[int, list[Value]]]:
    """The values of each row that has any, all subjects of a row together."""
    order = np.argsort(row, kind="stable")
    subjects, row = subjects[order], row[order]
    start = 0
    while start < len(subjects):
        end = min(start + SLICE, len(subjects))
        # A person's subjects stay in one slice.
        while end < len(subjects) and row[end] == row[end - 1]:
            end += 1
        values = identifiers.values_of(subjects[start:end].tolist(), kinds)
        together: dict[int, list[Value]] = {}
        for subject, at in zip(subjects[start:end].tolist(), row[start:end].tolist(), strict=True):
            if subject in values:
                together.setdefault(at, []).extend(values[subject])
        yield from together.items()
        start = end


def _blank(count: int, *shapes: int | tuple[int, int]) -> list[Ints]:
    return [
        np.zeros((count, *(shape if isinstance(shape, tuple) else (shape,))), np.int64)
        for shape in shapes
    ]


def _put(cells: Ints, values: Sequence[int]) -> None:
    for at, value in zip(range(len(cells)), values, strict=False):
        cells[at] = value


def _put_names(cells: Ints, names: Sequence[Name]) -> None:
    for at, name in zip(range(len(cells)), names, strict=False):
        cells[at] = name


def _only(side: Side, kept: NDArray[np.bool_]) -> Side:
    for name, column in vars(side).items():
        if len(column) == len(kept):
            setattr(side, name, column[kept])
    return side
