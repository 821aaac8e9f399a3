"""Claim and run jobs of the current workspace, one at a time."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Collection, Sequence
from enum import StrEnum

from xiaohe.jobs import faults, registry, store
from xiaohe.jobs.errors import LeaseLost
from xiaohe.jobs.registry import Handler
from xiaohe.jobs.running import Running
from xiaohe.jobs.store import Claimed
from xiaohe.kernel import counters, logs, memory, trace, workspace
from xiaohe.kernel.store import write
from xiaohe.kernel.workspace import Workspace

log = logging.getLogger(__name__)

# A claim holds this long until the handler's own lease takes over.
CLAIM_SECONDS = 30
FIRST_DELAY_SECONDS, LONGEST_DELAY_SECONDS = 2, 600


class Outcome(StrEnum):
    DONE = "done"
    RETRY = "retry"
    DEAD = "dead"
    LOST = "lost"
    POSTPONED = "postponed"


RUNS = counters.Counter(
    "xiaohe_job_runs_total", "Runs of jobs by how they ended.", "job", "outcome"
)
LAST = counters.Gauge(
    "xiaohe_job_last_success_timestamp_seconds", "When a job of this name last went well.", "job"
)
DURATIONS = counters.Histogram("xiaohe_job_seconds", "How long runs of jobs took.", "job")

# Jobs in this process's hands, so that a stopping worker can hand them back.
in_hand: dict[tuple[str, int], tuple[Workspace, Running]] = {}
# Set while this process's worker stops: a handler in the middle of many small things begins no other.
stopping = threading.Event()


def run_next(names: Sequence[str]) -> Outcome | None:
    """Run the next due job among `names`; None when nothing is due."""
    if not names or not store.is_any_due(names):
        return None
    with write():
        claimed = store.claim(names, worker=me(), lease_ms=CLAIM_SECONDS * 1000)
    if claimed is None:
        return None
    handler = registry.find(claimed.name)
    assert handler is not None
    with trace.entered(trace.Trace(claimed.request, claimed.name, claimed.id)):
        return _watched(claimed, handler)


def run_pending(*, until_empty: bool = True, names: Collection[str] | None = None) -> int:
    """Run what is due now, in this process; how many jobs ran. For commands and tests."""
    registry.discover()
    mine = tuple(names) if names is not None else registry.names()
    ran = 0
    while run_next(mine) is not None:
        ran += 1
        if not until_empty:
            break
    return ran


def wait(job_ids: Collection[int], *, seconds: float) -> bool:
    """Wait until none of these jobs is open any more, run by whoever; False when time is up."""
    deadline = time.monotonic() + seconds
    while set(job_ids) & set(store.open_ids()):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def _watched(claimed: Claimed, handler: Handler) -> Outcome:
    """Run it, count it, and say in one line what became of it."""
    started = time.monotonic()
    outcome = _run(claimed, handler)
    seconds = time.monotonic() - started
    RUNS.add(1, claimed.name, outcome)
    DURATIONS.observe(seconds, claimed.name)
    if outcome == Outcome.DONE:
        LAST.set(time.time(), claimed.name)
    values = {"status": outcome, "duration_ms": round(seconds * 1000), "attempt": claimed.attempts}
    logs.event(log, logging.INFO, "job", **values)
    return outcome


def _run(claimed: Claimed, handler: Handler) -> Outcome:
    running = Running(claimed, handler)
    if claimed.attempts > handler.attempts:
        # It was claimed that often and never came to an end: it kills its workers.
        return _bury(running, faults.WORKER_DIED)
    place = workspace.current()
    in_hand[place.name, running.id] = (place, running)
    try:
        if handler.lease_seconds != CLAIM_SECONDS:
            running.hold_fully()
        result = handler.run(running)
        if not running.is_finished:
            running.finish(result=result)
    except LeaseLost:
        log.warning("job %s #%d was taken over by another worker", running.name, running.id)
        return Outcome.LOST
    except Exception as error:
        running.stop_keeping_alive()
        return _failed(running, handler, error)
    except BaseException:
        running.stop_keeping_alive()
        hand_back(running)
        raise
    finally:
        running.stop_keeping_alive()
        in_hand.pop((place.name, running.id), None)
        memory.give_back()
    return Outcome.DONE


def hand_back(running: Running) -> None:
    """Let another worker have the job at once instead of after its lease."""
    with write():
        store.release(running.id, running.token)


def _failed(running: Running, handler: Handler, error: Exception) -> Outcome:
    if running.is_finished:
        # Its effect stands; only what came after the commit failed.
        log.error("job %s #%d ended badly: %s", running.name, running.id, faults.place_of(error))
        return Outcome.DONE
    fault = faults.of(error)
    log.warning(
        "job %s #%d failed: %s", running.name, running.id, fault.data.get("where", fault.code)
    )
    if (wait := faults.is_postponed(error)) is not None:
        with write():
            mine = store.postpone(
                running.id, running.token, delay_ms=int(wait * 1000), error=fault.to_json()
            )
        return Outcome.POSTPONED if mine else Outcome.LOST
    if faults.is_final(error) or running.attempt >= handler.attempts:
        return _bury(running, fault)
    # 2, 8, 32, 128, 512 seconds: long enough for a lock to pass, short enough to be seen the same day.
    delay = min(FIRST_DELAY_SECONDS * 4 ** (running.attempt - 1), LONGEST_DELAY_SECONDS)
    with write():
        mine = store.retry(running.id, running.token, delay_ms=delay * 1000, error=fault.to_json())
    return Outcome.RETRY if mine else Outcome.LOST


def _bury(running: Running, fault: faults.Fault) -> Outcome:
    with write():
        mine = store.bury(running.id, running.token, error=fault.to_json())
    return Outcome.DEAD if mine else Outcome.LOST


def me() -> str:
    """This process among all workers."""
    return f"{socket.gethostname()}:{os.getpid()}"
