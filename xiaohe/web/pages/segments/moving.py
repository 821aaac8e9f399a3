"""Who came into a segment and who left it lately, by name, and why in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from xiaohe.kernel.errors import BadInput
from xiaohe.people import names
from xiaohe.segments import moves, queries, text
from xiaohe.segments.state.changes import JOINED, RULE_CHANGED, TIME
from xiaohe.web.pages import people
from xiaohe.web.pages.segments import saying

MOST = 12


@dataclass(frozen=True)
class Move:
    person: int
    name: str
    entered: bool
    at: datetime
    because: str


def lately(slug: str, now: datetime) -> tuple[Move, ...]:
    """The latest moves within thirty days, latest first."""
    told = moves.lately(slug, now, most=MOST)
    shown = names.display([each.person for each in told]) if told else {}
    return tuple(
        Move(
            each.person,
            people.name_of(shown, each.person),
            each.entered,
            each.at,
            because_said(each.because),
        )
        for each in told
    )


def because_said(because: str) -> str:
    """Why somebody came or went: a condition read aloud, or what else made it so."""
    plain = {
        RULE_CHANGED: _("the rule was changed"),
        JOINED: _("two records turned out to be one person"),
        TIME: _("time passed"),
    }
    if not because or because in plain:
        return plain.get(because, "")
    try:
        vocabulary = queries.vocabulary()
        called = {each.slug: each.name for each in queries.segments()}
        return saying.clause(text.parse(because, vocabulary), called)
    except BadInput:
        return because
