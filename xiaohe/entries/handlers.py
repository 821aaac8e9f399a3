"""Background work of this room: what became of claims and tags, after each of them, after each import, and with each
order or link told.
"""

from __future__ import annotations

from datetime import timedelta

from xiaohe import jobs
from xiaohe.entries import checking, claims, tags
from xiaohe.kernel.clock import utc_now
from xiaohe.ledger import subscriptions
from xiaohe.shop import clock

SWEEP = "entries.sweep"
REFRESH = "traits.refresh"
REFRESH_AFTER = timedelta(minutes=10)


@jobs.handler(claims.CHECK, queue=jobs.Queue.DEFAULT, lease_seconds=120)
def check(job: jobs.Running) -> dict[str, int]:
    """Look all waiting claims up, then give and take tags; safe to run twice."""
    now = clock.now()
    with job.keep_alive():
        done = checking.check(now)
        if done["joined"]:
            # Lists and segments know who is who as of the state; of several claims one state is enough.
            jobs.enqueue(REFRESH, dedupe=f"{REFRESH}:claims", run_at=utc_now() + REFRESH_AFTER)
        return {**done, **tags.follow(now)}


@jobs.handler(SWEEP, queue=jobs.Queue.SLOW, lease_seconds=120)
def sweep(job: jobs.Running) -> dict[str, int]:
    """Forget numbers that led to nothing for half a year."""
    with job.keep_alive():
        return {"forgotten": claims.forget_old(clock.now())}


ORDERS = frozenset({"order.created", "order.paid"})


def _asked(types: set[str]) -> bool:
    if "link.started" in types and tags.is_asked():
        return True
    return not ORDERS.isdisjoint(types) and checking.anybody_waits()


subscriptions.subscribe(claims.CHECK)
subscriptions.on_facts(claims.CHECK, [*ORDERS, "link.started"], asked=_asked)
jobs.cron(SWEEP, jobs.every(timedelta(hours=24)))
