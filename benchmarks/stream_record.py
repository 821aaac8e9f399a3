"""Milliseconds per call of the stream door, in one thread: `python benchmarks/stream_record.py --calls 500 --recent 30`.

`--recent N` first lays down N million recent keys as runs, as months of traffic would leave them. `--postgres URL` takes
another store than SQLite. `--drain` files in a second process meanwhile, as the worker does.
"""

from __future__ import annotations

import argparse
import os
import resource
import signal
import tempfile
import time
from datetime import UTC, datetime

SOURCE = "segment:1"
PROPS = {"kind": "oneToOne"}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--calls", type=int, default=300)
    arguments.add_argument("--facts", type=int, default=100, help="facts of one call")
    arguments.add_argument("--recent", type=float, default=0, help="million keys known before")
    arguments.add_argument(
        "--again", type=float, default=0.0, help="part of the facts stated before"
    )
    arguments.add_argument("--postgres", default="")
    arguments.add_argument("--drain", action="store_true")
    asked = arguments.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ["XIAOHE_HOME"] = home
        os.environ["XIAOHE_DATABASE_URL"] = asked.postgres
        os.environ["DJANGO_SETTINGS_MODULE"] = "xiaohe.settings"
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0, interactive=False)
        drainer = _drain_beside() if asked.drain else 0
        try:
            _measure(asked)
        finally:
            if drainer:
                os.kill(drainer, signal.SIGTERM)
                os.waitpid(drainer, 0)


def _measure(asked: argparse.Namespace) -> None:
    from xiaohe.ledger import drain, store, stream

    _lay_down(int(asked.recent * 1_000_000))
    took: list[float] = []
    worked = 0.0
    repeated = int(asked.facts * asked.again)
    stream.record(_facts(-1, asked.facts, 0), datetime.now(UTC))
    for call in range(asked.calls):
        facts = _facts(call, asked.facts, repeated)
        if not asked.drain and store.moment().inbox_rows + asked.facts > stream.INBOX_LIMIT:
            drain.drain(datetime.now(UTC), force=True)
        started, cpu = time.perf_counter(), time.process_time()
        stream.record(facts, datetime.now(UTC))
        worked += time.process_time() - cpu
        took.append((time.perf_counter() - started) * 1000)
    took.sort()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{asked.calls} calls of {asked.facts}: mean {sum(took) / len(took):.2f} ms, p50 {took[len(took) // 2]:.2f},"
        f" p99 {took[len(took) * 99 // 100]:.2f}, processor {worked * 1000 / len(took):.2f}, {asked.facts * len(took) / sum(took) * 1000:,.0f} facts/s,"
        f" {len(store.live_runs())} runs, {store.moment().inbox_rows:,} waiting, peak {peak:.0f} MB"
    )


def _facts(call: int, count: int, repeated: int) -> list:  # type: ignore[type-arg]
    from xiaohe.ledger.stream import Fact

    now = datetime.now(UTC)
    return [
        Fact(
            source=SOURCE,
            key=f"{call - 1 if number < repeated else call}:{number}:message-id-of-a-client",
            type="link.started",
            occurred_at=now,
            subject=(call * 7919 + number) % 1_000_003,
            account_id=1,
            props=PROPS,
        )
        for number in range(count)
    ]


def _lay_down(keys: int) -> None:
    """Runs as five weeks of traffic leave them: one per past week, and the present one in pieces."""
    if not keys:
        return
    import numpy as np

    from xiaohe.kernel import store as control
    from xiaohe.ledger import recent, store
    from xiaohe.ledger.instants import DAY_US, to_us

    random = np.random.default_rng(1)
    shares = [0.2] * 4 + [0.1] + [0.1 / 15] * 15
    now_us = to_us(datetime.now(UTC))
    with recent.staged("keys") as folder:
        written = [
            recent.write(
                np.unique(random.integers(0, 1 << 63, int(keys * share), dtype=np.int64)),
                folder,
                now_us - max(0, 4 - number) * 7 * DAY_US,
            )
            for number, share in enumerate(shares)
        ]
        listed = recent.publish(written)
    with control.write():
        store.add_runs(listed)
        store.bump_keys()


def _drain_beside() -> int:
    child = os.fork()
    if child:
        return child
    from xiaohe.ledger import drain

    while True:
        drain.drain(datetime.now(UTC))
        time.sleep(0.25)


if __name__ == "__main__":
    main()
