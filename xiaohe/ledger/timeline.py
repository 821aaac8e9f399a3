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


# A fact without a row number comes before (is older than) those with one.
_NO_ROW = -1


class Place(NamedTuple):
    """Where a timeline goes on: after this fact."""

    occurred_at: datetime
    row_no: int
    key_hash: int


def timeline(
    read: Reading, subjects: Iterable[int], limit: int, before: Place | None = None
) -> pa.Table:
    """The latest facts of these subjects (FACT_SCHEMA), latest first; of one instant, the later row first."""
    _register(read, subjects)
    facts = _BY_SUBJECT
    at, row, key = facts.occurred_at, facts.row_no.fill_null(_NO_ROW), facts.key_hash
    if before is not None:
        then = ibis.literal(before.occurred_at)
        comes_after = (row < before.row_no) | ((row == before.row_no) & (key < before.key_hash))
        facts = facts.filter(at <= then, (at < then) | comes_after)
    return read.run(facts.order_by([at.desc(), row.desc(), key.desc()]).limit(limit))


def place_of(page: pa.Table) -> Place:
    """Where the page after this one, which is not empty, begins."""
    last = page.slice(page.num_rows - 1).to_pylist()[0]
    row = _NO_ROW if last["row_no"] is None else last["row_no"]
    return Place(last["occurred_at"], row, last["key_hash"])


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
