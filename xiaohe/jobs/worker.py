"""The worker: a thread per queue and one for the recurring jobs, over every workspace that exists."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator

from django.db import DatabaseError

from xiaohe.jobs import recurring, registry, runner, store
from xiaohe.jobs.registry import Queue
from xiaohe.kernel import logs, shared_counters, workspace
from xiaohe.kernel.store import connection, write
from xiaohe.kernel.workspace import MAIN, SAMPLE, Workspace

log = logging.getLogger(__name__)

# How long an idle queue sleeps between looks; a look is one indexed SELECT. Subscribers to facts stand in the
# default queue and are to hear of each within a second.
IDLE_SECONDS = {
    Queue.URGENT: 0.4,
    Queue.DEFAULT: 0.2,
    Queue.FOLLOWING: 0.1,
    Queue.SLOW: 2.0,
    Queue.FILING: 1.0,
    Queue.OUTWARD: 0.5,
}
CRON_SECONDS = 20.0
# How often a worker says that it is alive and what it has counted.
PULSE_SECONDS = 10.0
# Slow jobs wait while one that somebody watches is open, so that their memory does not add up; no longer than this.
PATIENCE_SECONDS = 300.0
WORKERS_KEPT_MS = 24 * 3600 * 1000
# Long enough for most jobs to end by themselves, shorter than the patience of whoever stops us.
GRACE_SECONDS = 5.0


class Calm:
    """Whether no job that somebody watches is open, or one was for so long that slow ones have waited enough."""

    def __init__(self, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self._patience = patience_seconds
        self._waiting_since: dict[str, float] = {}

    def has_come(self, place: Workspace) -> bool:
        now = time.monotonic()
        if not store.is_any_open(registry.names(Queue.URGENT)):
            self._waiting_since.pop(place.name, None)
            return True
        if now - self._waiting_since.setdefault(place.name, now) < self._patience:
            return False
        del self._waiting_since[place.name]
        return True


class Worker:
    """Runs until stopped; `start`, then `stop`."""

    def __init__(self) -> None:
        registry.discover()
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        for queue in Queue:
            self._begin(f"jobs-{queue}", self._work, queue)
        self._begin("jobs-cron", self._recur)
        self._begin("jobs-pulse", self._pulse)

    def stop(self, *, grace_seconds: float = GRACE_SECONDS) -> bool:
        """Claim nothing more and wait for what runs; what does not end is handed back. True if all ended."""
        self._stopping.set()
        runner.stopping.set()
        deadline = time.monotonic() + grace_seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        for place, running in list(runner.in_hand.values()):
            with workspace.entered(place):
                runner.hand_back(running)
                logs.event(
                    log, logging.INFO, "job handed back", job=running.name, job_id=running.id
                )
        _leave()
        runner.stopping.clear()
        return not any(thread.is_alive() for thread in self._threads)

    def _begin(self, name: str, target: object, *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, name=name, daemon=True)  # type: ignore[arg-type]
        thread.start()
        self._threads.append(thread)

    def _work(self, queue: Queue) -> None:
        names = registry.names(queue)
        calm = Calm() if queue == Queue.SLOW else None
        for place in _places():
            self._begin_in(place, queue)
        while not self._stopping.is_set():
            worked = [self._worked(place, names, calm) for place in _places()]
            if not any(worked):
                self._stopping.wait(IDLE_SECONDS[queue])

    def _begin_in(self, place: Workspace, queue: Queue) -> None:
        """What this queue does before its first job; none is kept from running by it."""
        with workspace.entered(place):
            for each in registry.beginnings(queue):
                try:
                    if not self._stopping.is_set():
                        each()
                except Exception as error:
                    log.warning("a beginning failed: %s", type(error).__name__)
                    connection().close()
            _let_go(place)

    def _worked(self, place: Workspace, names: tuple[str, ...], calm: Calm | None) -> bool:
        """Run one job of this workspace, if one is due."""
        with workspace.entered(place):
            try:
                if self._stopping.is_set() or (calm is not None and not calm.has_come(place)):
                    return False
                return runner.run_next(names) is not None
            except DatabaseError as error:
                # Not migrated yet, just deleted, full, or the server is restarting.
                log.debug("the store of %s is not ready: %s", place.name, type(error).__name__)
                connection().close()
                return False
            except Exception:
                # A thread that ended would leave its queue standing still without a word.
                log.exception("a job could not be begun or ended")
                connection().close()
                return False
            finally:
                _let_go(place)

    def _pulse(self) -> None:
        while not self._stopping.is_set():
            shared_counters.publish("worker")
            with workspace.entered(workspace.workspace(MAIN)):
                try:
                    with write():
                        store.seen(runner.me())
                        store.forget_workers(unseen_ms=WORKERS_KEPT_MS)
                except DatabaseError:
                    connection().close()
            self._stopping.wait(PULSE_SECONDS)

    def _recur(self) -> None:
        while not self._stopping.is_set():
            for place in _places():
                with workspace.entered(place):
                    try:
                        recurring.tick()
                    except DatabaseError as error:
                        log.debug("no recurring jobs in %s: %s", place.name, type(error).__name__)
                        connection().close()
                    finally:
                        _let_go(place)
            self._stopping.wait(CRON_SECONDS)


def _leave() -> None:
    """Say that this worker is not there any more; whoever cannot is missed a minute later."""
    with workspace.entered(workspace.workspace(MAIN)):
        try:
            with write():
                store.gone(runner.me())
        except DatabaseError:
            connection().close()


def _places() -> Iterator[Workspace]:
    yield workspace.workspace(MAIN)
    sample = workspace.workspace(SAMPLE)
    if (sample.home / "xiaohe.db").exists():
        yield sample


def _let_go(place: Workspace) -> None:
    """The sample's store is a file that goes away in one click: never hold it open between looks."""
    if place.name != MAIN:
        connection().close()
