"""A person's contact history, folded from facts into what the governor needs to know.

    message.out        a touch; copied and sent of one task are one touch
    message.in         an answer
    order.reported     an answer, and a purchase no file has shown yet
    task.postponed     comes back on a day       task.skipped   not again in this cycle
    consent.*          the latest statement holds       complaint.*   the latest statement holds

Unanswered = marked sent and no reply or order within 7 days; what is younger than that counts neither way.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import ibis
import ibis.expr.types as ir

from xiaohe.kernel.clock import ShopCalendar
from xiaohe.touch.governor import Standing
from xiaohe.touch.models import Task
from xiaohe.touch.programs import ASKS, PROGRAM_OF_REASON
from xiaohe.touch.words import Reason, reason_of

ANSWER_DAYS = 7
CONTACT_TYPES = (
    "message.out",
    "message.in",
    "order.reported",
    "task.postponed",
    "task.skipped",
    "consent.given",
    "consent.reduced",
    "consent.withdrawn",
    "complaint.opened",
    "complaint.closed",
)
NOT_THIS_TIME = "not_this_time"
REASONS = frozenset(Reason)


@dataclass(frozen=True, slots=True)
class Act:
    """One fact of the contact history."""

    type: str
    on: date
    at: datetime
    props: Mapping[str, Any]
    amount: int | None = None

    @property
    def task(self) -> int | None:
        number = self.props.get("task")
        return int(number) if number is not None else None


@dataclass
class Touch:
    """One task's words that left the house."""

    program: str
    on: date
    sent: bool = False


@dataclass
class History:
    acts: list[Act] = field(default_factory=list)


def histories(
    read: Any,
    persons: ir.Table,
    *,
    before: datetime,
    calendar: ShopCalendar,
    only: bool = False,
) -> dict[int, History]:
    """The contact history of everybody who has one, by person, oldest first; `only`: of nobody but the `persons`."""
    facts = read.facts
    facts = facts.filter(facts.type.isin(CONTACT_TYPES) & (facts.occurred_at < before))
    known = persons.select("subject", "person")
    joined = facts.inner_join(known, "subject") if only else facts.left_join(known, "subject")
    told = joined.select(
        person=ibis.coalesce(joined.person, joined.subject),
        type=joined.type,
        at=joined.occurred_at,
        recorded_at=joined.recorded_at,
        props=joined.props,
        amount=joined.amount,
        key_hash=joined.key_hash,
    ).order_by("at", "recorded_at", "type", "key_hash")
    found: dict[int, History] = defaultdict(History)
    for row in read.run(told).to_pylist():
        props = json.loads(row["props"]) if row["props"] else {}
        act = Act(row["type"], calendar.day_of(row["at"]), row["at"], props, row["amount"])
        found[row["person"]].acts.append(act)
    return dict(found)


def programs_of(histories: Iterable[History]) -> dict[int, str]:
    """Which program each task of these histories belongs to."""
    wanted = {act.task for each in histories for act in each.acts if act.task is not None}
    return dict(Task.objects.filter(pk__in=wanted).values_list("id", "program")) if wanted else {}


def standing(
    history: History | None,
    *,
    on: date,
    linked: bool,
    last_on: date | None,
    programs: Mapping[int, str],
) -> Standing:
    """What lies between us and one person at the start of `on` or later that day."""
    if history is None:
        return Standing(linked=linked)
    touches = _touches(history, programs)
    acts = history.acts
    answered_on = _answers(acts, last_on)
    unanswered, last_unanswered = _unanswered(touches, answered_on, on)
    complaints = [act for act in acts if act.type.startswith("complaint.")]
    complaint = complaints[-1] if complaints else None
    consents = [act.type for act in acts if act.type.startswith("consent.")]
    postponed = [_until(act) for act in acts if act.type == "task.postponed"]
    return Standing(
        linked=linked,
        opted_out=bool(consents) and consents[-1] == "consent.withdrawn",
        reduced=bool(consents) and consents[-1] == "consent.reduced",
        complaint_open=complaint is not None and complaint.type == "complaint.opened",
        complaint_closed_on=complaint.on
        if complaint and complaint.type == "complaint.closed"
        else None,
        touched_on=tuple(touch.on for touch in touches),
        asked_on=tuple(touch.on for touch in touches if touch.program in ASKS),
        unanswered=unanswered,
        last_unanswered_on=last_unanswered,
        last_act_on=max(answered_on, default=None),
        programs_touched=tuple((touch.program, touch.on) for touch in touches),
        postponed_until=max((day for day in postponed if day), default=None),
        skipped=tuple(_skips(acts, programs)),
        just_bought_on=_reported(acts, "just_bought"),
        ordered_on=_reported(acts, "ordered"),
    )


def _touches(history: History, programs: Mapping[int, str]) -> list[Touch]:
    """One per task, at its first day; tasks unknown to this store are told apart by their moment."""
    found: dict[object, Touch] = {}
    for act in history.acts:
        if act.type != "message.out":
            continue
        key: object = act.task if act.task is not None else act.at
        touch = found.setdefault(key, Touch(_program(act, programs), act.on))
        touch.sent = touch.sent or act.props.get("how") == "sent"
    return sorted(found.values(), key=lambda touch: touch.on)


def _program(act: Act, programs: Mapping[int, str]) -> str:
    if act.task is not None and act.task in programs:
        return programs[act.task]
    template = str(act.props.get("template", ""))
    known = template.rsplit(".", 1)[0] in REASONS
    return PROGRAM_OF_REASON[reason_of(template)].value if known else ""


def _answers(acts: Iterable[Act], last_on: date | None) -> list[date]:
    days = [act.on for act in acts if act.type in {"message.in", "order.reported"}]
    return sorted([*days, last_on] if last_on else days)


def _unanswered(touches: list[Touch], answers: list[date], on: date) -> tuple[int, date | None]:
    """How many sent touches in a row, up to now, nobody answered; any later act of the person ends the row."""
    last_act = max(answers, default=date.min)
    silent = [
        touch.on
        for touch in touches
        if touch.sent and touch.on > last_act and touch.on + timedelta(days=ANSWER_DAYS) <= on
    ]
    # An answer on the very day of the touch is an answer to it, so only touches after the last act remain.
    return len(silent), max(silent, default=None)


def _until(act: Act) -> date | None:
    text = act.props.get("until")
    return date.fromisoformat(str(text)) if text else None


def _skips(acts: Iterable[Act], programs: Mapping[int, str]) -> Iterable[tuple[str, bool, date]]:
    for act in acts:
        if act.type == "task.skipped" and act.props.get("why") == NOT_THIS_TIME:
            program = programs.get(act.task, "") if act.task is not None else ""
            yield program, program in ASKS, act.on


def _reported(acts: Iterable[Act], what: str) -> date | None:
    days = [a.on for a in acts if a.type == "order.reported" and a.props.get("what") == what]
    return max(days, default=None)
