"""Who is no customer: one line per mark, the people left out by it, and how to take it back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from xiaohe.kernel.clock import ShopCalendar
from xiaohe.people import marks, names
from xiaohe.people.marks import As, Marked, On
from xiaohe.web.pages.people import name_of

WORDS = {
    As.STAFF: gettext_lazy("colleague"),
    As.TEST: gettext_lazy("test"),
    As.OWN: gettext_lazy("our own"),
}
MOST_NAMED = 12


@dataclass(frozen=True)
class Line:
    """One mark; `stands_at` is where it is edited if it was not said here."""

    title: str
    word: str
    on: date | None
    people: tuple[tuple[int, str], ...]
    more: int
    subject: int
    undo: bool
    stands_at: str


@dataclass(frozen=True)
class Page:
    sentence: str
    lines: tuple[Line, ...]
    kinds: tuple[tuple[str, str], ...]


def page(calendar: ShopCalendar) -> Page:
    held = marks.listing()
    everybody = {person for each in held for person in each.people}
    shown = {person for each in held for person in each.people[:MOST_NAMED]}
    called = names.display(sorted(shown))
    sentence = _("Nobody is marked: everybody in your files counts as a customer.")
    if held:
        sentence = ngettext(
            "%(count)d person is no customer and stands in no list and no number.",
            "%(count)d people are no customers and stand in no list and no number.",
            len(everybody),
        ) % {"count": len(everybody)}
    return Page(
        sentence,
        tuple(_line(each, called, calendar) for each in held),
        tuple((each.value, str(word)) for each, word in WORDS.items()),
    )


def word_of(person: int) -> str:
    """What a person is marked as; "" for a customer."""
    found = marks.mark_of(person)
    return str(WORDS[found[0].as_]) if found else ""


def _line(each: Marked, called: dict[int, names.DisplayName], calendar: ShopCalendar) -> Line:
    people = tuple((person, name_of(called, person)) for person in each.people[:MOST_NAMED])
    title = each.value or (people[0][1] if people else _("nobody any more"))
    return Line(
        title=title,
        word=str(WORDS[each.as_]),
        on=calendar.day_of(each.at) if each.at else None,
        people=() if each.on == On.PERSON and len(people) < 2 else people,
        more=max(0, len(each.people) - MOST_NAMED),
        subject=each.subject,
        undo=each.undo is not None,
        stands_at="" if each.undo is not None else reverse("stores"),
    )
