"""Two generations side by side: who is in which segment, and which condition turned.

Of few people a row each, looked up among everybody's; of everybody bits, put in one order of people once, so that a
segment takes as long as its conditions are counted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from xiaohe.segments.rules.tree import Leaf, Rule
from xiaohe.segments.state import bits, generation
from xiaohe.segments.state.bits import Bits, Flags, Places
from xiaohe.segments.state.generation import Generation, Ids, Rules

# People whose truths are kept in memory while segments are gone through.
FEW = 100_000


@dataclass(frozen=True)
class Rows:
    """Some people's truths in one generation, a row each; False for whoever it does not know."""

    present: Flags
    of: Callable[[str], Flags]
    rules: Mapping[str, Rules]

    def members(self, slug: str) -> Flags:
        if slug not in self.rules:
            return np.zeros(len(self.present), bool)
        return self.fitting(self.rules[slug].rule)

    def fitting(self, rule: Rule) -> Flags:
        found = bits.fitting(rule, self.present, self.leaf, self.members)  # type: ignore[arg-type]
        return found.view(np.bool_)

    def leaf(self, leaf: Leaf) -> Flags:
        return self.of(generation.key_of_leaf(leaf))


def rows_of(one: Generation, persons: Ids) -> Rows:
    """The rows of these people (ascending or not), those the generation does not know among them."""
    base = one.base_persons
    at = np.searchsorted(base, persons)
    at[at == len(base)] = 0
    known = base[at] == persons if len(base) else np.zeros(len(persons), bool)
    rows = np.full(len(persons), -1)
    if one.touched is not None and len(one.touched.persons):
        held = one.touched.persons
        place = np.searchsorted(held, persons)
        place[place == len(held)] = 0
        rows = np.where(held[place] == persons, place, -1)
    laid = rows >= 0

    def pick(base_flags: Callable[[], Flags], touched: Callable[[], Flags]) -> Flags:
        found = np.zeros(len(persons), bool)
        found[known] = base_flags()
        if laid.any():
            found[laid] = touched()[rows[laid]]
        return found

    def of(key: str) -> Flags:
        if key not in one.about["columns"]:
            return np.zeros(len(persons), bool)
        column = one.base_column(key)

        def from_base() -> Flags:
            places = at[known]
            return ((column[places >> 3] >> (7 - (places & 7))) & 1).astype(bool)

        return pick(from_base, lambda: one.touched.of(key))  # type: ignore[union-attr]

    present = pick(
        lambda: np.ones(int(known.sum()), bool),
        lambda: one.touched.present,  # type: ignore[union-attr]
    )
    # Of few people every truth is looked up once for all segments; of everybody they would not fit into memory.
    return Rows(present, cache(of) if len(persons) <= FEW else of, one.rules)


class Pair(Protocol):
    """What became of `persons` between two generations; places are those in `persons`."""

    persons: Ids

    def flipped(self, slug: str) -> tuple[Places, Flags]:
        """Who is in the segment now and was not, or was; and whether they are now."""
        ...

    def turned(self, leaf: Leaf, at: Places) -> Flags:
        """Whether a condition is another truth now."""
        ...

    def gone(self, at: Places) -> Flags:
        """Whether they were there and are no more."""
        ...


class PairOfFew:
    """Of these people."""

    def __init__(self, before: Generation, after: Generation, persons: Ids) -> None:
        self.persons = persons
        self._old, self._new = rows_of(before, persons), rows_of(after, persons)

    def flipped(self, slug: str) -> tuple[Places, Flags]:
        fits = self._new.members(slug)
        at = np.flatnonzero(self._old.members(slug) != fits)
        return at, fits[at]

    def turned(self, leaf: Leaf, at: Places) -> Flags:
        return np.asarray(self._old.leaf(leaf)[at] != self._new.leaf(leaf)[at])

    def gone(self, at: Places) -> Flags:
        return self._old.present[at] & ~self._new.present[at]


class PairOfAll:
    """Of everybody either generation knows."""

    def __init__(self, before: Generation, after: Generation) -> None:
        self.persons = _everyone(before, after)
        self._old, self._new = Whole(before, self.persons), Whole(after, self.persons)

    def flipped(self, slug: str) -> tuple[Places, Flags]:
        fits = self._new.members(slug)
        at = bits.places(self._old.members(slug) ^ fits)
        return at, _picked(fits, at)

    def turned(self, leaf: Leaf, at: Places) -> Flags:
        return _picked(self._old.leaf(leaf) ^ self._new.leaf(leaf), at)

    def gone(self, at: Places) -> Flags:
        return _picked(self._old.present & ~self._new.present, at)


class Whole:
    """Everybody's truths in one generation, as bits in the order of `persons` (ascending, all of its people among them)."""

    def __init__(self, one: Generation, persons: Ids) -> None:
        self._one, self._persons = one, persons
        self._leaves: dict[str, Bits] = {}
        self._members: dict[str, Bits] = {}

    @cached_property
    def present(self) -> Bits:
        return self._in_order(self._one.everyone)

    def leaf(self, leaf: Leaf) -> Bits:
        key = generation.key_of_leaf(leaf)
        if key not in self._leaves:
            known = key in self._one.about["columns"]
            self._leaves[key] = self._in_order(self._one.column(key)) if known else self._nobody
        return self._leaves[key]

    def members(self, slug: str) -> Bits:
        if slug not in self._one.rules:
            return self._nobody
        if slug not in self._members:
            rule = self._one.rules[slug].rule
            self._members[slug] = bits.fitting(rule, self.present, self.leaf, self.members)
        return self._members[slug]

    @cached_property
    def _nobody(self) -> Bits:
        return np.zeros(-(-len(self._persons) // 8), np.uint8)

    def _in_order(self, found: Bits) -> Bits:
        if self._places is None:
            return found
        flags = np.append(bits.unpacked(found, self._one.size), False)
        return bits.packed(flags[self._places])

    @cached_property
    def _places(self) -> NDArray[np.int32] | None:
        """Where each of `persons` stands in the generation, behind the last for whoever does not; None: in that order."""
        base, newcomers = self._one.base_persons, self._one.newcomers
        if not len(newcomers) and np.array_equal(base, self._persons):
            return None
        places = np.full(len(self._persons), self._one.size, np.int32)
        places[np.searchsorted(self._persons, base)] = np.arange(len(base))
        places[np.searchsorted(self._persons, newcomers)] = np.arange(len(base), self._one.size)
        return places


def _picked(found: Bits, at: Places) -> Flags:
    return ((found[at >> 3] >> (7 - (at & 7))) & 1).astype(bool)


def _everyone(before: Generation, after: Generation) -> Ids:
    parts = [after.base_persons, before.newcomers, after.newcomers]
    if before.base_folder != after.base_folder:
        parts.append(before.base_persons)
    # Sorted runs one after the other, which this sort is quick with.
    every = np.sort(np.concatenate(parts), kind="stable")
    return every[np.append(True, every[1:] != every[:-1])] if len(every) else every
