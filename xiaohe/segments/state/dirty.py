"""Whom to look at again: touched by new facts, by what was taken back, by joins and marks, or by the clock."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from xiaohe.ledger import engine
from xiaohe.ledger.engine import FACTS, Reading, prop
from xiaohe.ledger.instants import to_us
from xiaohe.ledger.snapshot import Snapshot
from xiaohe.segments.attributes.present import are_told
from xiaohe.segments.attributes.referrals import REFERRED
from xiaohe.segments.query.world import STATE_TABLES
from xiaohe.segments.state import orders, position
from xiaohe.segments.state.few import News
from xiaohe.segments.state.generation import Generation, Ids
from xiaohe.segments.state.position import Position
from xiaohe.segments.state.wanting import OURS
from xiaohe.traits.state import State

# New facts that are held in memory to be added to what was known; more are read with all others.
MOST_NEWS = 500_000


@dataclass(frozen=True)
class Dirty:
    """People to look at again, by why; None where it cannot be told: then everybody."""

    facts: Ids
    # Something was taken back of them, or counts again.
    back: Ids
    # The state says otherwise of them: joined, taken apart, marked, another link.
    state: Ids
    time: Ids
    # What came: of `facts`, if they are nowhere else, it is all that happened to them.
    news: News = field(default_factory=lambda: News(frozenset(), None))

    @property
    def people(self) -> Ids:
        return np.unique(np.concatenate([self.facts, self.back, self.state, self.time]))

    @property
    def otherwise(self) -> Ids:
        """To whom something happened beside new facts."""
        return np.unique(np.concatenate([self.back, self.state, self.time]))


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
    subjects, news = _of_new_facts(taken, before.position, with_ours=with_ours)
    gone, is_unclear = position.taken_back(taken, before.position, here)
    if is_unclear:
        return None
    moved = _moved(before.traits, state)
    if moved is None:
        return None
    out = before.runs_out
    due = np.unique(out[out[:, 0] <= to_us(now), 1])
    bought = _buyers(read, news, lambda keys: orders.buyers(before, state.id, keys))
    subjects = np.unique(np.concatenate([subjects, _inviters(read, news), bought]))
    back = News(frozenset(gone["type"].unique().to_pylist()), gone)
    named = [gone["subject"], gone["other"].drop_null()]
    lost = [each.to_numpy() for each in named] + [_inviters(read, back), _buyers(read, back)]
    taken_back = persons_of(read, np.unique(np.concatenate(lost)))
    return Dirty(persons_of(read, subjects), taken_back, moved, due, news)


def _of_new_facts(taken: Snapshot, seen: Position, *, with_ours: bool) -> tuple[Ids, News]:
    new = position.news_of(taken, seen)
    if not with_ours:
        new = new.filter(pc.invert(pc.is_in(new["type"], pa.array(sorted(OURS)))))
    # Whom a fact names beside its subject: an inviter, the other side of a pair.
    subjects = np.union1d(new["subject"].to_numpy(), new["other"].drop_null().to_numpy())
    types = frozenset(new["type"].unique().to_pylist())
    return subjects, News(types, new if new.num_rows <= MOST_NEWS else None)


def _inviters(read: Reading, news: News) -> Ids:
    """Subjects to whom orders about which something came are owed: whoever it was stands in a fact of its own."""
    if news.facts is None or not any(each.startswith("order.") for each in news.types):
        return np.empty(0, np.int64)
    if not are_told(read, [REFERRED]):
        return np.empty(0, np.int64)
    keys = pa.table({"order_key": news.facts["order_key"].drop_null().unique()})
    orders = read.register("dirty_orders", keys)
    told = FACTS.filter(FACTS.type == REFERRED)
    told = told.select("subject", "other", "order_key", "source", group=prop(told.props, "group"))
    mine = told.semi_join(orders, "order_key")
    named = mine.filter(mine.other.notnull()).select(subject=mine.other)
    # Whoever opened a group purchase is found among those who stand in it.
    groups = mine.filter(mine.group.notnull()).select("source", "group").distinct()
    beside = told.semi_join(groups, ["source", "group"]).select("subject")
    return np.unique(read.run(named.union(beside).distinct())["subject"].to_numpy())


def _buyers(
    read: Reading, news: News, of_kept: Callable[[Ids], Ids | None] = lambda _keys: None
) -> Ids:
    """Subjects of orders about which something came: whose they were, and whose they are where the news names nobody.

    Of several who are named one is the buyer, so whoever was may be no longer. `of_kept`: whose they were as far as the
    state does not know it; else all facts of these orders are looked at.
    """
    if news.facts is None or not any(each.startswith("order.") for each in news.types):
        return np.empty(0, np.int64)
    facts = news.facts.filter(pc.is_valid(news.facts["order_key"]))
    if not facts.num_rows:
        return np.empty(0, np.int64)
    named = read.register("dirty_bought", pa.table({"order_key": facts["order_key"].unique()}))
    known = read.table("state_orders").semi_join(named, "order_key")
    known = known.filter(known.person.notnull()).select(subject=known.person).distinct()
    found = [read.run(known)["subject"].to_numpy()]
    kept = of_kept(facts["order_key"].unique().to_numpy())
    if kept is not None:
        found.append(kept)
        facts = facts.filter(pc.equal(facts["order_key"], facts["subject"]))
    if facts.num_rows:
        # Of an order the state does not know yet, another of its facts does.
        some = read.register("dirty_named", pa.table({"order_key": facts["order_key"].unique()}))
        told = FACTS.filter(FACTS.order_key.notnull(), FACTS.subject != FACTS.order_key)
        told = told.semi_join(some, "order_key").select("subject").distinct()
        found.append(read.run(told)["subject"].to_numpy())
    return np.unique(np.concatenate(found))


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
