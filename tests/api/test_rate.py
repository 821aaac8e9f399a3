"""A limit holds over several processes, and nobody asks the store for every request."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from xiaohe.kernel.workspace import Workspace
from xiaohe.sources import rate, store, writekeys
from xiaohe.sources.rate import TooFast

NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)
RATE, SECONDS, BATCH, PROCESSES = 1_000, 20, 25, 3


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    at = [1_000.0]
    monkeypatch.setattr(rate, "monotonic", lambda: at[0])
    return at


def test_three_processes_together_send_no_more_than_the_limit(
    any_place: Workspace, clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    source, _key = writekeys.add("segment", "site", NOW, events_per_second=RATE)
    writer = writekeys.writer_for(source)
    asked = [0]
    real = store.lease_tokens
    monkeypatch.setattr(
        store,
        "lease_tokens",
        lambda *a, **k: (asked.__setitem__(0, asked[0] + 1), real(*a, **k))[1],
    )
    held: list[dict] = [{} for _ in range(PROCESSES)]  # what each process remembers
    waits: list[int] = []
    passed = tried = 0

    for step in range(SECONDS * 100):
        clock[0] = 1_000.0 + step / 100
        for process in range(PROCESSES):
            monkeypatch.setattr(rate, "_held", held[process])
            tried += 1
            try:
                rate.take(writer, BATCH, int(clock[0] * 1e6))
                passed += BATCH
            except TooFast as refused:
                waits.append(refused.after)

    most = (
        RATE * SECONDS
        + RATE * rate.BURST_SECONDS
        + PROCESSES * (RATE * rate.PORTION_SECONDS + BATCH)
    )
    assert RATE * SECONDS * 0.9 <= passed <= most
    assert asked[0] < tried / 3
    assert min(waits) >= 1


def test_without_a_limit_nothing_is_asked(place: Workspace) -> None:
    writer = writekeys.writer_for(writekeys.add("segment", "site", NOW)[0])

    for _batch in range(3):
        rate.take(replace(writer, id=999), 1_000_000, 1)
