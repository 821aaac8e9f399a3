"""Background work of this room: putting deliveries down, sending them, forgetting old ones."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from xiaohe import jobs
from xiaohe.channels.webhook import announce, deliver, letters, store
from xiaohe.channels.webhook.store import NewDelivery
from xiaohe.jobs import runner
from xiaohe.kernel.clock import utc_now
from xiaohe.kernel.store import write
from xiaohe.ledger import subscriptions
from xiaohe.ledger.instants import to_us

FACTS, LAKE, DELIVER, TIDY = "webhook.facts", "webhook.lake", deliver.JOB, "webhook.tidy"
# The delivery log is kept so long.
KEPT = timedelta(days=30)


@jobs.handler(FACTS)
def facts(job: jobs.Running) -> dict[str, int]:
    """Put down what endpoints are to be told of the facts of one batch."""
    return _put_down(job, announce.facts(subscriptions.facts_of(job.payload)))


@jobs.handler(LAKE)
def lake(job: jobs.Running) -> dict[str, int]:
    """Put down what endpoints are to be told of one commit or undo."""
    told = announce.import_changed(job.payload["import_id"], job.payload["lake_version"])
    return _put_down(job, told)


@jobs.handler(DELIVER, queue=jobs.Queue.OUTWARD, lease_seconds=60)
def send(job: jobs.Running) -> dict[str, Any]:
    """Send what is due; what is due later is the next job's."""
    with job.keep_alive():
        sent = deliver.send_due(utc_now, is_stopping=runner.stopping.is_set)

    def follow() -> None:
        if sent.due_next is not None:
            jobs.enqueue(DELIVER, dedupe=DELIVER, run_at=sent.due_next)

    result = {"delivered": sent.delivered, "failed": sent.failed}
    job.finish(follow, result)
    return result


@jobs.handler(TIDY, queue=jobs.Queue.SLOW)
def tidy(job: jobs.Running) -> dict[str, int]:
    """Forget deliveries and settled letters of over a month ago; see that nothing due was left lying."""
    before = utc_now() - KEPT
    with write():
        gone = store.forget_before(to_us(before)) + letters.forget_before(before)
        deliver.soon()
    return {"forgotten": gone}


def _put_down(job: jobs.Running, many: list[NewDelivery]) -> dict[str, int]:
    added = 0

    def effect() -> None:
        nonlocal added
        added = announce.put_down(many, utc_now())
        deliver.soon()

    if many:
        job.finish(effect)
    return {"added": added}


subscriptions.on_facts(FACTS, asked=announce.is_asked)
subscriptions.subscribe(LAKE)
jobs.cron(TIDY, jobs.every(timedelta(hours=1)))
