"""Background work of this room: forgetting identifiers that nothing states any more; the stored join of a large ledger."""

from __future__ import annotations

from datetime import timedelta

from xiaohe import jobs
from xiaohe.ledger import engine, subscriptions
from xiaohe.ledger.models import Import, ImportState
from xiaohe.people import identifiers
from xiaohe.people.joined import kept
from xiaohe.people.likely import handlers as likely_handlers  # noqa: F401 - registers its job

SWEEP = "people.sweep"
JOIN = "people.join"


@jobs.handler(SWEEP, queue=jobs.Queue.SLOW, lease_seconds=300)
def sweep(job: jobs.Running) -> dict[str, int]:
    """After an undo, and now and then for imports that never committed; safe to run twice."""
    changed = job.payload.get("import_id")
    if (
        changed is not None
        and not Import.objects.filter(pk=changed, state=ImportState.UNDONE).exists()
    ):
        return {"forgotten": 0}
    with job.keep_alive():
        return {"forgotten": identifiers.sweep()}


subscriptions.subscribe(SWEEP)
jobs.cron(SWEEP, jobs.every(timedelta(hours=12)))


@jobs.handler(JOIN, queue=jobs.Queue.SLOW, lease_seconds=300)
def join(job: jobs.Running) -> dict[str, bool]:
    """Make the stored join anew before a page finds that it no longer goes; safe to run twice."""
    with job.keep_alive(), engine.reading() as read:
        is_due = kept.is_due(read)
        if is_due:
            kept.build(read)
    return {"made": is_due}


# After an import or an undo whoever rebuilds the derived state makes it, if need be.
jobs.cron(JOIN, jobs.every(timedelta(minutes=30)))
