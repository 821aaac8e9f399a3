"""Days that come back every year, by the sun or the moon: the next one, and the one before.

The 29th of February is the 28th in common years, the 30th of a short lunar month its last day, a day of a leap lunar
month the ordinary month's. One that no month has (the 31st of April) is the month's last day.
"""

from __future__ import annotations

import calendar as months
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir

from xiaohe.ledger.engine import prop
from xiaohe.segments.attributes.acts import latest
from xiaohe.segments.attributes.registry import RECURRING, before
from xiaohe.segments.records.stated import number
from xiaohe.stats import lunar

if TYPE_CHECKING:
    from xiaohe.segments.query.world import World

TOLD = "date.told"
LUNAR = "lunar"
# (first day, number of days) of the twelve months of a year.
Months = Sequence[tuple[date, int]]


def recurring(world: World) -> ir.Table:
    """(person, X, X_before …) for each of `registry.RECURRING`; null where none was told, or beyond the lunar table."""
    facts = world.of_people(world.seen([TOLD]))
    facts = facts.mutate(called=prop(facts.props, "name"))
    facts = facts.filter(facts.called.isin(RECURRING))
    last = latest(facts, facts.person, facts.called)
    last = last.mutate(
        month=_whole(prop(last.props, "month"), 12),
        day=_whole(prop(last.props, "day"), 31),
        lunar=(prop(last.props, "calendar") == LUNAR).fill_null(False),
    )
    days = last.select("person", "called", **next_and_before(last, world.on))
    return days.group_by("person").aggregate(
        **{name: days.ahead.max(where=days.called == name) for name in RECURRING},
        **{before(name): days.behind.max(where=days.called == name) for name in RECURRING},
    )


def _whole(text: ir.StringValue, most: int) -> Any:
    value = number(text)
    is_one = (value >= 1) & (value <= most) & (value == value.floor())
    return ibis.ifelse(is_one, value, ibis.null("float64")).cast("int64")


def next_and_before(told: ir.Table, on: date) -> dict[str, Any]:
    """`ahead`, the next day on or after `on`, and `behind`, the last before it, from month, day and lunar (TRUTH)."""
    by_sun = _around([_solar_months(on.year + shift) for shift in (-1, 0, 1)], told, on)
    try:
        year = lunar.year_of(on)
        by_moon = _around([lunar.months_of(year + shift) for shift in (-1, 0, 1)], told, on)
    except ValueError:
        by_moon = (ibis.null("date"), ibis.null("date"))
    of_moon = told.lunar & (told.day <= 30)
    return {
        name: ibis.cases((of_moon, moon), (~told.lunar, sun), else_=ibis.null("date"))
        for name, moon, sun in zip(("ahead", "behind"), by_moon, by_sun, strict=True)
    }


def _around(years: Sequence[Months], told: ir.Table, on: date) -> tuple[Any, Any]:
    first, second, third = [_in_year(months_of, told) for months_of in years]
    today = ibis.literal(on)
    ahead = ibis.cases((first >= today, first), (second >= today, second), else_=third)
    behind = ibis.cases((third < today, third), (second < today, second), else_=first)
    return ahead, behind


def _in_year(year: Months, told: ir.Table) -> Any:
    """The day of the month in that year; the month's last if it has none such."""
    branches = []
    for number_of, (begins, days) in enumerate(year, start=1):
        shift = ibis.least(told.day, days) - 1
        day = (ibis.literal(begins) + shift.cast("int64").as_interval("D")).cast("date")
        branches.append((told.month == number_of, day))
    return ibis.cases(*branches, else_=ibis.null("date"))


def _solar_months(year: int) -> Months:
    return [(date(year, month, 1), months.monthrange(year, month)[1]) for month in range(1, 13)]
