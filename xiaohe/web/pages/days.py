"""Days of theirs that come back every year, as the profile says them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from xiaohe.people.days import Day, Name, Told
from xiaohe.stats import yearly
from xiaohe.web.templatetags.xiaohe import long_day, shop_day

NAMES: dict[str, Any] = {
    Name.BIRTHDAY: gettext_lazy("Birthday"),
    Name.ANNIVERSARY: gettext_lazy("Anniversary"),
    Name.BABY: gettext_lazy("Baby's birthday"),
}
OTHER = "other"
# What the form offers to choose from.
CHOICES = (*NAMES.items(), (OTHER, gettext_lazy("Another day …")))
_UNITS = "一二三四五六七八九十"
_MONTHS = ("正", *_UNITS[1:], "冬", "腊")


@dataclass(frozen=True)
class Line:
    """A day told: `name` as rules know it, `title` as people call it."""

    name: str
    title: str
    text: str
    next: str


def lines(told: Sequence[Told], on: date) -> tuple[Line, ...]:
    return tuple(
        Line(each.name, title(each.name), said(each.day), _next(each.day, on)) for each in told
    )


def title(name: str) -> str:
    """How a day of that name is called; names of the shop's own are their own."""
    return str(NAMES.get(name, name))


def said(day: Day) -> str:
    """`May 20, 1990`; lunar: `lunar 8/15`, `农历八月十五`."""
    if day.is_lunar:
        month, day_of = _lunar_words(day)
        if day.year is None:
            return _("lunar %(month)s/%(day)s") % {"month": month, "day": day_of}
        return _("lunar %(month)s/%(day)s, %(year)s") % {
            "month": month,
            "day": day_of,
            "year": day.year,
        }
    if day.year is None:
        # Of a leap year, so that the 29th of February is a day.
        return shop_day(date(2000, day.month, day.day))
    return long_day(date(day.year, day.month, day.day))


def _next(day: Day, on: date) -> str:
    near = yearly.near(day.month, day.day, on, is_lunar=day.is_lunar)
    if near is None:
        return ""
    ahead = near[1]
    if ahead == on:
        return _("it is today")
    left = (ahead - on).days
    return ngettext(
        "next on %(day)s, in %(count)s day", "next on %(day)s, in %(count)s days", left
    ) % {"day": shop_day(ahead, on), "count": left}


def _lunar_words(day: Day) -> tuple[str, str]:
    if not (get_language() or "").startswith("zh"):
        return str(day.month), str(day.day)
    return _MONTHS[day.month - 1], _day_words(day.day)


def _day_words(day: int) -> str:
    """初一, 十五, 廿一, 三十."""
    if day <= 10:
        return f"初{_UNITS[day - 1]}"
    if day in (20, 30):
        return f"{_UNITS[day // 10 - 1]}十"
    return f"{'十' if day < 20 else '廿'}{_UNITS[day % 10 - 1]}"
