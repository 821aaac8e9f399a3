"""SIGTERM: what is in flight ends, nothing new is begun, jobs go back, and whatever was acknowledged is there."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Callable

from tests.ops import folders
from tests.ops.conftest import payments
from tests.ops.serving import Message, Serving, send
from tests.processes import PATIENCE_SECONDS, until
from xiaohe import jobs
from xiaohe.channels.webhook.endpoints import Added
from xiaohe.kernel.store import rows
from xiaohe.kernel.workspace import Workspace


def test_a_message_on_its_way_arrives_and_no_new_one_is_taken(
    serve: Callable[..., Serving], door: Added
) -> None:
    web = serve("web", XIAOHE_GRACE_SECONDS="60")
    slow = Message(web.port, door, 1)
    assert slow.is_let_in()
    slow.send(slice(0, 40))

    web.process.send_signal(signal.SIGTERM)
    assert until(lambda: not web.is_listening())
    assert send(web.port, door, 2) == 0
    slow.send(slice(40, None))

    assert slow.answer().status == 200
    assert web.process.wait(PATIENCE_SECONDS) == 0
    assert payments() == [1]


def test_a_sender_that_never_ends_is_not_waited_for_for_ever(
    serve: Callable[..., Serving], door: Added
) -> None:
    web = serve("web", XIAOHE_GRACE_SECONDS="1")
    endless = Message(web.port, door, 1)
    assert endless.is_let_in()
    endless.send(slice(0, 40))

    web.process.send_signal(signal.SIGTERM)

    assert web.process.wait(PATIENCE_SECONDS) == 0
    assert payments() == []


def test_all_that_was_acknowledged_is_there_once_when_everything_stops(
    serve: Callable[..., Serving], door: Added
) -> None:
    up = serve("up")
    acknowledged: list[int] = []
    stop = threading.Event()

    def keep_sending(first: int) -> None:
        for number in range(first, first + 100_000):
            if stop.is_set():
                return
            if send(up.port, door, number) == 200:
                acknowledged.append(number)

    senders = [threading.Thread(target=keep_sending, args=(n * 100_000,)) for n in range(4)]
    for each in senders:
        each.start()
    assert until(lambda: len(acknowledged) > 100)
    up.process.send_signal(signal.SIGTERM)
    ended = up.process.wait(PATIENCE_SECONDS)
    stop.set()
    for each in senders:
        each.join()

    assert ended == 0
    times = payments()
    assert set(times) == {1}
    # The last answer of each sender may have been lost on its way.
    assert len(acknowledged) <= len(times) <= len(acknowledged) + len(senders)
    assert up.members() == []


def test_a_running_job_is_handed_back(place: Workspace) -> None:
    number = jobs.enqueue("test.slow")
    worker = subprocess.Popen(
        [sys.executable, "-m", "tests.ops.slow_worker"],
        env=folders.environment(place.home),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=folders.ROOT,
    )
    assert worker.stdout is not None
    assert worker.stdout.readline() == b"begun\n"

    worker.send_signal(signal.SIGTERM)

    assert worker.wait(PATIENCE_SECONDS) == 0
    (job,) = rows("SELECT state, attempts, lease_until FROM jobs_job WHERE id = %s", [number])
    assert job == ("ready", 0, None)
    assert rows("SELECT * FROM jobs_worker") == []
