"""The list of segments, each with its sentence, its size and how that moved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from xiaohe.segments import queries, state
from xiaohe.segments.models import Kind
from xiaohe.segments.rules.tree import InSegment
from xiaohe.segments.saved import Saved
from xiaohe.segments.state import Standing
from xiaohe.web.pages.segments import saying

MONTH = timedelta(days=30)


@dataclass(frozen=True)
class Row:
    slug: str
    name: str
    said: str
    count: int | None
    change: str = ""
    waits: str = ""


@dataclass(frozen=True)
class Shelf:
    label: str
    rows: tuple[Row, ...]
    # Rules behind tags: asked for, not shown.
    is_folded: bool = False


@dataclass(frozen=True)
class ListPage:
    sentence: str
    shelves: tuple[Shelf, ...]
    archived: tuple[Row, ...]
    everybody: int


def page(now: datetime, on: date) -> ListPage:
    """Every segment, one's own first."""
    standing, saved = state.current(now), queries.segments()
    called = {each.slug: each.name for each in saved}
    headings = (
        (Kind.OWN, _("Yours")),
        (Kind.LIBRARY, _("Ready-made")),
        (Kind.TAG, _("Behind tags")),
    )
    shelves = []
    for kind, label in headings:
        rows = tuple(_row(each, standing, called, on) for each in saved if each.kind == kind)
        if rows:
            shelves.append(Shelf(label, rows, kind == Kind.TAG))
    own = sum(each.kind == Kind.OWN for each in saved)
    put_away = [each for each in queries.segments(archived=True) if each.kind != Kind.TAG]
    return ListPage(
        _sentence(own, standing.everyone),
        tuple(shelves),
        tuple(
            Row(each.slug, each.name, saying.sentence(each.rule, called), None) for each in put_away
        ),
        standing.everyone,
    )


def _sentence(own: int, everybody: int) -> str:
    if not own:
        said = ngettext(
            "Of %(all)s person you know, these groups are ready to look at.",
            "Of %(all)s people you know, these groups are ready to look at.",
            everybody,
        )
        return said % {"all": f"{everybody:,}"}
    said = ngettext(
        "You look at %(own)d segment of your own, of %(all)s people you know.",
        "You look at %(own)d segments of your own, of %(all)s people you know.",
        own,
    )
    return said % {"own": own, "all": f"{everybody:,}"}


def _row(each: Saved, standing: Standing, called: dict[str, str], on: date) -> Row:
    count = count_of(standing, each)
    said = saying.sentence(each.rule, called)
    return Row(each.slug, each.name, said, count, change(each.slug, count, on), each.waits)


def count_of(standing: Standing, each: Saved) -> int:
    """From the state where it knows this version; a rule saved a moment ago is asked itself."""
    known = standing.generation.rules.get(each.slug)
    is_known = known is not None and known.rule == each.rule
    return standing.count(InSegment(each.slug) if is_known else each.rule)


def change(slug: str, count: int, on: date) -> str:
    """How much it grew or shrank over a month, or since it was first filled."""
    told = [each for each in state.sizes(slug) if each.on < on]
    if not told:
        return ""
    then = next((each for each in reversed(told) if each.on <= on - MONTH), told[0])
    days, moved = (on - then.on).days, count - then.people
    if not moved:
        return ngettext("as %(days)d day ago", "as %(days)d days ago", days) % {"days": days}
    said = _("%(moved)s in %(days)d days")
    return said % {"moved": f"{'+' if moved > 0 else '−'}{abs(moved):,}", "days": days}
