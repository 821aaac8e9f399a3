"""Sending what is due: claimed in one commit, sent by threads without a database, settled in another.

    due ──claim (commit)──► POST in a thread ──► settle (commit): delivered · later · given up · endpoint off
              └─ killed here: unknown after the claim ran out, then sent again under the same webhook-id

Each endpoint has at most a few requests under way, and one only while nothing gets through to it, so a slow or dead
receiver holds its own messages up and nobody else's.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from xiaohe import jobs
from xiaohe.channels.models import DeliveryState, Direction, Endpoint, OffReason
from xiaohe.channels.webhook import endpoints, payload, schedule, signature, store
from xiaohe.channels.webhook.post import Answer, Post
from xiaohe.channels.webhook.store import Claimed
from xiaohe.kernel import counters
from xiaohe.kernel.errors import BadInput, NotFound
from xiaohe.kernel.store import write
from xiaohe.ledger import crash
from xiaohe.ledger.instants import from_us, to_us
from xiaohe.shop import vault
from xiaohe.shop.vault import Unsealable

log = logging.getLogger(__name__)

# Requests under way: in all, and at one endpoint.
THREADS, PER_ENDPOINT = 16, 4
# Twice what a try may last (post.DEADLINE_SECONDS): only a sender that is gone loses its claim.
CLAIM = timedelta(seconds=60)
# How often a busy sender looks for what fell due meanwhile.
LOOK_SECONDS = 0.25
# A round ends after this long and another follows, so that a stopping worker is not kept.
ROUND_SECONDS = 30.0
RESPONSE = "webhook.response"
# Answers that mean "too much at once": the whole endpoint is left alone for a while.
BUSY = frozenset({429, 502, 503, 504})

JOB = "webhook.deliver"
TRIES = counters.Counter(
    "xiaohe_webhook_tries_total",
    "Outgoing webhook requests by what became of them.",
    "endpoint",
    "state",
)
Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Sent:
    """What one round did."""

    delivered: int = 0
    failed: int = 0
    due_next: datetime | None = None


@dataclass(frozen=True)
class _UnderWay:
    claimed: Claimed
    # None: its secret or URL cannot be unsealed here.
    post: Post | None

    def run(self) -> Answer:
        return self.post.run() if self.post else Answer(None, "unsealable", 0)


def send_due(
    clock: Clock,
    *,
    dice: random.Random | None = None,
    is_stopping: Callable[[], bool] = lambda: False,
) -> Sent:
    """Send everything that is due at endpoints that are on, until nothing is, or the round is over."""
    dice = dice or random.Random()
    under_way: dict[Future[Answer], _UnderWay] = {}
    over: set[Future[Answer]] = set()
    began = clock()
    delivered = failed = 0
    with ThreadPoolExecutor(THREADS, thread_name_prefix="webhook") as pool:
        while True:
            is_closing = is_stopping() or clock() - began > timedelta(seconds=ROUND_SECONDS)
            # What ended and what begins are one commit; a look that finds nothing takes no lock.
            with write() if over else nullcontext():
                for future in over:
                    answer = future.result()
                    _settle(under_way.pop(future).claimed, answer, clock(), dice)
                    delivered += answer.is_success
                    failed += not answer.is_success
                free = 0 if is_closing else THREADS - len(under_way)
                fresh = _claimed(clock(), free=free)
            if fresh:
                crash.at("webhook_claimed")
            under_way.update({pool.submit(each.run): each for each in fresh})
            if not under_way:
                break
            over, _running = wait(under_way, LOOK_SECONDS, FIRST_COMPLETED)
            if over:
                crash.at("webhook_sent")
            for each in under_way.values():
                if each.post and each.post.is_overdue:
                    each.post.cut()
    # Not at once: what is due now and was not taken waits for somebody else's request to end.
    due_us = store.next_due_us(to_us(clock() + timedelta(seconds=1)))
    return Sent(delivered, failed, None if due_us is None else from_us(due_us))


def send_one(delivery_id: int, clock: Clock) -> Answer:
    """Send this delivery now, whatever its schedule says."""
    now = clock()
    with write():
        claimed = store.claim_one(delivery_id, until_us=to_us(now + CLAIM))
    if claimed is None:
        raise NotFound(
            "no_such_delivery",
            _("There is no delivery %(id)d that could be sent now."),
            id=delivery_id,
        )
    answer = _under_way(claimed, endpoints.one(claimed.endpoint_id), now).run()
    _settle(claimed, answer, clock(), random.Random())
    return answer


def test(endpoint_id: str, clock: Clock) -> Answer:
    """Send a message of the type `webhook.test` to an endpoint now, and tell what it answered."""
    one = endpoints.present(endpoints.one(endpoint_id))
    if one.direction != Direction.OUT:
        raise BadInput("inbound", _("Only a webhook that goes out can be tested this way."))
    now = clock()
    name = payload.message_id(one.id, "test", now.isoformat(), random.random())
    with write():
        store.add([(one.id, name, "webhook.test", payload.of_test(one.id, now))], to_us(now))
        (found,) = store.ids_of([name])
    return send_one(found, clock)


def again(delivery_ids: Sequence[int], now: datetime, *, failed_of: str | None = None) -> int:
    """Let deliveries go out again under their old ids; with `failed_of`, all that endpoint was given up on."""
    with write():
        ids = [*delivery_ids, *(store.failed_ids(failed_of, 0) if failed_of else [])]
        count = store.again(ids, to_us(now))
        soon()
    return count


def soon() -> None:
    """See to it that what is due is sent by the worker."""
    jobs.enqueue(JOB, dedupe=JOB)


# ---------------------------------------------------------------- before


def _claimed(now: datetime, *, free: int) -> list[_UnderWay]:
    """Take what is due, a few per endpoint, as far as there are free threads."""
    now_us = to_us(now)
    due = store.endpoints_due(now_us) if free > 0 else []
    found: list[_UnderWay] = []
    if not due:
        return found
    with write():
        for endpoint_id in due:
            for delivery_id, attempts in store.abandon(endpoint_id, now_us):
                _note(delivery_id, attempts, now, Answer(None, "unknown", 0))
            one = endpoints.one(endpoint_id)
            most = 1 if one.failing_since else PER_ENDPOINT
            most = min(most - store.in_flight(endpoint_id, now_us), free - len(found))
            if most > 0:
                until_us = to_us(now + CLAIM)
                taken = store.claim(endpoint_id, now_us, until_us=until_us, most=most)
                found += [_under_way(each, one, now) for each in taken]
    return found


def _under_way(claimed: Claimed, one: Endpoint, now: datetime) -> _UnderWay:
    body = claimed.body.encode()
    try:
        secrets, url = endpoints.secrets_of(one, now), endpoints.url_of(one)
    except Unsealable:
        return _UnderWay(claimed, None)
    signed = signature.sign(secrets, claimed.message_id, body, now)
    return _UnderWay(claimed, Post(url, signed.as_headers(), body, private=one.private))


# ---------------------------------------------------------------- after


def _settle(claimed: Claimed, answer: Answer, now: datetime, dice: random.Random) -> None:
    """Note how a try went, and what follows from it for the delivery and its endpoint."""
    asked = schedule.asked_for(answer.retry_after, now)
    again_at = None
    state = DeliveryState.DELIVERED
    if not answer.is_success:
        again_at = schedule.next_at(claimed.attempts, now, asked=asked, dice=dice)
        state = DeliveryState.WAITING if again_at else DeliveryState.GIVEN_UP
    with write():
        mine = store.settle(
            claimed,
            state=state.value,
            due_us=to_us(again_at or now),
            finished_us=None if again_at else to_us(now),
        )
        if not mine:
            log.warning("delivery %d was taken over by another sender", claimed.id)
            return
        TRIES.add(1, claimed.endpoint_id, state.value)
        _note(claimed.id, claimed.attempts, now, answer)
        _tell_endpoint(endpoints.locked(claimed.endpoint_id), answer, now, asked)


def _tell_endpoint(one: Endpoint, answer: Answer, now: datetime, asked: timedelta | None) -> None:
    if answer.is_success:
        if one.failing_since is not None:
            Endpoint.objects.filter(pk=one.pk).update(failing_since=None)
        return
    since = one.failing_since or now
    quiet_us = one.quiet_until_us
    if answer.status in BUSY:
        quiet_us = max(quiet_us, to_us(now + (asked or schedule.DELAYS[0])))
    Endpoint.objects.filter(pk=one.pk).update(failing_since=since, quiet_until_us=quiet_us)
    if answer.status == 410:
        endpoints.disable(one.id, now, why=OffReason.GONE)
    elif now - since >= schedule.PATIENCE:
        endpoints.disable(one.id, now, why=OffReason.FAILING)


def _note(delivery_id: int, attempts: int, now: datetime, answer: Answer) -> None:
    response = answer.response.decode("utf-8", "replace")
    store.note_attempt(
        delivery_id,
        attempts,
        to_us(now),
        status=answer.status,
        why=answer.why,
        ms=answer.ms if answer.why != "unknown" else None,
        response=vault.seal(response, RESPONSE) if response else None,
    )
