"""Background work of this room: what became of claims, after each of them, after each import, and with each order told."""

from __future__ import annotations

from datetime import timedelta

from xiaohe import jobs
from xiaohe.entries import checking, claims
from xiaohe.ledger import subscriptions
from xiaohe.shop import clock

SWEEP = "entries.sweep"


@jobs.handler(claims.CHECK, queue=jobs.Queue.DEFAULT, lease_seconds=120)
def check(job: jobs.Running) -> dict[str, int]:
    """Look all waiting claims up; safe to run twice."""
    with job.keep_alive():
        return checking.check(clock.now())


@jobs.handler(SWEEP, queue=jobs.Queue.SLOW, lease_seconds=120)
def sweep(job: jobs.Running) -> dict[str, int]:
    """Forget numbers that led to nothing for half a year."""
    with job.keep_alive():
        return {"forgotten": claims.forget_old(clock.now())}


def _asked(types: set[str]) -> bool:
    return checking.anybody_waits()


subscriptions.subscribe(claims.CHECK)
subscriptions.on_facts(claims.CHECK, ["order.created", "order.paid"], asked=_asked)
jobs.cron(SWEEP, jobs.every(timedelta(hours=24)))
