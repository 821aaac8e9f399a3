"""经营: one sentence on the month, the river, the three axes, cohorts, contact and its cost."""

from __future__ import annotations

from datetime import date, timedelta

import ibis
from django.template.defaultfilters import date as formatted
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from xiaohe.kernel.money import spoken
from xiaohe.measures import kept
from xiaohe.measures.registry import measure
from xiaohe.measures.result import NotYet
from xiaohe.stats.stages import Stage
from xiaohe.traits import state
from xiaohe.traits.state import State
from xiaohe.web import drawing
from xiaohe.web.drawing import Bars, Cohort
from xiaohe.web.pages import contact, numbers
from xiaohe.web.pages.models import Figure, Results, River, ToDecide
from xiaohe.web.templatetags.xiaohe import grouped, percent

# Bars beside each other that a phone can still show.
MONTHS = 8
RIVER_STOPS = {
    "again": gettext_lazy("Yours who came back"),
    "regular": gettext_lazy("Yours who come regularly"),
}
STALE_DAYS = 7


def page(today: date) -> Results:
    """Everything on the page, read from one state."""
    known = state.current()
    if known.data_until is None:
        return Results(headline=_("What do your regular customers bring?"), has_data=False)
    outcome = contact.outcome(known, today)
    return Results(
        headline=_headline(known),
        has_data=True,
        earned=outcome.earned,
        data_until=known.data_until,
        river=_river(known),
        axes=_axes(),
        triangle=_triangle(),
        cohorts=_bars(
            known,
            "M26",
            _("Back within 90 days of the first order"),
            _("Hatched: not all 90 days are over."),
        ),
        repeats=_bars(
            known,
            "M25",
            _("Bought twice or more in the month"),
            _("Hatched: the month is not over."),
        ),
        contact=outcome.figures,
        cost=outcome.cost,
        spending=(
            numbers.figure("M24a", _("Per buyer, 365 days")),
            numbers.figure("M24b", _("Per order, 365 days")),
            numbers.figure("M27", _("Returning buyers")),
        ),
        to_decide=tuple(_to_decide(known, today)),
    )


def _headline(known: State) -> str:
    """`In June regular customers brought 61% (¥41,280).` for the latest month with enough days in it."""
    assert known.data_until is not None
    month = known.data_until.replace(day=1)
    # Two days of a new month say nothing; the one before does.
    if known.data_until.day < 7:
        month = (month - timedelta(days=1)).replace(day=1)
    end = min((month + timedelta(days=32)).replace(day=1), known.on)
    got = measure("M28").read(known, month, end)
    name = formatted(month, pgettext("date format, a month in a sentence", "F"))
    if isinstance(got.value, NotYet) or not got.denominator:
        return _("In %(month)s there was no order with a buyer.") % {"month": name}
    return _("In %(month)s, returning customers brought %(share)s (%(money)s).") % {
        "month": name,
        "share": percent(got.value),
        "money": spoken(round((got.numerator or 0) / 100) * 100, got.currency),
    }


def _river(known: State) -> River | None:
    """Bought → recognised → came back → regulars, as people."""
    counts = kept.once(known, "river", lambda: _river_counts(known))
    if not counts[0]:
        return None
    labels = (_("Bought"), _("In your WeChat"), _("Came back"), _("Regulars"))
    hrefs = (
        reverse("people"),
        reverse("number-people", args=["M04a", "numerator"]),
        reverse("river", args=["again"]),
        reverse("river", args=["regular"]),
    )
    stops = tuple(
        Figure(label, grouped(count), href if count else "")
        for label, count, href in zip(labels, counts, hrefs, strict=True)
    )
    return River(drawing.river(counts), stops)


def _river_counts(known: State) -> list[int]:
    with known.reading("rhythm") as read:
        rhythm = read.table("rhythm")
        counted = rhythm.aggregate(
            bought=rhythm.count(),
            ours=rhythm.linked.cast("int64").sum(),
            again=(rhythm.linked & (rhythm.occasions >= 2)).cast("int64").sum(),
            regular=(rhythm.linked & (rhythm.stage == Stage.REGULAR.value)).cast("int64").sum(),
        )
        row = read.run(counted).to_pylist()[0]
    return [int(row[name] or 0) for name in ("bought", "ours", "again", "regular")]


def river_people(stop: str) -> list[int]:
    """The people of one stop of the river, those worth most first."""
    with state.current().reading("rhythm") as read:
        rhythm = read.table("rhythm").filter(lambda people: people.linked)
        if stop == "regular":
            rhythm = rhythm.filter(rhythm.stage == Stage.REGULAR.value)
        else:
            rhythm = rhythm.filter(rhythm.occasions >= 2)
        ranked = rhythm.order_by([ibis.desc(rhythm.ev), rhythm.person]).select("person")
        found: list[int] = read.run(ranked).column("person").to_pylist()
    return found


def _axes() -> tuple[Figure, ...]:
    return (
        numbers.figure("M04", _("Yours, at least")),
        numbers.figure("M24a", _("Worth per buyer")),
        Figure(_("Brought by others"), missing=_("not recorded yet")),
    )


def _triangle() -> str:
    return _(
        "Yours: buyers of the last 365 days who are in your WeChat. The triangle is drawn once all three have a number."
    )


def _bars(known: State, measure_id: str, title: str, note: str) -> Bars:
    """The last months of a measure as bars."""
    start = (known.on.replace(day=1) - timedelta(days=31 * (MONTHS - 1))).replace(day=1)
    got = measure(measure_id).read(known, start, known.on, by="month")
    cohorts = [
        Cohort(
            label=numbers.month_said(part.window.start),
            rate=part.value,
            n=part.denominator,
            mature=not part.immature and not _is_running(part.window.end, known.on),
        )
        for part in got.parts[-MONTHS:]
        if part.window.start
    ]
    if not any(cohort.n for cohort in cohorts):
        return drawing.bars(title, [], note=_("Nothing to compare yet."))
    return drawing.bars(title, cohorts, note=note + " " + _("Pale: fewer than 30 people."))


def _is_running(end: date, on: date) -> bool:
    """Whether a month's window was cut by today."""
    return end == on and on.day != 1


def _to_decide(known: State, today: date) -> list[ToDecide]:
    things = []
    assert known.data_until is not None
    age = (today - known.data_until).days
    if age >= STALE_DAYS:
        said = ngettext(
            "No new order file for %(days)d day.", "No new order file for %(days)d days.", age
        )
        things.append(ToDecide(said % {"days": age}, reverse("start"), _("Add it")))
    neglected = _drifting_vips(known)
    if neglected:
        said = ngettext(
            "%(count)d of your best customers has not been seen lately.",
            "%(count)d of your best customers have not been seen lately.",
            neglected,
        )
        href = reverse("people") + f"?stage={Stage.AT_RISK.value}"
        things.append(ToDecide(said % {"count": neglected}, href, _("See who")))
    return things


def _drifting_vips(known: State) -> int:
    return kept.once(known, "drifting", lambda: _count_drifting(known))


def _count_drifting(known: State) -> int:
    with known.reading("rhythm") as read:
        rhythm = read.table("rhythm")
        drifting = rhythm.filter(rhythm.vip & (rhythm.stage == Stage.AT_RISK.value))
        return int(read.scalar(drifting.aggregate(n=drifting.count())) or 0)
