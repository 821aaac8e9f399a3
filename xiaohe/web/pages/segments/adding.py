"""Who of a segment can be on today's list, and how putting them there goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from xiaohe.autopilot import by_hand
from xiaohe.autopilot.by_hand import Looked
from xiaohe.autopilot.compose import MOST_CHOSEN
from xiaohe.kernel.errors import NotFound
from xiaohe.people import names
from xiaohe.segments import state
from xiaohe.segments.saved import Saved
from xiaohe.touch.governor import Rule
from xiaohe.touch.rules import group_sentence, rule_sentence
from xiaohe.web.pages import people

# In a larger shop the look takes longer than a page may: the page comes first, and says that it counts.
AT_ONCE = 50_000
# The name of the group of those who are on the list already, beside the governor's rules.
THERE = "there"


@dataclass(frozen=True)
class AddPage:
    """`under`: of how many people only some were looked at, and why; empty where all were.

    `looked` is None while it is being counted, and where nobody is in the segment.
    """

    saved: Saved
    count: int
    sentence: str
    under: str
    looked: Looked | None = None
    names: tuple[tuple[int, str], ...] = ()


def page(saved: Saved, on: date, now: datetime, *, patiently: bool) -> AddPage:
    """`patiently`: in a large shop, too, the answer is waited for."""
    standing = state.current(now)
    count = int(standing.count(saved.rule))
    if not count:
        return AddPage(saved, 0, _("Nobody is in this segment now, so there is nobody to add."), "")
    if standing.everyone > AT_ONCE and not patiently:
        return AddPage(saved, count, _counting(count), _("Counting; that takes a few seconds."))
    looked = look(saved, on, now)
    return AddPage(saved, count, sentence(looked), _under(count), looked, _named(looked.may))


def look(saved: Saved, on: date, now: datetime) -> Looked:
    """Who of them can be on the list of `on`, who spends most first."""
    first = state.current(now).people(saved.rule, "-net_365", by_hand.MOST_LOOKED_AT)
    return by_hand.look(first, on, now)


def left(saved: Saved, rule: str, on: date, now: datetime) -> tuple[str, str, tuple[int, ...]]:
    """A group of those left out: what it is called, why, and who they are; raises NotFound."""
    looked = look(saved, on, now)
    if rule == THERE:
        note = _("Whoever is on it already is not put on it twice.")
        return there_said(looked.already), note, looked.there
    if rule not in set(Rule):
        raise NotFound("no_such_group", _("There is no such group."))
    found = looked.left_out.get(Rule(rule), ())
    return group_sentence(Rule(rule), len(found)), rule_sentence(Rule(rule)), found


def there_said(count: int) -> str:
    said = ngettext("%(shown)s on today’s list already", "%(shown)s on today’s list already", count)
    return said % {"shown": f"{count:,}"}


def _counting(count: int) -> str:
    said = ngettext(
        "Who of this %(shown)s person can be on today’s list?",
        "Who of these %(shown)s people can be on today’s list?",
        count,
    )
    return said % {"shown": f"{count:,}"}


def working(people: int) -> str:
    """What is said while they are put on the list."""
    looked = min(people, by_hand.MOST_LOOKED_AT)
    said = ngettext(
        "%(shown)s person is looked at, then the list is made anew; that takes a few seconds.",
        "%(shown)s people are looked at, then the list is made anew; that takes a few seconds.",
        looked,
    )
    return said % {"shown": f"{looked:,}"}


def done(count: int) -> str:
    said = ngettext(
        "%(shown)s person is on today’s list.", "%(shown)s people are on today’s list.", count
    )
    return said % {"shown": f"{count:,}"}


def _under(count: int) -> str:
    if count <= by_hand.MOST_LOOKED_AT:
        return ""
    return _(
        "Of %(all)s people the %(most)s who spend most were looked at; a day takes %(day)s by hand."
    ) % {"all": f"{count:,}", "most": f"{by_hand.MOST_LOOKED_AT:,}", "day": MOST_CHOSEN}


def _named(found: Sequence[int]) -> tuple[tuple[int, str], ...]:
    shown = names.display(found) if found else {}
    return tuple((each, people.name_of(shown, each)) for each in found)


def sentence(looked: Looked) -> str:
    count = len(looked.may)
    if not count and looked.already and not looked.left:
        return _("All of them are on today’s list already.")
    if not count:
        return _("None of them can be written to today.")
    said = ngettext(
        "%(shown)s of them can be on today’s list.",
        "%(shown)s of them can be on today’s list.",
        count,
    )
    return said % {"shown": f"{count:,}"}
