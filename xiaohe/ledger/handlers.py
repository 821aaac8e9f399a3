"""Background work of the ledger: filing what the stream door took in, and housekeeping."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from xiaohe import jobs
from xiaohe.kernel import counters
from xiaohe.kernel.clock import utc_now
from xiaohe.ledger import backup, compaction, drain, recent_upkeep, recovery, stream, subscriptions
from xiaohe.shop import clock


@jobs.handler("ledger.drain", queue=jobs.Queue.FILING, lease_seconds=120)
def run_drain(job: jobs.Running) -> dict[str, Any]:
    """File what waits in the inbox; what waits still is filed a minute later."""
    with job.keep_alive():
        done = drain.drain(clock.now())
    counters.DRAINED_ROWS.add(done.rows)
    stream.ask_for_next_drain()
    compaction.enqueue_if_due()
    return {"rows": done.rows}


@jobs.handler("ledger.compact", queue=jobs.Queue.SLOW, lease_seconds=120)
def run_compact(job: jobs.Running) -> dict[str, Any]:
    """Put files in order, a bounded part at a time."""
    if not compaction.is_due():
        return {}
    with job.keep_alive():
        done = compaction.compact()
    if done.more:
        jobs.enqueue("ledger.compact", dedupe="ledger.compact")
    return {"rows": done.rows, "files": done.files_retired}


@jobs.handler("ledger.tidy", queue=jobs.Queue.SLOW, lease_seconds=120)
def run_tidy(job: jobs.Running) -> dict[str, Any]:
    """Clear up after crashes, delete retired files, drop old keys."""
    with job.keep_alive():
        done = recovery.recover(utc_now())
        backup.clear_finished()
        forgotten = stream.forget_old_keys(clock.now())
        collected = recent_upkeep.collect(utc_now())
    return {"files": done.files_collected + collected, "keys": forgotten}


@jobs.handler(subscriptions.REPLAY, lease_seconds=120)
def run_replay(job: jobs.Running) -> None:
    """Enqueue the next jobs of a replay, and this one again if there are more; all in one commit."""
    with job.keep_alive():
        slices, left = subscriptions.next_slices(job.payload)

    def enqueue() -> None:
        for payload in slices:
            jobs.enqueue(str(job.payload["job"]), payload)
        if left is not None:
            jobs.enqueue(subscriptions.REPLAY, left)

    job.finish(enqueue, {"slices": len(slices)})


# A fallback: who records asks for a drain in time.
jobs.cron("ledger.drain", jobs.every(timedelta(seconds=30)))
jobs.cron("ledger.compact", jobs.every(timedelta(minutes=15)))
jobs.cron("ledger.tidy", jobs.every(timedelta(hours=6)))
