"""Where people come from: sources ranked by what they were worth after 30 days, each a funnel that opens to its people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import ibis.expr.types as ir
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from xiaohe.kernel.money import minor_digits, spoken
from xiaohe.measures import sources
from xiaohe.measures.definition import Tables
from xiaohe.measures.registry import measure
from xiaohe.measures.result import THIN_BELOW, Window
from xiaohe.shop.queries import the_shop
from xiaohe.shop.taxonomy import ENTRY_WORDS, UNKNOWN, Entry, platform_name
from xiaohe.traits import coming, state
from xiaohe.web.pages import numbers, people
from xiaohe.web.pages.models import Crowd, Figure
from xiaohe.web.templatetags.xiaohe import grouped

YEAR = timedelta(days=365)
STEPS = {
    "scanned": gettext_lazy("scanned"),
    "added": gettext_lazy("added"),
    "claimed": gettext_lazy("claimed an order"),
    "again": gettext_lazy("bought again"),
}
MEASURES = ("M05", "M06", "M07", "M08", "M34a", "M34b", "D30")
# What the founding case cites for the cost of one customer, in its years.
REFERENCES = ((2010, 3720), (2019, 48670))


@dataclass(frozen=True)
class Cell:
    value: str
    href: str = ""


@dataclass(frozen=True)
class Row:
    name: str
    shipped: str
    steps: tuple[Cell, ...]
    cost: str
    worth: str
    few: bool
    immature: bool
    waiting: int


@dataclass(frozen=True)
class Page:
    sentence: str
    under: str
    rows: tuple[Row, ...]
    figures: tuple[Figure, ...]
    reference: str
    rate: str


def page() -> Page:
    known = state.current()
    window = numbers.year_of_data(known)
    counts = _counts(known, window)
    worth = {
        each.label: each
        for each in measure("D30").read(known, window.start, window.end, by="source").parts
    }
    costs = {
        each.label: each
        for each in measure("M34a").read(known, window.start, window.end, by="source").parts
    }
    names = sorted(set(counts) | set(worth), key=lambda name: _rank(name, worth, counts))
    currency = known.currency
    rows = tuple(
        _row(name, counts.get(name, {}), worth.get(name), costs.get(name), currency)
        for name in names
    )
    under = numbers.span_said(window)
    return Page(
        _sentence(counts, rows), under, rows, _figures(window), _reference(), _rate(currency)
    )


def crowd(source: str, step: str, number: int) -> Crowd:
    """The people of one step of one source, in the last year."""
    known = state.current()
    with known.reading() as read:
        tables = Tables(read, known)
        rows = _step(tables, numbers.year_of_data(known), step)
        rows = rows.filter(rows.source == source).select("person").distinct()
        persons: list[int] = read.run(rows.order_by("person")).column("person").to_pylist()
    return Crowd(
        title=ngettext("%(count)s person", "%(count)s people", len(persons))
        % {"count": grouped(len(persons))},
        back=reverse("sources-of"),
        back_label=_("Where people come from"),
        note=_("%(source)s: %(step)s, in the last year of your data.")
        % {"source": said(source), "step": STEPS[step]},
        listing=people.crowd(persons, number=number),
    )


def said(source: str) -> str:
    """`taobao/parcel_card/AB12` in words; a part nobody knows is left out."""
    platform, entry, code = [*source.split("/", 2), "", ""][:3]
    where = "" if platform == UNKNOWN else platform_name(platform)
    how = (
        "" if entry == UNKNOWN else str(ENTRY_WORDS[Entry(entry)] if entry in set(Entry) else entry)
    )
    beside = _(", ").join(part for part in (where if how else "", code) if part)
    if not how and not where:
        return _("source %(code)s") % {"code": code} if code else _("not known")
    if not how:
        return f"{where} {code}".strip()
    return _("%(how)s (%(beside)s)") % {"how": how, "beside": beside} if beside else how


def _step(tables: Tables, window: Window, step: str) -> ir.Table:
    """(person, source) of everybody who took this step."""
    if step == "scanned":
        return sources.scanners(tables, window).select("person", "source")
    came = sources.within(sources.adds(tables), window)
    if step == "added":
        return came.select("person", "source")
    if step == "claimed":
        told = sources.within(sources.told(tables, coming.CLAIMED), window)
        return told.select("person", "source").distinct()
    return came.semi_join(sources.came_again(tables, came), "person").select("person", "source")


def _counts(known: state.State, window: Window) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    with known.reading() as read:
        tables = Tables(read, known)
        sent = sources.within(sources.told(tables, coming.SHIPPED), window)
        cards = sent.group_by("source").aggregate(n=sent.quantity.sum())
        tallies: dict[str, Any] = {"shipped": cards}
        for step in STEPS:
            rows = _step(tables, window, step)
            tallies[step] = rows.group_by("source").aggregate(n=rows.person.nunique())
        for step, table in tallies.items():
            for row in read.run(table.order_by("source")).to_pylist():
                found.setdefault(row["source"], {})[step] = int(row["n"] or 0)
    return found


def _rank(
    name: str, worth: dict[str, Any], counts: dict[str, dict[str, int]]
) -> tuple[object, ...]:
    part = worth.get(name)
    value, n = (part.value, part.n) if part is not None else (None, 0)
    return (*sources.rank(value, n, counts.get(name, {}).get("added", 0)), name)


def _row(name: str, counts: dict[str, int], worth: Any, cost: Any, currency: str) -> Row:
    steps = tuple(
        Cell(
            grouped(counts.get(step, 0)),
            f"{reverse('source-people', args=[step])}?{urlencode({'source': name})}"
            if counts.get(step)
            else "",
        )
        for step in STEPS
    )
    added, ripe = counts.get("added", 0), worth.n if worth else 0
    paid = spoken(round(cost.value), currency) if cost and cost.value and cost.n else ""
    return Row(
        name=said(name),
        shipped=grouped(counts["shipped"]) if counts.get("shipped") else "",
        steps=steps,
        cost=paid,
        worth=spoken(round(worth.value), currency) if worth and worth.value is not None else "",
        few=0 < ripe < THIN_BELOW,
        immature=ripe < added,
        waiting=max(added - ripe, 0),
    )


def _sentence(counts: dict[str, dict[str, int]], rows: tuple[Row, ...]) -> str:
    added = sum(each.get("added", 0) for each in counts.values())
    if not added:
        return _("Nobody was added in the last year, so no source can be compared yet.")
    unknown = counts.get(f"{UNKNOWN}/{UNKNOWN}/", {}).get("added", 0)
    total = ngettext(
        "%(count)s person was added in the last year", "%(count)s people were added in the last year", added
    ) % {"count": grouped(added)}  # fmt: skip
    lost = (
        _("of %(count)s nobody knows where from") % {"count": grouped(unknown)}
        if unknown
        else _("of all it is known where from")
    )
    best = next((row for row in rows if row.worth and not row.few), None)
    if best is None:
        return _("%(total)s; %(lost)s.") % {"total": total, "lost": lost}
    return _("%(total)s; worth most after 30 days: %(best)s; %(lost)s.") % {
        "total": total,
        "best": best.name,
        "lost": lost,
    }


def _figures(window: Window) -> tuple[Figure, ...]:
    return tuple(
        numbers.figure(
            each, str(measure(each).name), window_from=window.start, window_to=window.end
        )
        for each in MEASURES
    )


def _rate(currency: str) -> str:
    """What an hour of work costs, as it is typed; empty while nobody said."""
    minor = the_shop().staff_hour_cost
    return f"{minor / 10 ** minor_digits(currency):g}" if minor else ""


def _reference() -> str:
    """The line S3 is read against: what others paid per customer, with the years and the source."""
    (early, then), (late, now) = REFERENCES
    return _(
        "For comparison: sellers online paid about ¥%(then)s per customer in %(early)d and ¥%(now)s in"
        " %(late)d, %(times)s times as much (China Business Journal, 2021)."
    ) % {
        "then": f"{then / 100:.1f}",
        "early": early,
        "now": f"{now / 100:.1f}",
        "late": late,
        "times": f"{now / then:.1f}",
    }
