"""What an occasion of a person is worth and how likely the next one is: EV = p × m.

Money is integer minor units. p is looked up in a table of the shop's own past by purchase class and band
of r; a thin cell falls back to a preset and says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from xiaohe.stats.rhythm import median

PRIOR_OCCASIONS = 3
MIN_GROUP_PEOPLE = 30
MIN_CASES = 30
# A shop's month-end teaches something only with half a year before it and the outcome days behind it.
HISTORY_DAYS, OUTCOME_DAYS = 180, 14

PURCHASE_CLASSES = (1, 2, 3)
BAND_EDGES = (0.8, 1.2, 1.5, 2.5)
# Choices, not findings (calculations, "Due list and expected value"); rows 1, 2, 3+ occasions.
PRESET_CHANCE: dict[int, tuple[float, float, float, float, float]] = {
    1: (0.05, 0.07, 0.07, 0.05, 0.02),
    2: (0.10, 0.15, 0.15, 0.10, 0.05),
    3: (0.20, 0.30, 0.35, 0.25, 0.12),
}


@dataclass(frozen=True)
class Chance:
    """Share who buy within 14 days; `preset` if the shop has fewer than 30 like cases (`cases`)."""

    p: float
    preset: bool
    cases: int


def purchase_class(occasions: int) -> int:
    """1, 2 or 3 (three or more) by the number of occasions."""
    if occasions < 1:
        raise ValueError("a buyer has at least one occasion")
    return min(occasions, PURCHASE_CLASSES[-1])


def ratio_band(ratio: float) -> int:
    """Which of [0, 0.8), [0.8, 1.2), [1.2, 1.5), [1.5, 2.5), [2.5, ∞) holds r, numbered 0..4."""
    return sum(ratio >= edge for edge in BAND_EDGES)


def group_value(medians: Sequence[float]) -> float | None:
    """Median over people of their median net per occasion; None below 30 people (take the shop's median)."""
    if len(medians) < MIN_GROUP_PEOPLE:
        return None
    return median(medians)


def shrunk_value(occasions: int, own_median: float, group: float) -> int:
    """m = (k·own + 3·group) ÷ (k + 3) in minor units, rounded half to even once, at the end.

    k = the person's occasions, own = their median net per occasion. The same shrinkage as for the cycle:
    one large order does not make a large customer.
    """
    if occasions < 1:
        raise ValueError("a buyer has at least one occasion")
    top = occasions * Decimal(own_median) + PRIOR_OCCASIONS * Decimal(group)
    return int((top / (occasions + PRIOR_OCCASIONS)).quantize(Decimal(1), rounding=ROUND_HALF_EVEN))


def chance(occasions: int, ratio: float, *, hits: int, cases: int) -> Chance:
    """p = hits ÷ cases of the person's cell from 30 cases on, else the preset of that cell.

    A case is a person at a past month-end, in the class and band they had as known then; a hit is an
    occasion in the 14 days that followed. Assumes next month is like past ones: no season is taken out.
    """
    if not 0 <= hits <= cases:
        raise ValueError("hits lie within cases")
    if cases >= MIN_CASES:
        return Chance(hits / cases, False, cases)
    return Chance(PRESET_CHANCE[purchase_class(occasions)][ratio_band(ratio)], True, cases)


def expected_value(p: float, m: int) -> int:
    """EV = p × m in minor units, rounded half to even: what a person brings in 14 days by themselves."""
    return int((Decimal(p) * m).quantize(Decimal(1), rounding=ROUND_HALF_EVEN))
