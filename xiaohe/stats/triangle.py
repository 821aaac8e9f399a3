"""The triangle's area: one index of how many are ours, what each brings, and how they bring others.

Axes are ratios to the shop's own base, so 100 means "as at the base date" and 400 "twice on every axis".
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Unmeasured:
    """The axes that have no value or no base yet; the triangle is drawn only when all three have."""

    missing: tuple[str, ...]


@dataclass(frozen=True)
class Axis:
    """A measure, its base value, and the target that stands in for a base of 0 (any unit, the same)."""

    value: float | None
    base: float | None
    target: float | None = None

    @property
    def ratio(self) -> float | None:
        against = self.base or self.target
        if self.value is None or not against:
            return None
        return self.value / against


@dataclass(frozen=True)
class Triangle:
    """Three ratios to the base and the area they span (100 = base)."""

    x: float
    y: float
    z: float

    @property
    def area(self) -> float:
        return area(self.x, self.y, self.z)


def area(x: float, y: float, z: float) -> float:
    """(xy + yz + zx) ÷ 3 × 100 on ratios to the base; (1,1,1) → 100, (2,2,2) → 400, (1,1,0) → 33.3.

    The area of a triangle with its corners on three axes at 120°, divided by that of the base (each of the
    three parts is ½·a·b·sin 120°). Two axes that grow while the third is 0 leave a third of it: the index
    rewards balance. Ratios are without unit and not negative.
    """
    if min(x, y, z) < 0:
        raise ValueError("a ratio to the base is not negative")
    return (x * y + y * z + z * x) / 3 * 100


def triangle(mine: Axis, worth: Axis, referral: Axis) -> Triangle | Unmeasured:
    """x = effective customers, y = 365-day net per linked customer, z = referral rate, each to its base."""
    ratios = {"mine": mine.ratio, "worth": worth.ratio, "referral": referral.ratio}
    missing = tuple(name for name, ratio in ratios.items() if ratio is None)
    if missing:
        return Unmeasured(missing)
    x, y, z = (ratio or 0.0 for ratio in ratios.values())
    return Triangle(x, y, z)
