"""The life of the runs of recent keys: small ones become large ones, old ones end, damaged ones are made again.

Each change of the list of runs is one commit under the lock of the ledger's state, and retires exactly the runs that were
looked at: who was overtaken leaves files that nobody lists.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa

from xiaohe.kernel import store as control
from xiaohe.kernel import workspace
from xiaohe.ledger import crash, durable, lease, store
from xiaohe.ledger.instants import DAY_US, to_us
from xiaohe.ledger.recent import (
    KEPT,
    KEYS,
    PASS_KEYS,
    Keys,
    Overtaken,
    opened,
    publish,
    staged,
    write,
    write_parts,
)
from xiaohe.ledger.store import RunRow

# Runs of one size become one.
MERGE_AT = 6
# A run of this many keys, times MERGE_AT to the power of its tier, belongs to that tier.
SMALLEST = 20_000
# Runs of different weeks stay apart, so that a run is over a week after its first key at the latest.
SPAN_US = 7 * DAY_US
# Keys merged by one job at most, unless a single crowd has more.
JOB_KEYS = 20_000_000
# Files are deleted so long after they were retired; processes that look things up have opened others by then.
KEEP = timedelta(days=1)


def merge() -> int:
    """Make few large runs of many small ones, up to a job's worth; how many went."""
    merged = keys = 0
    while keys < JOB_KEYS and (crowd := _crowd(store.live_runs())):
        if not _merge(crowd):
            break
        merged += len(crowd)
        keys += sum(each.keys for each in crowd)
    return merged


def _crowd(runs: Sequence[RunRow]) -> list[RunRow]:
    """Runs that should be one: many of a size, or the rest of a week that is over."""
    weeks: dict[int, list[RunRow]] = {}
    for each in runs:
        weeks.setdefault(each.until_us // SPAN_US, []).append(each)
    newest = max((each.id for each in runs), default=0)
    for week in weeks.values():
        tiers: dict[int, list[RunRow]] = {}
        for each in week:
            tiers.setdefault(_tier(each.keys), []).append(each)
        for _number, tier in sorted(tiers.items()):
            if len(tier) >= MERGE_AT:
                return tier
        # Nothing was added to this week for as long as it takes to fill a tier elsewhere.
        if len(week) > 1 and newest - max(each.id for each in week) > 2 * MERGE_AT:
            return week
    return []


def _tier(keys: int) -> int:
    tier = 0
    while keys >= SMALLEST * MERGE_AT ** (tier + 1):
        tier += 1
    return tier


def _merge(crowd: Sequence[RunRow]) -> bool:
    """One run instead of many; False if somebody else was faster."""
    with staged("keys") as folder:
        until_us = max(each.until_us for each in crowd)
        written = write_parts(_merged([opened(each) for each in crowd]), folder, until_us)
        crash.at("run_after_write")
        listed = publish([written])
        crash.at("run_after_fsync")
        try:
            with control.write():
                store.lock_versions()
                _retire(crowd)
                store.add_runs(listed)
                store.bump_keys()
                crash.at("run_before_commit")
        except Overtaken:
            return False
        crash.at("run_after_commit")
    return True


def _merged(runs: Sequence[Keys]) -> Iterator[Keys]:
    """All keys, ascending and each once, a range of them at a time: hashes lie evenly."""
    passes = max(1, -(-sum(len(each) for each in runs) // PASS_KEYS))
    bounds = [(1 << 63) // passes * number for number in range(1, passes)]
    cuts = [[0, *np.searchsorted(each, bounds), len(each)] for each in runs]
    for number in range(passes):
        parts = [each[cut[number] : cut[number + 1]] for each, cut in zip(runs, cuts, strict=True)]
        yield np.unique(np.concatenate(parts))


def _retire(runs: Sequence[RunRow]) -> None:
    ids = [each.id for each in runs]
    if store.retire_runs(ids, store.now_us()) != len(ids):
        raise Overtaken


# ---------------------------------------------------------------- the end of a run


def expire(now: datetime) -> int:
    """Stop looking in runs of which nobody repeats a key any more; how many keys."""
    before_us = to_us(now - KEPT)
    with control.write():
        store.lock_versions()
        old = [each for each in store.live_runs() if each.until_us < before_us]
        if not old:
            return 0
        _retire(old)
        store.bump_keys(forgotten_us=max(each.until_us for each in old))
        crash.at("expire_before_commit")
    crash.at("expire_after_commit")
    return sum(each.keys for each in old)


def collect_again(broken: Sequence[RunRow], missing: Sequence[pa.Table]) -> int:
    """List keys collected from the facts in place of broken runs, in one commit; how many. Raises Overtaken.

    `missing` says of each `key_hash` in `until` when its fact was recorded or happened, whichever is later.
    """
    # What a client's wrong clock stated is in no fact: a broken run's own end holds for whatever was in it.
    end_us = max((each.until_us for each in broken), default=0)
    with staged("keys") as folder:
        found = [
            write(np.unique(keys), folder, until_us)
            for keys, until_us in _by_until(missing, end_us)
        ]
        crash.at("run_after_write")
        listed = publish(found)
        crash.at("run_after_fsync")
        with control.write():
            store.lock_versions()
            _retire(broken)
            store.add_runs(listed)
            store.bump_keys()
            crash.at("run_before_commit")
    crash.at("run_after_commit")
    return sum(each.keys for each in listed)


def _by_until(parts: Sequence[pa.Table], end_us: int) -> Iterator[tuple[Keys, int]]:
    """Keys week by week of their end, so that none is kept much longer than it must."""
    if not parts:
        return
    keys = np.concatenate([each["key_hash"].to_numpy() for each in parts])
    until = np.concatenate([each["until"].cast(pa.int64()).to_numpy() for each in parts])
    # `occurred_at` may be a corrected time: the one stated lies within a day of it, or of the receipt.
    until = np.maximum(until + DAY_US, end_us)
    weeks = until // SPAN_US
    for week in np.unique(weeks):
        chosen = weeks == week
        yield keys[chosen], int(until[chosen].max())


def collect(now: datetime) -> int:
    """Delete files of keys retired, or listed by nobody, a day ago; `now` is real time. Nothing during a backup."""
    if lease.is_held(lease.BACKUP):
        return 0
    lake = workspace.current().lake
    retired = store.runs_retired_before(to_us(now - KEEP))
    for _id, path in retired:
        (lake / path).unlink(missing_ok=True)
    if retired:
        with control.write():
            store.forget_runs([id for id, _path in retired])
    # Files first, list second: a file listed in between is not taken for an orphan.
    old = (now - KEEP).timestamp()
    found = [each for each in (lake / KEYS).glob("*.keys") if each.stat().st_mtime < old]
    listed = store.all_run_paths()
    orphans = [each for each in found if f"{KEYS}/{each.name}" not in listed]
    for each in orphans:
        each.unlink(missing_ok=True)
        durable.note("collect", each)
    return len(retired) + len(orphans)
