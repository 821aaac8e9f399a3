"""A window of time as controls: one choice, and the numbers it needs. Pure but for the words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.utils.translation import gettext_lazy as _

from xiaohe.segments.rules.windows import (
    EVER,
    Ago,
    Between,
    Calendar,
    Ever,
    Last,
    Next,
    Period,
    SameLastYear,
    Unit,
    Window,
)

PAST_UNITS = {
    Unit.DAYS: _("days"),
    Unit.WEEKS: _("weeks"),
    Unit.MONTHS: _("months"),
    Unit.QUARTERS: _("quarters"),
    Unit.YEARS: _("years"),
    Unit.HOURS: _("hours"),
    Unit.CYCLES: _("of their own rhythms"),
}
NEXT_UNITS = {
    unit: words for unit, words in PAST_UNITS.items() if unit not in (Unit.HOURS, Unit.CYCLES)
}
# In the order in which they are offered; the sign before the colon says which numbers belong to it.
PAST = {
    "last": _("in the last …"),
    "ever": _("ever"),
    "day:0": _("today"),
    "day:-1": _("yesterday"),
    "week:0": _("this week"),
    "week:-1": _("last week"),
    "month:0": _("this month"),
    "month:-1": _("last month"),
    "quarter:0": _("this quarter"),
    "quarter:-1": _("last quarter"),
    "year:0": _("this year"),
    "year:-1": _("last year"),
    "same:day": _("the same day last year"),
    "same:week": _("the same week last year"),
    "same:month": _("the same month last year"),
    "same:quarter": _("the same quarter last year"),
    "ago": _("from … to … days ago"),
    "dates": _("from … to …"),
}
AHEAD = {
    "next": _("in the next …"),
    "day:0": _("today"),
    "day:1": _("tomorrow"),
    "week:0": _("this week"),
    "week:1": _("next week"),
    "month:0": _("this month"),
    "month:1": _("next month"),
    "quarter:1": _("next quarter"),
}
MOST = 9999


class Unreadable(ValueError):
    """A number or a day of the window is missing."""


def fields_of(window: Window) -> dict[str, tuple[str, ...]] | None:
    """The controls' values of a window; None for one they cannot show."""
    match window:
        case Ever():
            return {"w": ("ever",)}
        case Last(count, unit):
            return {"w": ("last",), "wn": (str(count),), "wu": (unit.value,)}
        case Next(count, unit):
            return {"w": ("next",), "wn": (str(count),), "wu": (unit.value,)}
        case Ago(far, near):
            return {"w": ("ago",), "wfar": (str(far),), "wnear": (str(near),)}
        case SameLastYear(period):
            return {"w": (f"same:{period.value}",)}
        case Calendar(period, offset):
            name = f"{period.value}:{offset}"
            return {"w": (name,)} if name in PAST or name in AHEAD else None
        case Between(first, last):
            return {"w": ("dates",), "wfrom": (_iso(first),), "wto": (_iso(last),)}
    return None


def window_of(fields: Mapping[str, tuple[str, ...]]) -> Window:
    """The window that was chosen; raises `Unreadable` while a number or a day is missing."""

    def one(name: str) -> str:
        return next(iter(fields.get(name, ())), "").strip()

    kind = one("w") or "ever"
    if kind == "ever":
        return EVER
    if kind in ("last", "next"):
        unit = Unit(one("wu") or "days")
        return (
            Last(_whole(one("wn"), 1), unit) if kind == "last" else Next(_whole(one("wn"), 1), unit)
        )
    if kind == "ago":
        far, near = _whole(one("wfar"), 0), _whole(one("wnear"), 0)
        return Ago(max(far, near), min(far, near))
    if kind == "dates":
        first, last = _day(one("wfrom")), _day(one("wto"))
        if first is None and last is None:
            raise Unreadable
        return Between(first, last)
    name, _colon, rest = kind.partition(":")
    if name == "same":
        return SameLastYear(Period(rest))
    return Calendar(Period(name), int(rest))


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""


def _whole(text: str, least: int) -> int:
    if not text.isdecimal() or not least <= int(text) <= MOST:
        raise Unreadable
    return int(text)


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Unreadable from None
