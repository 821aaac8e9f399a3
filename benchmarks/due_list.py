"""Seconds and peak memory from raw facts to everybody's due date, at several shop sizes.

    python benchmarks/due_list.py [--people 10000 100000 1000000] [--memory 1GB]

Prints one line per phase: wall seconds, processor seconds, peak memory of the process so far. The p table
("chance") is prepared after an import; the aim for the other phases together is 15 s at a million people on
two cores, 2 s at 100,000.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ON = date(2025, 6, 30)
# Names of the phases as `build` announces them, by what begins.
CHANCE = "chance"


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--people", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    arguments.add_argument("--memory", default="1GB")
    arguments.add_argument("--one", type=int, help=argparse.SUPPRESS)
    chosen = arguments.parse_args()
    if chosen.one:
        measure(chosen.one, chosen.memory)
        return
    for people in chosen.people:
        # A process of its own per size, so that each has its own peak.
        subprocess.run(
            [sys.executable, __file__, "--one", str(people), "--memory", chosen.memory], check=True
        )


def measure(people: int, memory: str) -> None:
    with tempfile.TemporaryDirectory(prefix="xiaohe-due-") as home:
        os.environ["XIAOHE_HOME"] = home
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xiaohe.settings")
        sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]
        import django

        django.setup()
        from state_facts import ShopSize, write_facts

        facts = write_facts(Path(home) / "facts", ShopSize(people, until=ON))
        folder = Path(home) / "state"
        folder.mkdir()
        seconds = run_phases(facts, folder, memory)
    prepared = seconds.pop(CHANCE)
    print(f"{people:>9,} people: {sum(seconds.values()):6.2f} s, p table {prepared:6.2f} s\n")


def run_phases(facts: list[Path], folder: Path, memory: str, threads: int = 2) -> dict[str, float]:
    from xiaohe.kernel.clock import ShopCalendar
    from xiaohe.ledger.engine import Reading
    from xiaohe.ledger.engine.duck import Duck
    from xiaohe.ledger.schema import FACT_SCHEMA
    from xiaohe.ledger.snapshot import RETRACTED_SCHEMA, Snapshot
    from xiaohe.people.links import SCHEMA
    from xiaohe.traits.build import PERSONS_SCHEMA, Moment, Terms, build

    seconds: dict[str, float] = {}
    phase, wall, cpu = "start", time.perf_counter(), time.process_time()

    def begin(following: str) -> None:
        nonlocal phase, wall, cpu
        now, used = time.perf_counter(), time.process_time()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(
            f"  {phase:<10} {now - wall:7.2f} s  {used - cpu:7.2f} s cpu  {peak:5d} MB", flush=True
        )
        seconds[phase] = now - wall
        phase, wall, cpu = following, time.perf_counter(), time.process_time()

    calendar = ShopCalendar()
    nothing = RETRACTED_SCHEMA.empty_table()
    moment = Snapshot(Path(), 1, 0, files=(), inbox=FACT_SCHEMA.empty_table(), retracted=nothing)
    with Reading(Duck(memory=memory, threads=threads), moment, extra=facts) as read:
        build(
            read,
            folder,
            moment=Moment.start_of(ON, calendar),
            terms=Terms(calendar, "CNY", 30),
            persons=PERSONS_SCHEMA.empty_table(),
            links=SCHEMA.empty_table(),
            progress=begin,
        )
        begin("end")
    return seconds


if __name__ == "__main__":
    main()
