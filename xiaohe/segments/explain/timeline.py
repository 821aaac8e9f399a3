"""Truths over time, pure: of a leaf wherever it can be told, of a rule from those of its leaves.

Three-valued: where a leaf cannot be told, a rule can only where the leaf makes no difference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from xiaohe.segments.rules.tree import All, AnyOf, InSegment, Not, Rule

Truth = bool | None
# Further than any fact lies back, and than any window reaches.
FAR = timedelta(days=36_500)


@dataclass(frozen=True)
class Line:
    """A leaf over time. `turns`: where it may change; between them it stays. `past`, `ahead`: can it be told there?"""

    now: bool
    truth: Callable[[datetime], Truth]
    turns: frozenset[datetime] = frozenset()

    def at(self, instant: datetime, now: datetime) -> Truth:
        return self.now if instant == now else self.truth(instant)


def unknown(now: bool) -> Line:
    """A leaf of which only today's truth is known."""
    return Line(now, lambda _instant: None)


def steady(now: bool) -> Line:
    """A leaf that neither was nor will be another by itself."""
    return Line(now, lambda _instant: now)


@dataclass(frozen=True)
class Span:
    """Since when a rule has been as it is, and until when it stays if nothing happens.

    `since` None: as far back as facts go if `since_known`, else nobody can tell; the same with `until`.
    """

    since: datetime | None
    since_known: bool
    until: datetime | None
    until_known: bool


@dataclass(frozen=True)
class Truths:
    """Lines by the text of their leaves, at one instant; rules of segments by slug."""

    lines: Mapping[str, Line]
    key: Callable[[Any], str]
    segment: Callable[[str], Rule]
    now: datetime
    flipped: frozenset[str] = field(default=frozenset())

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
        truth = self.lines[key].at(at, self.now)
        return truth if key not in self.flipped or truth is None else not truth

    def span(self, rule: Rule, keys: Iterable[str]) -> Span:
        """How long a rule, made of the leaves of these keys, has been and will be as it is now."""
        turns = sorted({each for key in keys for each in self.lines[key].turns})
        is_now = self.fits(rule, self.now)
        earlier = [each for each in turns if each <= self.now]
        since, since_known = self._since(rule, is_now, earlier)
        until, until_known = None, True
        for at in (each for each in turns if each > self.now):
            truth = self.fits(rule, at)
            if truth is not is_now:
                until, until_known = (None, False) if truth is None else (at, True)
                break
        else:
            # Nothing turns ahead: it stays unless a leaf that matters cannot be told.
            until_known = self.fits(rule, self.now + FAR) is not None
        return Span(since, since_known, until, until_known)

    def _since(
        self, rule: Rule, is_now: Truth, earlier: list[datetime]
    ) -> tuple[datetime | None, bool]:
        """Back from turn to turn: what held from one on holds until the next."""
        began: datetime | None = None
        for at in reversed(earlier):
            truth = self.fits(rule, at)
            if truth is None:
                return began, False
            if truth is not is_now:
                return began, began is not None
            began = at
        first = self.fits(rule, self.now - FAR)
        if first is None:
            return began, False
        return (None, True) if first is is_now else (began, began is not None)
