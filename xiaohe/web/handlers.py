"""The job behind an upload: read one sealed file through the same door as the command line."""

from __future__ import annotations

import time
from typing import Any

from xiaohe import jobs
from xiaohe.kernel.errors import NotFound, XiaoheError
from xiaohe.shop import clock
from xiaohe.web import reading, spool

READ_FILE = "web.read_file"


@jobs.handler(READ_FILE, queue=jobs.Queue.URGENT, lease_seconds=60)
def read_file(job: jobs.Running) -> dict[str, Any]:
    """Import one file of the spool. A refusal is an answer, not a failure: trying again would not help.

    Run twice (the process died after the import), it finds everything known already and says the same.
    """
    began = time.monotonic()
    try:
        waiting = spool.waiting(job.payload["upload"])
    except NotFound as gone:
        return {"refused": gone.code}
    with job.keep_alive():
        try:
            ids = reading.run(
                waiting, job.payload.get("mapping"), now=clock.now(), progress=job.progress
            )
        except XiaoheError as refusal:
            told = reading.refusal_as_data(refusal)
            spool.forget_body(waiting.id)
            return told
    spool.forget_body(waiting.id)
    return {"imports": ids, "seconds": round(time.monotonic() - began, 1)}
