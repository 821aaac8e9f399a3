"""Recent keys: sorted files of the keys that were drained in the last 35 days, looked up in memory maps.

    drain ──► run (20,000 keys and more) ──merge by size──► larger runs ──35 days──► retired whole

A key that was recorded is in the inbox's keys, or in a run, or its run is over; then every fact that may repeat it was
stated before `keys_since_us` plus a day, and `stream.record` has it compared with the lake. So no jump of the clock can
make a fact count twice: only the deletion of runs moves that instant.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from django.utils.translation import gettext_lazy as _
from numpy.typing import NDArray

from xiaohe.kernel import store as control
from xiaohe.kernel import workspace
from xiaohe.kernel.errors import RetryLater
from xiaohe.ledger import crash, durable, files, lease, processes, store
from xiaohe.ledger.instants import DAY_US, to_us
from xiaohe.ledger.store import RunRow

Keys = NDArray[np.int64]

KEYS = "keys"
KEPT = timedelta(days=35)
# Runs of one size become one.
MERGE_AT = 6
# A run of this many keys, times MERGE_AT to the power of its tier, belongs to that tier.
SMALLEST = 20_000
# Runs of different weeks stay apart, so that a run is over a week after its first key at the latest.
SPAN_US = 7 * DAY_US
# Keys merged in one pass: 8 MB, and twice that while they are sorted.
PASS_KEYS = 1_000_000
# Keys merged by one job at most, unless a single crowd has more.
JOB_KEYS = 20_000_000
# Files are deleted so long after they were retired; processes that look things up have opened others by then.
KEEP = timedelta(days=1)


class KeysBroken(RetryLater):
    """A listed file of keys is missing or short: nothing may be recorded, for it might be there already."""

    def __init__(self, path: str) -> None:
        super().__init__(
            "recent_keys_broken",
            _(
                "The file %(path)s of recent keys is missing or damaged. Run: xiaohe lake check --repair"
            ),
            path=path,
        )


class Overtaken(Exception):
    """Somebody else changed the same rows first."""


@dataclass(frozen=True)
class Runs:
    """The runs of one key version, open for looking up."""

    version: int
    maps: dict[str, Keys]

    def known(self, keys: Keys) -> NDArray[np.bool_]:
        """Which of these keys (ascending) are among the recent ones."""
        found = np.zeros(len(keys), dtype=bool)
        for each in self.maps.values():
            places = np.searchsorted(each, keys)
            places[places == len(each)] = 0
            found |= each[places] == keys
        return found


_lock = threading.Lock()
_opened: dict[tuple[str, bytes], Runs] = {}


def current() -> Runs:
    """The runs as this process knows them, perhaps overtaken: look again with `at` under the lock."""
    with _lock:
        runs = _opened.get(_where())
    if runs is None:
        with control.read_snapshot():
            return at(store.moment().key_version)
    return runs


def at(key_version: int) -> Runs:
    """The runs of this version; to be called while nobody can change it."""
    where = _where()
    with _lock:
        runs = _opened.get(where)
        if runs is None or runs.version != key_version:
            known = runs.maps if runs else {}
            rows = store.live_runs()
            maps = {
                each.path: known[each.path] if each.path in known else _open(each) for each in rows
            }
            runs = _opened[where] = Runs(key_version, maps)
            # The merchant's and the sample's; folders of tests come and go.
            while len(_opened) > 4:
                del _opened[next(iter(_opened))]
        return runs


def is_known(key_hash: int, key_version: int) -> bool:
    return bool(at(key_version).known(np.array([key_hash], dtype=np.int64))[0])


# ---------------------------------------------------------------- files


@dataclass(frozen=True)
class WrittenRun:
    """A finished file of keys that nothing lists yet."""

    path: Path
    keys: int
    until_us: int


def write(keys: Keys, folder: Path, until_us: int) -> WrittenRun:
    """Write keys (ascending, each once); not synced yet."""
    return _write(iter([keys]), folder, until_us)


def publish(runs: Sequence[WrittenRun]) -> list[RunRow]:
    """Sync files and give them their final names; returns the rows that list them."""
    lake = workspace.current().lake
    rows, moves = [], {}
    for each in runs:
        durable.sync_file(each.path)
        relative = f"{KEYS}/{each.path.name}"
        moves[each.path] = lake / relative
        rows.append(RunRow(0, relative, each.keys, each.keys * 8, each.until_us))
    durable.publish(moves)
    return rows


def _write(parts: Iterator[Keys], folder: Path, until_us: int) -> WrittenRun:
    path = folder / f"{files.unique_name().partition('.')[0]}.keys"
    count = 0
    with open(path, "xb") as handle:
        for keys in parts:
            handle.write(keys.astype("<i8", copy=False).tobytes())
            count += len(keys)
    durable.note("write", path)
    return WrittenRun(path, count, until_us)


def _open(run: RunRow) -> Keys:
    path = workspace.current().lake / run.path
    try:
        keys = np.memmap(path, dtype="<i8", mode="r")
    except (FileNotFoundError, ValueError) as error:
        raise KeysBroken(run.path) from error
    if len(keys) != run.keys:
        raise KeysBroken(run.path)
    # Without the wrapper's own cost at every look.
    return np.asarray(keys)


# ---------------------------------------------------------------- merging


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
        written = _write(_merged([_open(each) for each in crowd]), folder, until_us)
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


def broken() -> list[str]:
    """Listed files that are missing or not as long as they were when they were listed, or out of order."""
    return [each.path for each in store.live_runs() if not _is_whole(each)]


def _is_whole(run: RunRow) -> bool:
    try:
        keys = _open(run)
    except KeysBroken:
        return False
    ends = [keys[start : start + PASS_KEYS + 1] for start in range(0, len(keys), PASS_KEYS)]
    return all(bool(np.all(part[1:] > part[:-1])) for part in ends)


@contextmanager
def staged(what: str) -> Iterator[Path]:
    """A folder on the disk of the lake that is gone afterwards, whatever happens."""
    folder = files.new_staging_folder(f"{what}-{processes.mark()}")
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _where() -> tuple[str, bytes]:
    """The folder and its key of hashes: a sample shop made again at the same path is another one."""
    place = workspace.current()
    return str(place.home), place.secret("hash")[:8]
