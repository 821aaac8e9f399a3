"""今日 as the page shows it: what autopilot lists, in the page's own values."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xiaohe import jobs
from xiaohe.autopilot import as_text, by_hand
from xiaohe.autopilot import cards as autopilot_cards
from xiaohe.autopilot import today as autopilot
from xiaohe.kernel.money import SYMBOLS
from xiaohe.people import names
from xiaohe.touch import taps
from xiaohe.touch.governor import Rule, Rules
from xiaohe.touch.models import Day, Ending, Listed, TaskState
from xiaohe.touch.programs import Program
from xiaohe.touch.rules import group_sentence, rule_sentence
from xiaohe.touch.taps import What
from xiaohe.traits import state
from xiaohe.web.pages.models import Action, Card, Empty, Left, Today

PREPARE = "autopilot.prepare"

KINDS = {
    Program.CHOSEN: gettext_lazy("chosen by you"),
    Program.RESTOCK: gettext_lazy("time to restock"),
    Program.LATE_DUE: gettext_lazy("overdue, ask"),
    Program.AT_RISK: gettext_lazy("care first"),
    Program.JUST_LINKED: gettext_lazy("just added"),
    Program.FIRST_ARRIVED: gettext_lazy("first order arrived"),
}
STATES = {
    TaskState.SENT: gettext_lazy("sent"),
    TaskState.REPLIED: gettext_lazy("replied"),
    TaskState.ORDERED: gettext_lazy("ordered"),
    TaskState.POSTPONED: gettext_lazy("tomorrow"),
    TaskState.CLOSED: gettext_lazy("closed"),
}
ENDINGS = {
    Ending.JUST_BOUGHT: gettext_lazy("has just bought"),
    Ending.NOT_THIS_TIME: gettext_lazy("not this time"),
    Ending.WRONG_PERSON: gettext_lazy("not this person"),
    Ending.NEVER_AGAIN: gettext_lazy("never again"),
}
DONE = {
    What.SENT: gettext_lazy("Marked as sent."),
    What.REPLIED: gettext_lazy("Noted: they replied."),
    What.ORDERED: gettext_lazy("Noted: they ordered."),
    What.JUST_BOUGHT: gettext_lazy("Noted: they have just bought."),
    What.TOMORROW: gettext_lazy("Back on tomorrow’s list."),
    What.NOT_THIS_TIME: gettext_lazy("Left alone until they buy again."),
    What.WRONG_PERSON: gettext_lazy("Taken apart: contact and buyer are two people again."),
    What.NEVER_AGAIN: gettext_lazy("They will not be listed again."),
}


def page(on: date, now: datetime) -> Today:
    """The day as it stands; asks for its preparation if nobody has prepared it."""
    listed = autopilot.listing(on, now)
    working = not listed.is_prepared or by_hand.is_working()
    if not listed.is_prepared:
        jobs.enqueue(PREPARE, {}, dedupe=f"{PREPARE}:{on.isoformat()}")
    until = listed.data_until or state.current().data_until
    sign = SYMBOLS.get(listed.currency, listed.currency)
    return Today(
        on=on,
        cards=tuple(card(each, sign) for each in listed.cards),
        data_until=until,
        data_age=(on - until).days if until else 0,
        minutes=listed.minutes,
        yesterday=_yesterday(listed.yesterday),
        not_listed=tuple(Left(g.rule.value, g.sentence, g.count) for g in listed.not_listed),
        numbered_text=as_text.as_text(listed),
        expectation=listed.expected,
        empty=None if listed.cards or working else _empty(on, until, bool(listed.not_listed)),
        working=working,
    )


def card(each: autopilot_cards.Card, currency_sign: str) -> Card:
    """One of autopilot's cards in the page's values."""
    ready = each.sentence
    return Card(
        task=each.task,
        person=each.person,
        name=each.name,
        reason=each.reason,
        kind_label=str(KINDS[each.program]),
        care=each.program.is_care,
        account=each.account,
        search=each.search_for,
        words=ready.text if ready else "",
        advice=each.advice or _("Find words of your own this time."),
        note=each.advice if ready else "",
        bought=each.bought,
        can_change=bool(each.others),
        closed=not each.is_open,
        state_label="" if each.is_open else state_label(each.state, each.ending),
        copied=each.copied,
        currency_sign=currency_sign,
    )


def state_label(task_state: TaskState, ending: str) -> str:
    if task_state is TaskState.CLOSED and ending in set(Ending):
        return str(ENDINGS.get(Ending(ending), STATES[TaskState.CLOSED]))
    return str(STATES.get(task_state, ""))


def said_done(what: What) -> str:
    return str(DONE.get(what, ""))


def other_words(task_id: int, on: date, now: datetime) -> None:
    """Put the next of the ready sentences on the card; after the last comes the first again."""
    found = next((c for c in autopilot.listing(on, now).cards if c.task == task_id), None)
    if found is None or found.sentence is None or not found.others:
        return
    every = sorted(sentence.template for sentence in (found.sentence, *found.others))
    following = every[(every.index(found.sentence.template) + 1) % len(every)]
    taps.use_words(task_id, following)


def left(on: date, rule: str) -> tuple[Left, list[int]]:
    """One reason why people are not listed, with those people."""
    if rule not in set(Rule):
        raise Http404
    persons = autopilot_cards.people_not_listed(on, Rule(rule))
    return Left(rule, group_sentence(Rule(rule), len(persons)), len(persons)), persons


def rule_note(rule: str) -> str:
    return rule_sentence(Rule(rule))


def day_before(on: date) -> date | None:
    """The day of the list before this one: a shop closed on Sunday closes Saturday's on Monday."""
    before = Day.objects.filter(on__lt=on).order_by("-on").first()
    return before.on if before else None


def open_of(day: date) -> tuple[Card, ...]:
    """The tasks of an earlier day about which nothing was said yet: name and number only."""
    lines = Listed.objects.filter(on=day, task__state=TaskState.OPEN.value)
    tasks = [line.task for line in lines.select_related("task").order_by("position")]
    called = names.display([task.person for task in tasks])
    return tuple(
        Card(task.pk, task.person, called[task.person].name, "", "", care=False) for task in tasks
    )


def _yesterday(before: Any) -> tuple[Card, ...]:
    return open_of(before.on) if before is not None and before.open else ()


def _empty(on: date, until: date | None, kept_off: bool) -> Empty:
    if until is None:
        return Empty(
            _("The list comes from your order file."),
            _(
                "Drop it in, and tomorrow morning’s question is answered: whom to contact, why, and with which words."
            ),
            (Action(_("Add an order file"), reverse("start")),),
        )
    if not _knows_buyers():
        return Empty(
            _("The files name no buyers, so nobody can be due yet."),
            _("Another export of the same orders may name them: the one with the member name."),
            (
                Action(_("Try another export"), reverse("start")),
                Action(_("What the files do say"), reverse("read")),
            ),
        )
    if (on - until).days > Rules().closes_after_days:
        return Empty(
            _("The orders are too old to say who is due."),
            _(
                "Since the last order in the file, people may have bought again. Add newer orders and the list is back."
            ),
            (
                Action(_("Add newer orders"), reverse("start")),
                Action(_("Look at my customers"), reverse("people")),
            ),
        )
    if kept_off:
        return Empty(
            _("Nobody to contact today, and that is fine."),
            _(
                "Some people would be due, but something speaks against it: see “Not listed today”. The next day comes by itself."
            ),
            (Action(_("Look at my customers"), reverse("people")),),
        )
    return Empty(
        _("Nobody is due today."),
        _("Everybody came lately, or their day is still ahead. Nothing is added to fill the page."),
        (
            Action(_("Look at my customers"), reverse("people")),
            Action(_("Add newer orders"), reverse("start")),
        ),
    )


def _knows_buyers() -> bool:
    with state.current().reading() as read:
        rhythm = read.table("rhythm")
        return bool(read.scalar(rhythm.aggregate(buyers=rhythm.count())))
