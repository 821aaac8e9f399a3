"""M55, the triangle: one area for how many are ours, what each brings, and how they bring others.

It is drawn only when all three axes have a value and a base; until then it says which are missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import ibis
from django.utils.translation import gettext_lazy as _

from xiaohe.measures import reach
from xiaohe.measures.definition import Tables
from xiaohe.measures.purchases import named, valid_orders, within
from xiaohe.measures.result import Measured, Missing, NotYet, Unit, Window
from xiaohe.stats import triangle as stats
from xiaohe.traits.state import State

YEAR_DAYS = 365


@dataclass(frozen=True)
class Targets:
    """What an axis is held against where its base is 0 or not known; set by the user."""

    mine: float | None = None
    worth: float | None = None
    referral: float | None = None


@dataclass(frozen=True)
class Axes:
    """The three axes of one day, None where not measurable."""

    mine: float | None
    worth: float | None
    # Referrals are recorded by a later part of the product; until then this axis has no value.
    referral: float | None = None


@dataclass(frozen=True)
class Triangle:
    """The definition of M55; reads like any other measure, with a state to compare with."""

    id: str
    version: int
    name: Any
    formula: Any
    unit: Unit = Unit.INDEX

    def read(
        self,
        state: State,
        window_from: date | None = None,
        window_to: date | None = None,
        days: int | None = None,
        by: str | None = None,
        *,
        base: State | None = None,
        targets: Targets | None = None,
    ) -> Measured:
        """The area on the state's day against `base`, or which axes are missing."""
        value = self.area(axes(state), axes(base) if base else None, targets or Targets())
        return Measured(
            id=self.id,
            version=self.version,
            unit=self.unit,
            value=value,
            numerator=None,
            denominator=None,
            n=0,
            window=Window(state.on - timedelta(days=YEAR_DAYS), state.on),
            as_of=state.on,
            currency=state.currency,
        )

    def area(self, now: Axes, base: Axes | None, targets: Targets) -> float | NotYet:
        """(xy + yz + zx) ÷ 3 × 100 on axes divided by their base."""
        axis = {
            name: stats.Axis(
                getattr(now, name),
                getattr(base, name) if base else None,
                getattr(targets, name),
            )
            for name in ("mine", "worth", "referral")
        }
        found = stats.triangle(axis["mine"], axis["worth"], axis["referral"])
        if isinstance(found, stats.Unmeasured):
            have = len(axis) - len(found.missing)
            return NotYet(Missing.AXES, n=have, needed=len(axis), parts=found.missing)
        return found.area


def axes(state: State) -> Axes:
    """What can be measured of the three on the state's day."""
    effective_days = reach.effective_days()
    recent = Window(state.on - timedelta(days=effective_days), state.on)
    year = Window(state.on - timedelta(days=YEAR_DAYS), state.on)
    with state.reading() as read:
        tables = Tables(read, state)
        mine = worth = None
        if reach.without_signals(tables, recent, effective_days) is None:
            rows = reach.effective(tables, recent, effective_days)
            mine = float(read.scalar(rows.aggregate(n=rows.top.sum().fill_null(0))))
        if reach.without_links(tables, year, YEAR_DAYS) is None:
            worth = _net_per_linked(tables, year)
    return Axes(mine, worth)


def _net_per_linked(tables: Tables, year: Window) -> float | None:
    """Net of the year from linked people ÷ linked people, in minor units."""
    people = reach.linked_people(tables)
    orders = within(named(valid_orders(tables)), year).semi_join(people, "person")
    linked = tables.read.scalar(people.aggregate(n=people.count()))
    net = tables.read.scalar(orders.aggregate(net=ibis.coalesce(orders.net.sum(), 0)))
    return float(net) / linked if linked else None


TRIANGLE = Triangle(
    id="M55",
    version=1,
    name=_("The triangle"),
    formula=_(
        "(xy + yz + zx) ÷ 3 × 100, where x is awake customers, y the year's money per linked customer,"
        " z the share who bring others, each divided by its own value on a day you choose"
    ),
)
