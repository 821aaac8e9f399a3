"""Seconds from a fact to its subscriber, with a real worker process: `python benchmarks/subscriber_latency.py --seconds 10`.

Facts come through the stream door at a steady rate, in calls of 100. The worker is the one `xiaohe worker` runs; beside it
a subscriber is registered that notes when it had each batch's facts in hand.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

HEAR = "benchmark.hear"


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=float, default=10)
    arguments.add_argument("--rate", type=int, default=2_000, help="facts a second")
    arguments.add_argument("--postgres", default="")
    arguments.add_argument("--work", help=argparse.SUPPRESS)
    asked = arguments.parse_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = "xiaohe.settings"
    if asked.work:
        _work(Path(asked.work))
        return
    with tempfile.TemporaryDirectory() as home:
        os.environ["XIAOHE_HOME"] = home
        os.environ["XIAOHE_DATABASE_URL"] = asked.postgres
        _measure(asked, Path(home) / "heard")


def _measure(asked: argparse.Namespace, heard: Path) -> None:
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    from xiaohe.ledger import stream, subscriptions

    subscriptions.discover()
    subscriptions.on_facts(HEAR)
    # A line in the log for each job is not what we want to read.
    worker = subprocess.Popen(
        [sys.executable, __file__, "--work", str(heard)], stderr=subprocess.DEVNULL
    )
    try:
        _wait_for(heard)
        sent: dict[int, float] = {}
        started = time.monotonic()
        calls = int(asked.seconds * asked.rate / 100)
        for call in range(calls):
            time.sleep(max(0.0, started + call * 100 / asked.rate - time.monotonic()))
            told = stream.record(_facts(call), datetime.now(UTC))
            assert told.batch is not None
            sent[told.batch] = time.time()
        took = time.monotonic() - started
        arrived = _arrived(heard, len(sent))
    finally:
        worker.send_signal(signal.SIGTERM)
        worker.wait(20)
    waits = sorted(arrived[batch] - at for batch, at in sent.items() if batch in arrived)
    print(
        f"{calls * 100:,} facts in {took:.1f} s ({calls * 100 / took:,.0f}/s): {len(waits)} of {calls} batches heard,"
        f" p50 {waits[len(waits) // 2]:.2f} s, p99 {waits[len(waits) * 99 // 100]:.2f} s, most {waits[-1]:.2f} s"
    )


def _facts(call: int) -> list:  # type: ignore[type-arg]
    from xiaohe.ledger.stream import Fact

    now = datetime.now(UTC)
    return [
        Fact("segment:1", f"{call}:{number}", "link.started", now, subject=number, account_id=1)
        for number in range(100)
    ]


def _wait_for(path: Path) -> None:
    deadline = time.monotonic() + 60
    while not path.exists():
        if time.monotonic() > deadline:
            raise TimeoutError("the worker did not start")
        time.sleep(0.05)


def _arrived(heard: Path, batches: int) -> dict[int, float]:
    """When each batch was heard of, once all were or half a minute is over."""
    deadline = time.monotonic() + 30
    while True:
        lines = [line.split() for line in heard.read_text().splitlines()]
        arrived = {int(batch): float(at) for batch, at in lines}
        if len(arrived) >= batches or time.monotonic() > deadline:
            return arrived
        time.sleep(0.2)


def _work(heard: Path) -> None:
    """The other process: the product's own worker, with one subscriber more."""
    import threading

    import django

    django.setup()
    from xiaohe import jobs
    from xiaohe.jobs.worker import Worker
    from xiaohe.ledger import subscriptions

    @jobs.handler(HEAR)
    def hear(job: jobs.Running) -> None:
        rows = sum(facts.num_rows for facts in subscriptions.facts_of(job.payload))
        assert rows == 100
        with open(heard, "a") as out:
            out.write(f"{job.payload['batch']} {time.time()}\n")

    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    worker = Worker()
    worker.start()
    heard.touch()
    stopped.wait()
    worker.stop()


if __name__ == "__main__":
    main()
