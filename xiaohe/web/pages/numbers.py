"""One measure in words: its value, its formula, and the people on either side."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from xiaohe.kernel.money import spoken
from xiaohe.measures.registry import all_measures, measure
from xiaohe.measures.result import THIN_BELOW, Measured, Missing, NotYet, Side, Unit, Window
from xiaohe.traits import state
from xiaohe.web.pages import models, people
from xiaohe.web.pages.models import Crowd, Figure, Number
from xiaohe.web.templatetags.xiaohe import grouped, long_day, percent


def dictionary() -> list[Number]:
    """Every measure with its name, for looking up."""
    return [
        Number(each.id, str(each.name), "", str(each.formula), "", 0, False, "", each.version, ())
        for each in all_measures()
    ]


def page(measure_id: str) -> Number:
    definition = measure(measure_id)
    got = definition.read(state.current())
    return Number(
        id=definition.id,
        name=str(definition.name),
        sentence=_("%(name)s: %(value)s.") % {"name": definition.name, "value": said(got)},
        formula=str(definition.formula),
        window=window_said(got),
        n=got.n,
        few=0 < got.n < THIN_BELOW,
        as_of=long_day(got.as_of),
        version=got.version,
        sides=tuple(_sides(got)),
    )


def crowd(measure_id: str, side: Side, number: int) -> Crowd:
    """The people of one side, as they stand in the sum."""
    definition = measure(measure_id)
    got = definition.read(state.current())
    persons = got.people(side)
    name = _("counted above the line") if side is Side.NUMERATOR else _("counted below the line")
    return Crowd(
        title=ngettext("%(count)s person", "%(count)s people", len(persons))
        % {"count": grouped(len(persons))},
        back=reverse("number", args=[definition.id]),
        back_label=str(definition.name),
        note=_("%(name)s: %(side)s.") % {"name": definition.name, "side": name},
        listing=people.crowd(persons, number=number),
    )


def figure(measure_id: str, label: str, **window: date | int | str | None) -> Figure:
    """A number for a page, opening to its explanation; or what it waits for."""
    got = measure(measure_id).read(state.current(), **window)  # type: ignore[arg-type]
    href = reverse("number", args=[measure_id])
    if isinstance(got.value, NotYet):
        return Figure(label, missing=missing_said(got.value), href=href)
    return Figure(label, said(got), href, few=got.is_thin)


def said(got: Measured) -> str:
    """The value as it is written."""
    if isinstance(got.value, NotYet):
        return missing_said(got.value)
    if got.unit is Unit.MONEY:
        return spoken(round(got.value), got.currency)
    if got.unit is Unit.SHARE:
        return percent(got.value)
    if got.unit is Unit.INDEX:
        return f"{got.value:.0f}"
    return grouped(int(got.value))


def missing_said(missing: NotYet) -> str:
    """Why there is no value yet, and from when on there may be one."""
    reasons = {
        Missing.NO_ORDERS: _("no orders yet"),
        Missing.NO_BUYERS: _("no orders with a buyer yet"),
        Missing.NO_LINKS: _("no contacts yet"),
        Missing.NO_SIGNALS: _("no replies recorded yet"),
        Missing.NO_REFERRALS: _("not recorded yet"),
        Missing.NO_CARDS: _("no cards sent yet"),
        Missing.NO_SCANS: _("no code scanned yet"),
        Missing.NO_COSTS: _("no cost noted yet"),
        Missing.NO_PARCELS: _("no file says when parcels came"),
        Missing.IMMATURE: _("too early"),
        Missing.AXES: _("not all three parts have a number"),
    }
    said_so = reasons[missing.reason]
    if missing.expected_on:
        return _("%(reason)s; about %(day)s") % {
            "reason": said_so,
            "day": long_day(missing.expected_on),
        }
    return said_so


def window_said(got: Measured) -> str:
    window = got.window
    if window.start is None:
        until = _("everything before %(day)s") % {"day": long_day(window.end)}
    else:
        until = span_said(window)
    if got.days and (window.start is None or (window.end - window.start).days != got.days):
        return _("%(window)s; %(days)d days to come back") % {"window": until, "days": got.days}
    return until


def span_said(window: Window) -> str:
    assert window.start is not None
    return _("%(start)s up to %(end)s (that day not included)") % {
        "start": long_day(window.start),
        "end": long_day(window.end),
    }


def year_of_data(known: state.State) -> Window:
    """The 365 days up to the last order: what pages compare, also where the newest file is old."""
    end = known.on
    if known.data_until is not None:
        end = min(end, known.data_until + timedelta(days=1))
    return Window(end - timedelta(days=365), end)


def month_said(day: date) -> str:
    from django.template.defaultfilters import date as formatted
    from django.utils.translation import pgettext

    return formatted(day, pgettext("date format, a month under a bar", "M"))


def _sides(got: Measured) -> Sequence[models.Side]:
    if got.numerator is None:
        return []
    sides = [(Side.NUMERATOR, _("Above the line"), got.numerator)]
    if got.unit is not Unit.PEOPLE:
        sides.append((Side.DENOMINATOR, _("Below the line"), got.denominator or 0))
    told = []
    for side, label, total in sides:
        persons = len(got.people(side))
        href = reverse("number-people", args=[got.id, side.value]) if persons else ""
        is_money = got.unit is Unit.MONEY and side is Side.NUMERATOR
        value = spoken(total, got.currency) if is_money else grouped(total)
        told.append(models.Side(f"{label} · {value}" if is_money else label, value, persons, href))
    return told
