"""The jobs of this room: whatever changes the facts asks for a fresh state in the same transaction."""

from __future__ import annotations

from datetime import datetime, timedelta

from xiaohe import jobs
from xiaohe.ledger import subscriptions
from xiaohe.shop import clock, queries
from xiaohe.traits import state

REFRESH = "traits.refresh"


@jobs.handler(REFRESH, queue=jobs.Queue.URGENT, lease_seconds=60)
def refresh(job: jobs.Running) -> dict[str, str]:
    """Rebuild the state of today; safe to run twice, the later one wins."""
    with job.keep_alive():
        version = state.refresh(clock.now(), lambda step: job.progress({"step": step}))
    result = {"version": str(version)}
    job.finish(_enqueue_what_follows, result)
    return result


_follows: list[str] = []


def after(job: str) -> None:
    """Have `job` enqueued whenever a state was built: for rooms above; call at import time."""
    if job not in _follows:
        _follows.append(job)


def _enqueue_what_follows() -> None:
    for name in _follows:
        jobs.enqueue(name, dedupe=name)


subscriptions.subscribe(REFRESH)


def _next_day_start(after: datetime) -> datetime:
    """A new shop day moves every ratio: rebuild as soon as it begins, or when the machine wakes up."""
    calendar = queries.calendar()
    return calendar.start_of(calendar.day_of(after) + timedelta(days=1))


jobs.cron(REFRESH, _next_day_start)
