"""Keeps the console and the worker alive over one data folder; standard library only, about 15 MB.

    xiaohe up ─┬─ xiaohe web      (granian: one main, one Django process)
               └─ xiaohe worker   (jobs)

A child that crashes is started again after a growing pause. Ctrl-C or SIGTERM ends all of them; when the
supervisor itself is killed, each child sees the pipe from it close and ends by itself.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

PARENT_FD = "XIAOHE_PARENT_FD"
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 30.0
# A child that lived this long was healthy: its next crash starts with the first pause again.
HEALTHY_SECONDS = 60.0
# More than the worker's own grace for running jobs, and the console's for requests in flight.
PATIENCE_SECONDS = 25.0
# Memory is a promise (450 MB in all): glibc's per-thread arenas, Arrow's own pool
# and OpenBLAS' per-thread buffers are not needed.
FRUGAL = {
    "MALLOC_ARENA_MAX": "1",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
}


@dataclass
class Child:
    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    start_again_at: float = 0.0
    pause: float = FIRST_PAUSE_SECONDS
    pass_fds: tuple[int, ...] = field(default=())


class Supervisor:
    """`run` blocks until told to stop; the exit code is 0 when it ended as asked."""

    def __init__(
        self, children: Sequence[Child], *, told: Callable[[str, int, float], None]
    ) -> None:
        self.children = children
        self._told = told
        self._stopping = False
        self._wake_in, self._wake_out = os.pipe()
        os.set_blocking(self._wake_out, False)
        self._parent_in, self._parent_out = os.pipe()

    def start(self) -> None:
        signal.set_wakeup_fd(self._wake_out)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._asked_to_stop)
        # Only for its byte in the wake-up pipe: without a handler the signal would be dropped.
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        for child in self.children:
            self._start(child)

    def run(self) -> int:
        while not self._stopping:
            self.look_after()
        return self.stop()

    def look_after(self, *, at_most_seconds: float = 30.0) -> None:
        """One round: restart what crashed, then sleep until a signal or the next restart."""
        now = time.monotonic()
        for child in self.children:
            if child.process is not None and child.process.poll() is not None:
                self._crashed(child, now)
            if child.process is None and now >= child.start_again_at:
                self._start(child)
        waiting = [c.start_again_at - now for c in self.children if c.process is None]
        pause = min([*waiting, at_most_seconds])
        if select.select([self._wake_in], [], [], max(0.01, pause))[0]:
            os.read(self._wake_in, 512)

    @property
    def is_stopping(self) -> bool:
        return self._stopping

    def stop(self) -> int:
        """Ask every child to end, then insist; 0 when all ended by themselves."""
        alive = [c.process for c in self.children if c.process and c.process.poll() is None]
        for process in alive:
            process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + PATIENCE_SECONDS
        killed = 0
        for process in alive:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                killed += 1
        return 1 if killed else 0

    def _start(self, child: Child) -> None:
        child.process = subprocess.Popen(
            list(child.command),
            stdin=subprocess.DEVNULL,
            pass_fds=(self._parent_in, *child.pass_fds),
            env={**FRUGAL, **os.environ, PARENT_FD: str(self._parent_in)},
        )
        child.started_at = time.monotonic()

    def _crashed(self, child: Child, now: float) -> None:
        assert child.process is not None
        if now - child.started_at > HEALTHY_SECONDS:
            child.pause = FIRST_PAUSE_SECONDS
        self._told(child.name, child.process.returncode, child.pause)
        child.process = None
        child.start_again_at = now + child.pause
        child.pause = min(child.pause * 2, LONGEST_PAUSE_SECONDS)

    def _asked_to_stop(self, number: int, frame: object) -> None:
        self._stopping = True


def command(*arguments: str) -> list[str]:
    """Our own command line in another process, by this interpreter."""
    return [sys.executable, "-m", "xiaohe", *arguments]


def leave_ctrl_c_to_parent() -> None:
    """For a child: a terminal sends Ctrl-C to the whole group; ours comes as SIGTERM from the supervisor, once.

    Blocked and not ignored: the mask is inherited by forks and threads, whatever handlers they set.
    """
    if PARENT_FD in os.environ:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})


def end_with_parent() -> None:
    """For a child: end when the supervisor is gone, however it went."""
    number = os.environ.get(PARENT_FD)
    if number is None:
        return
    import threading

    def watch() -> None:
        try:
            os.read(int(number), 1)
        except OSError:
            return
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True, name="parent").start()
