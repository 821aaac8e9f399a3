"""The rhythm of one person as the next state would tell it, pure: of the purchases they would have, by the shop's pace.

It is `traits.build` of one person; whoever uses it reckons the purchases they do have as well, and believes it only
where that is what the state says.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from xiaohe.segments.attributes.evidence import OF_RHYTHM
from xiaohe.segments.query.world import STATE, World
from xiaohe.shop import goods, queries, stores
from xiaohe.stats import rhythm, value
from xiaohe.stats.rhythm import median
from xiaohe.traits.chance import shares
from xiaohe.traits.rhythm import Basis, Spans

DAY = timedelta(1)


@dataclass(frozen=True)
class Pace:
    """The shop's pace and chances, as its state stands. `first`: days until somebody who bought once comes back."""

    median_days: float
    first: float | None
    closed: Spans
    chances: Mapping[tuple[int, int], float]


def pace(whole: World) -> Pace | None:
    """None: every person has several rhythms, one for each group of goods."""
    if goods.grouping() is not None:
        return None
    people = whole.read.table(f"{STATE}rhythm")
    steady = people.gaps >= 2
    (told,) = whole.read.run(
        people.aggregate(
            votes=people.count(where=steady),
            median=people.own_median.median(where=steady),
            first=people.shop_cycle.max(where=people.gaps == 0),
        )
    ).to_pylist()
    is_told = told["votes"] >= rhythm.MIN_GROUP_PEOPLE
    table = shares(whole.state.chance_table).to_pylist()
    return Pace(
        float(told["median"] if is_told else queries.the_shop().preset_cycle_days),
        told["first"],
        stores.closed_spans(),
        {(row["purchase_class"], row["band"]): row["chance"] for row in table},
    )


@dataclass(frozen=True)
class Bought:
    """Purchase days of somebody: those of a rhythm, ascending; all; what each came to, where it is known."""

    rhythmic: tuple[date, ...]
    every: tuple[date, ...]
    nets: tuple[int, ...]

    @classmethod
    def of(cls, orders: Sequence[Mapping[str, Any]], on: date) -> Bought:
        """Of valid `orders` (rows of the state's table) before shop day `on`."""
        nets: dict[date, int | None] = {}
        steady: set[date] = set()
        for row in orders:
            if not row["valid"] or row["on"] >= on:
                continue
            day, net = row["on"], row["net"]
            known = nets.get(day)
            nets[day] = known if net is None else (known or 0) + net
            if not row["bulk"]:
                steady.add(day)
        told = tuple(net for net in nets.values() if net is not None)
        return cls(tuple(sorted(steady)), tuple(sorted(nets)), told)

    def group(self, usual_net: int | None) -> float | None:
        """What the shop's people usually pay, of what the state holds this person's purchase to be worth."""
        if usual_net is None or not self.nets:
            return None
        count, prior = len(self.nets), value.PRIOR_OCCASIONS
        return (usual_net * (count + prior) - count * median(self.nets)) / prior


def told(bought: Bought, shop: Pace, group: float | None, on: date) -> dict[str, Any]:
    """The columns of the rhythm (`evidence.OF_RHYTHM`) on shop day `on`."""
    nothing: dict[str, Any] = dict.fromkeys(OF_RHYTHM)
    if not bought.every:
        return nothing
    days = bought.rhythmic
    gaps = [_open_days(one, two, shop.closed) for one, two in pairwise(days)]
    last = days[-1] if days else None
    found = nothing | {
        "occasions": len(days),
        "last_on": last,
        "shop_last_on": last or bought.every[-1],
    }
    if bought.nets and group is not None:
        found["usual_net"] = value.shrunk_value(len(bought.nets), median(bought.nets), group)
    cycle = _cycle(gaps, shop) if days else None
    if cycle is None or last is None:
        return found
    ratio = (on - last).days / cycle
    chance = shop.chances[value.purchase_class(len(days)), value.ratio_band(ratio)]
    worth = found["usual_net"]
    return found | {
        "cycle": cycle,
        "shop_cycle": cycle,
        "due_on": last + timedelta(math.ceil(cycle)),
        "basis": (Basis.OWN if len(gaps) > 1 else Basis.ONE_GAP if gaps else Basis.FIRST_RETURN).value,
        "chance": chance,
        "ev": None if worth is None else value.expected_value(chance, worth),
    }  # fmt: skip


def _cycle(gaps: Sequence[int], shop: Pace) -> float | None:
    if not gaps:
        return shop.first
    return rhythm.clamp_cycle(rhythm.shrunk_cycle(len(gaps), median(gaps), shop.median_days))


def _open_days(since: date, until: date, closed: Spans) -> int:
    """Days from one purchase to the next, without those on which the shop was closed."""
    days = (until - since).days
    for first, last in closed:
        began, ended = max(since, first - DAY), min(until, last + DAY)
        days -= max((ended - began).days - 1, 0)
    return days


__all__ = ["Bought", "Pace", "pace", "told"]
