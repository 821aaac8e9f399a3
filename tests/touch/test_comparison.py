"""Who is drawn: nobody whom we spoke to undrawn in this very cycle."""

from __future__ import annotations

from datetime import date, timedelta

from xiaohe.stats.holdout import Arm, Design
from xiaohe.touch import comparison

CYCLE_START = date(2025, 5, 1)
CYCLE_DAYS = 40.0
SALT = b"salt"


def side_of(person: int, *, on: date, vip: bool = False, asked: bool = False) -> comparison.Side:
    return comparison.side(
        person,
        cycle_start=CYCLE_START,
        cycle_days=CYCLE_DAYS,
        on=on,
        arms=(),
        design=Design.WAIT_A_WEEK,
        salt=SALT,
        share=0.1,
        vip=vip,
        asked=asked,
    )


def test_whoever_was_spoken_to_as_a_vip_does_not_wait_afterwards() -> None:
    first_day = comparison.first_due_on(CYCLE_START, CYCLE_DAYS)
    next_day = first_day + timedelta(days=1)
    waiting = next(p for p in range(1, 99) if side_of(p, on=next_day).arm is Arm.WAITING)

    assert side_of(waiting, on=first_day, vip=True).arm is None
    assert side_of(waiting, on=next_day, asked=True).arm is None
