"""A worker process for the tests: `python -m tests.jobs.other_process MODE`, in the caller's workspace.

work   drain the jobs `test.effect`, then end
stick  claim one job `test.effect`, write its effect, and wait inside the transaction to be killed
"""

from __future__ import annotations

import os
import sys
import time

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "xiaohe.settings"
django.setup()

from xiaohe import jobs  # noqa: E402
from xiaohe.jobs import runner  # noqa: E402
from xiaohe.kernel import store  # noqa: E402


@jobs.handler("test.effect", lease_seconds=60)
def effect(job: jobs.Running) -> None:
    def write() -> None:
        store.execute("INSERT INTO effect (what) VALUES (%s)", [str(job.payload["n"])])
        if sys.argv[1] == "stick":
            print("inside", flush=True)
            time.sleep(60)

    job.finish(write)


if __name__ == "__main__":
    print("ready", flush=True)
    sys.stdin.readline()
    while runner.run_next(["test.effect"]) is not None:
        pass
