"""Whether contacting made a difference: people contacted beside people left alone, as they were drawn.

arms on record ──► their days over in the data ──► ordered or not ──► difference with interval,
                                                                       or "not measurable yet"
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from xiaohe.people import overlay
from xiaohe.stats import experiment
from xiaohe.stats.experiment import ArmCount, Compared, NotMeasurableYet
from xiaohe.stats.holdout import WAITING_DAYS, Arm, Design
from xiaohe.touch import comparison
from xiaohe.touch.bought import left_out, valid_orders
from xiaohe.touch.comparison import Recorded
from xiaohe.traits import state as traits_state
from xiaohe.traits.state import State

# People held out are compared over the days that p speaks of.
HELD_OUT_DAYS = 14


@dataclass(frozen=True)
class ArmPeople:
    """The people of one arm whose days are over, and who of them ordered in those days."""

    people: tuple[int, ...]
    ordered: tuple[int, ...]

    @property
    def count(self) -> ArmCount:
        return ArmCount(len(self.people), len(self.ordered))


@dataclass(frozen=True)
class Comparison:
    """Contacted against left alone; `reading` is the effect with its interval, or when it can be read."""

    contacted: ArmPeople
    left_alone: ArmPeople
    reading: Compared | NotMeasurableYet
    design: Design
    window_days: int
    immature: int  # drawn, but their days are not over in the data yet
    mixed: int  # left out: joined out of people of both arms
    pulled_out: int  # left out: the owner wanted them contacted
    data_until: date | None


def compare(today: date, *, state: State | None = None) -> Comparison:
    """Both arms of the design in force (the newest drawn), everybody as drawn, whether contacted or not.

    As drawn: who was to be contacted and was not stays in that arm, else the two would not be alike. Waiting:
    orders of the first 7 days from the first due day. Held out: of the first 14 days from the draw.
    """
    state = state or traits_state.current()
    persons, nobodies = overlay.current(), left_out(state)
    arms = [
        (persons.person(arm.subject), arm)
        for found in comparison.recorded({}, on=today).values()
        for arm in found
        if persons.person(arm.subject) not in nobodies
    ]
    design = max(arms, key=lambda each: each[1].assigned_on)[1].design if arms else Design.NONE
    window = HELD_OUT_DAYS if design is Design.HELD_OUT else WAITING_DAYS
    drawn = [(person, arm) for person, arm in arms if arm.design is design]
    kept = [(person, arm) for person, arm in drawn if not arm.pulled_out]
    mixed = _mixed(kept)
    cases = [
        (person, arm, _clock(arm)) for person, arm in kept if (person, arm.cycle_start) not in mixed
    ]
    end = state.data_until + timedelta(days=1) if state.data_until else date.min
    over = [case for case in cases if case[2] + timedelta(days=window) <= end]
    bought = _bought_on(state, {person for person, _arm, _start in over})
    contacted = _arm(over, {Arm.CONTACTED}, bought, window)
    left_alone = _arm(over, {Arm.HELD_OUT, Arm.WAITING}, bought, window)
    started = min((arm.assigned_on for _person, arm in kept), default=today)
    return Comparison(
        contacted,
        left_alone,
        experiment.read(contacted.count, left_alone.count, started_on=started, today=today),
        design,
        window,
        immature=len(cases) - len(over),
        mixed=len(mixed),
        pulled_out=len(drawn) - len(kept),
        data_until=state.data_until,
    )


def _clock(arm: Recorded) -> date:
    return arm.first_due_on if arm.design is Design.WAIT_A_WEEK else arm.assigned_on


def _mixed(arms: Sequence[tuple[int, Recorded]]) -> set[tuple[int, date]]:
    """Cases of people who, joined later, were drawn to both sides within one window."""
    by_person: dict[int, list[Recorded]] = defaultdict(list)
    for person, arm in arms:
        by_person[person].append(arm)
    mixed = set()
    for person, own in by_person.items():
        for left in own:
            for right in own:
                near = abs(left.assigned_on - right.assigned_on) <= timedelta(days=HELD_OUT_DAYS)
                if left.subject != right.subject and left.arm is not right.arm and near:
                    mixed |= {(person, left.cycle_start), (person, right.cycle_start)}
    return mixed


def _arm(
    cases: Sequence[tuple[int, Recorded, date]],
    arms: set[Arm],
    bought: dict[int, list[date]],
    window: int,
) -> ArmPeople:
    chosen = [(person, start) for person, arm, start in cases if arm.arm in arms]
    ordered = [
        person
        for person, start in chosen
        if any(start <= day < start + timedelta(days=window) for day in bought.get(person, ()))
    ]
    return ArmPeople(tuple(person for person, _start in chosen), tuple(ordered))


def _bought_on(state: State, people: set[int]) -> dict[int, list[date]]:
    found: dict[int, list[date]] = defaultdict(list)
    if people:
        for row in valid_orders(state, people, date(1970, 1, 1), date(9999, 1, 1)):
            found[row["person"]].append(row["on"])
    return found
