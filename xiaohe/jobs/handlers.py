"""The table's own housekeeping."""

from __future__ import annotations

from datetime import timedelta

from xiaohe.jobs import registry, store
from xiaohe.jobs.running import Running

DONE_KEPT = timedelta(days=7)
DEAD_KEPT = timedelta(days=60)


@registry.handler("jobs.sweep", queue=registry.Queue.SLOW)
def sweep(job: Running) -> None:
    """Forget jobs that ended long ago."""
    job.finish(
        lambda: store.sweep(
            done_ms=int(DONE_KEPT.total_seconds() * 1000),
            dead_ms=int(DEAD_KEPT.total_seconds() * 1000),
        )
    )


registry.cron("jobs.sweep", registry.every(timedelta(hours=12)))
