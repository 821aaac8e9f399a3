"""A sender that can be killed: `ask(crash)` forks a process that sends what is due, and tells how it ended."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).resolve().parents[2]


class Sender:
    """One clean process that forks a child per order, so that each order starts quickly."""

    def __enter__(self) -> Sender:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.channels.other_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(20)

    def ask(self, crash: str = "") -> int:
        """Exit status: 0 when it went well, −9 when it was killed at that point."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(crash + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "xiaohe.settings"
    import django

    django.setup()
    from xiaohe.channels.webhook import deliver
    from xiaohe.kernel import memory
    from xiaohe.kernel.clock import utc_now

    # Every child would look for it.
    memory.without_frames()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            os.environ["XIAOHE_CRASH_AT"] = line.strip()
            deliver.send_due(utc_now)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
