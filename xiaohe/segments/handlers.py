"""Background work of this room: the state follows the facts, the clock and the owner, and what changed becomes facts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from xiaohe import jobs
from xiaohe.jobs import runner
from xiaohe.kernel.clock import utc_now
from xiaohe.ledger import subscriptions
from xiaohe.ledger.instants import to_us
from xiaohe.segments import actions, many, state, tags
from xiaohe.segments import made as goods_and_codes
from xiaohe.segments.rules import jsonform
from xiaohe.segments.saved import Saved
from xiaohe.segments.state import building, generation, recording, unseen, wanting, warming
from xiaohe.segments.text import canonical
from xiaohe.shop import clock
from xiaohe.traits import handlers as traits

FOLLOW, BASE, RECORD, TAGS, CLOCK = (
    "segments.follow",
    "segments.base",
    "segments.record",
    "segments.tags",
    "segments.clock",
)
LATER = timedelta(seconds=1)


@jobs.handler(FOLLOW, queue=jobs.Queue.FOLLOWING, lease_seconds=60)
def follow(job: jobs.Running) -> dict[str, Any]:
    """Bring the state up to this moment; safe to run twice. What comes meanwhile is one job more, however much it is.

    Nobody follows before somebody looked at a segment, or the clock found that there is none.
    """
    if generation.newest() is None:
        return {}
    try:
        with job.keep_alive():
            made = state.refresh(clock.now(), quickly=True)
    except building.BaseNeeded:
        jobs.enqueue(BASE, dedupe=BASE)
        return {"base": True}
    except generation.Busy:
        # Who works now may have looked before our facts came. Waited for here: the next batch would call us at once.
        runner.stopping.wait(LATER.total_seconds())
        soon()
        return {"busy": True}
    _record_soon()
    return {"generation": made.name if made else ""}


@jobs.at_start(jobs.Queue.FOLLOWING)
def warm() -> None:
    """What looks ask is put together before the first fact comes."""
    warming.warm(clock.now())


@jobs.handler(BASE, queue=jobs.Queue.SLOW, lease_seconds=60)
def base(job: jobs.Running) -> dict[str, Any]:
    """Ask everybody; then look at what came meanwhile."""
    with job.keep_alive():
        made = state.refresh(clock.now())
        # Categories and codes that are new have tags from now on.
        goods_and_codes.learn(clock.now())
    soon()
    _record_soon()
    _tags_soon()
    return {"generation": made.name if made else ""}


@jobs.handler(RECORD, lease_seconds=60)
def record(job: jobs.Running) -> dict[str, int]:
    """Record who entered and left."""
    with job.keep_alive():
        recorded = recording.record(clock.now())
    if recorded:
        _tags_soon()
    return {"recorded": recorded}


@jobs.handler(TAGS, queue=jobs.Queue.SLOW, lease_seconds=60)
def follow_tags(job: jobs.Running) -> dict[str, int]:
    """Tags of rules, to whoever fits now and from whoever does no longer; a bounded number at a time."""
    now = clock.now()
    with job.keep_alive():
        recorded = tags.follow(state.current(now), now)
    if recorded >= tags.MOST_FACTS:
        jobs.enqueue(TAGS, dedupe=TAGS, run_at=utc_now() + LATER)
    return {"recorded": recorded}


@jobs.handler(many.TAG, lease_seconds=60)
def tag_many(job: jobs.Running) -> None:
    """A tag for everybody of a segment, or away from them."""
    with job.keep_alive():
        many.run(job)


@jobs.handler(many.UNTAG, lease_seconds=60)
def untag_many(job: jobs.Running) -> dict[str, Any]:
    """That taken back."""
    with job.keep_alive():
        return many.run_back(job)


@jobs.handler(CLOCK)
def tick(job: jobs.Running) -> dict[str, Any]:
    """Look at whoever's hours have run out, and at what a killed process left unrecorded."""
    newest = generation.newest()
    if newest is None:
        jobs.enqueue(BASE, dedupe=BASE)
        return {}
    out = newest.runs_out
    if len(out) and out[0, 0] <= to_us(clock.now()):
        soon()
    _record_soon()
    return {"waiting": len(out)}


@jobs.handler(unseen.EXACT, queue=jobs.Queue.SLOW, lease_seconds=60)
def exact(job: jobs.Running) -> dict[str, Any]:
    """Everybody's answer to a leaf of which a sixteenth was asked."""
    newest = generation.newest()
    leaf = jsonform.from_json(job.payload["leaf"])
    if newest is not None:
        with job.keep_alive():
            key = generation.key_of(canonical(leaf))  # type: ignore[arg-type]
            unseen.asked(newest, {key: leaf}, clock.now(), patient=True)  # type: ignore[dict-item]
    return {}


def soon() -> None:
    """Have the state brought up to this moment by whoever works next."""
    jobs.enqueue(FOLLOW, dedupe=FOLLOW)


def _record_soon() -> None:
    if recording.is_waiting():
        jobs.enqueue(RECORD, dedupe=RECORD)


def _tags_soon() -> None:
    if tags.followed():
        jobs.enqueue(TAGS, dedupe=TAGS)


def _asked(types: set[str]) -> bool:
    """Nobody waits before there is a state, nor for what this room states itself, but a rule that names it."""
    newest = generation.newest()
    if newest is None:
        return False
    return bool(types - wanting.OURS) or wanting.follows_ours(newest.leaves.values())


def _edited(saved: Saved, now: datetime) -> None:
    soon()


subscriptions.on_facts(FOLLOW, asked=_asked, together=True)
traits.after(FOLLOW)
actions.listeners.append(_edited)
jobs.cron(CLOCK, jobs.every(timedelta(minutes=1)))
