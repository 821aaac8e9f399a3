"""Background work of this room: forgetting identifiers that nothing states any more."""

from __future__ import annotations

from datetime import timedelta

from xiaohe import jobs
from xiaohe.ledger import subscriptions
from xiaohe.ledger.models import Import, ImportState
from xiaohe.people import identifiers
from xiaohe.people.likely import handlers as likely_handlers  # noqa: F401 - registers its job

SWEEP = "people.sweep"


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
