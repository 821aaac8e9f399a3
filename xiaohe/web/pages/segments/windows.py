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
    "quarter:0": _("this quarter"),
    "quarter:1": _("next quarter"),
    "year:0": _("this year"),
    "year:1": _("next year"),
}
MOST = 9999
# Of a line that asks when things happened and in which days the first or latest of them lies, there are two windows.
OF_RECORDS, OF_RESULT = "w", "t"


class Unreadable(ValueError):
    """A number or a day of the window is missing."""


def fields_of(window: Window, of: str = OF_RECORDS) -> dict[str, tuple[str, ...]] | None:
    """The controls' values of a window; None for one they cannot show. `of`: whose window it is."""
    match window:
        case Ever():
            told = {"": "ever"}
        case Last(count, unit):
            told = {"": "last", "n": str(count), "u": unit.value}
        case Next(count, unit):
            told = {"": "next", "n": str(count), "u": unit.value}
        case Ago(far, near):
            told = {"": "ago", "far": str(far), "near": str(near)}
        case SameLastYear(period):
            told = {"": f"same:{period.value}"}
        case Calendar(period, offset) if (name := f"{period.value}:{offset}") in {**PAST, **AHEAD}:
            told = {"": name}
        case Between(first, last):
            told = {"": "dates", "from": _iso(first), "to": _iso(last)}
        case _:
            return None
    return {f"{of}{name}": (value,) for name, value in told.items()}


def window_of(fields: Mapping[str, tuple[str, ...]], of: str = OF_RECORDS) -> Window:
    """The window that was chosen; raises `Unreadable` while a number or a day is missing."""

    def one(name: str) -> str:
        return next(iter(fields.get(f"{of}{name}", ())), "").strip()

    kind = one("") or "ever"
    if kind == "ever":
        return EVER
    if kind in ("last", "next"):
        count, unit = _whole(one("n"), 1), Unit(one("u") or "days")
        return Last(count, unit) if kind == "last" else Next(count, unit)
    if kind == "ago":
        far, near = _whole(one("far"), 0), _whole(one("near"), 0)
        return Ago(max(far, near), min(far, near))
    if kind == "dates":
        first, last = _day(one("from")), _day(one("to"))
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
