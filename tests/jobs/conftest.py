"""Handlers for the tests of the job table; each notes its effect in a table of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from xiaohe.jobs import registry
from xiaohe.jobs.registry import Run
from xiaohe.kernel import store
from xiaohe.kernel.workspace import Workspace


@pytest.fixture
def handle() -> Iterator[Callable[..., Run]]:
    """`registry.handler` whose registrations end with the test."""
    registry.discover()
    handlers, schedules = dict(registry._handlers), dict(registry._schedules)
    beginnings = {queue: list(each) for queue, each in registry._beginnings.items()}
    yield registry.handler
    registry._handlers.clear()
    registry._handlers.update(handlers)
    registry._schedules.clear()
    registry._schedules.update(schedules)
    registry._beginnings.clear()
    registry._beginnings.update(beginnings)


@pytest.fixture
def effects(any_place: Workspace) -> Callable[[], list[str]]:
    """A table `effect`, on either kind of store; calling the fixture lists what stands in it."""
    with store.write():
        store.execute("CREATE TABLE effect (what TEXT NOT NULL)")
    return lambda: [row[0] for row in store.rows("SELECT what FROM effect ORDER BY what")]


def note(what: str) -> None:
    store.execute("INSERT INTO effect (what) VALUES (%s)", [what])
