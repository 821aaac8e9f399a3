"""Truths over time, pure: of a leaf wherever it can be told, of a rule from those of its leaves.

Three-valued: where a leaf cannot be told, a rule can only where the leaf makes no difference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from xiaohe.segments.rules.tree import All, AnyOf, InSegment, Not, Rule

Truth = bool | None
# Further than any fact lies back, and than any window reaches.
FAR = timedelta(days=36_500)


class Gap(StrEnum):
    """Why something cannot be told of another day than today."""

    # It hangs on how the whole shop bought then, which is not kept.
    SHOP = "shop"
    # It hangs on what other people did.
    OTHERS = "others"
    # It was so already when it began to be written down.
    LOG = "log"
    # Of where they came from only the first and the latest are kept.
    SOURCES = "sources"
    # Today's purchase gives them another rhythm tomorrow; or it is reckoned anew each day.
    RHYTHM = "rhythm"
    # Beyond the days that are looked at.
    HORIZON = "horizon"
    # There are too many facts before.
    FAR = "far"
    # Only a question of that very day can tell.
    ASKED = "asked"


@dataclass(frozen=True)
class Line:
    """A leaf over time. `turns`: where it may change; between them it stays. Where it cannot be told: why not."""

    now: bool
    truth: Callable[[datetime], Truth]
    turns: frozenset[datetime] = frozenset()
    past: Gap | None = None
    ahead: Gap | None = None

    def at(self, instant: datetime, now: datetime) -> Truth:
        return self.now if instant == now else self.truth(instant)


def unknown(now: bool, why: Gap = Gap.ASKED) -> Line:
    """A leaf of which only today's truth is known."""
    return Line(now, lambda _instant: None, past=why, ahead=why)


def steady(now: bool) -> Line:
    """A leaf that neither was nor will be another by itself."""
    return Line(now, lambda _instant: now)


@dataclass(frozen=True)
class Span:
    """Since when a rule has been as it is, and until when it stays if nothing happens.

    `since` None: as far back as facts go if `since_known`, else nobody can tell; the same with `until`. What cannot be
    told has its reason; then `since` is as far back as it is sure to have been so, `sure_until` as far ahead.
    """

    since: datetime | None
    since_known: bool
    until: datetime | None
    until_known: bool
    since_gap: Gap | None = None
    until_gap: Gap | None = None
    sure_until: datetime | None = None


@dataclass(frozen=True)
class Truths:
    """Lines by the text of their leaves, at one instant; rules of segments by slug.

    `known_from`: before it the person was nobody, and fitted no rule at all. `otherwise`: truths of leaves that are not
    those of their lines.
    """

    lines: Mapping[str, Line]
    key: Callable[[Any], str]
    segment: Callable[[str], Rule]
    now: datetime
    known_from: datetime | None = None
    otherwise: Mapping[str, Truth] = field(default_factory=dict)

    def fits(self, rule: Rule, at: datetime) -> Truth:
        match rule:
            case All(rules):
                found = [self.fits(each, at) for each in rules]
                return False if False in found else None if None in found else True
            case AnyOf(rules):
                found = [self.fits(each, at) for each in rules]
                return True if True in found else None if None in found else False
            case Not(inner):
                truth = self.fits(inner, at)
                return None if truth is None else not truth
            case InSegment(slug):
                return self.fits(self.segment(slug), at)
        key = self.key(rule)
        if key in self.otherwise:
            return self.otherwise[key]
        return self.lines[key].at(at, self.now)

    def asked(self, rule: Rule, at: datetime) -> Truth:
        """Whether the rule has the person at an instant."""
        if self.known_from is not None and at < self.known_from:
            return False
        return self.fits(rule, at)

    def span(self, rule: Rule, keys: Iterable[str]) -> Span:
        """How long a rule, made of the leaves of these keys, has been and will be as it is now."""
        keys = list(keys)
        turns = {each for key in keys for each in self.lines[key].turns}
        if self.known_from is not None:
            turns.add(self.known_from)
        ordered = sorted(turns)
        is_now = self.asked(rule, self.now)
        since, since_known, unsure = self._since(
            rule, is_now, [each for each in ordered if each <= self.now]
        )
        since_gap = None if since_known else self._gap(keys, unsure, back=True)
        until, until_known, sure, beyond = None, True, None, None
        for at in (each for each in ordered if each > self.now):
            truth = self.asked(rule, at)
            if truth is not is_now:
                until, until_known = (None, False) if truth is None else (at, True)
                beyond = at
                sure = at if truth is None else None
                break
        else:
            # Nothing turns ahead: it stays unless a leaf that matters cannot be told.
            beyond = self.now + FAR
            until_known = self.asked(rule, beyond) is not None
        until_gap = None if until_known else self._gap(keys, beyond, back=False)
        return Span(since, since_known, until, until_known, since_gap, until_gap, sure)

    def _gap(self, keys: Iterable[str], at: datetime, *, back: bool) -> Gap:
        """Why it cannot be told there: what the first leaf says that cannot."""
        for key in keys:
            line = self.lines[key]
            if line.at(at, self.now) is None:
                found = line.past if back else line.ahead
                if found is not None:
                    return found
        return Gap.ASKED

    def _since(
        self, rule: Rule, is_now: Truth, earlier: list[datetime]
    ) -> tuple[datetime | None, bool, datetime]:
        """Back from turn to turn: what held from one on holds until the next. Where it could not be told, too."""
        began: datetime | None = None
        for at in reversed(earlier):
            truth = self.asked(rule, at)
            if truth is None:
                return began, False, at
            if truth is not is_now:
                return began, began is not None, at
            began = at
        before = self.now - FAR
        first = self.asked(rule, before)
        if first is None:
            return began, False, before
        return (None, True, before) if first is is_now else (began, began is not None, before)
