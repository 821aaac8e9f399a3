"""A tag for everybody of a segment, however many: in the background, in slices, and taken back the same way.

    ask ──► job ──► facts of one instant, a slice a commit ──► ask_back ──► job ──► none of them

One instant is one tap of one person: run twice it states nothing twice, and an undo finds all of it by that instant.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from time import monotonic
from typing import Any

from xiaohe import jobs
from xiaohe.jobs import runner
from xiaohe.ledger import stream
from xiaohe.ledger.instants import from_us, to_us
from xiaohe.segments import queries, state, tagged, tags
from xiaohe.segments.belongings import REASON
from xiaohe.shop import audit, clock, vault
from xiaohe.shop.models import AuditAct

TAG, UNTAG = "segments.tag", "segments.untag"
# As many are tagged while somebody waits for the page.
AT_ONCE = 500
SLICE = 5_000
# Each fact is taken back by itself.
UNDO_SLICE = 500
# While the inbox is full we wait for it to be filed, so long at most.
LONGEST_WAIT_SECONDS = 600.0


@dataclass(frozen=True)
class Given:
    """One tag that was given to a segment, or taken from it."""

    slug: str
    group: str
    tag: str
    at: datetime
    people: int
    is_taken: bool


def ask(
    slug: str,
    group: str,
    tag: str,
    user: int | None,
    now: datetime,
    *,
    take: bool = False,
    reason: str = "",
) -> int:
    """Have everybody of a segment tagged, or the tag taken from them; the job. Refuses as `tags.give` and `tags.take` do."""
    if take:
        props = tags.readied_to_take(group, tag)
    else:
        props = tags.readied(group, tag, user, now, reason=reason)
    reason = reason.strip()[: tags.LONGEST_REASON]
    payload = {
        "slug": slug,
        "take": take,
        "props": props,
        "at": to_us(now),
        "user": user,
        # Sealed as it will lie beside the facts: a job holds nothing in clear.
        "reason": b64encode(vault.seal(reason, REASON)).decode() if reason and not take else "",
    }
    return jobs.enqueue(TAG, payload, dedupe=f"{TAG}:{slug}:{group}:{tag}:{take}")


def ask_back(slug: str, group: str, tag: str, at: datetime) -> int:
    """Have all of it taken back; the job."""
    payload = {"slug": slug, "group": group, "tag": tag, "at": to_us(at)}
    return jobs.enqueue(UNTAG, payload, dedupe=f"{UNTAG}:{slug}:{group}:{tag}:{to_us(at)}")


def run(job: jobs.Running) -> None:
    """The job behind `ask`."""
    told = job.payload
    slug, props, at = told["slug"], told["props"], from_us(told["at"])
    sealed = b64decode(told["reason"]) if told["reason"] else None
    people = sorted(state.current(clock.now()).people(queries.segment(slug).rule, limit=None))
    for first in range(0, len(people), SLICE):
        job.progress({"slug": slug, "done": first, "of": len(people)})
        some = people[first : first + SLICE]
        put_down = partial(tagged.record, some, props, at, take=told["take"], sealed=sealed)
        _patiently(put_down)
    page = f"tag {props['group']}: {props['tag']}"[:80]
    job.finish(
        lambda: audit.record(
            AuditAct.CHANGED, now=at, user_id=told["user"], page=page, people=len(people)
        ),
        {
            "slug": slug,
            "group": props["group"],
            "tag": props["tag"],
            "at": told["at"],
            "people": len(people),
            "take": told["take"],
        },
    )


def run_back(job: jobs.Running) -> dict[str, Any]:
    """The job behind `ask_back`."""
    told = job.payload
    facts = tagged.at(told["group"], told["tag"], from_us(told["at"]))
    for first in range(0, len(facts), UNDO_SLICE):
        job.progress({"slug": told["slug"], "done": first, "of": len(facts)})
        tags.undo(facts[first : first + UNDO_SLICE], clock.now())
    return {**told, "people": len(facts)}


def is_running(slug: str) -> int | None:
    """The job that is tagging this segment, or taking that back, at this moment."""
    for name in (TAG, UNTAG):
        last = jobs.latest(name)
        if last is not None and last.is_open and last.progress.get("slug") == slug:
            return last.id
    return None


def lately(slug: str) -> Given | None:
    """The last tag, if this segment got it, unless it was taken back."""
    last, back = jobs.latest(TAG), jobs.latest(UNTAG)
    if last is None or last.state is not jobs.JobState.DONE or last.result.get("slug") != slug:
        return None
    if back is not None and back.result.get("at") == last.result["at"]:
        return None
    return given_of(last.result)


def given_of(result: dict[str, Any]) -> Given:
    """What a job of `ask` did."""
    return Given(
        result["slug"],
        result["group"],
        result["tag"],
        from_us(result["at"]),
        result["people"],
        result["take"],
    )


def _patiently(put_down: Callable[..., object]) -> None:
    began = monotonic()
    while True:
        try:
            put_down(recorded=clock.now())
            return
        except stream.InboxFull:
            if monotonic() - began > LONGEST_WAIT_SECONDS or runner.stopping.wait(1):
                raise
