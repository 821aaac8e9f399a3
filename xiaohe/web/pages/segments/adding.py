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
from xiaohe.people import names
from xiaohe.segments import state
from xiaohe.segments.saved import Saved
from xiaohe.web.pages import people


@dataclass(frozen=True)
class AddPage:
    """`under`: of how many people only some were looked at, and why; empty where all were."""

    saved: Saved
    sentence: str
    under: str
    looked: Looked
    names: tuple[tuple[int, str], ...]


def page(saved: Saved, on: date, now: datetime) -> AddPage:
    standing = state.current(now)
    first = standing.people(saved.rule, "-net_365", by_hand.MOST_LOOKED_AT)
    looked = by_hand.look(first, on, now)
    return AddPage(
        saved, sentence(looked), _under(int(standing.count(saved.rule))), looked, _named(looked.may)
    )


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
