"""Keeping the table of likely pairs up to date: after files came or went, after answers, and once a day."""

from __future__ import annotations

from datetime import timedelta

from xiaohe import jobs
from xiaohe.ledger import subscriptions
from xiaohe.people.likely.questions import REBUILD


@jobs.handler(REBUILD, queue=jobs.Queue.SLOW, lease_seconds=300)
def rebuild(job: jobs.Running) -> dict[str, int]:
    """Weigh all pairs anew; safe to run twice, the later one wins."""
    from xiaohe.people.likely import building

    with job.keep_alive():
        return {"pairs": building.rebuild()}


subscriptions.subscribe(REBUILD)
jobs.cron(REBUILD, jobs.every(timedelta(hours=24)))
