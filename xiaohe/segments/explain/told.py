"""What an explanation is made of: a node for each part of a rule, with its value, its time and the facts behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from xiaohe.kernel.errors import NotFound
from xiaohe.segments.explain.citing import Cited
from xiaohe.segments.explain.timeline import Span
from xiaohe.segments.rules.tree import Rule


@dataclass(frozen=True)
class Why:
    """One node of a rule. `value`: of a leaf what it was compared with; `cited`: the facts behind it, latest first, those that
    decide before the others."""

    rule: Rule
    fits: bool
    span: Span
    value: Any = None
    cited: tuple[Cited, ...] = ()
    parts: tuple[Why, ...] = ()
    # Of InSegment: its name.
    name: str = ""


@dataclass(frozen=True)
class Explanation:
    person: int
    on: date
    at: datetime
    why: Why

    @property
    def fits(self) -> bool:
        return self.why.fits


class NobodyKnown(NotFound):
    def __init__(self, person: int) -> None:
        from django.utils.translation import gettext_lazy as _

        super().__init__("no_such_person", _("Nobody has the number %(person)s."), person=person)
