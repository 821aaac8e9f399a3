"""Which function runs a job's name, in which queue, and which jobs recur.

A room registers its handlers in its module `handlers.py`; a job's name is the only thing stored.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xiaohe.jobs.running import Running

Run = Callable[["Running"], "dict[str, Any] | None"]
Schedule = Callable[[datetime], datetime]


class Queue(StrEnum):
    """Latency classes; each has a thread of its own, so no long job stands before a short one."""

    URGENT = "urgent"  # a person is watching the bar
    DEFAULT = "default"
    FOLLOWING = "following"  # keeps up with facts as they come, without an end
    SLOW = "slow"
    FILING = "filing"  # the inbox must not wait behind anything
    OUTWARD = "outward"  # waits for other people's servers


@dataclass(frozen=True)
class Handler:
    name: str
    run: Run
    queue: Queue
    lease_seconds: float
    attempts: int


_handlers: dict[str, Handler] = {}
_schedules: dict[str, Schedule] = {}
_beginnings: dict[Queue, list[Callable[[], None]]] = {}


def handler(
    name: str,
    *,
    queue: str = Queue.DEFAULT,
    lease_seconds: float = 30,
    attempts: int = 5,
) -> Callable[[Run], Run]:
    """Register the function that runs jobs called `name`; it must be safe to run twice."""

    def register(run: Run) -> Run:
        known = _handlers.get(name)
        if known and known.run.__qualname__ != run.__qualname__:
            raise ValueError(f"two handlers for job {name}")
        _handlers[name] = Handler(name, run, Queue(queue), lease_seconds, attempts)
        return run

    return register


def cron(name: str, schedule: Schedule) -> None:
    """Enqueue `name` whenever `schedule` says; what was missed while nobody was awake runs once."""
    _schedules[name] = schedule


def at_start(queue: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Register what a worker does in this queue's thread before its first job, once per workspace."""

    def register(run: Callable[[], None]) -> Callable[[], None]:
        known = _beginnings.setdefault(Queue(queue), [])
        if run not in known:
            known.append(run)
        return run

    return register


def beginnings(queue: Queue) -> tuple[Callable[[], None], ...]:
    return tuple(_beginnings.get(queue, ()))


def every(period: timedelta) -> Schedule:
    return lambda after: after + period


def daily(*, at: time, zone: tzinfo) -> Schedule:
    """Each day at a local time; on a day that lacks that time, at the moment it would have been."""

    def following(after: datetime) -> datetime:
        local = after.astimezone(zone)
        today = datetime.combine(local.date(), at, tzinfo=zone)
        if today > local:
            return today
        return datetime.combine(local.date() + timedelta(days=1), at, tzinfo=zone)

    return following


def find(name: str) -> Handler | None:
    return _handlers.get(name)


def names(queue: Queue | None = None) -> tuple[str, ...]:
    """Names this process can run, of one queue or of all."""
    return tuple(h.name for h in _handlers.values() if queue is None or h.queue == queue)


def schedules() -> dict[str, Schedule]:
    return dict(_schedules)


def discover() -> None:
    """Import every room's `handlers` module.

    By name and not by import statement: jobs stand below the rooms whose work they run.
    """
    import xiaohe

    for room in pkgutil.iter_modules(xiaohe.__path__):
        module = f"xiaohe.{room.name}.handlers"
        if room.ispkg and importlib.util.find_spec(module) is not None:
            importlib.import_module(module)
