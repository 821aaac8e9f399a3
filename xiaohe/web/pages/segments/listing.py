"""The list of segments, each with its sentence, its size and how that moved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from xiaohe.segments import queries, state, tags
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
    # Of those that ship, the ones nobody is in today; of rules behind tags, all.
    folded: tuple[Row, ...] = ()
    folded_label: str = ""


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
    groups = tag_groups()
    rows = [(each, _row(each, standing, called, on, named(each, groups))) for each in saved]
    own = sum(each.kind == Kind.OWN for each in saved)
    put_away = [each for each in queries.segments(archived=True) if each.kind != Kind.TAG]
    return ListPage(
        _sentence(own, standing.everyone),
        tuple(shelf for shelf in _shelves(rows) if shelf.rows or shelf.folded),
        tuple(Row(each.slug, each.name, said(each, called), None) for each in put_away),
        standing.everyone,
    )


def _shelves(rows: Sequence[tuple[Saved, Row]]) -> Iterator[Shelf]:
    """One's own, then what ships by what it is about, then rules behind tags."""
    yield Shelf(_("Yours"), tuple(row for each, row in rows if each.kind == Kind.OWN))
    labels = {
        "": _("Ready-made: whom to look after"),
        "stage": _("Ready-made: by stage"),
        "rfm": _("Ready-made: by how lately, how often and how much"),
    }
    for about, label in labels.items():
        some = [row for each, row in rows if each.kind == Kind.LIBRARY and _about(each) == about]
        yield Shelf(
            label,
            tuple(row for row in some if row.count),
            tuple(row for row in some if not row.count),
            _("Nobody in them today"),
        )
    behind = tuple(row for each, row in rows if each.kind == Kind.TAG)
    yield Shelf("", (), behind, _("Behind tags"))


def _about(each: Saved) -> str:
    about = each.slug.partition("-")[0]
    return about if about in ("stage", "rfm") else ""


def said(each: Saved, called: Mapping[str, str]) -> str:
    """Why one looks at them, where it ships and still says that; else the rule read aloud."""
    if each.as_shipped and each.why:
        return each.why
    return saying.sentence(each.rule, called)


def _sentence(own: int, everybody: int) -> str:
    if not everybody:
        return _("You know nobody yet, so nobody is in a segment.")
    if not own:
        said = ngettext(
            "Of %(all)s person you know, these groups are ready to look at.",
            "Of %(all)s people you know, these groups are ready to look at.",
            everybody,
        )
        return said % {"all": f"{everybody:,}"}
    said = ngettext(
        "You put together %(own)d segment of the %(all)s people you know.",
        "You put together %(own)d segments of the %(all)s people you know.",
        own,
    )
    return said % {"own": own, "all": f"{everybody:,}"}


def _row(each: Saved, standing: Standing, called: dict[str, str], on: date, name: str) -> Row:
    count = count_of(standing, each)
    return Row(each.slug, name, said(each, called), count, change(each.slug, count, on), each.waits)


def tag_groups() -> dict[str, str]:
    """The groups of tags that follow a rule, by the segments behind them."""
    return {each.slug: each.group for each in tags.every() if each.is_auto}


def named(each: Saved, groups: Mapping[str, str]) -> str:
    """A segment behind a tag with the group of the tag: “high” alone says little."""
    if each.slug not in groups:
        return each.name
    return _("%(group)s: %(tag)s") % {"group": groups[each.slug], "tag": each.name}


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
        return ngettext("as many as %(days)d day ago", "as many as %(days)d days ago", days) % {
            "days": days
        }
    said = _("%(moved)s in %(days)d days")
    return said % {"moved": f"{'+' if moved > 0 else '−'}{abs(moved):,}", "days": days}
