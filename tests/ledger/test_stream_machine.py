"""The stream door against a plain dict: whatever is done in whatever order, each fact counts once."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import pytest
from hypothesis import settings, strategies
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from tests.ledger.facts import NOW, keys, tap
from xiaohe.kernel import store as control
from xiaohe.kernel.workspace import Workspace
from xiaohe.ledger import drain, recent_upkeep, store, stream
from xiaohe.ledger.keys import key_hash

NAMES = [f"k{number}" for number in range(5)]
names = strategies.lists(strategies.sampled_from(NAMES), min_size=1, max_size=6)
TABLES = ("inboxbatch", "inboxkey", "freedkey", "keyrun", "lakefile", "retraction", "lease")


class StreamDoor(RuleBasedStateMachine):
    """The twin is a dict: name → when its client stated it, of the facts that count."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.counts: dict[str, datetime] = {}
        self.stated: dict[str, datetime] = {}
        with control.write():
            for table in TABLES:
                control.execute(f"DELETE FROM ledger_{table}")
            control.execute(
                "UPDATE ledger_ledgerstate SET keys_since_us = 0, newest_us = 0, inbox_rows = 0,"
                " key_version = key_version + 1"
            )

    @rule(given=names, days_ago=strategies.sampled_from([0, 0, 0, 1, 20, 36, 50, -3]))
    def record(self, given: list[str], days_ago: int) -> None:
        for name in given:
            # A client repeats itself with the time it first stated; the corrected one differs.
            self.stated.setdefault(name, self.now - timedelta(days=days_ago))
        facts = [tap(name, now=self.now, stated_at=self.stated[name]) for name in given]

        told = stream.record(facts, now=self.now)

        for name, new in zip(given, told.new, strict=True):
            assert new or name in self.counts or given.count(name) > 1
            self.counts[name] = self.stated[name]

    @rule(name=strategies.sampled_from(NAMES))
    def take_back(self, name: str) -> None:
        if stream.take_back(key_hash("xiaohe", name), now=self.now):
            assert name in self.counts
            del self.counts[name]
            assert key_hash("xiaohe", name) not in keys()

    @rule(force=strategies.booleans())
    def drain(self, force: bool) -> None:
        drain.drain(self.now, force=force)

    @rule()
    def a_client_repeats_itself_after_months(self) -> None:
        drain.drain(self.now, force=True)
        self.now += timedelta(days=45)
        stream.forget_old_keys(self.now)
        if self.counts:
            self.record(sorted(self.counts), 0)

    @rule()
    def merge_runs(self) -> None:
        recent_upkeep.merge()

    @rule(days=strategies.sampled_from([0.01, 3, 40, 40, 400, -40]))
    def travel(self, days: float) -> None:
        self.now += timedelta(days=days)
        stream.forget_old_keys(self.now)

    @invariant()
    def nothing_is_seen_twice_or_made_up(self) -> None:
        seen = Counter(keys())
        assert set(seen.values()) <= {1}
        assert set(seen) <= {key_hash("xiaohe", name) for name in self.counts}

    def teardown(self) -> None:
        drain.drain(self.now, force=True)
        assert keys() == sorted(key_hash("xiaohe", name) for name in self.counts)
        assert store.moment().inbox_rows == 0


def test_each_fact_counts_once_whatever_is_done(
    any_place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Two runs are a crowd, so that merging has something to do.
    monkeypatch.setattr(recent_upkeep, "MERGE_AT", 2)
    run_state_machine_as_test(
        StreamDoor,
        settings=settings(
            max_examples=15, stateful_step_count=25, deadline=None, derandomize=True, database=None
        ),
    )
