"""What the owner reads: why somebody is on the list, how long it takes, what it may bring. Never for customers.

The owner is told exact days; the words for the customer (touch.words) never are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from xiaohe.kernel.money import spoken
from xiaohe.touch.programs import Program

# Find the person, paste, send: a little over a minute each (the wireframe's nine people in ten minutes).
SECONDS_EACH = 66


def why(program: Program | str, known: Mapping[str, Any]) -> str:
    """Why this person, today; the words follow how much is known of their own rhythm."""
    program = Program(program)
    days = known["days"]
    if program is Program.CHOSEN:
        return _("You chose them from “%(segment)s”.") % {"segment": known.get("chosen_from", "")}
    if program is Program.JUST_LINKED:
        return _linked(days)
    if program is Program.FIRST_ARRIVED:
        return _("Their first order arrived %(days)d days ago.") % {"days": days}
    late = program is not Program.RESTOCK
    gaps, cycle = known.get("gaps") or 0, known.get("cycle")
    if cycle is None:
        return _("Has not been here for %(days)d days.") % {"days": days}
    numbers = {"cycle": round(cycle), "days": days, "gap": round(known.get("gap") or cycle)}
    said = _by_rhythm(gaps, late) % numbers
    # Too few people came three times: the shop's own rhythm is not known, and the reason says so.
    return _("%(reason)s (preset)") % {"reason": said} if known.get("preset") else said


def _by_rhythm(gaps: int, late: bool) -> str:
    if gaps >= 2:
        if late:
            return _("Usually comes every %(cycle)d days, now gone for %(days)d.")
        return _("Usually comes every %(cycle)d days; today is day %(days)d.")
    if gaps == 1:
        if late:
            return _("Came back after %(gap)d days last time, now gone for %(days)d.")
        return _("Came back after %(gap)d days last time; today is day %(days)d.")
    if late:
        return _("Others come back after %(cycle)d days; this one is gone for %(days)d.")
    return _("Others come back after %(cycle)d days; today is day %(days)d.")


def _linked(days: int) -> str:
    if days == 0:
        return _("Added today.")
    if days == 1:
        return _("Added yesterday, not a word yet.")
    return _("Added %(days)d days ago, not a word yet.") % {"days": days}


def advice(program: Program | str, known: Mapping[str, Any]) -> str:
    """How to speak to this person, where it is not plain."""
    program = Program(program)
    if program is Program.AT_RISK:
        return _("Don't offer anything, just ask first.")
    if program is Program.LATE_DUE:
        return _("Late by their own rhythm: ask what was wrong, don't push.")
    if program is Program.RESTOCK and not known.get("gaps"):
        return _("Bought once only: ask how it was first.")
    return ""


def bought(occasions: int | None) -> str:
    """How often they came."""
    if not occasions:
        return _("not known to have bought yet")
    return ngettext("bought once", "bought %(count)d times", occasions) % {"count": occasions}


def minutes(people: int) -> int:
    """How long a list takes, in whole minutes."""
    return round(people * SECONDS_EACH / 60)


def first_line(people: int) -> str:
    """The page's answer in one sentence."""
    if not people:
        return _("Nobody to contact today.")
    said = ngettext(
        "One person today, about a minute.",
        "%(count)d people today, about %(minutes)d minutes.",
        people,
    )
    return said % {"count": people, "minutes": minutes(people)}


def expected(figures: Sequence[tuple[int, float]], currency: str) -> str:
    """Usual order money of these people beside how many come anyway; an expectation, never a promise."""
    total = sum(value for value, _chance in figures)
    if total <= 0:
        return ""
    share = sum(value * chance for value, chance in figures) / total
    # Whole units: cents would make an estimate look exact.
    return _(
        "Together they usually spend %(money)s in one order; by past experience about %(share)s of it"
        " comes by itself."
    ) % {"money": spoken(round(total, -2), currency), "share": tenths(share)}


def tenths(share: float) -> str:
    """A share as one says it: in tenths."""
    words = [
        _("less than a tenth"),
        _("a tenth"),
        _("two tenths"),
        _("three tenths"),
        _("four tenths"),
        _("half"),
        _("six tenths"),
        _("seven tenths"),
        _("eight tenths"),
        _("nine tenths"),
        _("nearly all"),
    ]
    return words[max(0, min(10, round(share * 10)))]


def data_until(on: Any, until: Any) -> str:
    """How old the orders are that all of this rests on."""
    if until is None:
        return _("No orders have been imported yet.")
    return _("Order data up to %(day)s (%(age)d days ago).") % {
        "day": date_format(until, _("F j")),
        "age": (on - until).days,
    }
