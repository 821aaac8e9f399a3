"""How many events a second a source may send, over all processes: a bucket of tokens in the store, leased in portions.

A process takes a portion of at most a tenth of a second's worth, so a busy key costs ten short transactions a second
and process, not one per request. A batch is let through while anything is left, even one larger than what is left: the
bucket then owes it, and the next ones wait.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from threading import Lock
from time import monotonic

from django.utils.translation import gettext_lazy as _

from xiaohe.kernel import store as control
from xiaohe.kernel import workspace
from xiaohe.kernel.errors import RetryLater
from xiaohe.sources import store
from xiaohe.sources.writekeys import Writer

PORTION_SECONDS = 0.1
# A slower key asks the store each time: ten a second is no burden, and no process sits on what another needs.
PORTIONED_FROM = 100
BURST_SECONDS = 2.0


class TooFast(RetryLater):
    """More events than this key may send; `after` seconds there is room again."""

    status = 429

    def __init__(self, after: int) -> None:
        super().__init__(
            "rate_limit", _("This key sends more events than it may. Try again later.")
        )
        self.after = after


@dataclass
class _Held:
    """What this process has leased; `empty_until` keeps it from asking while nothing can be there."""

    rate: int
    tokens: float = 0.0
    empty_until: float = 0.0


_held: dict[tuple[str, int], _Held] = {}
_lock = Lock()


def take(writer: Writer, events: int, now_us: int) -> None:
    """Let so many events of this source pass; raises TooFast."""
    rate = writer.events_per_second
    if rate is None:
        return
    place = (str(workspace.current().home), writer.id)
    with _lock:
        held = _held.get(place)
        if held is None or held.rate != rate:
            held = _held[place] = _Held(rate)
        if held.tokens >= events:
            held.tokens -= events
            return
        wait = held.empty_until - monotonic()
    if wait > 0:
        raise TooFast(math.ceil(wait))
    _lease(held, writer.id, events, rate, now_us)


def _lease(held: _Held, source_id: int, events: int, rate: int, now_us: int) -> None:
    portion = events + (int(rate * PORTION_SECONDS) if rate >= PORTIONED_FROM else 0)
    with control.write():
        there = store.lease_tokens(
            source_id, portion, rate=rate, most=max(1.0, rate * BURST_SECONDS), now_us=now_us
        )
    if there > 0:
        with _lock:
            held.tokens += portion - events
        return
    after = max(-there / rate, 1 / rate)
    held.empty_until = monotonic() + after
    raise TooFast(max(1, math.ceil(after)))
