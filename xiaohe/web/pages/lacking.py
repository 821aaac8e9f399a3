"""What the first page asks and says where files lack something: contacts, orders, or a word of the owner."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from importlib import import_module
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from xiaohe.autopilot.proposals import DUE_FROM, DUE_UNTIL
from xiaohe.measures.registry import measure
from xiaohe.measures.result import NotYet
from xiaohe.people import answered
from xiaohe.traits.state import State
from xiaohe.web.pages import first_lines, people
from xiaohe.web.pages.first_lines import FirstLine
from xiaohe.web.pages.models import Asked, ToldCard, ToldLine
from xiaohe.web.templatetags.xiaohe import grouped

ASKED_SHOWN = 5


def then(poor: Sequence[FirstLine]) -> tuple[str, ...]:
    """What follows from the first line, then the others with theirs."""
    if not poor:
        return ()
    first, *others = poor
    return (*first.then, *(text for each in others for text in (each.said, *each.then)))


def asked(known: State) -> tuple[Asked, ...]:
    """The best of those who are due, not linked and not answered about, to be asked about one by one."""
    said = answered.answered()
    with known.reading("rhythm") as read:
        rhythm = read.table("rhythm")
        due = _due_now_or_this_week(rhythm, known.on)
        due = due.filter(~due.linked)
        if said:
            due = due.filter(~due.person.isin(sorted(said)))
        ranked = due.order_by([due.ev.desc(nulls_first=False), due.person]).limit(ASKED_SHOWN)
        rows = read.run(ranked.select(*people.COLUMNS)).to_pylist()
    return tuple(Asked(each.person, each.name, each.said) for each in people.lines(rows))


def _due_now_or_this_week(rhythm: Any, on: date) -> Any:
    monday = on - timedelta(days=on.weekday())
    week = (rhythm.due_on >= monday) & (rhythm.due_on < monday + timedelta(days=7))
    return rhythm.filter(week | ((rhythm.ratio >= DUE_FROM) & (rhythm.ratio < DUE_UNTIL)))


def fragments() -> tuple[tuple[str, dict[str, Any]], ...]:
    """What other rooms ask on this page, where they are built in: who is one person, how goods are called."""
    found = []
    for module, ask in (("joining", "first_questions"), ("goods", "first_names")):
        try:
            page = import_module(f"xiaohe.web.pages.{module}")
        except ModuleNotFoundError:
            continue
        fragment = getattr(page, ask)() if hasattr(page, ask) else None
        if fragment:
            found.append(fragment)
    return tuple(found)


def only_contacts(known: State, now: datetime) -> list[ToldCard]:
    """Contacts without orders: who was added lately and has heard nothing yet."""
    friends = measure("M01").read(known)
    if isinstance(friends.value, NotYet):
        return []
    with known.reading() as read:
        new = first_lines.ungreeted(read, known, now)
    big = ngettext(
        "%(count)s person is in your WeChat.", "%(count)s people are in your WeChat.", friends.n
    )
    card = ToldCard(
        big % {"count": grouped(friends.n)},
        (
            ToldLine(
                _("Add an order file, and I will say who of them bought and who is due."),
                reverse("start"),
            ),
        ),
        href=reverse("number-people", args=["M01", "numerator"]),
    )
    if not new:
        return [card]
    said = ngettext(
        "%(count)s of them is new and not greeted yet.",
        "%(count)s of them are new and not greeted yet.",
        len(new),
    )
    greet = ToldCard(
        said % {"count": grouped(len(new))},
        (
            ToldLine(
                _("Added in the last seven days, not a word so far."),
            ),
        ),
        href=reverse("due", args=["new"]),
    )
    return [greet, card]
