"""Recurring jobs: a row per name says when it is next due.

A laptop that slept over five due moments enqueues the job once: the next moment is counted from now.
"""

from __future__ import annotations

from datetime import UTC, datetime

from xiaohe.jobs import registry, store
from xiaohe.jobs.actions import enqueue, milliseconds
from xiaohe.kernel.store import write


def tick() -> int:
    """Enqueue every recurring job that is due in the current workspace; how many."""
    now_ms = store.now()
    now = datetime.fromtimestamp(now_ms / 1000, UTC)
    known = store.due_recurring()
    enqueued = 0
    for name, schedule in registry.schedules().items():
        due_at = known.get(name)
        if due_at is not None and due_at > now_ms:
            continue
        following = milliseconds(schedule(now))
        with write():
            if due_at is None:
                # The first moment lies ahead: a new installation has nothing to catch up on.
                store.add_recurring(name, following)
            elif store.move_recurring(name, from_ms=due_at, to_ms=following):
                enqueue(name, dedupe=f"cron:{name}")
                enqueued += 1
    return enqueued
