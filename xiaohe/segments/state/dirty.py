"""Whom to look at again: touched by new facts, by what was taken back, by joins and marks, or by the clock."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa

from xiaohe.ledger import engine
from xiaohe.ledger.engine import Reading
from xiaohe.ledger.instants import to_us
from xiaohe.ledger.snapshot import Snapshot
from xiaohe.segments.query.world import STATE_TABLES
from xiaohe.segments.state import position
from xiaohe.segments.state.generation import Generation, Ids
from xiaohe.segments.state.position import Position
from xiaohe.segments.state.wanting import OURS
from xiaohe.traits.state import State


@dataclass(frozen=True)
class Dirty:
    """People to look at again, by why; None where it cannot be told: then everybody."""

    facts: Ids
    # The state says otherwise of them: joined, taken apart, marked, another link.
    state: Ids
    time: Ids
    # New facts of them, which is all that happened to `facts`.
    is_plain: bool = True
    types: frozenset[str] = field(default=frozenset())

    @property
    def people(self) -> Ids:
        return np.union1d(np.union1d(self.facts, self.state), self.time)


def since(
    before: Generation,
    read: Reading,
    here: Position,
    state: State,
    now: datetime,
    *,
    with_ours: bool,
) -> Dirty | None:
    """Whom to look at again; `read` has the tables of `state` registered. None: everybody."""
    taken = read.snapshot
    assert taken is not None
    subjects, types = _of_new_facts(taken, before.position, with_ours=with_ours)
    back, is_unclear = position.subjects_taken_back(taken, before.position, here)
    if is_unclear:
        return None
    moved = _moved(before.traits, state)
    if moved is None:
        return None
    out = before.runs_out
    due = np.unique(out[out[:, 0] <= to_us(now), 1])
    touched = np.union1d(subjects, np.fromiter(back, np.int64, len(back)))
    return Dirty(persons_of(read, touched), moved, due, not back, types)


def _of_new_facts(
    taken: Snapshot, seen: Position, *, with_ours: bool
) -> tuple[Ids, frozenset[str]]:
    new = position.facts_since(seen)
    if not with_ours:
        new = new.filter(~new.type.isin(sorted(OURS)))
    with position.reading_since(taken, seen) as read:
        # Whom a fact names beside its subject: an inviter, the other side of a pair.
        found = read.run(new.select("subject", "other", "type").distinct())
    subjects = np.unique(found["subject"].to_numpy())
    others = np.unique(found["other"].drop_null().to_numpy())
    return np.union1d(subjects, others), frozenset(found["type"].unique().to_pylist())


def persons_of(read: Reading, subjects: Ids) -> Ids:
    """The people of subjects, by the state's join."""
    if not len(subjects):
        return np.empty(0, np.int64)
    asked = read.register("dirty_subjects", pa.table({"subject": subjects}))
    moved = read.run(read.table("state_persons").semi_join(asked, "subject"))
    at = np.isin(subjects, moved["subject"].to_numpy())
    return np.union1d(subjects[~at], moved["person"].to_numpy())


def _moved(before: State, now: State) -> Ids | None:
    """People of whom two states of the same facts and day say different things."""
    if before.id == now.id:
        return np.empty(0, np.int64)
    same = before.version.lake == now.version.lake and before.on == now.on
    if not same or before.terms != now.terms:
        return None
    found = [np.empty(0, np.int64)]
    for name in STATE_TABLES:
        old, new = before.path(name), now.path(name)
        if not old.exists() or not new.exists():
            return None
        if not os.path.samefile(old, new):
            found += _differing(old, new)
    return np.unique(np.concatenate(found))


def _differing(old: Path, new: Path) -> Iterable[Ids]:
    """People in rows that only one of two files has."""
    with engine.over({"old": old, "new": new}, timeout=None) as read:
        one, two = read.table("old"), read.table("new")
        names = [each for each in ("person", "subject") if each in one.columns]
        if "person" not in names or set(one.columns) != set(two.columns):
            return
        for here, there in ((one, two), (two, one)):
            rows = read.run(here.difference(there.select(here.columns)).select(names))
            for name in names:
                yield rows[name].drop_null().to_numpy()
