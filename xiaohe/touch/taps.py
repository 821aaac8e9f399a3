"""One function per tap: it states its own fact and has its own consequence, in one transaction.

| tap           | facts                                    | the task    | consequence |
|---------------|------------------------------------------|-------------|-------------|
| copied        | task.copied, message.out (how=copied)    | stays open  | a touch for every cap; these words are used up for this person |
| sent          | message.out (how=sent), task.done        | sent        | the same; 7 days without an answer count as unanswered |
| replied       | message.in (and sent, if it was not)     | replied     | the row of unanswered touches ends |
| ordered       | order.reported (what=ordered, amount)    | ordered     | leaves the list for this cycle, until orders arrive |
| just_bought   | order.reported (what=just_bought)        | closed      | the cycle starts anew on the list, until orders arrive |
| tomorrow      | task.postponed (until)                   | postponed   | comes back the next shop day, before others of its kind |
| not_this_time | task.skipped (why)                       | closed      | no ask again before the next purchase |
| wrong_person  | identity.unmerged per evidence, or link.ended | closed      | contact and buyer are two people again; every number follows |
| never_again   | consent.withdrawn                        | closed      | suppressed for ever; their other open tasks close too |
| all_sent      | as sent, for every untouched task of a day | sent      | as sent; dated to that day |
| take_back     | retracts the facts of one tap            | as before   | everything above is undone |

Repeating a tap changes nothing and returns the first one. A tap can be taken back until its shop day ends (the
page shows the button for five seconds), the latest of a task first.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db.models import Field
from django.utils.translation import gettext_lazy as _

from xiaohe import jobs
from xiaohe.kernel import store
from xiaohe.kernel.errors import Conflict, NotFound
from xiaohe.ledger import stream
from xiaohe.people import actions
from xiaohe.shop.queries import calendar, the_shop
from xiaohe.touch.facts import (
    key_hash_of,
    out_fact,
    reported_fact,
    sent_facts,
    task_fact,
    withdrawals,
)
from xiaohe.touch.models import Ending, Listed, Tap, Task, TaskState, WordsUsed
from xiaohe.touch.standing import NOT_THIS_TIME


class What(StrEnum):
    """The taps there are."""

    COPIED = "copied"
    SENT = "sent"
    REPLIED = "replied"
    ORDERED = "ordered"
    JUST_BOUGHT = "just_bought"
    TOMORROW = "tomorrow"
    NOT_THIS_TIME = "not_this_time"
    WRONG_PERSON = "wrong_person"
    NEVER_AGAIN = "never_again"
    OVERTAKEN = "overtaken"  # closed by a tap on another task of the same person


@dataclass(frozen=True)
class Tapped:
    """A tap that counts: `tap` takes it back, `state` is what the task is now."""

    tap: int
    task: int
    what: What
    state: TaskState
    on: date


# A tap as data: what it changes on the task, and the facts it states.
Change = dict[str, Any]
State = Callable[[Task, str], Sequence[stream.Fact]]

_KEPT = (
    "template", "state", "ending", "copied_at", "sent_at", "replied_at", "ordered_at", "ordered_amount",
    "postponed_until",
)  # fmt: skip


def copied(task_id: int, now: datetime, *, template: str | None = None) -> Tapped:
    """The words were copied; `template` says which, if not the ones that stood ready."""

    def state(task: Task, key: str) -> list[stream.Fact]:
        return [
            task_fact(task, "task.copied", f"{key}:copied", now, {"what": "words"}),
            out_fact(task, key, now, "copied"),
        ]

    change = {"copied_at": now, **({"template": template} if template else {})}
    return _tap(task_id, What.COPIED, now, change, state)


def use_words(task_id: int, template: str) -> None:
    """Put other ready words on an open task; of a closed one nothing changes."""
    with store.write():
        Task.objects.filter(pk=task_id, state=TaskState.OPEN.value).update(template=template)


def sent(task_id: int, now: datetime) -> Tapped:
    """The words were sent."""
    return _tap(
        task_id,
        What.SENT,
        now,
        {"state": TaskState.SENT.value, "sent_at": now},
        lambda task, key: sent_facts(task, key, now, "one by one"),
    )


def replied(task_id: int, now: datetime) -> Tapped:
    """The person answered, so the words had been sent."""

    def state(task: Task, key: str) -> list[stream.Fact]:
        answer = task_fact(task, "message.in", f"{key}:in", now, {})
        return (
            [answer]
            if _is_tapped(task, What.SENT)
            else [*sent_facts(task, key, now, "one by one"), answer]
        )

    change = {"state": TaskState.REPLIED.value, "replied_at": now, "sent_at": now}
    return _tap(task_id, What.REPLIED, now, change, state)


def ordered(task_id: int, now: datetime, *, amount: int | None = None) -> Tapped:
    """The person ordered, for `amount` minor units if it was said."""
    currency = the_shop().currency

    def state(task: Task, key: str) -> list[stream.Fact]:
        return [reported_fact(task, key, now, "ordered", amount, currency)]

    change = {"state": TaskState.ORDERED.value, "ordered_at": now, "ordered_amount": amount}
    return _tap(task_id, What.ORDERED, now, change, state)


def just_bought(task_id: int, now: datetime) -> Tapped:
    """The person had bought already, only our data does not know it yet."""
    return _tap(
        task_id,
        What.JUST_BOUGHT,
        now,
        _closed(Ending.JUST_BOUGHT),
        lambda task, key: [reported_fact(task, key, now, "just_bought", None, None)],
    )


def tomorrow(task_id: int, now: datetime) -> Tapped:
    """Not today: back on the next shop day."""
    until = calendar().day_of(now) + timedelta(days=1)
    return _tap(
        task_id,
        What.TOMORROW,
        now,
        {"state": TaskState.POSTPONED.value, "postponed_until": until},
        lambda task, key: [
            task_fact(task, "task.postponed", f"{key}:postponed", now, {"until": until.isoformat()})
        ],
    )


def not_this_time(task_id: int, now: datetime) -> Tapped:
    """Leave this person alone until they have bought again."""
    return _tap(
        task_id,
        What.NOT_THIS_TIME,
        now,
        _closed(Ending.NOT_THIS_TIME),
        lambda task, key: [
            task_fact(task, "task.skipped", f"{key}:skipped", now, {"why": NOT_THIS_TIME})
        ],
    )


def wrong_person(task_id: int, now: datetime) -> Tapped:
    """The contact is not this buyer: the join is taken apart, and the derived state asked for anew."""
    task = Task.objects.filter(pk=task_id).first()
    # Read before the transaction: no writer waits for a look at the lake.
    link_subject = task.link_subject if task else None
    parting = actions.parting_facts(task.person, link_subject, now) if task and link_subject else []
    if task is not None and not parting and not _is_tapped(task, What.WRONG_PERSON):
        raise Conflict("no_contact", _("This task has no contact to part from the buyer."))
    with store.write():
        tapped = _tap(
            task_id, What.WRONG_PERSON, now, _closed(Ending.WRONG_PERSON), lambda task, key: parting
        )
        _ask_for_new_state()
    return tapped


def never_again(task_id: int, now: datetime) -> Tapped:
    """The person wants no more of it: for ever, on every account."""
    with store.write():
        tapped = _tap(
            task_id,
            What.NEVER_AGAIN,
            now,
            _closed(Ending.NEVER_AGAIN),
            lambda task, key: withdrawals(task, key, now),
            batch=f"never:{task_id}",
        )
        person = Task.objects.values_list("person", flat=True).get(pk=task_id)
        waiting = Task.objects.filter(
            person=person, state__in=[TaskState.OPEN.value, TaskState.POSTPONED.value]
        )
        for other in list(waiting.values_list("id", flat=True)):
            _tap(
                other,
                What.OVERTAKEN,
                now,
                _closed(Ending.OVERTAKEN),
                lambda task, key: [],
                batch=f"never:{task_id}",
            )
    return tapped


def all_sent(on: date, now: datetime, *, but: Collection[int] = ()) -> list[Tapped]:
    """Everything still open on that day's list was sent, except the tasks named in `but`.

    Dated to that day (its copying, else the hour of the list), so that what came of it is counted from there.
    """
    with store.write():
        listed = Listed.objects.filter(on=on, task__state=TaskState.OPEN.value)
        tasks = listed.exclude(task__in=list(but)).order_by("position")
        batch = f"all:{on.isoformat()}:{now.isoformat(timespec='milliseconds')}"
        return [_sent_on(line.task_id, on, now, batch) for line in tasks]


def _sent_on(task_id: int, on: date, now: datetime, batch: str) -> Tapped:
    copied_at = Task.objects.values_list("copied_at", flat=True).get(pk=task_id)
    at = copied_at or _hour_of_list(on, now)
    return _tap(
        task_id,
        What.SENT,
        now,
        {"state": TaskState.SENT.value, "sent_at": at},
        lambda task, key: sent_facts(task, key, at, "all at once"),
        batch=batch,
    )


def _hour_of_list(on: date, now: datetime) -> datetime:
    days = calendar()
    if days.day_of(now) <= on:
        return now
    list_at = the_shop().list_at
    return (
        days.start_of(on) + timedelta(hours=list_at.hour, minutes=list_at.minute) - days.start_shift
    )


# ---------------------------------------------------------------- taking back


def take_back(tap_id: int, now: datetime) -> list[Tapped]:
    """Undo one tap, and with it those of the same batch; refused after its shop day, or under a later tap."""
    with store.write():
        first = Tap.objects.filter(pk=tap_id).first()
        if first is None:
            raise NotFound("no_such_tap", _("There is nothing to undo."))
        if first.taken_back_at is not None:
            return []
        if calendar().day_of(now) != first.on:
            raise Conflict("too_late", _("This can be undone on the same day only."))
        taps = [first]
        if first.batch:
            taps = list(Tap.objects.filter(batch=first.batch, taken_back_at=None).order_by("-id"))
        return [_take_back_one(tap, now) for tap in taps]


def _take_back_one(tap: Tap, now: datetime) -> Tapped:
    task = _locked(tap.task_id)
    if task.taps.filter(taken_back_at=None, pk__gt=tap.pk).exists():
        raise Conflict("not_the_latest", _("Undo what you tapped after this first."))
    for key_hash in tap.facts:
        stream.take_back(key_hash, now=now)
    for name, value in tap.before.items():
        field = Task._meta.get_field(name)
        assert isinstance(field, Field)
        setattr(task, name, field.to_python(value))
    task.save()
    WordsUsed.objects.filter(task=task, at=tap.at).delete()
    Tap.objects.filter(pk=tap.pk).update(taken_back_at=now)
    if tap.what == What.WRONG_PERSON.value:
        _ask_for_new_state()
    return Tapped(tap.pk, task.pk, What(tap.what), TaskState(task.state), tap.on)


# ---------------------------------------------------------------- one door for all taps


def _tap(
    task_id: int, what: What, now: datetime, change: Change, state: State, *, batch: str = ""
) -> Tapped:
    """Lock the task, state the facts, change it, remember how to undo; a repeated tap returns the first."""
    with store.write():
        task = _locked(task_id)
        done = task.taps.filter(what=what.value, taken_back_at=None).last()
        if done is not None and _is_again(done, task, change, calendar().day_of(now)):
            return Tapped(done.pk, task.pk, what, TaskState(task.state), done.on)
        before = {name: _plain(getattr(task, name)) for name in _KEPT}
        was_sent_at = task.sent_at
        for name, value in change.items():
            setattr(task, name, value)
        if was_sent_at is not None:
            task.sent_at = was_sent_at  # the first moment stays: outcomes count from it
        # Taps taken back leave their number behind, so a tap made again is a new fact.
        attempt = task.taps.filter(what=what.value).count()
        facts = list(state(task, f"task:{task.pk}:{what.value}:{attempt}"))
        if facts:
            stream.record(facts, now=now)
        task.save()
        if what in (What.COPIED, What.SENT, What.REPLIED) and task.template:
            _use_words(task, now)
        tap = Tap.objects.create(
            task=task,
            what=what.value,
            on=calendar().day_of(now),
            at=now,
            batch=batch,
            facts=[key_hash_of(fact) for fact in facts],
            before=before,
        )
    return Tapped(tap.pk, task.pk, what, TaskState(task.state), tap.on)


def _is_tapped(task: Task, what: What) -> bool:
    return bool(task.taps.filter(what=what.value, taken_back_at=None).exists())


def _ask_for_new_state() -> None:
    jobs.enqueue("traits.refresh", dedupe="traits.refresh:tap")


def _is_again(done: Tap, task: Task, change: Change, today: date) -> bool:
    """Whether this tap says nothing new: other words copied do, and so does putting off once more."""
    if done.what == What.TOMORROW.value:
        return done.on == today
    return bool(change.get("template", task.template) == task.template)


def _locked(task_id: int) -> Task:
    task = Task.objects.select_for_update().filter(pk=task_id).first()
    if task is None:
        raise NotFound("no_such_task", _("This task is not on any list."))
    return task


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else value


def _use_words(task: Task, now: datetime) -> None:
    WordsUsed.objects.get_or_create(
        person=task.person, template=task.template, defaults={"task": task, "at": now}
    )


def _closed(ending: Ending) -> Change:
    return {"state": TaskState.CLOSED.value, "ending": ending.value}
