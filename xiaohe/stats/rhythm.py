"""A person's own repurchase cycle and where they stand in it.

    gaps between occasions ─► own median ─┐
    own medians of the shop ─► group median ─► C = (n·own + 3·group) ÷ (n + 3), clamped
                                            r = days since the last occasion ÷ C
                                            due on = last occasion + ⌈C⌉

Units: days throughout; a cycle is a float and is never rounded on the way.
Assumption: a person's gaps scatter around one typical length; the median keeps one long holiday from
counting. The weight 3 is a choice: with three gaps of their own a person speaks for half of their cycle.
It fails for goods that are bought once in a lifetime; then there is no second occasion and no C (see
`survival`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise

# A person's own gaps are averaged with this many of the group's (reference: calculations, "Rhythm").
PRIOR_GAPS = 3
# Below this many people with two gaps or more the group has no median of its own.
MIN_GROUP_PEOPLE = 30
# Shorter than 3 days is one purchase in two parcels, longer than two years no longer a rhythm.
SHORTEST_CYCLE_DAYS, LONGEST_CYCLE_DAYS = 3.0, 730.0
DUE_FROM, LATE_FROM, OVER_FROM = 0.9, 1.2, 1.5
USUAL_FROM_ORDERS = 3
BULK_TIMES_USUAL = 5
BULK_PERCENTILE = 0.99
CONSUMABLE_LEAST, CONSUMABLE_MOST = 0.5, 3.0


def median(values: Sequence[float]) -> float:
    """The middle value; of an even count the mean of the two middle ones (halves are kept).

    Any unit. Raises ValueError on nothing: a median of nothing is not 0.
    """
    if not values:
        raise ValueError("no values")
    ordered = sorted(values)
    half = len(ordered) // 2
    if len(ordered) % 2:
        return float(ordered[half])
    return (ordered[half - 1] + ordered[half]) / 2


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of them lie, interpolated linearly between order statistics.

    Position h = (n − 1)·share, value x[⌊h⌋] + (h − ⌊h⌋)·(x[⌊h⌋+1] − x[⌊h⌋]); type 7 of Hyndman & Fan,
    "Sample Quantiles in Statistical Packages", The American Statistician 50 (1996), the default of numpy.
    """
    if not values:
        raise ValueError("no values")
    if not 0 <= share <= 1:
        raise ValueError("share must lie in 0..1")
    ordered = sorted(values)
    position = (len(ordered) - 1) * share
    low = math.floor(position)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (position - low) * (ordered[high] - ordered[low])


def gaps_between(days: Sequence[date]) -> tuple[int, ...]:
    """Whole days between successive occasions; several orders on one shop day are one occasion."""
    ordered = sorted(set(days))
    return tuple((later - earlier).days for earlier, later in pairwise(ordered))


def group_median(own_medians: Sequence[float]) -> float | None:
    """The group's typical gap in days, one vote per person; None below 30 people.

    `own_medians`: the median gap of each person with two gaps or more. Pooling all gaps instead would let
    heavy buyers outvote everyone (Online Retail: pooled 28 days, one vote each 45).
    """
    if len(own_medians) < MIN_GROUP_PEOPLE:
        return None
    return median(own_medians)


def shrunk_cycle(gap_count: int, own_median: float, group: float) -> float:
    """C = (n·m_own + 3·m_group) ÷ (n + 3) in days, not yet clamped; n ≥ 1.

    A weighted mean in which the group counts like three gaps of one's own: with one gap mostly borrowed,
    with ten mostly one's own.
    """
    if gap_count < 1:
        raise ValueError("a person without a gap has no cycle of their own")
    return (gap_count * own_median + PRIOR_GAPS * group) / (gap_count + PRIOR_GAPS)


def clamp_cycle(cycle: float) -> float:
    """C held within 3..730 days."""
    return min(max(cycle, SHORTEST_CYCLE_DAYS), LONGEST_CYCLE_DAYS)


def consumable_factor(last_quantity: float | None, usual: float | None) -> float:
    """How much longer the last purchase lasts than usual: clamp(last ÷ usual, 0.5, 3); 1 if unknown.

    Only for product groups the merchant marked as consumable, after shrinkage and before the clamp:
    who took two bags instead of one comes back later.
    """
    if not last_quantity or not usual:
        return 1.0
    return min(max(last_quantity / usual, CONSUMABLE_LEAST), CONSUMABLE_MOST)


def overdue_ratio(days_since: int, cycle: float) -> float:
    """r = whole shop days since the last occasion ÷ C: 1 is on time, 1.5 half a cycle late."""
    return days_since / cycle


def due_on(last_on: date, cycle: float) -> date:
    """The shop day on which a whole cycle has passed: last occasion + ⌈C⌉ days."""
    return last_on + timedelta(days=math.ceil(cycle))


def first_due_on(last_on: date, cycle: float, from_ratio: float = DUE_FROM) -> date:
    """The first shop day with r ≥ 0.9, the day a person becomes newly due."""
    days = max(math.ceil(from_ratio * cycle) - 1, 0)
    # Asked by the very comparison the due list makes, so that rounding of 0.9·C cannot shift the day.
    while overdue_ratio(days, cycle) < from_ratio:
        days += 1
    return last_on + timedelta(days=days)


def is_due(ratio: float) -> bool:
    """Due today: 0.9 ≤ r < 1.5."""
    return DUE_FROM <= ratio < OVER_FROM


def usual_quantity(earlier: Sequence[float]) -> float | None:
    """Median pieces of the person's earlier valid orders; None before there are three."""
    if len(earlier) < USUAL_FROM_ORDERS:
        return None
    return median(earlier)


def bulk_threshold(quantities: Sequence[float]) -> float | None:
    """P99 of the pieces of all valid orders of the shop so far, linearly interpolated; None of none."""
    return percentile(quantities, BULK_PERCENTILE) if quantities else None


def is_bulk(quantity: float | None, *, usual: float | None, threshold: float | None) -> bool:
    """Whether an order is too large to say anything about a rhythm: > 5 × usual or > P99.

    It then neither starts nor ends a gap and is not the last occasion, but counts in every money measure.
    An order that states no quantity is never bulk.
    """
    if quantity is None:
        return False
    over_own = usual is not None and quantity > BULK_TIMES_USUAL * usual
    return over_own or (threshold is not None and quantity > threshold)
