"""Facts a second and peak memory of the bulk door, without parsing: `python benchmarks/ledger_bulk.py --lines 500000`.

Each line is three facts, as an order table gives them. The file is then imported again (everything known), and undone.
`--known 20` first fills the lake with 20 million other facts, whose keys every import is compared with. Peak memory is
this process's own. Slices are made while they are staged: `given` is what that alone takes of the seconds.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

NOW = datetime(2025, 6, 30, 12, 0, tzinfo=UTC)
SLICE_LINES = 20_000
# Row numbers of the facts that are there before.
OTHERS = 1_000_000_000


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--lines", type=int, nargs="+", default=[50_000, 500_000])
    arguments.add_argument(
        "--known", type=float, default=0, help="million facts in the lake before"
    )
    asked = arguments.parse_args()
    for lines in asked.lines:
        with tempfile.TemporaryDirectory() as home:
            os.environ["XIAOHE_HOME"] = home
            child = os.fork()
            if child == 0:
                _measure(lines, int(asked.known * 1_000_000))
                os._exit(0)
            os.waitpid(child, 0)


def _measure(lines: int, known: int) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "xiaohe.settings"
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    from xiaohe.ledger import imports

    # Libraries, and what a first slice and a first question load, belong to the base.
    imports.undo(_import(10), now=NOW)
    if known:
        with _measured(f"fill    {known // 3:>9,} lines", known):
            _import(known // 3, first=OTHERS)
    began = time.perf_counter()
    for start in range(0, lines, SLICE_LINES):
        _slice(start, min(SLICE_LINES, lines - start))
    print(f"given   {lines:>9,} lines  {time.perf_counter() - began:7.1f} s", flush=True)
    with _measured(f"import  {lines:>9,} lines", lines * 3):
        number = _import(lines)
    with _measured(f"again   {lines:>9,} lines", lines * 3):
        _import(lines)
    with _measured(f"undo    {lines:>9,} lines", lines * 3):
        imports.undo(number, now=NOW)


def _import(lines: int, first: int = 0) -> int:
    from xiaohe.ledger import bulk

    with bulk.open_import(kind="benchmark", source="table", now=NOW) as door:
        for start in range(0, lines, SLICE_LINES):
            door.stage(_slice(first + start, min(SLICE_LINES, lines - start)))
        new = sum(sum(part["facts_new"].to_pylist()) for part in door.settle())
        door.commit({"facts_new": new}, now=NOW)
    return door.id


def _slice(start: int, lines: int):  # type: ignore[no-untyped-def]
    import numpy as np
    import pyarrow as pa

    from xiaohe.kernel.ids import mix
    from xiaohe.ledger.schema import INSTANT, STAGED_SCHEMA

    row = np.repeat(np.arange(start, start + lines, dtype=np.int64), 3)
    which = np.tile(np.arange(3, dtype=np.int64), lines)
    order = mix(row // 4, 11)
    titles = np.char.add("listing number ", (row % 997).astype(str))
    props = np.char.add(np.char.add('{"title":"', titles), '"}')
    types = np.array(["order.created", "order.paid", "order.item"])[which]
    columns = {
        "key_hash": mix(mix(row, 7), which),
        "source": ["table"] * len(row),
        "type": types,
        "occurred_at": pa.array(1_700_000_000_000_000 + row * 1_000_000).cast(INSTANT),
        "date_only": np.zeros(len(row), dtype=bool),
        "subject": mix(row // 16, 3),
        "order_key": order,
        "other": pa.nulls(len(row), pa.int64()),
        "item_key": mix(row % 4000, 5),
        "account_id": pa.nulls(len(row), pa.int64()),
        "amount": row % 10_000,
        "currency": ["CNY"] * len(row),
        "quantity": np.ones(len(row)),
        "content": mix(row, 9),
        "props": pa.array(np.where(which == 2, props, None), pa.string()),
        "row_no": row,
        "in_file_ordinal": np.zeros(len(row), dtype=bool),
    }
    return pa.table({name: columns[name] for name in STAGED_SCHEMA.names})


@contextmanager
def _measured(what: str, facts: int) -> Iterator[None]:
    base = _resident()
    peak = base
    over = threading.Event()

    def watch() -> None:
        nonlocal peak
        while not over.wait(0.02):
            peak = max(peak, _resident())

    watcher = threading.Thread(target=watch)
    watcher.start()
    began, cpu = time.perf_counter(), time.process_time()
    try:
        yield
    finally:
        seconds, busy = time.perf_counter() - began, time.process_time() - cpu
        over.set()
        watcher.join()
    print(
        f"{what}  {seconds:7.1f} s  {facts / seconds:>10,.0f} facts/s"
        f"  cpu {busy:6.1f} s"
        f"  peak {peak / 2**20:5.0f} MB (+{(peak - base) / 2**20:.0f})",
        flush=True,
    )


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    main()
