"""Subscribers to facts: one job per batch in the recording transaction, found wherever the facts are by then."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.ledger.doors import forget
from tests.ledger.facts import NOW, import_lines, numbered, staged, tap
from xiaohe import jobs
from xiaohe.jobs.models import Job
from xiaohe.kernel import store as control
from xiaohe.kernel.workspace import Workspace
from xiaohe.ledger import bulk, drain, imports, stream, subscriptions
from xiaohe.ledger.keys import key_hash

HEARD: list[dict[str, Any]] = []
HEAR = "test.hear"


@jobs.handler(HEAR)
def hear(job: jobs.Running) -> None:
    for facts in subscriptions.facts_of(job.payload):
        HEARD.extend(facts.to_pylist())


@pytest.fixture(autouse=True)
def subscribed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Only our own subscriber, and nothing heard yet."""
    monkeypatch.setattr(subscriptions, "_of_facts", {})
    monkeypatch.setattr(subscriptions, "_discovered", True)
    HEARD.clear()
    yield
    HEARD.clear()


def test_a_batch_reaches_its_subscriber_once(any_place: Workspace) -> None:
    subscriptions.on_facts(HEAR)
    subscriptions.on_facts(HEAR)

    told = stream.record([tap("a"), tap("b")], now=NOW)
    stream.record([tap("a")], now=NOW)

    assert _waiting() == [{"batch": told.batch}]
    _run()
    assert _heard() == _keys("a", "b")
    assert HEARD[0]["occurred_at"] == NOW


def test_no_job_without_the_facts_and_none_for_other_types(any_place: Workspace) -> None:
    subscriptions.on_facts(HEAR, types={"order.paid"})

    stream.record([tap("a")], now=NOW)
    assert _waiting() == []

    def both() -> None:
        with control.write():
            stream.record([_paid("b")], now=NOW)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        both()
    assert _waiting() == []
    stream.record([_paid("b"), tap("c")], now=NOW)
    assert len(_waiting()) == 1


def test_facts_are_filtered_by_type_and_those_taken_back_left_out(any_place: Workspace) -> None:
    told = stream.record([_paid("a"), _paid("b"), tap("c")], now=NOW)
    stream.take_back(key_hash("xiaohe", "a"), now=NOW)

    for _ in range(2):
        found = list(subscriptions.facts_of({"batch": told.batch}, types={"order.paid"}))
        assert [row["key_hash"] for part in found for row in part.to_pylist()] == _keys("b")
        drain.drain(NOW, force=True)


def test_a_batch_that_was_filed_meanwhile_is_found_in_the_lake(any_place: Workspace) -> None:
    subscriptions.on_facts(HEAR)
    # An import's rows have numbers too.
    import_lines(numbered(range(70)))
    stream.record([tap("before")], now=NOW)
    stream.record([tap("a"), tap("b")], now=NOW)
    stream.record([tap("after")], now=NOW)
    drain.drain(NOW, force=True)

    _run()

    assert _heard() == _keys("a", "after", "b", "before")


def test_of_late_facts_only_the_new_ones_are_heard_when_that_is_known(
    any_place: Workspace,
) -> None:
    stream.record([tap("known", days_ago=70)], now=NOW - timedelta(days=60))
    forget(NOW - timedelta(days=60))
    subscriptions.on_facts(HEAR)

    stream.record([tap("known", days_ago=70), tap("new", days_ago=70)], now=NOW)
    assert _waiting() == []
    drain.drain(NOW, force=True)

    _run()
    assert _heard() == _keys("new")


def test_an_import_is_heard_only_when_it_is_announced(
    any_place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscriptions, "SLICE", 100)
    subscriptions.on_facts(HEAR)
    import_lines(numbered(range(10)))
    assert _waiting() == []

    with bulk.open_import(kind="orders", source="table", now=NOW) as door:
        door.stage(staged(numbered(key * 7**15 for key in range(5, 1000))))
        door.commit({}, now=NOW, announce_facts=True)
    assert _waiting() == []
    _run(subscriptions.REPLAY)

    slices = _waiting()
    assert len(slices) == 11
    _run()
    assert sorted(_heard()) == sorted(key * 7**15 for key in range(5, 1000))
    imports.undo(door.id, now=NOW)
    assert [part for each in slices for part in subscriptions.facts_of(each)] == []


def test_a_replay_is_cut_into_bounded_slices_and_goes_on_where_it_was_killed(
    any_place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscriptions, "SLICE", 10)
    monkeypatch.setattr(subscriptions, "CHUNK", 2)
    for minute in range(12):
        now = NOW + timedelta(minutes=minute)
        stream.record([tap(f"{minute} {number}") for number in range(4)], now=now)
        if minute == 6:
            drain.drain(now, force=True)
    stream.record([tap(f"many {number}") for number in range(30)], now=now)
    subscriptions.on_facts(HEAR)
    since = NOW + timedelta(minutes=2)

    subscriptions.replay(HEAR, since, NOW + timedelta(hours=1))
    _break_once(monkeypatch)
    _run(subscriptions.REPLAY)
    control.execute("UPDATE jobs_job SET run_at = 0 WHERE state = 'ready'")
    _run(subscriptions.REPLAY)

    sizes = [sum(part.num_rows for part in subscriptions.facts_of(each)) for each in _waiting()]
    assert sum(sizes) == 10 * 4 + 30
    assert max(sizes) <= 20
    _run()
    assert len(_heard()) == len(set(_heard())) == 70


def _break_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The third plan step dies before its commit."""
    plan, asked = subscriptions.next_slices, []

    def sometimes(payload: dict[str, Any]) -> object:
        asked.append(1)
        if len(asked) == 3:
            raise RuntimeError
        return plan(payload)

    monkeypatch.setattr(subscriptions, "next_slices", sometimes)


def _paid(key: str) -> stream.Fact:
    return stream.Fact("xiaohe", key, "order.paid", NOW, subject=5)


def _waiting() -> list[dict[str, Any]]:
    import json

    found = Job.objects.filter(name=HEAR, state="ready").order_by("id")
    return [json.loads(each.payload) for each in found]


def _run(name: str = HEAR) -> None:
    jobs.run_pending(names=[name])


def _heard() -> list[int]:
    return sorted(row["key_hash"] for row in HEARD)


def _keys(*names: str) -> list[int]:
    return sorted(key_hash("xiaohe", name) for name in names)
