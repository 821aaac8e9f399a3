"""Which contacts and buyers are worth comparing: those that share something few others share. Never all with all.

A pass is a key on either side; a key that more than MOST_SHARING buyers hold says too little and is skipped. So each
contact meets a bounded number of buyers, and the work grows with the number of people, not with its square.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from xiaohe.kernel.ids import mix
from xiaohe.people.likely.records import VALUE_BITS, Buyers, Contacts, Ints

MOST_SHARING = 120
MOST_PAIRS = 1_000_000
# A parcel takes some days, its card lies around some more; and some write first and order then.
HOURS_AFTER, HOURS_BEFORE = 10 * 24, 36
_HOURS_OF_DAY = 24


@dataclass(frozen=True)
class Pairs:
    """Rows of contacts and of buyers to compare, and how many keys were too common to follow."""

    contact: Ints
    buyer: Ints
    skipped: int


def candidates(contacts: Contacts, buyers: Buyers, *, most: int = MOST_PAIRS) -> Pairs:
    """Pairs of rows that share a key, the most telling passes first, at most `most` in all."""
    if not len(contacts) or not len(buyers):
        return Pairs(np.empty(0, np.int64), np.empty(0, np.int64), 0)
    codes = np.empty(0, np.int64)
    skipped = 0
    for left, right in _passes(contacts, buyers):
        found, common = _shared(left, right)
        skipped += common
        codes = np.union1d(codes, found[0] * len(buyers) + found[1])
        if len(codes) >= most:
            codes = codes[:most]
            break
    return Pairs(codes // len(buyers), codes % len(buyers), skipped)


Keyed = tuple[Ints, Ints]  # key, row


def _passes(contacts: Contacts, buyers: Buyers) -> Iterator[tuple[Keyed, Keyed]]:
    head_and_tail = buyers.masked[:, :, 1] >= 3
    tails = buyers.masked[:, :, 2] * (buyers.masked[:, :, 1] > 0)
    heads = (buyers.masked[:, :, 0] * 10_000 + buyers.masked[:, :, 2]) * head_and_tail
    phones = contacts.phones
    yield _flat(phones // 10**8 * 10_000 + phones % 10_000), _flat(heads)
    yield _flat((phones % 10_000) + (phones > 0)), _flat((tails + 1) * (tails > 0))
    yield _whole_names(contacts.names), _whole_names(buyers.names)
    yield _flat(contacts.words), _flat(buyers.words)
    yield _flat(contacts.pieces), _flat(buyers.pieces)
    surnames, theirs = contacts.names[:, :, 0], buyers.names[:, :, 0]
    yield (
        _product(_flat(surnames), _flat(contacts.cities)),
        _product(_flat(theirs), _flat(buyers.cities)),
    )
    bought = buyers.amounts >> VALUE_BITS, buyers.amounts & ((1 << VALUE_BITS) - 1)
    yield _flat(contacts.amounts), (bought[1], bought[0])
    yield _around(contacts, surnames), _on_day(buyers, theirs)


def _flat(cells: Ints) -> Keyed:
    """Every value of every row that is not 0, with its row."""
    rows, columns = np.nonzero(cells)
    return cells[rows, columns], rows


def _whole_names(names: Ints) -> Keyed:
    rows, columns = np.nonzero((names[:, :, 0] > 0) & (names[:, :, 1] != 0) & (names[:, :, 2] != 0))
    chosen = names[rows, columns]
    return mix(mix(chosen[:, 0] + 1, chosen[:, 1]), chosen[:, 2]), rows


def _product(left: Keyed, right: Keyed) -> Keyed:
    """Both keys of one row as one, for every combination in it."""
    found, rows = [], []
    order = np.argsort(right[1], kind="stable")
    values, at = right[0][order], right[1][order]
    first, last = np.searchsorted(at, left[1]), np.searchsorted(at, left[1], side="right")
    for step in range(int((last - first).max(initial=0))):
        has = first + step < last
        found.append(mix(left[0][has], values[first[has] + step]))
        rows.append(left[1][has])
    empty = np.empty(0, np.int64)
    return np.concatenate([empty, *found]), np.concatenate([empty, *rows])


def _around(contacts: Contacts, surnames: Ints) -> Keyed:
    """Surname and each day on which an order would explain that they were added."""
    key, row = _flat(surnames)
    known = contacts.hour[row] >= 0
    key, row = key[known], row[known]
    first = (contacts.hour[row] - HOURS_AFTER) // _HOURS_OF_DAY
    last = (contacts.hour[row] + HOURS_BEFORE) // _HOURS_OF_DAY
    days = int((last - first).max(initial=-1)) + 1
    keys = [mix(key, first + day) for day in range(days)]
    empty = np.empty(0, np.int64)
    return np.concatenate([empty, *keys]), np.concatenate([empty, *[row] * days])


def _on_day(buyers: Buyers, surnames: Ints) -> Keyed:
    row = buyers.hours >> VALUE_BITS
    day = (buyers.hours & ((1 << VALUE_BITS) - 1)) // _HOURS_OF_DAY
    found, rows = [], []
    for column in range(surnames.shape[1]):
        said = surnames[row, column] > 0
        found.append(mix(surnames[row[said], column], day[said]))
        rows.append(row[said])
    return np.concatenate(found), np.concatenate(rows)


def _shared(left: Keyed, right: Keyed) -> tuple[tuple[Ints, Ints], int]:
    """Rows with equal keys; and how many keys of the left are held by too many on the right."""
    pairs = np.unique(np.stack(right, axis=1), axis=0)
    keys, rows = pairs[:, 0], pairs[:, 1]
    first, last = np.searchsorted(keys, left[0]), np.searchsorted(keys, left[0], side="right")
    count = last - first
    common = len(np.unique(left[0][count > MOST_SHARING]))
    count = np.where(count > MOST_SHARING, 0, count)
    lefts = np.repeat(left[1], count)
    starts = np.repeat(first, count)
    within = np.arange(len(lefts)) - np.repeat(np.cumsum(count) - count, count)
    return (lefts, rows[starts + within]), common
