"""Confidence intervals for a share and for the difference of two shares.

Both hold near 0 and 1 and at small n, where the textbook interval p ± 1.96·se fails: it can leave 0..1 or
have no width at all.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Interval:
    """An estimate between its two limits."""

    estimate: float
    low: float
    high: float

    def covers(self, value: float) -> bool:
        return self.low <= value <= self.high


def wilson(hits: int, n: int, confidence: float = CONFIDENCE) -> Interval:
    """Wilson's score interval for a share, without continuity correction.

    (2np + z² ± z·√(z² + 4np(1−p))) ÷ (2(n + z²)). Wilson, JASA 22 (1927), 209–212; method 3 of Newcombe,
    Statistics in Medicine 17 (1998), 857–872. Assumes n independent people, each counted once.
    """
    _check(hits, n)
    z = _z(confidence)
    p = hits / n
    middle, width = 2 * n * p + z * z, z * math.sqrt(z * z + 4 * n * p * (1 - p))
    bottom = 2 * (n + z * z)
    # At the ends the formula is exactly 0 or 1; rounding must not say −1e−17.
    low = 0.0 if hits == 0 else (middle - width) / bottom
    high = 1.0 if hits == n else (middle + width) / bottom
    return Interval(p, low, high)


def difference(
    hits: int, n: int, other_hits: int, other_n: int, confidence: float = CONFIDENCE
) -> Interval:
    """Newcombe's hybrid score interval for p₁ − p₂ of two independent groups.

    With (lᵢ, uᵢ) Wilson's limits: low = Δ − √((p₁−l₁)² + (u₂−p₂)²), high = Δ + √((u₁−p₁)² + (p₂−l₂)²).
    Method 10 of Newcombe, "Interval estimation for the difference between independent proportions",
    Statistics in Medicine 17 (1998), 873–890.
    """
    first, second = wilson(hits, n, confidence), wilson(other_hits, other_n, confidence)
    delta = first.estimate - second.estimate
    down = math.hypot(first.estimate - first.low, second.high - second.estimate)
    up = math.hypot(first.high - first.estimate, second.estimate - second.low)
    return Interval(delta, delta - down, delta + up)


def _z(confidence: float) -> float:
    if not 0 < confidence < 1:
        raise ValueError("confidence lies between 0 and 1")
    return NormalDist().inv_cdf(0.5 + confidence / 2)


def _check(hits: int, n: int) -> None:
    if n < 1 or not 0 <= hits <= n:
        raise ValueError("hits lie within n, and n is at least 1")
