"""Background work of this room: the table of goods follows the facts."""

from __future__ import annotations

from datetime import timedelta

from xiaohe import jobs
from xiaohe.ledger import subscriptions
from xiaohe.sources import merchandise

GOODS = "sources.goods"


@jobs.handler(GOODS, lease_seconds=120)
def learn(job: jobs.Running) -> dict[str, int]:
    """After an import or its undo, and now and then for lines that came as events; safe to run twice."""
    with job.keep_alive():
        return {"changed": merchandise.learn()}


subscriptions.subscribe(GOODS)
jobs.cron(GOODS, jobs.every(timedelta(hours=12)))
