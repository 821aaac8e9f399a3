"""A second pair of hands on the lake: drains, compacts and tidies without pause, beside the worker that does the same."""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path

from xiaohe.cli import inside
from xiaohe.kernel import memory


def main(ready: Path) -> None:
    memory.without_frames()
    inside.enter()
    inside.quietly()
    from xiaohe.kernel.clock import utc_now
    from xiaohe.ledger import drain, recent_upkeep, recovery

    ready.touch()
    chance = random.Random()
    while True:
        drain.drain(utc_now(), force=True)
        step = chance.random()
        if step < 0.3:
            _compact()
        elif step < 0.5:
            recent_upkeep.merge()
        elif step < 0.6:
            recovery.recover(utc_now())
        time.sleep(chance.uniform(0.1, 0.5))


def _compact() -> None:
    from xiaohe.ledger import compaction

    try:
        compaction.compact(force=True)
    except compaction.CompactionRuns:
        # The worker is at it, or one that was killed still holds the lease.
        pass


if __name__ == "__main__":
    main(Path(sys.argv[1]))
