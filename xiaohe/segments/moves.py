"""Who came into a segment and who left it lately, and why: read back from the facts that say so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import ibis

from xiaohe.ledger import engine
from xiaohe.ledger.engine.props import prop
from xiaohe.people import overlay
from xiaohe.segments.state.changes import ENTERED, LEFT

DAYS = 30


@dataclass(frozen=True)
class Move:
    """`because`: the condition that turned, in its text form, or one of the words of `state.changes`."""

    person: int
    entered: bool
    at: datetime
    because: str


def lately(slug: str, now: datetime, *, most: int, days: int = DAYS) -> list[Move]:
    """The latest moves of the last days, latest first; persons as whoever they are now."""
    with engine.reading() as read:
        facts = read.facts
        told = facts.filter(
            facts.type.isin([ENTERED, LEFT])
            & (facts.occurred_at >= ibis.literal(now - timedelta(days=days)))
            & (facts.occurred_at <= ibis.literal(now))
        )
        told = told.filter(prop(told.props, "segment") == slug)
        told = told.mutate(because=prop(told.props, "because"))
        rows = read.run(
            told.order_by([ibis.desc(told.occurred_at), told.subject])
            .limit(most)
            .select("subject", "type", "occurred_at", "because")
        ).to_pylist()
    who = overlay.current()
    return [
        Move(
            who.person(row["subject"]),
            row["type"] == ENTERED,
            row["occurred_at"],
            row["because"] or "",
        )
        for row in rows
    ]
