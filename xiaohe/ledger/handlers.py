"""Background work of the ledger: filing what the stream door took in, and housekeeping."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from xiaohe import jobs
from xiaohe.kernel.clock import utc_now
from xiaohe.ledger import drain, recovery, stream
from xiaohe.shop import clock


@jobs.handler("ledger.drain", queue=jobs.Queue.SLOW, lease_seconds=120)
def run_drain(job: jobs.Running) -> dict[str, Any]:
    """File what waits in the inbox."""
    with job.keep_alive():
        done = drain.drain(clock.now())
    return {"rows": done.rows, "files_merged": done.files_merged}


@jobs.handler("ledger.tidy", queue=jobs.Queue.SLOW, lease_seconds=120)
def run_tidy(job: jobs.Running) -> dict[str, Any]:
    """Clear up after crashes, delete retired files, drop old keys."""
    with job.keep_alive():
        done = recovery.recover(utc_now())
        forgotten = stream.forget_old_keys(clock.now())
    return {"files": done.files_collected, "keys": forgotten}


jobs.cron("ledger.drain", jobs.every(timedelta(minutes=5)))
jobs.cron("ledger.tidy", jobs.every(timedelta(hours=6)))
