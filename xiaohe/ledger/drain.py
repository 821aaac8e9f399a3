"""Drain: batches of the inbox become Parquet files and runs of keys; compaction.py makes few large files of many.

    claim explicit batches ─► write, fsync, rename, fsync ─► one commit: list file and run, delete exactly those batches

The commit counts the batches it deletes: if another drain took one of them, it rolls back and its files are never listed.
So a fact is in the inbox or in one file, its key among the inbox's or in one run, and in every snapshot exactly once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from xiaohe.kernel import store as control
from xiaohe.ledger import (
    crash,
    durable,
    engine,
    files,
    inbox,
    lease,
    recent,
    recent_upkeep,
    store,
    subscriptions,
)
from xiaohe.ledger.engine import FACTS
from xiaohe.ledger.files import Written
from xiaohe.ledger.instants import DAY_US, to_us
from xiaohe.ledger.lease import Held
from xiaohe.ledger.models import FileRole
from xiaohe.ledger.recent import Overtaken, WrittenRun
from xiaohe.ledger.store import BatchRow

# One file of this many rows; fewer only when they have waited long enough, or an export wants them.
FILE_AT = 20_000
WAITED = timedelta(seconds=60)
# At most so many in one file: deleting their keys holds the store's one writer up for some 50 ms.
FILE_MOST = 40_000


@dataclass(frozen=True)
class Drained:
    """What a drain did."""

    rows: int
    known_before: int


def drain(now: datetime, *, force: bool = False) -> Drained:
    """File what waits if it is enough, old or late (or `force`). Safe beside anything."""
    rows = known = 0
    while force or _is_due(now):
        with _late_door() as held:
            moved, known_here = _drain_once(held)
        rows, known = rows + moved, known + known_here
        if not moved:
            break
    recent_upkeep.merge()
    return Drained(rows, known)


def _is_due(now: datetime) -> bool:
    waiting = store.moment().inbox_rows
    if not waiting:
        return False
    if waiting >= FILE_AT or (store.inbox_has_late() and not lease.is_held(lease.BULK)):
        return True
    first_us = store.first_waiting_us()
    # Either way: what was recorded while the clock was wrong must not wait until it is right again.
    return first_us is not None and abs(to_us(now) - first_us) >= WAITED // timedelta(
        microseconds=1
    )


@contextmanager
def _late_door() -> Iterator[Held | None]:
    """Late facts are compared with the lake, so no import may commit meanwhile; without the lease they wait."""
    if not store.inbox_has_late():
        yield None
        return
    try:
        held = lease.take(lease.BULK, wait_seconds=0)
    except lease.Busy:
        yield None
        return
    try:
        yield held
    finally:
        held.release()


def _drain_once(held: Held | None) -> tuple[int, int]:
    """File the oldest batches; how many facts, and how many of them the lake knew."""
    claimed = _claim(with_late=held is not None)
    fetched = store.batch_facts([each.id for each in claimed])
    if not claimed or len(fetched) != len(claimed):
        return 0, 0
    facts = inbox.table_of(fetched)
    late = np.repeat([each.late for each in claimed], [each.rows for each in claimed])
    known = _known_late(facts, late) if late.any() else np.zeros(len(late), dtype=bool)
    with recent.staged("drain") as folder:
        written = [
            files.write(facts.filter(pa.array(wanted)), folder, role, None)
            for wanted, role in ((~known, FileRole.FACT), (known, FileRole.SHADOW))
            if wanted.any()
        ]
        runs = list(_runs(claimed, facts["key_hash"].to_numpy(), folder))
        news = _news(claimed, facts, late & ~known)
        try:
            _commit(claimed, facts, written, runs, held=held, news=news)
        except Overtaken:
            return 0, 0
    return len(late), int(known.sum())


def _claim(*, with_late: bool) -> list[BatchRow]:
    claimed: list[BatchRow] = []
    rows = 0
    for each in store.claimable_batches(with_late=with_late):
        if claimed and rows + each.rows > FILE_MOST:
            break
        claimed.append(each)
        rows += each.rows
    return claimed


def _known_late(facts: pa.Table, late: np.ndarray) -> np.ndarray:
    """Which of the late facts the ledger knows already."""
    keys = facts["key_hash"].to_numpy()
    with engine.reading(local=True) as read:
        wanted = read.register("late_keys", pa.table({"key_hash": keys[late]}))
        found = read.run(FACTS.semi_join(wanted, "key_hash").select("key_hash"))
    return late & np.isin(keys, found["key_hash"].to_numpy())


def _runs(claimed: Sequence[BatchRow], keys: np.ndarray, folder: Path) -> Iterator[WrittenRun]:
    """One run of keys, and another of those dated ahead: it must be kept for longer."""
    until = np.repeat([each.until_us for each in claimed], [each.rows for each in claimed])
    ahead = until > np.repeat(
        [each.recorded_us + DAY_US for each in claimed], [each.rows for each in claimed]
    )
    for chosen in (~ahead, ahead):
        if chosen.any():
            yield recent.write(np.unique(keys[chosen]), folder, int(until[chosen].max()))


def _news(claimed: Sequence[BatchRow], facts: pa.Table, new: np.ndarray) -> dict[int, set[str]]:
    """Late batches with facts that turned out to be new, and their types."""
    news: dict[int, set[str]] = {}
    start = 0
    for each in claimed:
        if each.late and (here := new[start : start + each.rows]).any():
            types = facts["type"].slice(start, each.rows).filter(pa.array(here))
            news[each.id] = set(types.to_pylist())
        start += each.rows
    return news


def _commit(
    claimed: Sequence[BatchRow],
    facts: pa.Table,
    written: list[Written],
    runs: list[WrittenRun],
    *,
    held: Held | None,
    news: dict[int, set[str]],
) -> None:
    crash.at("after_write")
    listed = files.publish(written)
    listed_runs = recent.publish(runs)
    crash.at("after_fsync")
    subscriptions.discover()
    with control.write():
        if held is not None:
            held.confirm()
        store.lock_versions()
        if store.remove_batches([each.id for each in claimed]) != len(claimed):
            raise Overtaken
        store.add_files(listed)
        store.add_runs(listed_runs)
        store.remove_inbox_keys(facts["key_hash"].to_pylist())
        store.inbox_shrinks(facts.num_rows)
        store.bump_keys()
        if any(each.late for each in claimed):
            # Late facts come to light only now.
            store.bump_taps()
        for batch, types in news.items():
            subscriptions.announce_batch(batch, types.copy)
        crash.at("before_commit")
    durable.note("commit")
    crash.at("after_commit")
