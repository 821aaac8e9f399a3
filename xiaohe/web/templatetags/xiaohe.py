"""How pages write numbers, money, days and small pictures."""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import cache
from pathlib import Path

from django import template
from django.template.defaultfilters import date as formatted
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from xiaohe.kernel.money import spoken

register = template.Library()

ICONS = Path(__file__).resolve().parent.parent / "static" / "vendor" / "icons"
_OUTER = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)


@cache
def _drawing(name: str) -> str:
    found = _OUTER.search((ICONS / f"{name}.svg").read_text())
    assert found is not None
    return " ".join(found.group(1).split())


@register.simple_tag
def icon(name: str) -> SafeString:
    """An icon drawn inline, so it takes the colour of the text; hidden from screen readers."""
    return mark_safe(
        '<svg class="icon" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-linecap="round"'
        f' stroke-linejoin="round" aria-hidden="true" focusable="false">{_drawing(name)}</svg>'
    )


@register.filter
def grouped(number: int | float | None) -> str:
    """3214 → 3,214, also in Chinese, where Django would not group."""
    return "" if number is None else f"{number:,}"


@register.filter
def money(minor: int | None, currency: str = "CNY") -> str:
    return "" if minor is None else spoken(int(minor), currency)


@register.filter
def whole_money(minor: int | None, currency: str = "CNY") -> str:
    """Money without its small change, for sentences."""
    return "" if minor is None else spoken(round(int(minor) / 100) * 100, currency)


@register.filter
def percent(rate: float | None) -> str:
    """0.128 → 12.8%; whole per cent from 20 on, where a decimal adds nothing."""
    if rate is None:
        return ""
    return f"{rate * 100:.0f}%" if rate >= 0.2 or rate == 0 else f"{rate * 100:.1f}%"


@register.filter
def shop_day(day: date | datetime | None, today: date | None = None) -> str:
    """`30 June` · `6月30日`; with the year when it is another one than today's."""
    if day is None:
        return ""
    if isinstance(day, datetime):
        day = localtime(day).date()
    if today is None or day.year == today.year:
        return formatted(day, pgettext("date format, a day of this year", "j F"))
    return long_day(day)


@register.filter
def long_day(day: date | datetime | None) -> str:
    """`30 June 2025` · `2025年6月30日`."""
    return "" if day is None else formatted(day, pgettext("date format, a full date", "j F Y"))


@register.filter
def moment(at: datetime | None) -> str:
    """A day with its time, in the shop's time zone."""
    if at is None:
        return ""
    return formatted(localtime(at), pgettext("date format, a day and time", "j M Y, H:i"))


@register.filter
def ago(days: int | None) -> str:
    """How old something is, in words."""
    if days is None:
        return ""
    if days <= 0:
        return _("today")
    if days == 1:
        return _("yesterday")
    return _("%(days)d days ago") % {"days": days}


@register.filter
def get(mapping: dict[object, object], key: object) -> object:
    return mapping.get(key)
