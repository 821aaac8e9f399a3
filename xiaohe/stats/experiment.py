"""Reading a comparison of people contacted with people left alone, or saying when it can be read.

contacted  n people, x ordered ─┐
left alone n people, x ordered ─┴─► difference of shares, 95 % interval, orders brought by contacting
                                └─► NotMeasurableYet: how many of how many, expected when
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta

from xiaohe.stats.intervals import Interval, difference

MIN_PEOPLE, MIN_ORDERS = 30, 5
# An expected date beyond this is said as "over a year": at this pace it is not worth comparing.
LONGEST_WAIT_DAYS = 365


@dataclass(frozen=True)
class ArmCount:
    """One arm: people whose outcome days are over, and how many of them ordered within those days."""

    people: int
    ordered: int

    @property
    def is_enough(self) -> bool:
        return self.people >= MIN_PEOPLE and self.ordered >= MIN_ORDERS


@dataclass(frozen=True)
class Compared:
    """`effect`: difference of shares; `brought`: orders among the contacted that contacting brought."""

    contacted: ArmCount
    left_alone: ArmCount
    effect: Interval
    brought: Interval


@dataclass(frozen=True)
class NotMeasurableYet:
    """`n` of `needed` people in the smaller arm.

    `expected_on`: the day at the present pace; None if there is no pace yet or, with `over_a_year`, if
    it lies more than a year away.
    """

    n: int
    needed: int
    orders: int
    orders_needed: int
    expected_on: date | None
    over_a_year: bool


def read(
    contacted: ArmCount, left_alone: ArmCount, *, started_on: date, today: date
) -> Compared | NotMeasurableYet:
    """The effect of contacting on the share who order, from 30 people and 5 orders in each arm on.

    effect = p₁ − p₂ with Newcombe's hybrid interval (95 %); brought = effect × contacted people. Assumes the
    arms were drawn by chance and one case per person and cycle. Looking at it daily is honest only as "the
    interval so far": the first reading is fixed by counts of people and orders, never by the sign.
    `started_on`: the first day the draw was in force, for the pace.
    """
    if contacted.is_enough and left_alone.is_enough:
        effect = difference(
            contacted.ordered, contacted.people, left_alone.ordered, left_alone.people
        )
        n = contacted.people
        return Compared(
            contacted,
            left_alone,
            effect,
            Interval(effect.estimate * n, effect.low * n, effect.high * n),
        )
    wait = _days_to_go(contacted, left_alone, days=(today - started_on).days)
    smaller = min((contacted, left_alone), key=lambda arm: (arm.people, arm.ordered))
    over = wait is not None and wait > LONGEST_WAIT_DAYS
    return NotMeasurableYet(
        n=smaller.people,
        needed=MIN_PEOPLE,
        orders=min(contacted.ordered, left_alone.ordered),
        orders_needed=MIN_ORDERS,
        expected_on=None if wait is None or over else today + timedelta(days=wait),
        over_a_year=over,
    )


def _days_to_go(contacted: ArmCount, left_alone: ArmCount, *, days: int) -> int | None:
    """Days until both arms are large enough if they go on growing as they did; None without a pace."""
    if days <= 0 or not contacted.people or not left_alone.people:
        return None
    # An arm without an order yet borrows the share of both, with half an order added (Anscombe 1956) so
    # that "none so far" is slow rather than never.
    people, ordered = contacted.people + left_alone.people, contacted.ordered + left_alone.ordered
    borrowed = (ordered + 0.5) / (people + 1)
    waits = [0.0]
    for arm in (contacted, left_alone):
        a_day = arm.people / days
        share = arm.ordered / arm.people or borrowed
        waits.append((MIN_PEOPLE - arm.people) / a_day)
        waits.append((MIN_ORDERS - arm.ordered) / (a_day * share))
    return max(math.ceil(max(waits)), 1)
