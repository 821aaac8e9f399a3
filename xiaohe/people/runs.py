"""Runs of identifiers on their way to the control store: together in the order of its indexes, however many there are.

A run written by itself would touch nearly every page of the indexes, whose order is that of random hashes; so runs
wait on disk, sealed, in PARTS by the highest bits of their first id, and each part is written once, in order.
"""

from __future__ import annotations

import io
import struct
import tempfile
from collections.abc import Iterator, Sequence
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from xiaohe.kernel import workspace
from xiaohe.kernel.ids import MASK_63

PART_BITS = 6
PARTS = 1 << PART_BITS
# Pairs sorted at a time. A piece that half the customers share makes a part far larger than the others.
MOST_PAIRS = 200_000
PAIR_BYTES = 16
CHUNK_PAIRS = 1 << 16
_HEAD = struct.Struct("<qqBI")

# subject, kind, key hash, sealed value
Sealed = tuple[int, str, int, bytes]
Pairs = NDArray[np.int64]


class Runs:
    """Keeps runs of sealed values and of grams; closing forgets them, and a crash leaves nothing behind."""

    def __init__(self, kinds: Sequence[str]) -> None:
        self._kinds = list(kinds)
        self._ranks = {kind: rank for rank, kind in enumerate(kinds)}
        folder = workspace.current().derived / "tmp"
        folder.mkdir(parents=True, exist_ok=True)
        self._values = [_unlinked(folder) for _part in range(PARTS)]
        self._grams = [_unlinked(folder) for _part in range(PARTS)]

    def add(self, values: Sequence[Sealed], grams: Pairs) -> None:
        for subject, kind, key, sealed in values:
            file = self._values[_part(subject)]
            file.write(_HEAD.pack(subject, key, self._ranks[kind], len(sealed)))
            file.write(sealed)
        bounds = np.searchsorted(_part(grams[:, 0]), np.arange(PARTS + 1))
        for part, file in enumerate(self._grams):
            file.write(grams[bounds[part] : bounds[part + 1]].tobytes())

    def values(self) -> Iterator[list[Sealed]]:
        """All values in the order of their index, each once."""
        for file in self._values:
            found: dict[tuple[int, str, int], bytes] = {}
            raw, at = _whole(file), 0
            while at < len(raw):
                subject, key, rank, size = _HEAD.unpack_from(raw, at)
                at += _HEAD.size
                found[subject, self._kinds[rank], key] = raw[at : at + size]
                at += size
            yield [(*place, found[place]) for place in sorted(found)]

    def grams(self) -> Iterator[Pairs]:
        """All pairs, each once: part by part in the order of their index, a large part in ranges of subjects."""
        for file in self._grams:
            ranges = -(-file.seek(0, io.SEEK_END) // (PAIR_BYTES * MOST_PAIRS))
            for number in range(ranges):
                low, high = ((MASK_63 + 1) * each // ranges for each in (number, number + 1))
                within = [
                    pairs[(pairs[:, 1] >= low) & (pairs[:, 1] <= high - 1)]
                    for pairs in _chunks(file)
                ]
                yield unique_pairs(np.concatenate(within))

    def close(self) -> None:
        for file in (*self._values, *self._grams):
            file.close()


def unique_pairs(pairs: Pairs) -> Pairs:
    """Pairs of ids, ascending, each once."""
    pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
    fresh = np.ones(len(pairs), dtype=bool)
    fresh[1:] = (pairs[1:] != pairs[:-1]).any(axis=1)
    return pairs[fresh]


def _part(ids: Any) -> Any:
    return ids >> (63 - PART_BITS)


def _unlinked(folder: Any) -> IO[bytes]:
    return tempfile.TemporaryFile(dir=folder)


def _chunks(file: IO[bytes]) -> Iterator[Pairs]:
    file.seek(0)
    while raw := file.read(PAIR_BYTES * CHUNK_PAIRS):
        yield np.frombuffer(raw, np.int64).reshape(-1, 2)


def _whole(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read()
