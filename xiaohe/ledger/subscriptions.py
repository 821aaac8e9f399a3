"""Who works when the ledger has changed: names of jobs, enqueued in the very transaction that changed it.

    subscribe(job)         once per bulk commit and undo: derived state
    on_facts(job, types)   once per batch of the stream door; of imports only when they are announced
    replay(job, since)     the facts recorded since then once more, a slice per job

Delivery is at least once: a handler is safe to run twice. `facts_of` gives the facts of a job's payload, from the inbox
or, when they were filed meanwhile, from the lake; facts taken back are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime
from typing import Any

import ibis
import numpy as np
import pyarrow as pa

from xiaohe import jobs
from xiaohe.kernel import store as control
from xiaohe.ledger import engine, inbox, store
from xiaohe.ledger.engine import FACTS
from xiaohe.ledger.instants import from_us, to_us

REPLAY = "ledger.replay"
# Facts of one job of a replay or of an announced import.
SLICE = 10_000
# Jobs of a replay enqueued in one commit.
CHUNK = 100
_MASK = (1 << 63) - 1
# The last second of the year 9999.
_END_US = 253_402_300_799_000_000

_subscribers: list[str] = []
_of_facts: dict[str, frozenset[str] | None] = {}
_asked: dict[str, Callable[[set[str]], bool]] = {}
# Of these one job stands for whatever came until it starts.
_together: set[str] = set()
_discovered = False


def subscribe(job: str) -> None:
    """Have `job` enqueued once per bulk commit and undo; call at import time, twice is harmless."""
    if job not in _subscribers:
        _subscribers.append(job)


def on_facts(
    job: str,
    types: Collection[str] | None = None,
    *,
    asked: Callable[[set[str]], bool] | None = None,
    together: bool = False,
) -> None:
    """Have `job` enqueued once per recorded batch that holds one of these types; call at import time.

    Its payload goes to `facts_of`. The job is enqueued in the recording transaction; several batches may bring
    several jobs, in any order. `asked` is shown the batch's types in that transaction and may say that nobody
    waits for them: a job for nothing costs two commits. `together`: for whoever knows by itself what it has seen:
    batches that come before the job starts bring one job between them, without a payload. It hears of single facts
    that were taken back, too.
    """
    _of_facts[job] = None if types is None else frozenset(types)
    if asked is not None:
        _asked[job] = asked
    if together:
        _together.add(job)


def announce(lake_version: int, *, import_id: int) -> None:
    """Enqueue one job per subscriber; inside the committing transaction.

    Rooms above subscribe when their handlers are imported, which a process that only undoes has not done yet.
    """
    discover()
    for job in _subscribers:
        payload = {"lake_version": lake_version, "import_id": import_id}
        jobs.enqueue(job, payload, dedupe=f"{job}:{lake_version}")


def announce_batch(batch: int, types: Callable[[], set[str]]) -> None:
    """Enqueue one job per subscriber to facts of these types; inside the recording transaction."""
    if not _of_facts:
        return
    present = types()
    for job, wanted in _of_facts.items():
        if (wanted is None or wanted & present) and _is_asked(job, present):
            if job in _together:
                jobs.enqueue(job, dedupe=job)
            else:
                jobs.enqueue(job, {"batch": batch})


def announce_taken_back() -> None:
    """Wake whoever knows by itself what it has seen: something has gone; inside the transaction that took it back."""
    discover()
    for job in _together:
        jobs.enqueue(job, dedupe=job)


def _is_asked(job: str, present: set[str]) -> bool:
    asked = _asked.get(job)
    return asked is None or asked(present)


def announce_import(import_id: int) -> None:
    """Have every subscriber to facts see an import's; inside the committing transaction."""
    discover()
    for job in _of_facts:
        if job in _together:
            jobs.enqueue(job, dedupe=job)
        else:
            _plan(job, {"import": import_id})


def replay(job: str, since: datetime, now: datetime) -> int:
    """Have a subscriber see the facts recorded from `since` to `now` once more; the id of the job that plans it.

    The plan is made and enqueued slice by slice, a chunk per commit: killed anywhere, it goes on where it was.
    """
    return _plan(job, {"recorded": [to_us(since), to_us(now)]})


def facts_of(
    payload: Mapping[str, Any], types: Collection[str] | None = None
) -> Iterator[pa.Table]:
    """The facts a job was enqueued for, in tables of at most SLICE facts."""
    wanted = frozenset(types) if types is not None else None
    if "batch" in payload:
        yield from _of_batch(int(payload["batch"]), wanted)
        return
    with engine.reading(local=True) as read:
        yield from read.batches(_within(payload, wanted), rows=SLICE)


def discover() -> None:
    """Let every room subscribe, once per process."""
    global _discovered
    if not _discovered:
        jobs.discover()
        _discovered = True


# ---------------------------------------------------------------- what a payload stands for


def _of_batch(batch: int, types: frozenset[str] | None) -> Iterator[pa.Table]:
    with control.read_snapshot():
        blob = store.visible_batch(batch)
        if blob is not None:
            facts = inbox.table_of([(batch, blob)])
            gone = store.marks(facts["key_hash"].to_pylist())
    if blob is not None:
        facts = _counting(facts, gone, types)
        for start in range(0, facts.num_rows, SLICE):
            yield facts.slice(start, SLICE)
        return
    with engine.reading(local=True) as read:
        yield from read.batches(_within({"batch": batch}, types), rows=SLICE)


def _counting(facts: pa.Table, marks: list[store.Mark], types: frozenset[str] | None) -> pa.Table:
    until = {mark.key_hash: mark.until_us for mark in marks if mark.until_us is not None}
    keep = np.ones(facts.num_rows, dtype=bool)
    if until:
        recorded = facts["recorded_at"].cast(pa.int64()).to_pylist()
        keys = facts["key_hash"].to_pylist()
        keep &= [at > until.get(key, -1) for key, at in zip(keys, recorded, strict=True)]
    if types is not None:
        keep &= [name in types for name in facts["type"].to_pylist()]
    return facts if keep.all() else facts.filter(pa.array(keep))


def _within(payload: Mapping[str, Any], types: frozenset[str] | None) -> ibis.Table:
    found = FACTS
    if types is not None:
        found = found.filter(found.type.isin(sorted(types)))
    if "batch" in payload:
        # Rows of imports have numbers of their own.
        first = int(payload["batch"]) << 16
        return found.filter(
            found.import_id.isnull(), found.row_no.between(first, first | (inbox.BATCH_ROWS - 1))
        )
    if "import" in payload:
        found = found.filter(found.import_id == int(payload["import"]))
    if "recorded" in payload:
        low, high = (from_us(us) for us in payload["recorded"])
        found = found.filter(found.recorded_at >= low, found.recorded_at < high)
    if "keys" in payload:
        found = found.filter(found.key_hash.between(*payload["keys"]))
    return found


# ---------------------------------------------------------------- planning slices


def _plan(job: str, what: dict[str, Any]) -> int:
    return jobs.enqueue(REPLAY, {"job": job, **what})


def next_slices(payload: Mapping[str, Any]) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
    """The next jobs of a plan as payloads, and the plan that is left after them; None at its end.

    Time is cut so that a piece holds about SLICE facts; a piece that cannot be cut (an import has one instant) is
    cut by keys, which are hashes and lie evenly. What is left is named by time and keys, so facts that come or go
    between two steps move no boundary.
    """
    what = {name: value for name, value in payload.items() if name not in ("job", "cut")}
    end_us = what["recorded"][1] if "recorded" in what else _END_US
    if "cut" in payload:
        low, high, parts, number = payload["cut"]
        until = min(number + CHUNK, parts)
        chunk = [_part(what, low, high, parts, each) for each in range(number, until)]
        left = {"job": payload["job"], **what, "recorded": [high, end_us]}
        return chunk, left if until == parts else {**payload, "cut": [low, high, parts, until]}
    chunk = []
    for low, high, rows in _windows(what, _of_facts.get(str(payload["job"]))):
        # A tenth of room: even is not equal.
        parts = 1 if rows <= SLICE else -(-rows * 11 // (SLICE * 10))
        if chunk and len(chunk) + parts > CHUNK:
            return chunk, {**payload, "recorded": [low, end_us]}
        if parts > CHUNK:
            return [], {**payload, "cut": [low, high, parts, 0]}
        chunk += [_part(what, low, high, parts, number) for number in range(parts)]
    return chunk, None


def _windows(
    what: Mapping[str, Any], types: frozenset[str] | None
) -> Iterator[tuple[int, int, int]]:
    """Spans of time with about SLICE facts each, or a single instant with more; and how many."""
    with engine.reading(local=True) as read:
        facts = _within(what, types)
        counted = read.run(
            facts.group_by(at=facts.recorded_at).aggregate(n=facts.count()).order_by("at")
        )
    instants, counts = counted["at"].cast(pa.int64()).to_pylist(), counted["n"].to_pylist()
    start = rows = 0
    for place, count in enumerate(counts):
        if rows and rows + count > SLICE:
            yield instants[start], instants[place], rows
            start, rows = place, 0
        rows += count
    if rows:
        yield instants[start], instants[-1] + 1, rows


def _part(what: Mapping[str, Any], low: int, high: int, parts: int, number: int) -> dict[str, Any]:
    piece = {**what, "recorded": [low, high]}
    if parts > 1:
        step = (_MASK + 1) // parts
        last = _MASK if number == parts - 1 else (number + 1) * step - 1
        piece["keys"] = [number * step, last]
    return piece
