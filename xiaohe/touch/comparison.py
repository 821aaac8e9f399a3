"""Who is left alone so that contacting can be compared: drawn once, at first exposure, and kept for the cycle.

    newly due ──► live arm on record? ──yes──► that arm
                        │ no
                        ▼
             VIP, or past a waiting week already? ──► contacted, not in the comparison (no record)
                        │ no
                        ▼
             stats.holdout.assign(salt, root subject, cycle start) ──► recorded by prepare(), never by a preview

An arm belongs to a subject, not to a person: when a join brings a person several live arms, one held out holds
them all, and such a person leaves the readout and is counted there as mixed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import floor
from typing import Any

from xiaohe.kernel import store, workspace
from xiaohe.ledger import stream
from xiaohe.stats.holdout import WAITING_DAYS, Arm, Assignment, Design, assign
from xiaohe.touch import models
from xiaohe.touch.facts import draft

DUE_FROM = 0.9


@dataclass(frozen=True, slots=True)
class Recorded:
    """A drawn arm as it was written."""

    subject: int
    cycle_start: date
    arm: Arm
    design: Design
    first_due_on: date
    assigned_on: date
    pulled_out: bool = False

    @property
    def waits_until(self) -> date:
        return self.first_due_on + timedelta(days=WAITING_DAYS)


@dataclass(frozen=True, slots=True)
class Side:
    """Where a person stands in the comparison today; `new` is what prepare() must write down."""

    arm: Arm | None
    waits_until: date | None = None
    mixed: bool = False
    new: Recorded | None = None


NOT_COMPARED = Side(None)


def first_due_on(cycle_start: date, cycle_days: float) -> date:
    """The first whole shop day with r ≥ 0.9."""
    days = max(floor(DUE_FROM * cycle_days) - 1, 0)
    while days / cycle_days < DUE_FROM:
        days += 1
    return cycle_start + timedelta(days=days)


def recorded(
    persons: Mapping[int, int], *, on: date, only: bool = False
) -> dict[int, list[Recorded]]:
    """All arms on record up to `on`, by the person their subject belongs to now (`persons`: subject → person).

    `only`: those of these subjects alone, a few thousand at most.
    """
    found: dict[int, list[Recorded]] = defaultdict(list)
    rows = models.Assignment.objects.filter(assigned_on__lte=on).order_by("assigned_on", "id")
    if only:
        rows = rows.filter(subject__in=list(persons))
    for row in rows.iterator():
        person = persons.get(row.subject, row.subject)
        found[person].append(
            Recorded(
                row.subject,
                row.cycle_start,
                Arm(row.arm),
                Design(row.design),
                row.first_due_on,
                row.assigned_on,
                row.pulled_out_at is not None,
            )
        )
    return found


def waited(arms: Mapping[int, Sequence[Recorded]], *, on: date) -> dict[int, date]:
    """Whose waiting ended at most a week ago, with the start of the cycle they waited in."""
    return {
        person: arm.cycle_start
        for person, theirs in arms.items()
        for arm in theirs
        if arm.arm is Arm.WAITING
        and arm.waits_until <= on < arm.waits_until + timedelta(days=WAITING_DAYS)
    }


def live(arms: Sequence[Recorded], *, cycle_start: date) -> list[Recorded]:
    """The arms that still bind: of this cycle, or brought by a join while their own cycle was running."""
    running = [arm for arm in arms if arm.assigned_on > cycle_start]
    if len({arm.subject for arm in running}) > 1:
        return running
    return [arm for arm in running if arm.cycle_start == cycle_start]


def side(
    person: int,
    *,
    cycle_start: date,
    cycle_days: float,
    on: date,
    arms: Sequence[Recorded],
    design: Design,
    salt: bytes,
    share: float,
    vip: bool,
    asked: bool = False,
) -> Side:
    """The person's arm in this cycle: the one on record, else a fresh draw.

    `asked`: we spoke to them in this cycle already; without an arm on record they were exempt then (a VIP), and
    whoever was spoken to is not drawn afterwards.
    """
    binding = live(arms, cycle_start=cycle_start)
    if binding:
        return _bound(binding)
    due_on = first_due_on(cycle_start, cycle_days)
    late = design is Design.WAIT_A_WEEK and on >= due_on + timedelta(days=WAITING_DAYS)
    if vip or asked or design is Design.NONE or late:
        # Somebody already due for a week when first seen cannot wait their first week any more.
        return NOT_COMPARED
    drawn: Assignment = assign(
        salt, person, cycle_start, first_due_on=due_on, design=design, held_out_share=share
    )
    new = Recorded(person, cycle_start, drawn.arm, design, due_on, on)
    return Side(drawn.arm, drawn.until, new=new)


def _bound(arms: Sequence[Recorded]) -> Side:
    if any(arm.pulled_out for arm in arms):
        return NOT_COMPARED
    mixed = len({arm.arm for arm in arms}) > 1
    if any(arm.arm is Arm.HELD_OUT for arm in arms):
        return Side(Arm.HELD_OUT, mixed=mixed)
    waiting = [arm.waits_until for arm in arms if arm.arm is Arm.WAITING]
    if waiting:
        return Side(Arm.WAITING, max(waiting), mixed=mixed)
    return Side(Arm.CONTACTED)


def record(new: Iterable[Recorded], now: datetime) -> None:
    """Write arms down, as rows and as facts; an arm that is on record already stays as it is."""
    with store.write():
        for arm in new:
            row, created = models.Assignment.objects.get_or_create(
                subject=arm.subject,
                cycle_start=arm.cycle_start,
                defaults={
                    "arm": arm.arm.value,
                    "design": arm.design.value,
                    "first_due_on": arm.first_due_on,
                    "assigned_on": arm.assigned_on,
                },
            )
            if created:
                stream.record([_fact(arm, row.pk, now)], now=now)


def pull_out(subject: int, cycle_start: date, now: datetime) -> None:
    """The owner wants this person contacted after all: they leave the comparison, which is recorded."""
    with store.write():
        models.Assignment.objects.filter(
            subject=subject, cycle_start=cycle_start, pulled_out_at=None
        ).update(pulled_out_at=now)


def _fact(arm: Recorded, row: int, now: datetime) -> Any:
    return draft(
        "touch.assigned",
        key=f"assigned:{arm.subject}:{arm.cycle_start.isoformat()}:{row}",
        subject=arm.subject,
        at=now,
        props={
            "arm": arm.arm.value,
            "cycle_start": arm.cycle_start.isoformat(),
            "first_due_on": arm.first_due_on.isoformat(),
        },
    )


def salt() -> bytes:
    """The shop's secret salt of the draw."""
    return workspace.current().secret("salt")
