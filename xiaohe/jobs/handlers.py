"""The table's own housekeeping."""

from __future__ import annotations

from datetime import timedelta

from xiaohe.jobs import registry, store
from xiaohe.jobs.running import Running
from xiaohe.kernel.store import write

DONE_KEPT = timedelta(days=7)
DEAD_KEPT = timedelta(days=60)
# Subscribers of the stream door may bring sixty jobs a second: an hour of them is enough to look at.
DONE_MOST = 200_000
SLICE = 2_000


@registry.handler("jobs.sweep", queue=registry.Queue.SLOW)
def sweep(job: Running) -> None:
    """Forget jobs that ended long ago, and of those that went well all but the newest."""
    with job.keep_alive():
        while _sweep_slice() == SLICE:
            pass


def _sweep_slice() -> int:
    """A slice a commit, so that nobody waits long for the store."""
    with write():
        return store.sweep(
            done_ms=int(DONE_KEPT.total_seconds() * 1000),
            dead_ms=int(DEAD_KEPT.total_seconds() * 1000),
            done_most=DONE_MOST,
            at_most=SLICE,
        )


registry.cron("jobs.sweep", registry.every(timedelta(minutes=30)))
