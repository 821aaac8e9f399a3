"""The job of this room: today's list stands before anybody looks, after midnight and after every import."""

from __future__ import annotations

from datetime import time
from zoneinfo import ZoneInfo

from xiaohe import jobs
from xiaohe.autopilot import today
from xiaohe.ledger import store as ledger_store
from xiaohe.ledger import subscriptions
from xiaohe.shop import clock

# Imported for its subscription: the state is asked for before the list, and one thread runs both in that order.
from xiaohe.traits import handlers as _traits_first  # noqa: F401
from xiaohe.traits import state

PREPARE = "autopilot.prepare"


@jobs.handler(PREPARE, queue=jobs.Queue.URGENT, lease_seconds=60)
def prepare(job: jobs.Running) -> dict[str, object]:
    """Prepare today's list; safe to run twice."""
    now = clock.now()
    with job.keep_alive():
        lake, _taps = ledger_store.versions()
        if state.current().version.lake < lake:
            state.refresh(now)
        done = today.prepare(clock.today(), now)
    return {"on": done.on.isoformat(), "people": done.people, "fresh": done.fresh}


subscriptions.subscribe(PREPARE)
# A quarter of an hour after midnight where most of our shops are; a shop elsewhere has its list prepared by the
# first look at it.
jobs.cron(PREPARE, jobs.daily(at=time(0, 15), zone=ZoneInfo("Asia/Shanghai")))
