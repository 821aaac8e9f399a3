"""The jobs behind 〔see the sample shop〕 and 〔next day〕.

`sample.load` is asked for in the merchant's workspace and works in the sample's; its progress is told where it
was asked for.
"""

from __future__ import annotations

from collections.abc import Callable

from xiaohe import jobs
from xiaohe.kernel import disk, workspace

LOAD, NEXT_DAY = "sample.load", "sample.next_day"


@jobs.handler(LOAD, queue=jobs.Queue.URGENT, lease_seconds=60)
def load(job: jobs.Running) -> dict[str, object]:
    """Set up the sample shop; safe to run twice, a half-built one is begun anew."""
    from xiaohe.simulator import shop_of_sample

    disk.ask_for_room()
    with job.keep_alive():
        return {"on": shop_of_sample.load(_teller(job)).isoformat()}


@jobs.handler(NEXT_DAY, queue=jobs.Queue.URGENT, lease_seconds=60, attempts=1)
def next_day(job: jobs.Running) -> dict[str, object]:
    """Move the sample's clock by one day. Once only: a second run would skip a day."""
    from xiaohe.simulator import shop_of_sample

    with job.keep_alive():
        return {"on": shop_of_sample.next_day(_teller(job)).isoformat()}


def _teller(job: jobs.Running) -> Callable[[str, float], None]:
    asked_in = workspace.current()

    def tell(step: str, share: float) -> None:
        with workspace.entered(asked_in):
            job.progress({"step": step, "share": round(share, 3)})

    return tell
