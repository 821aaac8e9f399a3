"""How far a contact and a buyer agree, field by field, as levels for the model; 0 disagrees, MISSING says nothing.

| field  | 1 | 2 | 3 |
|--------|---|---|---|
| name   | the surname, the rest hidden or unsaid | and one more character | the whole name |
| member | two characters of the member name | the member name | |
| city   | the same | | |
| phone  | the last four digits that a mask left | the seven that a mask left | |
| date   | an order within 30 days before they were added | within 10 | within 36 hours |
| amount | an order of the amount that was noted | | |
| goods  | what was noted stands in the title of something bought | | |
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xiaohe.kernel.ids import mix
from xiaohe.people.likely.blocking import HOURS_AFTER, HOURS_BEFORE
from xiaohe.people.likely.records import VALUE_BITS, Both, Buyers, Contacts, Ints, coded
from xiaohe.stats.fellegi_sunter import MISSING, Field, Levels

# Chances before the shop has taught better; choices, made on the conservative side: an agreement by chance is taken
# to be likelier than it mostly is. The last level of date is the day of the order itself.
PRESETS = (
    Field("name", (0.10, 0.35, 0.10, 0.45), (0.9567, 0.04, 0.003, 0.0003)),
    Field("member", (0.75, 0.20, 0.05), (0.985, 0.0149, 0.0001)),
    Field("city", (0.10, 0.90), (0.96, 0.04)),
    Field("phone", (0.08, 0.07, 0.85), (0.99989, 0.0001, 0.00001)),
    Field("date", (0.35, 0.20, 0.30, 0.15), (0.80, 0.12, 0.06, 0.02)),
    Field("amount", (0.25, 0.75), (0.97, 0.03)),
    Field("goods", (0.20, 0.80), (0.70, 0.30)),
)
FIELDS = tuple(field.name for field in PRESETS)
# A pair's words beside each other take some kilobytes for a moment.
CHUNK = 10_000
HOURS_LONG_AFTER = 30 * 24

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Compared:
    """Levels of each pair and field, and how frequent among buyers the value is that both share (NaN: not counted)."""

    levels: Levels
    frequency: Floats


class Comparer:
    """Compares rows of both sides; counts once how frequent each name, city and word is among buyers."""

    def __init__(self, both: Both) -> None:
        self._contacts, self._buyers = both.contacts, both.buyers
        buyers = both.buyers
        self._surnames = _Frequency(buyers.names[:, :, 0], len(buyers))
        self._whole = _Frequency(_name_keys(buyers.names), len(buyers))
        self._cities = _Frequency(buyers.cities, len(buyers))
        rows = np.concatenate([np.repeat(np.arange(len(buyers)), buyers.pieces.shape[1])])
        self._pieces = _counts(rows, buyers.pieces.ravel(), both.dictionary_size, len(buyers))
        self._words = _counts(
            np.repeat(np.arange(len(buyers)), buyers.words.shape[1]),
            buyers.words.ravel(),
            both.dictionary_size,
            len(buyers),
        )
        self._goods = _counts(
            buyers.goods >> VALUE_BITS,
            buyers.goods & ((1 << VALUE_BITS) - 1),
            both.dictionary_size,
            max(int(buyers.has_goods.sum()), 1),
        )

    def compare(self, contact: Ints, buyer: Ints) -> Compared:
        levels = np.full((len(contact), len(FIELDS)), MISSING, np.int8)
        frequency = np.full((len(contact), len(FIELDS)), np.nan)
        for start in range(0, len(contact), CHUNK):
            part = slice(start, start + CHUNK)
            left, right = contact[part], buyer[part]
            told = (
                self._name(left, right), self._member(left, right), self._city(left, right),
                self._phone(left, right), self._date(left, right), self._amount(left, right),
                self._bought(left, right),
            )  # fmt: skip
            for at, (level, shared) in enumerate(told):
                levels[part, at] = level
                frequency[part, at] = shared
        return Compared(levels, frequency)

    def _name(self, left: Ints, right: Ints) -> tuple[Ints, Floats]:
        level = np.full(len(left), MISSING, np.int64)
        shared = np.full(len(left), np.nan)
        for ours in range(2):
            for theirs in range(2):
                a, b = self._contacts.names[left, ours], self._buyers.names[right, theirs]
                found = name_level(a, b)
                better = found > level
                level = np.where(better, found, level)
                value = np.where(found == 3, self._whole.of(_name_keys(a[:, None])[:, 0]), np.nan)
                value = np.where(found == 1, self._surnames.of(a[:, 0]), value)
                shared = np.where(better, value, shared)
        return level, shared

    def _member(self, left: Ints, right: Ints) -> tuple[Ints, Floats]:
        a, b = self._contacts, self._buyers
        piece, rare = _rarest(a.pieces[left], b.pieces[right], self._pieces)
        word, whole = _rarest(a.words[left], b.words[right], self._words)
        said = b.has_member[right] & (a.pieces[left, 0] > 0)
        level = np.where(word > 0, 2, np.where(piece > 0, 1, 0))
        return np.where(said, level, MISSING), np.where(word > 0, whole, rare)

    def _city(self, left: Ints, right: Ints) -> tuple[Ints, Floats]:
        a, b = self._contacts.cities[left], self._buyers.cities[right]
        said = (a[:, 0] > 0) & (b[:, 0] > 0)
        same = np.zeros(len(left), np.int64)
        for ours in range(2):
            equal = (a[:, ours, None] == b).any(axis=1) & (a[:, ours] > 0)
            same = np.where((same == 0) & equal, a[:, ours], same)
        return np.where(said, (same > 0) * 1, MISSING), np.where(
            same > 0, self._cities.of(same), np.nan
        )

    def _phone(self, left: Ints, right: Ints) -> tuple[Ints, Floats]:
        """Whole numbers that are equal have joined already, or are quarantined: they say nothing here."""
        phones = self._contacts.phones[left]
        masked, whole = self._buyers.masked[right], self._buyers.phones[right]
        level = np.full(len(left), MISSING, np.int64)
        for ours in range(2):
            phone = phones[:, ours]
            for theirs in range(2):
                head, digits, tail = (masked[:, theirs, part] for part in range(3))
                fits = (phone % 10_000 == tail) & (
                    phone // 10 ** np.maximum(11 - digits, 0) == head
                )
                found = np.where(fits, np.where(digits >= 3, 2, 1), 0)
                level = np.maximum(level, np.where((phone > 0) & (digits > 0), found, MISSING))
        other = (phones[:, 0] > 0) & (whole[:, 0] > 0) & (level == MISSING)
        equal = (phones[:, :, None] == whole[:, None, :]) & (phones[:, :, None] > 0)
        level = np.where(other & ~equal.any(axis=(1, 2)), 0, level)
        return level, np.full(len(left), np.nan)

    def _date(self, left: Ints, right: Ints) -> tuple[Ints, Floats]:
        added = self._contacts.hour[left]
        hours = self._buyers.hours
        until = np.searchsorted(hours, coded(right, added + HOURS_BEFORE + 1))
        last = hours[np.maximum(until - 1, 0)] if len(hours) else np.zeros(len(left), np.int64)
        found = (until > 0) & (last >> VALUE_BITS == right)
        gap = added - (last & ((1 << VALUE_BITS) - 1))
        level = np.select(
            [gap <= HOURS_BEFORE, gap <= HOURS_AFTER, gap <= HOURS_LONG_AFTER], [3, 2, 1], 0
        )
        level = np.where(found, level, 0)
        return np.where(added >= 0, level, MISSING), np.full(len(left), np.nan)

    def _amount(self, left: Ints, right: Ints) -> tuple[Ints, Floats]:
        amounts = self._contacts.amounts[left]
        paid = _among(coded(right[:, None], amounts), self._buyers.amounts) & (amounts > 0)
        said = amounts[:, 0] > 0
        return np.where(said, paid.any(axis=1) * 1, MISSING), np.full(len(left), np.nan)

    def _bought(self, left: Ints, right: Ints) -> tuple[Ints, Floats]:
        pieces = self._contacts.pieces[left]
        of_goods = (pieces > 0) & (self._goods[pieces] > 0)
        bought = _among(coded(right[:, None], pieces), self._buyers.goods) & of_goods
        frequency = np.where(bought, self._goods[pieces], np.inf).min(axis=1)
        level = bought.any(axis=1) * 1
        said = of_goods.any(axis=1) & self._buyers.has_goods[right]
        return np.where(said, level, MISSING), np.where(level > 0, frequency, np.nan)


class _Frequency:
    """The share of buyers that have a value in any of some columns."""

    def __init__(self, cells: Ints, people: int) -> None:
        rows, columns = np.nonzero(cells)
        pairs = np.unique(np.stack([cells[rows, columns], rows], axis=1), axis=0)
        self._values, counts = np.unique(pairs[:, 0], return_counts=True)
        said = max(len(np.unique(rows)), 1)
        self._shares = counts / said

    def of(self, values: Ints) -> Floats:
        if not len(self._values):
            return np.full(len(values), np.nan)
        at = np.minimum(np.searchsorted(self._values, values), len(self._values) - 1)
        found: Floats = np.where(self._values[at] == values, self._shares[at], np.nan)
        return found


def _counts(rows: Ints, values: Ints, size: int, people: int) -> Floats:
    """The share of people per number of a dictionary; 0 is nothing and has none."""
    pairs = np.unique(coded(rows, values))
    counts = np.bincount(pairs & ((1 << VALUE_BITS) - 1), minlength=size).astype(float)
    counts[0] = 0
    found: Floats = counts / max(people, 1)
    return found


def _name_keys(names: Ints) -> Ints:
    """One number per whole name, 0 for others; the last axis is (surname, first, second)."""
    whole = (names[..., 0] > 0) & (names[..., 1] != 0) & (names[..., 2] != 0)
    flat = names.reshape(-1, 3)
    keys = mix(mix(flat[:, 0] + 1, flat[:, 1]), flat[:, 2]).reshape(names.shape[:-1])
    return np.where(whole, keys, 0)


def name_level(a: Ints, b: Ints) -> Ints:
    """Agreement of two names; MISSING if nothing of them can be compared."""
    surnames = (a[:, 0] > 0) & (b[:, 0] > 0)
    other = surnames & (a[:, 0] != b[:, 0])
    can = [(a[:, at] != 0) & (b[:, at] != 0) for at in (1, 2)]
    same = [can[at - 1] & (a[:, at] == b[:, at]) & (a[:, at] > 0) for at in (1, 2)]
    # Of 王明 against 王*明 the mask may hide one character or stand for none: the last shown one counts.
    ends = surnames & (_last(a) == _last(b)) & (_last(a) > 0) & ~(can[0] & can[1])
    whole = surnames & can[0] & can[1] & (a[:, 1:] == b[:, 1:]).all(axis=1)
    some = same[0] | same[1] | ends
    nothing = ~(can[0] | can[1])
    return np.select(
        [other, whole, some, surnames & nothing, surnames | can[0] | can[1]],
        [0, 3, 2, 1, 0],
        MISSING,
    )


def _last(name: Ints) -> Ints:
    return np.where(name[:, 2] > 0, name[:, 2], np.where(name[:, 2] == -1, name[:, 1], 0))


def _rarest(a: Ints, b: Ints, share: Floats) -> tuple[Ints, Floats]:
    """The rarest value that stands in both rows, 0 if none, and its share."""
    best = np.zeros(len(a), np.int64)
    rare = np.full(len(a), np.inf)
    for column in range(a.shape[1]):
        value = a[:, column]
        hit = (value > 0) & (b == value[:, None]).any(axis=1) & (share[value] < rare)
        best, rare = np.where(hit, value, best), np.where(hit, share[value], rare)
    return best, np.where(best > 0, rare, np.nan)


def _among(codes: Ints, sorted_codes: Ints) -> NDArray[np.bool_]:
    if not len(sorted_codes):
        return np.zeros(codes.shape, np.bool_)
    at = np.minimum(np.searchsorted(sorted_codes, codes), len(sorted_codes) - 1)
    found: NDArray[np.bool_] = sorted_codes[at] == codes
    return found


def rows_of(side: Contacts | Buyers, persons: Ints) -> Ints:
    """The row of each person, -1 for whoever is not on this side."""
    if not len(side):
        return np.full(len(persons), -1)
    at = np.minimum(np.searchsorted(side.person, persons), len(side) - 1)
    return np.where(side.person[at] == persons, at, -1)
