"""The jobs of this room: today's list stands before anybody looks, and follows who is put on it by hand."""

from __future__ import annotations

from datetime import date, time
from zoneinfo import ZoneInfo

from django.utils import translation

from xiaohe import jobs
from xiaohe.autopilot import by_hand, today
from xiaohe.ledger import store as ledger_store
from xiaohe.ledger import subscriptions
from xiaohe.ledger.instants import from_us
from xiaohe.segments import queries as segments
from xiaohe.segments import state as segment_state
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


@jobs.handler(by_hand.ADD, queue=jobs.Queue.URGENT, lease_seconds=60)
def add(job: jobs.Running) -> dict[str, object]:
    """Put those of a segment who may on the day's list, who spend most first; run twice it finds them there."""
    told, now = job.payload, clock.now()
    slug, at, on = told["slug"], from_us(told["at"]), date.fromisoformat(told["on"])
    with job.keep_alive(), translation.override(told.get("language")):
        saved = segments.segment(slug)
        wanted = segment_state.current(now).people(saved.rule, "-net_365", by_hand.MOST_LOOKED_AT)
        by_hand.put(wanted, slug=slug, name=saved.name, on=on, now=at, user=told["user"])
    return {"people": by_hand.put_by(slug, at, on), "on": told["on"], "at": told["at"]}


@jobs.handler(by_hand.FOLLOW, queue=jobs.Queue.URGENT, lease_seconds=60)
def follow(job: jobs.Running) -> dict[str, object]:
    """Prepare a day's list again after somebody was taken off it by hand; safe to run twice."""
    with job.keep_alive():
        done = today.prepare(date.fromisoformat(job.payload["on"]), clock.now(), anew=True)
    return {"on": done.on.isoformat(), "people": done.people}


subscriptions.subscribe(PREPARE)
# A quarter of an hour after midnight where most of our shops are; a shop elsewhere has its list prepared by the
# first look at it.
jobs.cron(PREPARE, jobs.daily(at=time(0, 15), zone=ZoneInfo("Asia/Shanghai")))
