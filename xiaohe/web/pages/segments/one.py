"""One segment: what it says, how large it was and is, what each condition removes, who came and went, its versions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from xiaohe.segments import queries, state
from xiaohe.segments.rules.tree import All, InSegment, Not
from xiaohe.segments.saved import Saved
from xiaohe.segments.state import Standing
from xiaohe.shop.queries import user_named
from xiaohe.web.pages.segments import listing, moving, saying, trend
from xiaohe.web.pages.segments.building import cut_said
from xiaohe.web.pages.segments.saying import text


@dataclass(frozen=True)
class Stage:
    """One condition: who fits it, who is left after it and those before, and whom it alone removes."""

    said: str
    left: int
    share: int
    cut: str
    # Those who are left after it, as a rule: the builder shows them.
    rule: str


@dataclass(frozen=True)
class Other:
    slug: str
    name: str
    chosen: bool = False


@dataclass(frozen=True)
class Lap:
    """People of one segment, of another, or of both; `rule` finds them."""

    said: str
    count: int
    rule: str


@dataclass(frozen=True)
class Overlap:
    """How two segments lie on each other."""

    slug: str
    name: str
    parts: tuple[Lap, ...]


@dataclass(frozen=True)
class VersionLine:
    version: int
    name: str
    text: str
    at: datetime
    by: str
    is_current: bool
    is_archived: bool


@dataclass(frozen=True)
class OnePage:
    saved: Saved
    headline: str
    # Why one looks at them, or the rule read aloud; and what to do about them.
    said: str
    todo: str
    # The rule read aloud where nothing else on the page does.
    rule_said: str
    count: int
    everybody: int
    change: str
    trend: Any
    stages: tuple[Stage, ...]
    others: tuple[Other, ...]
    overlap: Overlap | None
    moves: tuple[moving.Move, ...]
    versions: tuple[VersionLine, ...]
    is_archived: bool
    # What the words of the rule mean, with their cut values.
    meanings: tuple[Any, ...] = ()

    @property
    def few(self) -> bool:
        return self.count < 30


def page(slug: str, now: datetime, on: date, beside: str = "") -> OnePage:
    saved, every = queries.segment(slug), queries.segments()
    names = {each.slug: each.name for each in every}
    standing, groups = state.current(now), listing.tag_groups()
    count = listing.count_of(standing, saved)
    others = [each for each in every if each.slug != slug]
    other = next((each for each in others if each.slug == beside), None)
    said, rule_said = listing.said(saved, names), saying.sentence(saved.rule, names)
    return OnePage(
        saved=saved,
        headline=_headline(listing.named(saved, groups), count),
        said=said,
        todo=saved.todo if saved.as_shipped else "",
        rule_said=rule_said if rule_said != said else "",
        count=count,
        everybody=standing.everyone,
        change=listing.change(slug, count, on),
        trend=trend.drawn(state.sizes(slug), count, on),
        stages=stages(standing, saved, names),
        others=tuple(
            Other(each.slug, listing.named(each, groups), each.slug == beside) for each in others
        ),
        overlap=_overlap(standing, saved, other) if other else None,
        moves=moving.lately(slug, now),
        versions=_versions(saved, names),
        is_archived=saved.archived_at is not None,
        meanings=saying.meanings(saved.rule, standing),
    )


def _headline(name: str, count: int) -> str:
    if not count:
        return _("Nobody is in “%(name)s” now.") % {"name": name}
    said = ngettext(
        "%(shown)s person is in “%(name)s”.", "%(shown)s people are in “%(name)s”.", count
    )
    return said % {"shown": f"{count:,}", "name": name}


def stages(standing: Standing, saved: Saved, names: dict[str, str]) -> tuple[Stage, ...]:
    """From everybody down to those who are left; a rule that is no `and` is one step."""
    everybody = standing.everyone
    if not isinstance(saved.rule, All) or not everybody:
        return ()
    return tuple(
        Stage(
            saying.clause(step.rule, names),
            step.left,
            round(100 * step.left / everybody),
            cut_said(step.removes, step.alone),
            text(All(saved.rule.rules[: number + 1]) if number else step.rule),
        )
        for number, step in enumerate(standing.funnel(saved.rule))
    )


def _overlap(standing: Standing, saved: Saved, other: Saved) -> Overlap:
    found = standing.overlap(saved.rule, other.rule)
    here, there = InSegment(saved.slug), InSegment(other.slug)
    return Overlap(
        other.slug,
        other.name,
        (
            Lap(_("in both"), found.both, text(All((here, there)))),
            Lap(_("only here"), found.only_one, text(All((here, Not(there))))),
            Lap(
                _("only in “%(name)s”") % {"name": other.name},
                found.only_two,
                text(All((there, Not(here)))),
            ),
        ),
    )


def _versions(saved: Saved, names: dict[str, str]) -> tuple[VersionLine, ...]:
    return tuple(
        VersionLine(
            each.version,
            each.name or saved.name,
            saying.written(each.text, names),
            each.at,
            user_named(each.by) or _("Xiaohe"),
            each.version == saved.version,
            each.is_archived,
        )
        for each in queries.versions(saved.slug)
    )
