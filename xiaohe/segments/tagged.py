"""Facts of a tag that was given or taken by hand at one instant: what an undo takes back."""

from __future__ import annotations

from datetime import datetime, timedelta

import ibis

from xiaohe.ledger import engine
from xiaohe.ledger.engine.props import prop

TYPES = ("tag.added", "tag.removed")


def at(group: str, tag: str, when: datetime) -> list[int]:
    """Their key hashes; an instant is one tap of one person."""
    with engine.reading() as read:
        facts = read.facts
        told = facts.filter(
            facts.type.isin(TYPES)
            & (facts.occurred_at >= ibis.literal(when))
            & (facts.occurred_at < ibis.literal(when + timedelta(microseconds=1)))
        )
        told = told.filter(
            (prop(told.props, "group") == group)
            & (prop(told.props, "tag") == tag)
            & (prop(told.props, "by") == "hand")
        )
        return [int(each) for each in read.run(told.select("key_hash"))["key_hash"].to_pylist()]
