"""What a measure answers: a value with everything needed to judge it, or why there is none yet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

# Below it a value is shown grey: one person more or less moves it by several points.
THIN_BELOW = 30


class Unit(StrEnum):
    """How to write a value: people as they are, money in minor units, shares in 0..1."""

    PEOPLE = "people"
    MONEY = "money"
    SHARE = "share"
    INDEX = "index"


class Side(StrEnum):
    NUMERATOR = "numerator"
    DENOMINATOR = "denominator"


class Missing(StrEnum):
    """Why a measure has no value yet."""

    NO_ORDERS = "no_orders"
    NO_BUYERS = "no_buyers"
    NO_LINKS = "no_links"
    NO_SIGNALS = "no_signals"
    NO_REFERRALS = "no_referrals"
    NO_CARDS = "no_cards"
    NO_SCANS = "no_scans"
    NO_COSTS = "no_costs"
    NO_PARCELS = "no_parcels"
    IMMATURE = "immature"
    AXES = "axes"


@dataclass(frozen=True)
class Window:
    """Shop days [start, end); `start` is None where all time is meant."""

    start: date | None
    end: date


@dataclass(frozen=True)
class NotYet:
    """Not measurable yet: the reason, how much there is of how much needed, and when it is expected."""

    reason: Missing
    n: int = 0
    needed: int = 1
    expected_on: date | None = None
    # Of an index: the parts that have no value.
    parts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Part:
    """One month or one group (`label`) of a measure; `immature`: its people have not all had their time."""

    window: Window
    value: float | None
    numerator: int
    denominator: int
    immature: bool
    label: str = ""
    n: int = 0


@dataclass(frozen=True)
class Measured:
    """A reading of one measure. Money and its sums are minor units of `currency`."""

    id: str
    version: int
    unit: Unit
    value: float | NotYet
    numerator: int | None
    denominator: int | None
    n: int
    window: Window
    as_of: date
    currency: str
    days: int | None = None
    parts: tuple[Part, ...] = ()
    _people: Callable[[Side, int | None, int], list[int]] | None = field(
        default=None, repr=False, compare=False
    )

    @property
    def is_thin(self) -> bool:
        return self.n < THIN_BELOW

    def people(self, side: str, *, limit: int | None = None, offset: int = 0) -> list[int]:
        """The persons behind one side, in the order of their ids; orders without a buyer have none."""
        if self._people is None:
            return []
        return self._people(Side(side), limit, offset)

    def as_json(self) -> dict[str, Any]:
        """The same as plain values, for programs."""
        not_yet = self.value if isinstance(self.value, NotYet) else None
        return {
            "id": self.id,
            "version": self.version,
            "unit": self.unit.value,
            "value": None if not_yet else self.value,
            "not_yet": None if not_yet is None else _not_yet_json(not_yet),
            "numerator": self.numerator,
            "denominator": self.denominator,
            "n": self.n,
            "window": _window_json(self.window),
            "as_of": self.as_of.isoformat(),
            "currency": self.currency if self.unit is Unit.MONEY else None,
            "days": self.days,
            "by": [
                {
                    "window": _window_json(part.window),
                    **({"label": part.label} if part.label else {}),
                    "value": part.value,
                    "numerator": part.numerator,
                    "denominator": part.denominator,
                    "immature": part.immature,
                }
                for part in self.parts
            ],
        }


def _not_yet_json(missing: NotYet) -> dict[str, Any]:
    return {
        "reason": missing.reason.value,
        "n": missing.n,
        "needed": missing.needed,
        "expected_on": missing.expected_on.isoformat() if missing.expected_on else None,
        "parts": list(missing.parts),
    }


def _window_json(window: Window) -> dict[str, str | None]:
    start = window.start.isoformat() if window.start else None
    return {"from": start, "to": window.end.isoformat()}
