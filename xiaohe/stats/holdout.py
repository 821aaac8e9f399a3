"""Who is left alone for the comparison: a salted draw that anybody with the salt can repeat.

The draw, byte by byte:

    key      the shop's salt, as it is (32 random bytes)
    message  ASCII  "<subject>|<YYYY-MM-DD>"   subject: root subject, decimal, no sign, no padding
                                               date: the cycle start, the shop day of the last occasion
    digest   HMAC-SHA256(key, message)         RFC 2104, FIPS 198-1
    draw     first 8 bytes, big-endian, ÷ 2⁶⁴  a fraction in [0, 1)

A person is set aside if draw < share. The subject is immutable and chosen before any channel is looked at,
so neither a new account nor a renamed contact moves anybody from one arm to the other.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from hashlib import sha256

HELD_OUT_SHARE = 0.10
WAITING_SHARE = Fraction(1, 3)
WAITING_DAYS = 7
# Below this many eligible cycles a year 10 % would be too few ever to compare with.
MIN_ELIGIBLE_A_YEAR = 1_000
VIP_SHARE = 0.05


class Arm(StrEnum):
    CONTACTED = "contacted"
    HELD_OUT = "held_out"
    WAITING = "waiting"


class Design(StrEnum):
    """How the shop compares."""

    HELD_OUT = "held_out"
    WAIT_A_WEEK = "wait_a_week"
    NONE = "none"


@dataclass(frozen=True)
class Assignment:
    """The arm of one person in one cycle; while `from_day ≤ day < until` nobody proposes to sell to them."""

    arm: Arm
    draw: float
    until: date | None


def draw(salt: bytes, subject: int, cycle_start: date) -> float:
    """The person's fraction in [0, 1) for this cycle; the same for ever (format above)."""
    return draw_numerator(salt, subject, cycle_start) / 2**64


def draw_numerator(salt: bytes, subject: int, cycle_start: date) -> int:
    """The same draw as an exact integer below 2⁶⁴; comparisons use this, floats only show it."""
    message = f"{subject}|{cycle_start.isoformat()}".encode("ascii")
    return int.from_bytes(hmac.new(salt, message, sha256).digest()[:8], "big")


def design_for(eligible_a_year: int, held_out_share: float = HELD_OUT_SHARE) -> Design:
    """10 % held out from 1,000 distinct linked due cycles in the last 365 days on, else wait-a-week.

    A share of 0 (the private adviser's playbook) means no comparison at all.
    """
    if held_out_share <= 0:
        return Design.NONE
    return Design.HELD_OUT if eligible_a_year >= MIN_ELIGIBLE_A_YEAR else Design.WAIT_A_WEEK


def is_never_drawn(*, vip: bool, open_complaint: bool, service: bool, birthday: bool) -> bool:
    """VIPs, open complaints, service and birthdays are never left alone for a comparison."""
    return vip or open_complaint or service or birthday


def assign(
    salt: bytes,
    subject: int,
    cycle_start: date,
    *,
    first_due_on: date,
    design: Design,
    held_out_share: float = HELD_OUT_SHARE,
) -> Assignment:
    """The arm of a newly due person, and until when it keeps them off the list.

    Held out: the whole cycle (`until` None). Waiting: 7 days from the first due day, even past r 1.5. Both
    arms' clocks start on the first due day, so the waiting arm's first 7 days are what would have come by
    itself. Call only for people who may be drawn.
    """
    numerator = draw_numerator(salt, subject, cycle_start)
    shown = numerator / 2**64
    if design is Design.HELD_OUT and numerator < Fraction(held_out_share) * 2**64:
        return Assignment(Arm.HELD_OUT, shown, None)
    if design is Design.WAIT_A_WEEK and numerator < WAITING_SHARE * 2**64:
        return Assignment(Arm.WAITING, shown, first_due_on + timedelta(days=WAITING_DAYS))
    return Assignment(Arm.CONTACTED, shown, None)
