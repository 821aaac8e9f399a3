"""Killed anywhere and started again: everybody who entered or left is one fact, and nobody two."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.segments.state.shop import (
    NOW,
    bring,
    event,
    key,
    order,
    put_away_the_library,
    save,
    tell,
)
from xiaohe import jobs
from xiaohe.kernel.workspace import Workspace
from xiaohe.ledger import engine
from xiaohe.segments import handlers, state
from xiaohe.segments.rules.tree import InSegment
from xiaohe.segments.state import generation, recording
from xiaohe.traits import state as traits

KILLED = -9
ROOT = Path(__file__).resolve().parents[3]
PEOPLE = 600


@pytest.fixture
def seen(place: Workspace) -> None:
    """A segment of whoever looked at a page, empty so far."""
    bring(order("a", NOW - timedelta(days=20), "ann"))
    traits.refresh(NOW)
    put_away_the_library()
    save("seen", "did page.viewed in last 7 days", NOW)
    state.refresh(NOW)


def test_whoever_entered_is_one_fact_wherever_it_was_killed(seen: None) -> None:
    who = [f"p{number}" for number in range(PEOPLE)]
    tell(*(event(each, "page.viewed", NOW) for each in who))

    for point in ("segments_before_publish", "segments_after_publish"):
        assert run(point, "refresh", NOW) == KILLED
    state.refresh(NOW)
    assert run("segments_after_slice", "record", NOW) == KILLED
    recording.record(NOW)

    assert facts() == Counter({("segment.entered", key(each)): 1 for each in who})
    assert state.current(NOW).count(InSegment("seen")) == PEOPLE
    assert not recording.is_waiting()
    later = NOW + timedelta(days=8)
    traits.refresh(later)
    state.refresh(later)
    recording.record(later)
    assert facts()["segment.left", key("p1")] == 1
    assert [each.people for each in state.sizes("seen")] == [PEOPLE, 0]


def test_the_worker_follows_facts_and_edits(seen: None) -> None:
    tell(event("bob", "page.viewed", NOW))
    jobs.run_pending(names=[handlers.FOLLOW, handlers.BASE, handlers.RECORD])
    newest = generation.newest()
    assert newest is not None
    # The clock of the jobs is of another day than the state, which waits for its own.
    assert newest.on == NOW.date()


def facts() -> Counter[tuple[str, int]]:
    with engine.reading() as read:
        told = read.facts.filter(read.facts.type.isin(["segment.entered", "segment.left"]))
        rows = read.run(told.select("type", "subject")).to_pylist()
    return Counter((row["type"], row["subject"]) for row in rows)


def run(point: str, what: str, now: datetime) -> int:
    command = [sys.executable, "-m", "tests.segments.state.other_process"]
    command += [point, what, now.isoformat()]
    settings = {"PYTHONPATH": str(ROOT), "DJANGO_SETTINGS_MODULE": "xiaohe.settings"}
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **settings}, timeout=100).returncode
