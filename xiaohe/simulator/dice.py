"""Dice that fall the same on every machine: a stream of numbers per thing, made from whole numbers only.

An order looks the same in every file it appears in, because its looks are thrown with its own dice and not
with those of whoever was written before it. splitmix64 (Steele, Lea & Flood, OOPSLA 2014): integers only,
so no difference between maths libraries can creep in, and a thousand times cheaper to start than a
`random.Random`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

_MASK = (1 << 64) - 1
_STEP = 0x9E3779B97F4A7C15

T = TypeVar("T")


class Dice:
    """A reproducible stream of draws for one thing, named by whole numbers."""

    __slots__ = ("_state",)

    def __init__(self, *name: int) -> None:
        state = 0
        for part in name:
            state = _mixed((state ^ part) + _STEP)
        self._state = state

    def below(self, limit: int) -> int:
        """A whole number in [0, limit)."""
        self._state = (self._state + _STEP) & _MASK
        return _mixed(self._state) % limit

    def happens(self, per_thousand: int) -> bool:
        return self.below(1000) < per_thousand

    def one_of(self, choices: Sequence[T]) -> T:
        return choices[self.below(len(choices))]

    def weighted(self, choices: Sequence[tuple[T, int]]) -> T:
        """One of (choice, weight) pairs; weights are whole numbers."""
        throw = self.below(sum(weight for _, weight in choices))
        for choice, weight in choices:
            throw -= weight
            if throw < 0:
                return choice
        raise ValueError("weights must be positive")

    def shuffle(self, things: list[T]) -> list[T]:
        """The same list, shuffled in place (Fisher–Yates)."""
        for last in range(len(things) - 1, 0, -1):
            other = self.below(last + 1)
            things[last], things[other] = things[other], things[last]
        return things


def _mixed(z: int) -> int:
    z &= _MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    return z ^ (z >> 31)
