"""A flood from this machine: refused with 429 in time, pages go on, memory stays where it was."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.ops.serving import Message, Serving, send
from tests.processes import PATIENCE_SECONDS, until
from xiaohe.api import limits
from xiaohe.channels.webhook.endpoints import Added
from xiaohe.kernel.gates import Gate, TooMany

FLOOD_SECONDS = 5.0
SENDERS = 40
# Just below what a body may weigh at this door.
PADDING = 200_000
# Every thread's connection may fill its page cache once; what 3,000 bodies weigh together is four times as much.
GROWTH_MB = limits.THREADS * 16


def test_slow_bodies_cannot_hold_every_thread(serve: Callable[..., Serving], door: Added) -> None:
    web = serve("web")
    slow = [Message(web.port, door, number, padding=PADDING) for number in range(30)]
    let_in = [each for each in slow if each.is_let_in()]
    for each in let_in:
        each.send(slice(0, 1000))

    page = web.status("/sign-in")
    for each in let_in:
        each.send(slice(1000, None))
    told = [each.answer() for each in slow]

    assert page == 200
    assert len(let_in) == limits.BODIES
    assert Counter(each.status for each in told) == {200: limits.BODIES, 429: 30 - limits.BODIES}
    assert all(int(each.headers["Retry-After"]) > 0 for each in told if each.status == 429)


def test_memory_stays_flat_under_a_flood(serve: Callable[..., Serving], door: Added) -> None:
    web = serve("web")
    assert web.status("/sign-in") == 200
    statuses: Counter[int] = Counter()
    peak = before = web.resident_mb()

    with flooded(web, door, statuses):
        over_at = time.monotonic() + FLOOD_SECONDS
        while time.monotonic() < over_at:
            peak = max(peak, web.resident_mb())
            assert web.status("/healthz") == 200
            time.sleep(0.1)

    assert statuses[200] > 0
    assert set(statuses) <= {200, 429, 0}
    assert peak - before < GROWTH_MB, f"{before:.0f} MB became {peak:.0f} MB: {statuses}"


def test_a_gate_lets_the_next_one_in() -> None:
    gate = Gate(1, waiting=1, seconds=PATIENCE_SECONDS)
    order: list[str] = []

    def second() -> None:
        with gate.entered():
            order.append("second")

    with gate.entered():
        waiting = threading.Thread(target=second)
        waiting.start()
        assert until(lambda: gate.in_line == 1)
        with pytest.raises(TooMany), gate.entered():
            pass
        order.append("first")
    waiting.join()
    assert order == ["first", "second"]


@contextmanager
def flooded(web: Serving, door: Added, statuses: Counter[int]) -> Iterator[None]:
    """So many senders at once, each with a message after the other."""
    stop = threading.Event()

    def keep_sending(first: int) -> None:
        number = first
        while not stop.is_set():
            number += 1
            statuses[send(web.port, door, number, padding=PADDING)] += 1

    senders = [
        threading.Thread(target=keep_sending, args=(n * 100_000,)) for n in range(1, SENDERS)
    ]
    for each in senders:
        each.start()
    try:
        yield
    finally:
        stop.set()
        for each in senders:
            each.join()
