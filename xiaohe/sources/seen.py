"""Which ids a file has shown already, and how often: 16 bytes each, at any number of rows.

A Python set of five million ids takes half a gigabyte. Here ids lie in sorted arrays of doubling size, merged
when two of a size meet: looking up a slice is a few binary searches, and each id is moved O(log n) times.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


class Counted:
    """How often each id has come so far."""

    def __init__(self) -> None:
        self._levels: list[tuple[Ints, Ints]] = []

    def ordinals(self, ids: Ints) -> Ints:
        """For each id of a slice, in order: how many equal ones came before it, in this slice or earlier."""
        order = np.argsort(ids, kind="stable")
        ranked = ids[order]
        starts = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]]) if len(ids) else ranked
        counts = np.diff(np.r_[starts, len(ids)])
        unique = ranked[starts]
        before = self._counts(unique)
        within = np.arange(len(ids)) - np.repeat(starts, counts)
        result = np.empty(len(ids), np.int64)
        result[order] = within + np.repeat(before, counts)
        self._add(unique, counts)
        return result

    def first_time(self, ids: Ints) -> NDArray[np.bool_]:
        """Marks the first appearance of each id."""
        first: NDArray[np.bool_] = self.ordinals(ids) == 0
        return first

    def __len__(self) -> int:
        """How many different ids have come."""
        if not self._levels:
            return 0
        while len(self._levels) > 1:
            self._levels.append(_merged(self._levels.pop(), self._levels.pop()))
        return len(self._levels[0][0])

    def _counts(self, unique: Ints) -> Ints:
        total = np.zeros(len(unique), np.int64)
        for ids, counts in self._levels:
            at = np.searchsorted(ids, unique)
            at[at == len(ids)] = 0
            total += np.where(ids[at] == unique, counts[at], 0)
        return total

    def _add(self, unique: Ints, counts: Ints) -> None:
        if not len(unique):
            return
        level = (unique, counts)
        while self._levels and len(self._levels[-1][0]) <= 2 * len(level[0]):
            level = _merged(self._levels.pop(), level)
        self._levels.append(level)


def _merged(left: tuple[Ints, Ints], right: tuple[Ints, Ints]) -> tuple[Ints, Ints]:
    ids = np.concatenate([left[0], right[0]])
    counts = np.concatenate([left[1], right[1]])
    order = np.argsort(ids, kind="stable")
    ids, counts = ids[order], counts[order]
    starts = np.flatnonzero(np.r_[True, ids[1:] != ids[:-1]])
    return ids[starts], np.add.reduceat(counts, starts)
