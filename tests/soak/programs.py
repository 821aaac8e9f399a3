"""The processes of a soak: started, killed in the middle of whatever they do, started again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60.0
AT_RANDOM = "at random"


@dataclass
class Program:
    """One long-lived process in a group of its own; `is_up` tells when it works."""

    name: str
    command: Sequence[str]
    environment: dict[str, str]
    said: Path
    is_up: Callable[[], bool]
    process: subprocess.Popen[bytes] | None = None
    points: list[str] = field(default_factory=list)

    def start(self, crash_at: str = "") -> None:
        """Begin; with `crash_at` it will kill itself when it first comes to that point."""
        with self.said.open("ab") as out:
            self.process = subprocess.Popen(
                list(self.command),
                env={**self.environment, "XIAOHE_CRASH_AT": crash_at},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                cwd=ROOT,
                start_new_session=True,
            )
        self.points.append(crash_at or AT_RANDOM)

    @property
    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """None while it runs, -9 if it was killed."""
        return None if self.process is None else self.process.poll()

    def wait_up(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while self.is_alive and not self.is_up():
            if time.monotonic() > deadline:
                raise RuntimeError(f"{self.name} did not start: {self.said.read_text()[-2000:]}")
            time.sleep(0.05)

    def kill(self) -> None:
        """SIGKILL for the whole group, children included; nothing gets to clean up."""
        assert self.process is not None
        _signal(self.process.pid, signal.SIGKILL)
        self.process.wait(20)

    def stop(self) -> int:
        """Ask it to end; how it ended."""
        if not self.is_alive:
            return 0
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(30)
        except subprocess.TimeoutExpired:
            _signal(self.process.pid, signal.SIGKILL)
            return self.process.wait(20)


def python(*arguments: str) -> list[str]:
    return [sys.executable, *arguments]


def answers(url: str) -> bool:
    """Whether a web process answers there."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _signal(group: int, number: int) -> None:
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        pass
