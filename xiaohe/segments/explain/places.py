"""The place among others over the days ahead: others stay where they are today, the person's own number moves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from xiaohe.segments.query.world import World
from xiaohe.segments.rules.tree import Rank


@dataclass(frozen=True)
class Others:
    """Numbers of everybody but the person, ascending, by group."""

    groups: dict[Any, NDArray[Any]]

    def place(self, value: Any, group: Any) -> Fraction | None:
        """100 × (those with less + half of those with the same) ÷ all, the person among them."""
        if value is None or group is None:
            return None
        known = self.groups.get(group, np.empty(0))
        less = int(np.searchsorted(known, value, "left"))
        same = int(np.searchsorted(known, value, "right")) - less + 1
        return Fraction(100 * (2 * less + same), 2 * (len(known) + 1))


def others(whole: World, leaf: Rank, person: int, groups: set[Any]) -> Others:
    """Everybody else's numbers in these groups; without `per` the only group is True."""
    attributes = whole.everybody().attributes()
    columns = ["person", leaf.field, *([leaf.per] if leaf.per else [])]
    told = whole.read.run(attributes.select(*dict.fromkeys(columns)))
    told = told.filter(pc.and_(pc.not_equal(told["person"], person), pc.is_valid(told[leaf.field])))
    found = {}
    for group in groups - {None}:
        some = told.filter(pc.equal(told[leaf.per], group)) if leaf.per else told
        found[group] = np.sort(some[leaf.field].to_numpy())
    return Others(found)


def within(leaf: Rank, place: Fraction | None) -> bool:
    return place is not None and _exact(leaf.low) <= place <= _exact(leaf.high)


def _exact(bound: Decimal) -> Fraction:
    return Fraction(bound)


def truths(known: Others, leaf: Rank, rows: Sequence[tuple[Any, Any]]) -> list[bool]:
    """Whether each (number, group) lies in the place asked for."""
    found: dict[tuple[Any, Any], bool] = {}
    for each in rows:
        if each not in found:
            found[each] = within(leaf, known.place(*each))
    return [found[each] for each in rows]
