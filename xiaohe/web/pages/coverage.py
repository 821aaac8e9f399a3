"""How much of the orders is recognised: by platform and month, each number opening to the orders that are not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.template.defaultfilters import date as formatted
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from xiaohe.kernel.money import spoken
from xiaohe.measures import purchases, reach
from xiaohe.measures.definition import Tables
from xiaohe.measures.registry import measure
from xiaohe.measures.result import THIN_BELOW, NotYet, Part
from xiaohe.shop.taxonomy import platform_name
from xiaohe.traits import state
from xiaohe.web.pages import numbers
from xiaohe.web.templatetags.xiaohe import grouped, long_day, percent

MONTHS = 6
PAGE = 50
FORMS = {"named": "M52a", "linked": "M52b"}
FORM_WORDS = {
    "named": gettext_lazy("orders whose buyer is not known"),
    "linked": gettext_lazy("orders of people who are not linked"),
}


@dataclass(frozen=True)
class Cell:
    share: str
    href: str
    few: bool


@dataclass(frozen=True)
class Row:
    name: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Grid:
    title: str
    months: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Page:
    sentence: str
    under: str
    grids: tuple[Grid, ...]


@dataclass(frozen=True)
class Order:
    on: str
    platform: str
    amount: str
    person: int | None


@dataclass(frozen=True)
class Orders:
    title: str
    orders: tuple[Order, ...]
    next: str


def page() -> Page:
    known = state.current()
    window = numbers.year_of_data(known)
    named, linked = (measure(each).read(known, window.start, window.end) for each in FORMS.values())
    if isinstance(named.value, NotYet) or isinstance(linked.value, NotYet):
        return Page(_("No orders yet: nothing to recognise."), "", ())
    sentence = _(
        "Of the orders of the last year, %(named)s name a buyer and %(linked)s are of people you can reach."
    ) % {"named": percent(named.value), "linked": percent(linked.value)}
    months = _months(window.end)
    titles = {
        "named": _("Orders whose buyer is known"),
        "linked": _("Orders of people you can reach"),
    }
    grids = tuple(_grid(known, form, titles[form], months) for form in FORMS)
    return Page(sentence, numbers.span_said(window), grids)


def orders(form: str, platform: str, month: date, number: int) -> Orders:
    """The valid orders of one platform and month that are not recognised, latest first."""
    known = state.current()
    start, end = month, _following(month)
    with known.reading() as read:
        tables = Tables(read, known)
        found = purchases.valid_orders(tables)
        found = found.filter((found.on >= start) & (found.on < min(end, known.on)))
        found = found.filter(purchases.plain_platform(found) == platform)
        if form == "named":
            found = found.filter(found.person.isnull())
        else:
            found = found.anti_join(reach.linked_people(tables), "person")
        ranked = found.order_by([found["at"].desc(), found.order_key])
        chosen = ranked.select("on", "net", "currency", "person").limit(PAGE + 1, offset=(number - 1) * PAGE)  # fmt: skip
        rows = read.run(chosen).to_pylist()
        count = int(read.scalar(found.aggregate(n=found.count())))
    title = ngettext("%(count)s order", "%(count)s orders", count) % {"count": grouped(count)}
    said = _("%(platform)s, %(month)s: %(form)s") % {
        "platform": platform_name(platform), "month": _month(month), "form": FORM_WORDS[form],
    }  # fmt: skip
    query = {"platform": platform, "month": month.isoformat(), "page": number + 1}
    return Orders(
        title=_("%(title)s · %(said)s") % {"title": title, "said": said},
        orders=tuple(_order(row, platform) for row in rows[:PAGE]),
        next=urlencode(query) if len(rows) > PAGE else "",
    )


def _order(row: dict[str, Any], platform: str) -> Order:
    amount = spoken(row["net"], row["currency"]) if row["net"] is not None else ""
    return Order(long_day(row["on"]), platform_name(platform), amount, row["person"])


def _grid(known: state.State, form: str, title: str, months: list[date]) -> Grid:
    by_month: list[dict[str, Part]] = []
    for month in months:
        end = min(_following(month), known.on)
        got = measure(FORMS[form]).read(known, month, end, by="platform")
        by_month.append({part.label: part for part in got.parts})
    platforms = sorted({name for parts in by_month for name in parts})
    rows = tuple(
        Row(
            platform_name(name),
            tuple(
                _cell(form, name, month, parts.get(name))
                for month, parts in zip(months, by_month, strict=True)
            ),
        )
        for name in platforms
    )
    return Grid(title, tuple(_month(month) for month in months), rows)


def _cell(form: str, platform: str, month: date, part: Part | None) -> Cell:
    if part is None or part.value is None:
        return Cell("–", "", False)
    query = urlencode({"platform": platform, "month": month.isoformat()})
    missing = part.denominator - part.numerator
    href = f"{reverse('coverage-orders', args=[form])}?{query}" if missing else ""
    return Cell(percent(part.value), href, part.denominator < THIN_BELOW)


def _months(on: date) -> list[date]:
    """The first days of the last months, oldest first; a month that begins today has nothing in it."""
    day = (on - timedelta(days=1)).replace(day=1)
    found = [day]
    while len(found) < MONTHS:
        day = (day - timedelta(days=1)).replace(day=1)
        found.append(day)
    return found[::-1]


def _following(month: date) -> date:
    return (month.replace(day=1) + timedelta(days=32)).replace(day=1)


def _month(day: date) -> str:
    return formatted(day, pgettext("date format, a month under a bar", "M"))
