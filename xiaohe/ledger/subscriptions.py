"""Who works when the lake has changed: names of jobs, enqueued in the very transaction that changed it."""

from __future__ import annotations

from xiaohe import jobs

_subscribers: list[str] = []


def subscribe(job: str) -> None:
    """Have `job` enqueued once per bulk commit and undo; call at import time, twice is harmless."""
    if job not in _subscribers:
        _subscribers.append(job)


def announce(lake_version: int, *, import_id: int) -> None:
    """Enqueue one job per subscriber; inside the committing transaction.

    Rooms above subscribe when their handlers are imported, which a process that only undoes has not done yet.
    """
    jobs.discover()
    for job in _subscribers:
        payload = {"lake_version": lake_version, "import_id": import_id}
        jobs.enqueue(job, payload, dedupe=f"{job}:{lake_version}")
