"""Windows and lengths of time in words."""

from __future__ import annotations

from datetime import date, timedelta

from django.utils.dateformat import format as formatted
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from xiaohe.segments.rules.windows import (
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

_CALENDAR = {
    (Period.DAY, -1): gettext_lazy("yesterday"),
    (Period.DAY, 0): gettext_lazy("today"),
    (Period.DAY, 1): gettext_lazy("tomorrow"),
    (Period.WEEK, -1): gettext_lazy("last week"),
    (Period.WEEK, 0): gettext_lazy("this week"),
    (Period.WEEK, 1): gettext_lazy("next week"),
    (Period.MONTH, -1): gettext_lazy("last month"),
    (Period.MONTH, 0): gettext_lazy("this month"),
    (Period.MONTH, 1): gettext_lazy("next month"),
    (Period.QUARTER, -1): gettext_lazy("last quarter"),
    (Period.QUARTER, 0): gettext_lazy("this quarter"),
    (Period.QUARTER, 1): gettext_lazy("next quarter"),
    (Period.YEAR, -1): gettext_lazy("last year"),
    (Period.YEAR, 0): gettext_lazy("this year"),
    (Period.YEAR, 1): gettext_lazy("next year"),
}
_SAME = {
    Period.DAY: gettext_lazy("on the same day last year"),
    Period.WEEK: gettext_lazy("in the same week last year"),
    Period.MONTH: gettext_lazy("in the same month last year"),
    Period.QUARTER: gettext_lazy("in the same quarter last year"),
}


def window(when: Window) -> str:
    """`in the last 90 days`; nothing for ever."""
    match when:
        case Ever() | Between(None, None):
            return ""
        case Last(count, Unit.CYCLES):
            said = ngettext("within one own cycle", "within the last %(count)s own cycles", count)
            return said % {"count": count}
        case Last(count, unit):
            return _("in the last %(length)s") % {"length": length(count, unit)}
        case Next(count, unit):
            return _("in the next %(length)s") % {"length": length(count, unit)}
        case Ago(far, near) if far == near:
            return _("%(length)s ago") % {"length": length(far, Unit.DAYS)}
        case Ago(far, near):
            return _("%(far)s to %(near)s days ago") % {"far": far, "near": near}
        case Calendar(period, offset):
            return str(_CALENDAR[period, offset])
        case SameLastYear(period):
            return str(_SAME[period])
        case Between(first, last):
            return _between(first, last)
    raise TypeError(f"not a window: {when!r}")


def length(count: int, unit: Unit) -> str:
    said = {
        Unit.HOURS: lambda: ngettext("%(count)s hour", "%(count)s hours", count),
        Unit.DAYS: lambda: ngettext("%(count)s day", "%(count)s days", count),
        Unit.WEEKS: lambda: ngettext("%(count)s week", "%(count)s weeks", count),
        Unit.MONTHS: lambda: ngettext("%(count)s month", "%(count)s months", count),
        Unit.QUARTERS: lambda: ngettext("%(count)s quarter", "%(count)s quarters", count),
        Unit.YEARS: lambda: ngettext("%(count)s year", "%(count)s years", count),
        Unit.CYCLES: lambda: ngettext("%(count)s own cycle", "%(count)s own cycles", count),
    }
    return said[unit]() % {"count": count}


def day(told: date) -> str:
    """`30 June 2025` · `2025年6月30日`, as everywhere."""
    return formatted(told, pgettext("date format, a full date", "j F Y"))


def _between(first: date | None, last: date | None) -> str:
    if last is None:
        assert first is not None
        return _("on %(day)s or later") % {"day": day(first)}
    if first is None:
        return _("before %(day)s") % {"day": day(last + timedelta(1))}
    if first == last:
        return _("on %(day)s") % {"day": day(first)}
    return _("from %(first)s to %(last)s") % {"first": day(first), "last": day(last)}
