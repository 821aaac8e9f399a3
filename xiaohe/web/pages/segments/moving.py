"""Who came into a segment and who left it lately, and why: from the facts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import ibis
from django.utils.translation import gettext as _

from xiaohe.kernel.errors import BadInput
from xiaohe.ledger import engine
from xiaohe.ledger.engine.props import prop
from xiaohe.people import names, overlay
from xiaohe.segments import queries, text
from xiaohe.web.pages import people
from xiaohe.web.pages.segments import saying

DAYS = 30
MOST = 12
ENTERED, LEFT = "segment.entered", "segment.left"


@dataclass(frozen=True)
class Move:
    person: int
    name: str
    entered: bool
    at: datetime
    because: str


def lately(slug: str, now: datetime) -> tuple[Move, ...]:
    """The latest moves within thirty days, latest first."""
    with engine.reading() as read:
        facts = read.facts
        told = facts.filter(
            facts.type.isin([ENTERED, LEFT])
            & (facts.occurred_at >= ibis.literal(now - timedelta(days=DAYS)))
            & (facts.occurred_at <= ibis.literal(now))
        )
        told = told.filter(prop(told.props, "segment") == slug)
        told = told.mutate(because=prop(told.props, "because"))
        rows = read.run(
            told.order_by([ibis.desc(told.occurred_at), told.subject])
            .limit(MOST)
            .select("subject", "type", "occurred_at", "because")
        ).to_pylist()
    who = overlay.current()
    persons = [who.person(row["subject"]) for row in rows]
    shown = names.display(persons) if persons else {}
    return tuple(
        Move(
            person,
            people.name_of(shown, person),
            row["type"] == ENTERED,
            row["occurred_at"],
            because_said(row["because"] or ""),
        )
        for person, row in zip(persons, rows, strict=True)
    )


def because_said(because: str) -> str:
    """Why somebody came or went: a condition read aloud, or what else made it so."""
    plain = {
        "rule changed": _("the rule was changed"),
        "joined": _("two records turned out to be one person"),
        "time": _("time passed"),
    }
    if not because or because in plain:
        return plain.get(because, "")
    try:
        vocabulary = queries.vocabulary()
        called = {each.slug: each.name for each in queries.segments()}
        return saying.clause(text.parse(because, vocabulary), called)
    except BadInput:
        return because
