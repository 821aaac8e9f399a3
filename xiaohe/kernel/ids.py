"""Keyed 63-bit ids: what the lake and the control store hold instead of a phone, a name or an order number.

    value ──fold──► "ns:value" ──blake2b(key = the shop's secret)──► 63-bit id (a `subject`)

A keyed hash cannot be reversed by trying all phone numbers without the shop's secret, which never
leaves `HOME/secret`. 63 bits because both stores and Parquet have a signed 64-bit integer: at 100 M ids
the chance of any collision is n² / 2⁶⁴ ≈ 5·10⁻⁴.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

MASK_63 = (1 << 63) - 1


def fold(text: str) -> str:
    """Bring one spelling of an identifier to one form: full-width to half-width, no outer blanks, lower case."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


class Hasher:
    """Keyed hashing for one shop; build once per import, it keeps the key schedule."""

    def __init__(self, secret: bytes) -> None:
        self._base = blake2b(digest_size=8, key=secret)

    def __call__(self, namespace: str, value: str) -> int:
        """63-bit id of an already folded `value` in `namespace`; the same for ever under one secret."""
        state = self._base.copy()
        state.update(f"{namespace}:{value}".encode())
        return int.from_bytes(state.digest(), "big") & MASK_63

    def many(self, namespace: str, values: Iterable[str]) -> NDArray[np.int64]:
        """The ids of many values, each as one call would give it."""
        begun = self._base.copy()
        begun.update(f"{namespace}:".encode())
        digests = []
        for value in values:
            state = begun.copy()
            state.update(value.encode())
            digests.append(state.digest())
        found = np.frombuffer(b"".join(digests), dtype=">u8") & np.uint64(MASK_63)
        return found.astype(np.int64)


def mix(left: NDArray[np.int64], right: NDArray[np.int64] | int) -> NDArray[np.int64]:
    """Combine two columns of ids into one column of 63-bit ids (splitmix64 finaliser; Steele et al. 2014).

    Not symmetric: `mix(a, b) != mix(b, a)`. Only for inputs of which at least one is already keyed.
    """
    with np.errstate(over="ignore"):
        a = np.asarray(left).astype(np.uint64)
        b = np.asarray(right).astype(np.uint64)
        z = a * np.uint64(0x9E3779B97F4A7C15) + b + np.uint64(0x632BE59BD9B4E019)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (z & np.uint64(MASK_63)).astype(np.int64)


def mix_one(left: int, right: int) -> int:
    """`mix` for one pair."""
    return int(mix(np.array([left], dtype=np.int64), np.array([right], dtype=np.int64))[0])
