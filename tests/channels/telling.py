"""What the tests of outgoing webhooks share: an endpoint on this machine, and something to tell it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from xiaohe import jobs
from xiaohe.channels.models import Attempt, Delivery
from xiaohe.channels.webhook import deliver, endpoints
from xiaohe.channels.webhook.deliver import Sent
from xiaohe.channels.webhook.endpoints import Added
from xiaohe.ledger import stream, subscriptions
from xiaohe.ledger.instants import to_us
from xiaohe.ledger.stream import Fact

NOW = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)


def endpoint(url: str, types: Sequence[str] = ("*",), **more: bool) -> Added:
    return endpoints.add_outbound("there", url, types, NOW, private=True, **more)


def record(count: int = 1, *, first: int = 0, type_: str = "task.done") -> None:
    """Facts through the stream door, and what follows from them short of sending."""
    stream.record(
        [
            Fact("xiaohe", f"fact-{number}", type_, NOW - timedelta(hours=1), 1000 + number)
            for number in range(first, first + count)
        ],
        NOW,
    )
    announced()


def announced() -> None:
    """Let the ledger tell the endpoints, as the worker would."""
    jobs.run_pending(names=["webhook.facts", "webhook.lake"])
    # Handlers live by the real clock, these tests by NOW.
    Delivery.objects.filter(attempts=0).update(due_us=to_us(NOW))


def told_again() -> None:
    """The ledger tells everything once more: a job that ran and whose end was lost, or a replay."""
    subscriptions.replay("webhook.facts", NOW - timedelta(days=1), NOW + timedelta(days=1))
    jobs.run_pending(names=["ledger.replay", "webhook.facts"])


def send(after: timedelta = timedelta(0)) -> Sent:
    """What a sender does so long after NOW."""
    return deliver.send_due(lambda: NOW + after)


def states() -> list[tuple[str, int]]:
    return list(Delivery.objects.order_by("id").values_list("state", "attempts"))


def tries() -> list[tuple[int | None, str]]:
    return list(Attempt.objects.order_by("id").values_list("status", "why"))
