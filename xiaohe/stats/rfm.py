"""Recency, frequency and money as one to five each, by quantile cuts. Pure.

Four cuts part the shop's buyers into fifths: P20, P40, P60, P80, linearly interpolated. A score is one more than the
number of cuts that lie below the value; so equal values have equal scores, whatever the order of rows, and a fifth may
be larger than another where many people are alike. Of days since the last purchase fewer are better.
"""

from __future__ import annotations

from collections.abc import Sequence

FIFTHS = (0.2, 0.4, 0.6, 0.8)
BEST = 5


def quantile(values: Sequence[float], share: float) -> float:
    """Linearly interpolated between the two nearest values; raises ValueError on none."""
    if not values:
        raise ValueError("no values, no quantile")
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def cuts(values: Sequence[float]) -> tuple[float, ...]:
    """P20, P40, P60 and P80; none of no values."""
    return tuple(quantile(values, share) for share in FIFTHS) if values else ()


def score(value: float, cut_values: Sequence[float]) -> int:
    """1 to 5, more is better."""
    return 1 + sum(cut < value for cut in cut_values)


def recency_score(days_since: float, cut_values: Sequence[float]) -> int:
    """1 to 5, fewer days are better; a value at a cut has the better score."""
    return BEST - sum(cut < days_since for cut in cut_values)
