"""The facts of few people: their latest ones, or all of some types, without looking at everybody's.

    with engine.reading() as read:
        latest = timeline(read, subjects, limit=100)
        older = timeline(read, subjects, limit=100, before=place_of(latest))

Files in the order of subjects hold each person's facts together, so a handful of row groups is read; facts that are
not in such files yet (just imported, just drained, still waiting) are looked at beside them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

import ibis
import pyarrow as pa

from xiaohe.ledger.engine import FACTS, Reading

# From so many people on, the files of a few types are read faster than files by subject of all types.
MANY = 10
_THESE = ibis.table({"subject": "int64"}, name="these_subjects")
_BY_SUBJECT = Reading.by_subject.semi_join(_THESE, "subject")
_BY_TYPE = FACTS.semi_join(_THESE, "subject")


class Place(NamedTuple):
    """Where a timeline goes on: after the fact that happened then and has this key."""

    occurred_at: datetime
    key_hash: int


def timeline(
    read: Reading, subjects: Iterable[int], limit: int, before: Place | None = None
) -> pa.Table:
    """The latest facts of these subjects (FACT_SCHEMA), latest first; of one instant, the larger key first."""
    _register(read, subjects)
    facts = _BY_SUBJECT
    if before is not None:
        at, key = facts.occurred_at, facts.key_hash
        here = ibis.literal(before.occurred_at)
        facts = facts.filter(at <= here, (at < here) | (key < before.key_hash))
    order = [facts.occurred_at.desc(), facts.key_hash.desc()]
    return read.run(facts.order_by(order).limit(limit))


def place_of(page: pa.Table) -> Place:
    """Where the next page after this one, which is not empty, begins."""
    last = page.slice(page.num_rows - 1)
    return Place(last["occurred_at"][0].as_py(), last["key_hash"][0].as_py())


def facts_of(
    read: Reading,
    subjects: Iterable[int],
    *,
    types: Iterable[str] | None = None,
    since: datetime | None = None,
) -> ibis.Table:
    """All facts of these subjects, of these types and from then on, in no order: to be asked on, until the next call."""
    count = _register(read, subjects)
    facts = _BY_SUBJECT if types is None or count < MANY else _BY_TYPE
    if types is not None:
        facts = facts.filter(facts.type.isin(sorted(types)))
    if since is not None:
        facts = facts.filter(facts.occurred_at >= ibis.literal(since))
    return facts


def _register(read: Reading, subjects: Iterable[int]) -> int:
    wanted = pa.table({"subject": pa.array(sorted(set(subjects)), pa.int64())})
    read.register("these_subjects", wanted)
    return wanted.num_rows
