"""Ways to use the stream door from several sides, for tests."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextvars import copy_context
from datetime import datetime, timedelta

from tests.ledger.facts import tap
from xiaohe.kernel import store as control
from xiaohe.ledger import drain, recent, stream


def forget(at: datetime) -> None:
    """Have keys recorded up to an instant forgotten, so that what was stated before is late."""
    stream.record([tap(f"forgotten {at}", now=at)], now=at)
    drain.drain(at, force=True)
    stream.forget_old_keys(at + recent.KEPT + timedelta(seconds=1))


def at_once(doors: Sequence[Callable[[], object]]) -> list[BaseException]:
    """Run each in a thread with a connection of its own; what went wrong."""
    wrong: list[BaseException] = []

    def run(door: Callable[[], object]) -> None:
        try:
            door()
        except BaseException as error:
            wrong.append(error)
        finally:
            control.connection().close()

    threads = [threading.Thread(target=copy_context().run, args=(run, each)) for each in doors]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return wrong
