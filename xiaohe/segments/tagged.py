"""Facts of tags: stating those of one tap, and finding them again by its instant, which is what an undo takes back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import ibis

from xiaohe.kernel.store import write
from xiaohe.ledger import engine, stream
from xiaohe.ledger.engine.props import prop
from xiaohe.ledger.stream import Fact
from xiaohe.segments.models import TagReason

SOURCE = "xiaohe"
ADDED, REMOVED = TYPES = ("tag.added", "tag.removed")
SLICE = 5_000


@dataclass(frozen=True)
class Done:
    """Facts recorded; hand them to `tags.undo`."""

    facts: tuple[int, ...]
    people: int


def record(
    people: Sequence[int],
    props: Mapping[str, str],
    now: datetime,
    *,
    take: bool = False,
    sealed: bytes | None = None,
    recorded: datetime | None = None,
) -> Done:
    """One tap at the instant `now`, in one commit: these people get a tag or lose it; `sealed` is why. Safe to repeat.

    `recorded`: the instant at which it is put down, if that is later.
    """
    facts = [fact(REMOVED if take else ADDED, each, props, now) for each in people]
    done = Done(tuple(stream.key_hash(each) for each in facts), len(facts))
    with write():
        for first in range(0, len(facts), SLICE):
            stream.record(facts[first : first + SLICE], now=recorded or now)
        if sealed is not None:
            reasons = [TagReason(fact=each, sealed=sealed) for each in done.facts]
            TagReason.objects.bulk_create(reasons, ignore_conflicts=True)
    return done


def fact(type_: str, person: int, props: Mapping[str, str], now: datetime) -> Fact:
    """That somebody got a tag, or lost it."""
    at = now.isoformat(timespec="microseconds")
    key = f"{type_}:{person}:{props['group']}:{props['tag']}:{props['by']}:{at}"
    return Fact(SOURCE, key, type_, now, person, props=dict(props))


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
