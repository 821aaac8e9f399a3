"""The draw anybody with the salt can repeat."""

import hmac
from datetime import date
from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from xiaohe.stats.holdout import (
    Arm,
    Design,
    assign,
    design_for,
    draw,
    is_never_drawn,
)

SALT = bytes(range(32))
DUE = date(2025, 6, 30)


def test_the_draw_is_the_documented_bytes() -> None:
    digest = hmac.new(SALT, b"4611686018427387905|2025-05-20", sha256).digest()
    expected = int.from_bytes(digest[:8], "big") / 2**64
    assert draw(SALT, 4611686018427387905, date(2025, 5, 20)) == expected
    # Fixed for ever: a change of format would move people between arms in the middle of a comparison.
    assert round(draw(SALT, 7, date(2025, 1, 1)), 6) == 0.168778


def test_small_shops_wait_a_week_instead() -> None:
    assert design_for(999) is Design.WAIT_A_WEEK
    assert design_for(1_000) is Design.HELD_OUT
    assert design_for(5_000, held_out_share=0) is Design.NONE


def test_waiting_ends_seven_days_after_the_first_due_day() -> None:
    found = next(
        assignment
        for subject in range(50)
        if (assignment := _assign(subject, Design.WAIT_A_WEEK)).arm is Arm.WAITING
    )
    assert found.until == date(2025, 7, 7)


def test_held_out_lasts_the_whole_cycle() -> None:
    arms = {_assign(subject, Design.HELD_OUT).arm for subject in range(200)}
    assert arms == {Arm.CONTACTED, Arm.HELD_OUT}


def test_shares_are_kept_over_many_people() -> None:
    people = range(20_000)
    held = sum(_assign(subject, Design.HELD_OUT).arm is Arm.HELD_OUT for subject in people)
    waiting = sum(_assign(subject, Design.WAIT_A_WEEK).arm is Arm.WAITING for subject in people)
    # Four standard errors of a share of 20,000.
    assert abs(held / 20_000 - 0.1) < 0.0085
    assert abs(waiting / 20_000 - 1 / 3) < 0.0134


def test_whom_nobody_leaves_alone() -> None:
    nobody = {"vip": False, "open_complaint": False, "service": False, "birthday": False}
    assert not is_never_drawn(**nobody)
    assert all(is_never_drawn(**(nobody | {reason: True})) for reason in nobody)


@given(st.integers(0, 2**63 - 1), st.dates())
def test_a_draw_is_a_fraction_and_stays_the_same(subject: int, start: date) -> None:
    assert 0 <= draw(SALT, subject, start) < 1
    assert draw(SALT, subject, start) == draw(SALT, subject, start)


def _assign(subject: int, design: Design):
    return assign(SALT, subject, date(2025, 5, 20), first_due_on=DUE, design=design)
