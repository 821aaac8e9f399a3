"""Questions asked two at a time, each lane on a connection of its own to one DuckDB.

DuckDB answers with every thread there is; to put a question together, and to write down its answer, takes one alone. So
while one lane does that, the other is answered. Memory is bounded by the engine's limit, which both share.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import replace
from threading import Event
from typing import TypeAlias

from django.db import connections

from xiaohe.segments.query.world import World

Task: TypeAlias = Callable[[World], None]


def ask(
    world: World, first: Iterable[Task], then: Task | None = None, others: Iterable[Task] = ()
) -> None:
    """Do all of `first`, `then` as soon as these are done, and `others`; where the engine cannot do two, in this order.

    Each is given a world of its lane. What they register stays there, so what several of them need is looked up before.
    """
    before, after = deque(first), deque(others)
    read = world.read.beside()
    if read is None:
        for task in (*before, *([then] if then is not None else []), *after):
            task(world)
        return
    beside = replace(world, read=read, kept=_apart(world))
    are_done, failed = Event(), Event()

    def other_lane() -> None:
        try:
            _do_all(before, beside)
            are_done.set()
            _do_all(after, beside)
        except BaseException:
            failed.set()
            raise
        finally:
            are_done.set()
            # A thread has its own, which nobody else closes.
            connections.close_all()

    try:
        with ThreadPoolExecutor(1, thread_name_prefix="segments-lane") as pool:
            # Which workspace it is stands in the context.
            other = pool.submit(copy_context().run, other_lane)
            try:
                _do_all(before, world)
                are_done.wait()
                if not failed.is_set():
                    if then is not None:
                        then(world)
                    _do_all(after, world)
            finally:
                # After an error here the other lane begins nothing more.
                before.clear()
                after.clear()
        other.result()
    finally:
        read.close()


def _do_all(waiting: deque[Task], world: World) -> None:
    while waiting:
        try:
            task = waiting.popleft()
        except IndexError:
            # The other lane took the last one.
            return
        task(world)


def _apart(world: World) -> dict[str, object]:
    """What was looked up so far; what is looked up from now on is of one lane alone."""
    return {
        name: dict(each) if isinstance(each, dict) else each for name, each in world.kept.items()
    }
