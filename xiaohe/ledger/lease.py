"""Leases: one at a time, fenced, free at once when their holder's process is gone, by expiry when its host is.

The lease alone is no proof: whoever commits under it calls `confirm()` inside the committing transaction, and
the row lock there decides.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import copy_context
from threading import Event, Thread

from django.utils.translation import gettext_lazy as _

from xiaohe.kernel import store as control
from xiaohe.kernel.errors import Conflict, RetryLater
from xiaohe.ledger import processes, store

BULK = "bulk"
BACKUP = "backup"
# Longer than any single step between two renewals; only a crash of another host waits for it.
LEASE_US = 180_000_000
RENEW_AFTER_SECONDS = 15.0


class Busy(RetryLater):
    def __init__(self, name: str) -> None:
        super().__init__(
            "ledger_busy",
            _("Another import is running. Try again when it has finished."),
            name=name,
        )


class LeaseLost(Conflict):
    def __init__(self, name: str) -> None:
        super().__init__(
            "lease_lost",
            _(
                "This took so long that another import went first. Nothing was changed; start it again."
            ),
            name=name,
        )


class Held:
    """A lease in our hands."""

    def __init__(self, name: str, fence: int) -> None:
        self.name = name
        self.fence = fence
        self._renewed = time.monotonic()

    def keep(self) -> None:
        """Renew if it is time to; cheap enough to call per slice. Raises LeaseLost."""
        if time.monotonic() - self._renewed < RENEW_AFTER_SECONDS:
            return
        with control.write():
            if not store.renew_lease(self.name, self.fence, store.now_us() + LEASE_US):
                raise LeaseLost(self.name)
        self._renewed = time.monotonic()

    def confirm(self) -> None:
        """Inside the committing transaction: still ours, and nobody can take it before that ends."""
        if not store.renew_lease(self.name, self.fence, store.now_us() + LEASE_US):
            raise LeaseLost(self.name)

    def release(self) -> None:
        with control.write():
            store.free_lease(self.name, self.fence)


def take(name: str, *, wait_seconds: float) -> Held:
    """Take a lease, waiting for its holder up to `wait_seconds`; raises Busy."""
    deadline = time.monotonic() + wait_seconds
    while (held := _try(name)) is None:
        if time.monotonic() >= deadline:
            raise Busy(name)
        time.sleep(0.05)
    return held


@contextmanager
def held(name: str, *, wait_seconds: float) -> Iterator[Held]:
    """`take` for the length of a block."""
    ours = take(name, wait_seconds=wait_seconds)
    try:
        yield ours
    finally:
        ours.release()


def is_held(name: str) -> bool:
    """Whether anybody who may still be alive holds it."""
    holder, expires_us = store.lease_holder(name)
    return bool(holder) and expires_us > store.now_us() and not processes.is_gone(holder)


def _try(name: str) -> Held | None:
    if is_held(name):
        return None
    with control.write():
        # Looked at again under the row's lock: two may have seen it free.
        holder, _fence, expires_us = store.lease(name)
        now = store.now_us()
        if holder and expires_us > now and not processes.is_gone(holder):
            return None
        return Held(name, store.hold_lease(name, str(processes.ourselves()), now + LEASE_US))


@contextmanager
def kept(ours: Held) -> Iterator[None]:
    """Keep a lease while the block runs, from a thread of its own: the block may hold a snapshot open, and not write."""
    over = Event()
    lost: list[LeaseLost] = []

    def renew() -> None:
        try:
            while not over.wait(RENEW_AFTER_SECONDS):
                ours.keep()
        except LeaseLost as error:
            lost.append(error)
        finally:
            control.connection().close()

    # The thread belongs to the same workspace.
    thread = Thread(target=copy_context().run, args=(renew,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    if lost:
        raise lost[0]
