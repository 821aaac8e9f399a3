"""A job in a handler's hands: its payload, its progress, its lease, and its end together with its effect."""

from __future__ import annotations

import contextvars
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from xiaohe.jobs import store
from xiaohe.jobs.errors import LeaseLost
from xiaohe.jobs.registry import Handler
from xiaohe.jobs.store import Claimed
from xiaohe.kernel.store import connection, write

# Each note is a commit; a bar that moves five times a second looks alive.
PROGRESS_SECONDS = 0.2


class Running:
    """One claimed job. Whatever it writes counts only if `finish` still holds the lease's token."""

    def __init__(self, claimed: Claimed, handler: Handler) -> None:
        self.id = claimed.id
        self.name = claimed.name
        self.token = claimed.token
        self.attempt = claimed.attempts
        self.request = claimed.request
        self.payload: dict[str, Any] = json.loads(claimed.payload)
        self.is_finished = False
        self._lease_ms = int(handler.lease_seconds * 1000)
        self._last_noted = float("-inf")
        self._stop = threading.Event()
        self._keeper: threading.Thread | None = None

    def progress(self, values: dict[str, Any]) -> None:
        """Tell the watching page how far we are; also renews the lease. At most five times a second."""
        if time.monotonic() - self._last_noted < PROGRESS_SECONDS:
            return
        self._last_noted = time.monotonic()
        with write():
            mine = store.note_progress(
                self.id, self.token, progress=json.dumps(values), lease_ms=self._lease_ms
            )
        if not mine:
            raise LeaseLost(self.id)

    def finish(
        self,
        effect: Callable[[], object] | None = None,
        result: dict[str, Any] | None = None,
    ) -> None:
        """Run `effect` and complete the job in one commit; raises LeaseLost with nothing written."""
        with write():
            if effect is not None:
                effect()
            if not store.complete(self.id, self.token, result=json.dumps(result or {})):
                raise LeaseLost(self.id)
        self.is_finished = True

    def keep_alive(self) -> AbstractContextManager[None]:
        """Renew the lease from a thread until the block, or else the handler, ends."""
        if self._keeper is None:
            self._stop.clear()
            # The workspace is context: the thread must renew in the store the job came from.
            context = contextvars.copy_context()
            self._keeper = threading.Thread(
                target=context.run, args=(self._renew_until_stopped,), daemon=True
            )
            self._keeper.start()
        return self._kept()

    def stop_keeping_alive(self) -> None:
        if self._keeper is not None:
            self._stop.set()
            self._keeper.join()
            self._keeper = None

    def hold_fully(self) -> None:
        """Exchange the short lease of the claim for this handler's own."""
        with write():
            if not store.renew(self.id, self.token, lease_ms=self._lease_ms):
                raise LeaseLost(self.id)

    @contextmanager
    def _kept(self) -> Iterator[None]:
        try:
            yield
        finally:
            self.stop_keeping_alive()

    def _renew_until_stopped(self) -> None:
        try:
            # Three renewals a lease: one may fail or come late.
            while not self._stop.wait(self._lease_ms / 3000):
                with write():
                    if not store.renew(self.id, self.token, lease_ms=self._lease_ms):
                        return
        finally:
            connection().close()
