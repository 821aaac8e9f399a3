"""A gate lets only so many in at once, a few more wait a moment, and everybody else hears when to come again.

Bodies are read while a thread waits for them, so without a gate a handful of slow senders would hold every thread,
and every body in flight is memory: what is let in times what a body may weigh is the most there can be.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.utils.translation import gettext_lazy as _

from xiaohe.kernel.errors import RetryLater


class TooMany(RetryLater):
    status = 429

    def __init__(self) -> None:
        super().__init__(
            "too_many", _("Too much is arriving at the same time. Try again in a moment.")
        )


class Gate:
    """At most `at_once` inside; `waiting` more may stand in line for `seconds`."""

    def __init__(self, at_once: int, *, waiting: int = 0, seconds: float = 1.0) -> None:
        self._at_once, self._waiting, self._seconds = at_once, waiting, seconds
        self._inside = self._in_line = 0
        self._turn = threading.Condition()

    @property
    def in_line(self) -> int:
        """How many wait for a place now."""
        return self._in_line

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Raises TooMany at once when the line is full, or when no place became free in time."""
        self._enter()
        try:
            yield
        finally:
            with self._turn:
                self._inside -= 1
                self._turn.notify()

    def _enter(self) -> None:
        with self._turn:
            if self._inside >= self._at_once:
                self._wait()
            self._inside += 1

    def _wait(self) -> None:
        if self._in_line >= self._waiting:
            raise TooMany
        self._in_line += 1
        deadline = time.monotonic() + self._seconds
        try:
            while self._inside >= self._at_once:
                left = deadline - time.monotonic()
                if left <= 0 or (not self._turn.wait(left) and self._inside >= self._at_once):
                    raise TooMany
        finally:
            self._in_line -= 1
