"""Which of the allowed proposals make today's list. Pure.

restock   at most two thirds of N, best expected value first
care      the rest, by kind (CARE_ORDER), then expected value
chosen    put on the list by hand: before all others and beside N, at most MOST_CHOSEN
ties      by person id; at most N in all; nothing is added to fill the page
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xiaohe.touch.governor import Rule
from xiaohe.touch.programs import CARE_ORDER, Program

# More than a person can write to in a day is no list for a day.
MOST_CHOSEN = 60


@dataclass(frozen=True, slots=True)
class Candidate:
    """An allowed proposal, as far as choosing needs it; `promised`: put off to this very day by the owner."""

    person: int
    program: Program
    ev: int = 0
    promised: bool = False


@dataclass(frozen=True, slots=True)
class Left:
    candidate: Candidate
    rule: Rule


@dataclass(frozen=True, slots=True)
class Composed:
    """The list in the order it is shown, and who was left for another day because of which rule."""

    listed: tuple[Candidate, ...]
    left: tuple[Left, ...]


def restock_limit(size: int) -> int:
    """At most two thirds of the list sell something."""
    return 2 * size // 3


def compose(candidates: Sequence[Candidate], size: int) -> Composed:
    """The day's list of at most `size`; every candidate is either listed or left with a rule."""
    restock = sorted((c for c in candidates if c.program is Program.RESTOCK), key=_by_value)
    chosen = sorted((c for c in candidates if c.program is Program.CHOSEN), key=_by_value)
    others = (c for c in candidates if c.program not in (Program.RESTOCK, Program.CHOSEN))
    care = sorted(others, key=_by_kind)
    restock_taken = restock[: restock_limit(size)]
    care_taken = care[: size - len(restock_taken)]
    # Room left over stays empty: more restock would turn the list into a sales sheet.
    has_room = len(restock_taken) + len(care_taken) < size
    rule = Rule.MIX if has_room else Rule.DAILY_LIMIT
    left = [Left(c, rule) for c in restock[len(restock_taken) :]]
    left += [Left(c, Rule.DAILY_LIMIT) for c in care[len(care_taken) :]]
    left += [Left(c, Rule.DAILY_LIMIT) for c in chosen[MOST_CHOSEN:]]
    return Composed((*chosen[:MOST_CHOSEN], *restock_taken, *care_taken), tuple(left))


def _by_value(candidate: Candidate) -> tuple[bool, int, int]:
    return (not candidate.promised, -candidate.ev, candidate.person)


def _by_kind(candidate: Candidate) -> tuple[bool, int, int, int]:
    kind = CARE_ORDER.index(candidate.program)
    return (not candidate.promised, kind, -candidate.ev, candidate.person)
