"""Runs of recent keys: found, merged, let go, made again; killed anywhere, they know the same."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from tests.ledger.facts import NOW, keys, tap
from tests.ledger.other_process import OtherProcess
from xiaohe.kernel.clock import utc_now
from xiaohe.kernel.workspace import Workspace
from xiaohe.ledger import (
    check,
    crash,
    drain,
    durable,
    engine,
    recent,
    recent_upkeep,
    repair,
    store,
    stream,
)
from xiaohe.ledger.check import What
from xiaohe.ledger.instants import DAY_US, to_us
from xiaohe.ledger.keys import key_hash
from xiaohe.ledger.models import KeyRun
from xiaohe.ledger.recent import KeysBroken, Map

DAY = timedelta(days=1)
KILLED = -9


@pytest.mark.parametrize("count", [1, 15, 16, 17, 100, 1000])
@pytest.mark.parametrize("fenced_from", [0, 10_000])
def test_a_run_finds_every_key_of_its_own_and_no_other(
    monkeypatch: pytest.MonkeyPatch, count: int, fenced_from: int
) -> None:
    monkeypatch.setattr(recent, "FENCED_FROM", max(fenced_from, recent.BLOCK))
    keys = np.unique(np.random.default_rng(count).integers(0, 1 << 63, count, dtype=np.int64))
    run = Map(keys)

    assert run.known(keys).all()
    others = np.setdiff1d(np.concatenate([keys + 1, keys - 1, [0, (1 << 63) - 1]]), keys)
    assert not run.known(others).any()


def test_runs_of_a_size_become_one_and_know_the_same(any_place: Workspace) -> None:
    facts = _drained(recent_upkeep.MERGE_AT - 1)
    assert len(store.live_runs()) == recent_upkeep.MERGE_AT - 1
    looked = recent.current()

    facts += _drained(1, first=90)

    assert [each.keys for each in store.live_runs()] == [len(facts)]
    assert stream.record(facts, now=NOW).duplicates == len(facts)
    # Who looks in the old files still finds what is in them.
    assert looked.known(np.array([key_hash("xiaohe", "0 0")])).all()
    assert recent_upkeep.collect(utc_now()) == 0
    assert recent_upkeep.collect(utc_now() + 2 * DAY) == recent_upkeep.MERGE_AT
    assert stream.record(facts, now=NOW).duplicates == len(facts)


def test_what_two_merge_at_once_is_merged_once(
    place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recent_upkeep, "MERGE_AT", 100)
    _drained(3)
    crowd = store.live_runs()

    assert recent_upkeep._merge(crowd)
    assert not recent_upkeep._merge(crowd)

    assert [each.keys for each in store.live_runs()] == [9]


def test_keys_of_a_merge_come_in_ranges_each_once(
    place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recent_upkeep, "PASS_KEYS", 100)
    random = np.random.default_rng(7)
    runs = [np.unique(random.integers(0, 1 << 63, 300, dtype=np.int64)) for _ in range(3)]
    runs.append(runs[0][::2])

    parts = list(recent_upkeep._merged(runs))

    assert len(parts) > 5
    assert np.array_equal(np.concatenate(parts), np.unique(np.concatenate(runs)))


def test_a_run_is_let_go_whole_and_what_it_knew_is_late_from_then_on(any_place: Workspace) -> None:
    facts = _drained(1)
    over = NOW + recent.KEPT

    assert stream.forget_old_keys(over) == 0
    assert stream.forget_old_keys(over + timedelta(seconds=1)) == 3

    assert store.live_runs() == []
    assert store.moment().keys_since_us == to_us(NOW)
    assert stream.record(facts, now=over).inserted == 3
    assert [each.late for each in store.claimable_batches(with_late=True)] == [True]
    assert drain.drain(over) == drain.Drained(rows=3, known_before=3)
    assert len(keys()) == 3


def test_with_a_file_of_keys_missing_nothing_is_taken_until_it_is_made_again(
    any_place: Workspace,
) -> None:
    facts = _drained(1)
    stream.take_back(key_hash("xiaohe", "0 0"), now=NOW)
    [run] = store.live_runs()
    (any_place.lake / run.path).unlink()
    # As a process does that has just begun.
    recent._opened.clear()

    with pytest.raises(KeysBroken):
        stream.record([tap("new")], now=NOW)
    assert recent.broken() == [run.path]

    assert repair.repair(utc_now()).left.is_whole
    assert [each.keys for each in store.live_runs()] == [2]
    told = stream.record([*facts, tap("new")], now=NOW)
    assert told.new == (True, False, False, True)
    assert len(keys()) == 4


def test_keys_collected_again_are_let_go_when_they_are_over(place: Workspace) -> None:
    _drained(1)
    stream.record([tap("ahead", days_ago=-30)], now=NOW)
    drain.drain(NOW, force=True)
    # As if nobody had ever listed them.
    KeyRun.objects.all().delete()

    assert repair.repair(utc_now()).left.is_whole

    ends = [each.until_us for each in store.live_runs()]
    assert sorted(ends) == [to_us(NOW) + DAY_US, to_us(NOW + 30 * DAY) + DAY_US]
    assert stream.forget_old_keys(NOW + 36 * DAY + timedelta(seconds=1)) == 3


def test_a_clock_that_was_wrong_is_believed_until_its_time_when_keys_are_collected_again(
    place: Workspace,
) -> None:
    ahead = tap("ahead")._replace(stated_at=NOW + 60 * DAY)
    stream.record([ahead], now=NOW)
    drain.drain(NOW, force=True)
    [run] = store.live_runs()
    (place.lake / run.path).unlink()

    assert repair.repair(utc_now()).left.is_whole
    assert stream.forget_old_keys(NOW + 90 * DAY) == 0
    assert stream.record([ahead], now=NOW + 59 * DAY).duplicates == 1


def test_a_key_dated_ahead_that_is_missing_is_found_however_long_ago_it_came(
    place: Workspace,
) -> None:
    stream.record([tap("soon"), tap("ahead", days_ago=-80)], now=NOW)
    drain.drain(NOW, force=True)
    assert stream.forget_old_keys(NOW + 36 * DAY) == 1
    assert check.check(utc_now()).is_whole
    KeyRun.objects.filter(retired_us=None).delete()

    assert [each.what for each in check.check(utc_now()).faults] == [What.KEYS_INCOMPLETE]
    assert repair.repair(utc_now()).left.is_whole
    assert [each.keys for each in store.live_runs()] == [1]


def test_a_run_is_on_disk_before_it_counts(place: Workspace) -> None:
    stream.record([tap("a")], now=NOW)
    with durable.recorded() as steps:
        drain.drain(NOW, force=True)

    [run] = store.live_runs()
    final = str(place.lake / run.path)
    written = [step for step in steps if step[1].endswith(".keys") or step[0] == "commit"]
    assert [verb for verb, _path in written] == ["write", "fsync", "rename", "commit"]
    folder = final.rpartition("/")[0]
    assert steps.index(("rename", final)) < steps.index(("fsync_folder", folder))
    assert steps.index(("fsync_folder", folder)) < steps.index(("commit", ""))


@pytest.mark.parametrize(
    ("verb", "points"),
    [("merge_runs", crash.RUN_POINTS), ("expire", crash.EXPIRE_POINTS)],
)
def test_killed_while_runs_change_every_key_is_known_as_before(
    any_place: Workspace, verb: str, points: tuple[str, ...]
) -> None:
    with OtherProcess() as other:
        for number, point in enumerate(points):
            facts = _drained(3, first=3 * number)
            before = keys()
            with engine.reading() as held_open:
                assert other.ask(verb, crash=point) == KILLED
                assert stream.record(facts, now=NOW).inserted in (0, 9)
                assert other.ask(verb) == 0
                drain.drain(NOW, force=True)
                assert keys() == keys(held_open) == before
    recent_upkeep.collect(utc_now() + 2 * DAY)
    listed = {each.path for each in store.live_runs()}
    found = {f"keys/{each.name}" for each in (any_place.lake / "keys").iterdir()}
    assert found == listed


def test_killed_while_recording_a_fact_counts_once_when_it_is_sent_again(
    any_place: Workspace,
) -> None:
    with OtherProcess() as other:
        for number, point in enumerate(crash.RECORD_POINTS):
            with engine.reading() as held_open:
                assert other.ask("record", names=[f"{number}"], crash=point) == KILLED
                assert len(keys()) == number + (point == "record_after_commit")
                assert other.ask("record", names=[f"{number}"]) == 0
                assert len(keys(held_open)) == number
    assert len(keys()) == 2
    assert store.moment().inbox_rows == 2


def _drained(runs: int, *, first: int = 0) -> list[stream.Fact]:
    """As many runs of three keys, each by a drain of its own."""
    told = []
    for number in range(first, first + runs):
        facts = [tap(f"{number} {fact}") for fact in range(3)]
        stream.record(facts, now=NOW)
        drain.drain(NOW, force=True)
        told += facts
    return told
