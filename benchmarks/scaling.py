"""The derived state of one made-up shop on DuckDB with one and two threads, and on a Spark cluster of this machine.

    python benchmarks/scaling.py [--people 10000 100000] [--engines duckdb-1 duckdb-2 spark]

Starts one master and two workers of one core each, as tests/parity does, and prints wall seconds of a whole build
(orders, rhythm, chance at every month-end, standing, signals) and of one question over all facts.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
ON = date(2025, 6, 30)
ENGINES = ("duckdb-1", "duckdb-2", "spark")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--people", type=int, nargs="+", default=[10_000])
    arguments.add_argument("--engines", nargs="+", choices=ENGINES, default=list(ENGINES))
    arguments.add_argument("--memory", default="1GB", help="of DuckDB and of each executor")
    chosen = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="xiaohe-scaling-") as home:
        os.environ["XIAOHE_HOME"] = home
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xiaohe.settings")
        sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]
        import django

        django.setup()
        for people in chosen.people:
            measure(Path(home), people, chosen.engines, chosen.memory)


def measure(home: Path, people: int, engines: list[str], memory: str) -> None:
    from state_facts import ShopSize, write_facts

    files = write_facts(home / f"facts-{people}", ShopSize(people, until=ON))
    size = sum(path.stat().st_size for path in files) / 1e6
    print(f"{people:,} people, {size:,.0f} MB of facts", flush=True)
    for engine in engines:
        with _backends(engine, home, memory) as backend:
            # The first question of a cluster starts what the others find running.
            first, scan = _scan(backend, files), _scan(backend, files)
            folder = home / f"{engine}-{people}"
            folder.mkdir()
            began = time.perf_counter()
            _build(backend, files, folder)
            took = time.perf_counter() - began
        print(f"  {engine:<9} first question {first:6.2f} s, again {scan:6.2f} s, state {took:7.1f} s", flush=True)  # fmt: skip


@contextmanager
def _backends(engine: str, home: Path, memory: str) -> Iterator[Any]:
    """A maker of backends."""
    from xiaohe.ledger.engine.duck import Duck

    if engine.startswith("duckdb"):
        yield lambda: Duck(memory=memory, threads=int(engine[-1]))
        return
    from tests.parity.cluster import Cluster, configure
    from xiaohe.ledger.engine import spark_session
    from xiaohe.ledger.engine.spark import Spark

    folder = home / "cluster"
    folder.mkdir(exist_ok=True)
    configure(folder, executor_memory=memory.lower().replace("b", ""))
    os.environ["SPARK_CONF_DIR"] = str(folder)
    cluster = Cluster(folder, worker_memory="2g")
    try:
        cluster.start()
        yield lambda: Spark(cluster.url)
        spark_session.stop()
    finally:
        cluster.stop()


def _scan(backend: Any, files: list[Path]) -> float:
    from xiaohe.ledger.engine import FACTS

    question = FACTS.group_by("type").aggregate(n=FACTS.count(), people=FACTS.subject.nunique())
    began = time.perf_counter()
    with _reading(backend, files) as read:
        read.run(question)
    return time.perf_counter() - began


def _build(backend: Any, files: list[Path], folder: Path) -> None:
    from xiaohe.kernel.clock import ShopCalendar
    from xiaohe.people.links import SCHEMA
    from xiaohe.traits.build import PERSONS_SCHEMA, Moment, Terms, build

    calendar = ShopCalendar()
    with _reading(backend, files) as read:
        build(
            read,
            folder,
            moment=Moment.start_of(ON, calendar),
            terms=Terms(calendar, "CNY", 30),
            persons=PERSONS_SCHEMA.empty_table(),
            links=SCHEMA.empty_table(),
        )


def _reading(backend: Any, files: list[Path]) -> Any:
    from xiaohe.ledger.engine import Reading
    from xiaohe.ledger.schema import FACT_SCHEMA
    from xiaohe.ledger.snapshot import RETRACTED_SCHEMA, Snapshot

    nothing = RETRACTED_SCHEMA.empty_table()
    moment = Snapshot(Path(), 1, 0, files=(), inbox=FACT_SCHEMA.empty_table(), retracted=nothing)
    return Reading(backend(), moment, extra=files)


if __name__ == "__main__":
    main()
