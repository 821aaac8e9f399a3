"""Which ids a file has shown already, as exactly as its asker needs; a Python set of five million takes half a gigabyte.

Counted     how often each came, exactly, at once       16 bytes an id
Distinct    how many different ones came, at the end    flat: beyond a quarter of a million they wait on disk
Recent      was this one here lately?                   flat: a forgotten id counts as new again
"""

from __future__ import annotations

import tempfile
from typing import IO

import numpy as np
from numpy.typing import NDArray

from xiaohe.kernel import workspace

Ints = NDArray[np.int64]
# Ids of `Distinct` held in memory, and the files they then go to by their lowest bits.
HELD = 1 << 18
PARTS = 16
# Ids that `Recent` remembers: 4 MB.
REMEMBERED = 1 << 19


class Distinct:
    """Counts different ids."""

    def __init__(self) -> None:
        self._waiting: list[Ints] = []
        self._held = 0
        self._spilled: list[IO[bytes]] = []

    def add(self, ids: Ints) -> None:
        self._waiting.append(np.unique(ids))
        self._held += len(self._waiting[-1])
        if self._held > HELD:
            self._waiting = [np.unique(np.concatenate(self._waiting))]
            self._held = len(self._waiting[0])
            if self._held > HELD // 2:
                self._spill()

    def __len__(self) -> int:
        if not self._spilled:
            return len(np.unique(np.concatenate(self._waiting))) if self._waiting else 0
        self._spill()
        total = 0
        for file in self._spilled:
            file.seek(0)
            total += len(np.unique(np.frombuffer(file.read(), np.int64)))
        return total

    def _spill(self) -> None:
        if not self._spilled:
            folder = workspace.current().derived / "tmp"
            folder.mkdir(parents=True, exist_ok=True)
            # Unlinked at once: a crash leaves nothing behind. They hold keyed ids only.
            self._spilled = [tempfile.TemporaryFile(dir=folder) for _part in range(PARTS)]  # noqa: SIM115
        for ids in self._waiting:
            for part, file in enumerate(self._spilled):
                file.write(ids[ids & (PARTS - 1) == part].tobytes())
        self._waiting, self._held = [], 0


class Recent:
    """Remembers about as many ids as it has places, each in the one place its lowest bits name."""

    def __init__(self) -> None:
        self._seen = np.zeros(REMEMBERED, np.int64)
        self._seen[0] = 1  # whose own place is another: so 0 is new as well

    def first_time(self, ids: Ints) -> NDArray[np.bool_]:
        """Marks the first appearance of each id in this slice, unless an earlier one is remembered."""
        places = ids & (REMEMBERED - 1)
        fresh = np.flatnonzero(self._seen[places] != ids)
        self._seen[places] = ids
        first = np.zeros(len(ids), np.bool_)
        first[fresh[np.unique(ids[fresh], return_index=True)[1]]] = True
        return first


class Counted:
    """How often each id has come so far: sorted arrays of doubling size, merged when two of a size meet."""

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
