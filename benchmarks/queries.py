"""Questions (a)–(g) over a seeded shop: Xiaohe's expressions beside hand-written SQL and ClickHouse, on the same files.

    python benchmarks/queries.py                                        50,000 people, 1 M facts
    python benchmarks/queries.py --people 5000000 --facts 100000000     the full size: 7 GB of disk
    python benchmarks/queries.py … --data DIR                           keep the data there, and use it again

The engines take turns in one process, with the same threads and memory; times are medians of the warm runs. Ours begins with
opening a reading of the ledger and ends with the answer; the others have their connection open and know their files. All
answers are compared. Then one person's last 100 facts for many people, and each engine's peak memory, every question in a
process of its own. ClickHouse is asked if `chdb` can be imported; it is no dependency.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

ENGINES = ("xiaohe", "duckdb", "clickhouse")
Ask = Callable[[str], Any]


def main() -> None:
    asked = _arguments()
    home = Path(asked.data or tempfile.mkdtemp(prefix="xiaohe-queries-")).resolve()
    home.mkdir(parents=True, exist_ok=True)
    os.environ.update(
        XIAOHE_HOME=str(home),
        DJANGO_SETTINGS_MODULE="xiaohe.settings",
        XIAOHE_ENGINE_MEMORY=asked.memory,
        XIAOHE_ENGINE_THREADS=str(asked.threads),
    )
    import django

    django.setup()
    if asked.peak:
        _say_peak(*asked.peak, asked)
        return
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    from benchmarks.queries_data import Shop, prepare

    began = time.perf_counter()
    prepare(home, Shop(asked.people, asked.facts))
    print(f"{asked.facts:,} facts of {asked.people:,} people: {time.perf_counter() - began:.0f} s")
    from benchmarks.queries_engines import engines

    known = engines(asked.people, asked.threads, asked.memory)
    _questions(known, asked)
    _timelines(known, asked)


def _arguments() -> argparse.Namespace:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    arguments.add_argument("--people", type=int, default=50_000)
    arguments.add_argument("--facts", type=int, default=1_000_000)
    arguments.add_argument("--data", help="a folder to keep the data in")
    arguments.add_argument("--runs", type=int, default=5, help="of which the first does not count")
    arguments.add_argument("--threads", type=int, default=2)
    arguments.add_argument("--memory", default="2GB")
    arguments.add_argument("--no-peaks", action="store_true")
    arguments.add_argument(
        "--peak", nargs=2, metavar=("ENGINE", "QUESTION"), help=argparse.SUPPRESS
    )
    return arguments.parse_args()


def _questions(known: dict[str, Ask], asked: argparse.Namespace) -> None:
    from benchmarks.queries_asked import QUESTIONS
    from benchmarks.queries_engines import rows_of

    print(
        f"\n| question | rows | {' | '.join(f'{each} ms (cpu)' for each in known)} | allowed | peak MB |"
    )
    print("|---|---|" + "---|" * (len(known) + 2))
    for question in QUESTIONS:
        walls: dict[str, list[float]] = {name: [] for name in known}
        cpus: dict[str, list[float]] = {name: [] for name in known}
        answers = {}
        for _run in range(asked.runs):
            for name, ask in known.items():
                began, cpu = time.perf_counter(), time.process_time()
                answers[name] = ask(question.name)
                walls[name].append(time.perf_counter() - began)
                cpus[name].append(time.process_time() - cpu)
        found = {name: rows_of(answer) for name, answer in answers.items()}
        differing = [name for name in found if found[name] != found["duckdb"]]
        if differing:
            raise SystemExit(f"{question.name}: {differing} differ from the hand-written SQL")
        times = {name: _median(each) for name, each in walls.items()}
        told = " | ".join(f"{times[name]:.0f} ({_median(cpus[name]):.0f})" for name in known)
        peaks = (
            ""
            if asked.no_peaks
            else " / ".join(_peak(name, question.name, asked) for name in known)
        )
        allowed = times["duckdb"] * 1.25 + 30
        verdict = "" if times["xiaohe"] <= allowed else " missed"
        print(
            f"| {question.name} | {len(found['duckdb']):,} | {told} | {allowed:.0f}{verdict} | {peaks} |",
            flush=True,
        )


def _timelines(known: dict[str, Ask], asked: argparse.Namespace) -> None:
    """One person's last 100 facts: people by their activity, each once."""
    from benchmarks.queries_engines import active_people

    print("\n| last 100 facts of one person | p50 ms | p95 ms | worst ms |")
    print("|---|---|---|---|")
    people = active_people(asked.people, 200)
    for name in known:
        ask = known[name]
        for subject in people[:20]:
            ask(f"f:{subject}")
        times = []
        for subject in people[20:]:
            began = time.perf_counter()
            ask(f"f:{subject}")
            times.append((time.perf_counter() - began) * 1000)
        times.sort()
        print(
            f"| {name} | {times[len(times) // 2]:.0f} | {times[len(times) * 95 // 100]:.0f} | {times[-1]:.0f} |",
            flush=True,
        )


def _median(seconds: Sequence[float]) -> float:
    return statistics.median(seconds[1:] or seconds) * 1000


def _peak(engine: str, question: str, asked: argparse.Namespace) -> str:
    command = [sys.executable, __file__, "--people", str(asked.people), "--facts", str(asked.facts),
               "--data", os.environ["XIAOHE_HOME"], "--threads", str(asked.threads),
               "--memory", asked.memory, "--peak", engine, question]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return str(json.loads(done.stdout.splitlines()[-1]))


def _say_peak(engine: str, question: str, asked: argparse.Namespace) -> None:
    from benchmarks.queries_engines import engines

    engines(asked.people, asked.threads, asked.memory, only=engine)[engine](question)
    # Not ru_maxrss, which begins with what the process that started this one had.
    status = Path("/proc/self/status").read_text()
    print(
        next(
            int(line.split()[1]) // 1024 for line in status.splitlines() if line.startswith("VmHWM")
        )
    )


if __name__ == "__main__":
    main()
