"""A quarter of a shop in which the effect of contacting is known, to see whether our comparison finds it.

    agent (own cycle, scatter) ─► newly due (r ≥ 0.9) ─► arm by the shop's draw ─► contacted, or left alone a while
                                                                                     │
                          bought within 7 days by themselves, or persuaded ◄─────────┘

What would have happened without a word is thrown first; a contact can only add to it. So the effect of every
single case is known before any arm is drawn: persuaded × (1 − chance to come alone). The readout sees arms and
orders only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from functools import cache

from xiaohe.simulator.dice import Dice
from xiaohe.stats import experiment, holdout, rhythm
from xiaohe.stats.experiment import ArmCount, Compared, NotMeasurableYet
from xiaohe.stats.holdout import Arm, Design

QUARTER_DAYS, OUTCOME_DAYS, YEAR_DAYS = 91, 7, 365
# A gap is the agent's cycle times one of these per cents, each as likely.
SCATTER = range(70, 151)
SHORTEST_CYCLE, LONGEST_CYCLE = 18, 60


@dataclass(frozen=True)
class Market:
    """`persuaded`: per thousand of those who would not come this week, how many a contact brings."""

    agents: int = 420
    persuaded: int = 160
    starts_on: date = date(2025, 4, 1)


@dataclass(frozen=True, slots=True)
class Case:
    """One person newly due; `known_effect` is hidden from the readout."""

    arm: Arm
    due_on: date
    ordered: bool
    known_effect: Fraction


@dataclass(frozen=True)
class Quarter:
    """What a quarter brought, and the truth it should be read against."""

    design: Design
    contacted: ArmCount
    left_alone: ArmCount
    reading: Compared | NotMeasurableYet
    known_effect: float

    @property
    def is_covered(self) -> bool:
        return isinstance(self.reading, Compared) and self.reading.effect.covers(self.known_effect)


def run(seed: int, market: Market | None = None) -> Quarter:
    """Live through one quarter and read it as the product would on its last day."""
    market = market or Market()
    ends_on = market.starts_on + timedelta(days=QUARTER_DAYS)
    salt = seed.to_bytes(32, "big")
    cycles = [_cycle(seed, agent) for agent in range(market.agents)]
    design = holdout.design_for(round(sum(YEAR_DAYS / cycle for cycle in cycles)))
    cases = [
        case
        for agent, cycle in enumerate(cycles)
        for case in _lived(seed, agent, cycle, market, salt, design)
        # The first week must be over before a case counts in either arm.
        if case.due_on + timedelta(days=OUTCOME_DAYS) <= ends_on
    ]
    contacted = _count(case for case in cases if case.arm is Arm.CONTACTED)
    left_alone = _count(case for case in cases if case.arm is not Arm.CONTACTED)
    reading = experiment.read(contacted, left_alone, started_on=market.starts_on, today=ends_on)
    known = sum(float(case.known_effect) for case in cases) / max(len(cases), 1)
    return Quarter(design, contacted, left_alone, reading, known)


def _cycle(seed: int, agent: int) -> int:
    return SHORTEST_CYCLE + Dice(seed, 30, agent).below(LONGEST_CYCLE - SHORTEST_CYCLE + 1)


def _lived(
    seed: int, agent: int, cycle: int, market: Market, salt: bytes, design: Design
) -> Iterator[Case]:
    """The agent's cases of the quarter, purchase after purchase."""
    dice = Dice(seed, 31, agent)
    last_on = market.starts_on - timedelta(days=dice.below(cycle))
    ends_on = market.starts_on + timedelta(days=QUARTER_DAYS)
    while last_on < ends_on:
        due_on = rhythm.first_due_on(last_on, float(cycle))
        alone_on = last_on + timedelta(days=_gap(cycle, dice.one_of(SCATTER)))
        is_persuaded = dice.below(1000) < market.persuaded
        answers_after = timedelta(days=dice.below(OUTCOME_DAYS))
        if alone_on < due_on or due_on < market.starts_on:
            # Came before anybody would have written, or was due before we began.
            last_on = alone_on
            continue
        drawn = holdout.assign(salt, agent, last_on, first_due_on=due_on, design=design)
        asked_on = _asked_on(drawn, due_on)
        came_on = alone_on
        if is_persuaded and asked_on is not None and asked_on <= alone_on:
            came_on = min(alone_on, asked_on + answers_after)
        ordered = came_on < due_on + timedelta(days=OUTCOME_DAYS)
        yield Case(drawn.arm, due_on, ordered, _effect(cycle, market.persuaded))
        last_on = came_on


def _asked_on(drawn: holdout.Assignment, due_on: date) -> date | None:
    if drawn.arm is Arm.HELD_OUT:
        return None
    return drawn.until if drawn.arm is Arm.WAITING else due_on


def _gap(cycle: int, per_cent: int) -> int:
    return max(3, cycle * per_cent // 100)


@cache
def _effect(cycle: int, persuaded: int) -> Fraction:
    """persuaded × (1 − chance to come within 7 days alone), counted over every gap still possible."""
    due_after = (rhythm.first_due_on(date.min, float(cycle)) - date.min).days
    still = [gap for gap in (_gap(cycle, each) for each in SCATTER) if gap >= due_after]
    alone = Fraction(sum(gap < due_after + OUTCOME_DAYS for gap in still), len(still))
    return Fraction(persuaded, 1000) * (1 - alone)


def _count(cases: Iterator[Case]) -> ArmCount:
    people = ordered = 0
    for case in cases:
        people += 1
        ordered += case.ordered
    return ArmCount(people, ordered)
