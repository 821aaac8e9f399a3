"""`xiaohe worker` with a job `test.slow` that says when it began, and then takes its time."""

from __future__ import annotations

import signal
import sys
import time


def main() -> int:
    # As the command does, and before an import can start a thread that would hear it instead.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    from xiaohe import jobs
    from xiaohe.cli.main import run

    @jobs.handler("test.slow", lease_seconds=30)
    def slow(job: jobs.Running) -> None:
        print("begun", flush=True)
        time.sleep(60)

    return run(["worker"])


if __name__ == "__main__":
    sys.exit(main())
