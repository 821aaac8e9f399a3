"""Facts a second and peak memory of compaction: `python benchmarks/compaction.py --rows 1000000 10000000`.

A lake of fresh files over 24 months (12 types, some of them rare) is put in order from scratch, then once more after an
undo of a tenth of it, then looked at by `lake check`. Both layouts are written; every fact counts once per line. Peak
memory is this process's own, above what it had before; growth is seconds per row against the smallest size.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

NOW = datetime(2025, 6, 30, 12, 0, tzinfo=UTC)
SLICE = 131_072
IMPORTS = 10
# Of a thousand facts.
TYPES = {
    "order.created": 150, "order.paid": 150, "order.item": 250, "order.shipped": 120, "order.received": 100,
    "order.completed": 80, "order.closed": 20, "order.refunded": 10, "identity.seen": 60, "link.added": 30,
    "message.sent": 25, "task.done": 5,
}  # fmt: skip


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rows", type=int, nargs="+", default=[200_000, 2_000_000])
    for rows in arguments.parse_args().rows:
        with tempfile.TemporaryDirectory() as home:
            os.environ["XIAOHE_HOME"] = home
            child = os.fork()
            if child == 0:
                _measure(rows)
                os._exit(0)
            os.waitpid(child, 0)


def _measure(rows: int) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "xiaohe.settings"
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    from xiaohe.kernel.clock import utc_now
    from xiaohe.ledger import check, compaction, imports
    from xiaohe.ledger.models import LakeFile

    started = time.perf_counter()
    _fill(rows)
    print(f"fresh    {rows:>11,} facts  {time.perf_counter() - started:7.1f} s", flush=True)
    _told("compact", rows, compaction.compact_all)
    _told("again", rows, compaction.compact_all)
    imports.undo(1, now=NOW)
    _told("undone", rows, compaction.compact_all)
    _told("check", rows, lambda: check.check(utc_now()))
    assert check.check(utc_now()).is_whole
    live = LakeFile.objects.filter(retired_us=None)
    sizes = ", ".join(
        f"{live.filter(role=role).count()} {role} files of"
        f" {sum(live.filter(role=role).values_list('bytes', flat=True)) / 1e6:.0f} MB"
        for role in ("fact", "subject")
    )
    print(f"         {sizes}", flush=True)


def _fill(rows: int) -> None:
    """Files as imports leave them, listed."""
    from xiaohe.kernel import store as control
    from xiaohe.ledger import files, store
    from xiaohe.ledger.files import Collector
    from xiaohe.ledger.models import FileRole, Import

    for number in range(IMPORTS):
        row = Import.objects.create(
            kind="orders", source="table", state="committed", created_at=NOW, committed_at=NOW
        )
        folder = files.new_staging_folder(str(row.pk))
        collector = Collector(folder, FileRole.FACT, row.pk)
        share = rows // IMPORTS
        for start in range(0, share, SLICE):
            collector.add(_facts(number, start, min(SLICE, share - start), row.pk))
        collector.flush()
        with control.write():
            store.add_files(files.publish(collector.written))


def _facts(number: int, start: int, rows: int, import_id: int) -> object:
    import numpy as np
    import pyarrow as pa

    from xiaohe.ledger.schema import FACT_SCHEMA, INSTANT

    random = np.random.default_rng(1_000_003 * number + start)
    kinds = np.repeat(np.arange(len(TYPES)), list(TYPES.values()))
    # A few people do much, as in life.
    subjects = (random.random(rows) ** 3 * 2_000_000).astype(np.int64) * 4_611_686_018_427
    when = NOW - timedelta(days=730)
    micros = (random.random(rows) * 730 * 86_400e6).astype(np.int64) + int(when.timestamp() * 1e6)
    given = {
        "key_hash": random.integers(0, 1 << 62, rows),
        "source": pa.array(["table"] * rows),
        "type": pa.array(np.array(list(TYPES))[kinds[random.integers(0, 1000, rows)]]),
        "occurred_at": pa.array(micros).cast(INSTANT),
        "date_only": pa.array(np.zeros(rows, dtype=bool)),
        "recorded_at": pa.array(np.full(rows, int(NOW.timestamp() * 1e6))).cast(INSTANT),
        "subject": subjects,
        "order_key": random.integers(0, 1 << 62, rows),
        "amount": random.integers(100, 100_000, rows),
        "currency": pa.array(["CNY"] * rows),
        "quantity": random.integers(1, 4, rows).astype(float),
        "content": random.integers(0, 1 << 62, rows),
        "import_id": np.full(rows, import_id),
        "row_no": np.arange(start, start + rows),
        "props": pa.array([f'{{"sku":"{each}"}}' for each in random.integers(0, 5000, rows)]),
    }
    arrays = [pa.array(given.get(f.name, pa.nulls(rows, f.type)), f.type) for f in FACT_SCHEMA]
    return pa.Table.from_arrays(arrays, schema=FACT_SCHEMA)


def _told(what: str, rows: int, work: Callable[[], object]) -> None:
    before, peak, over = _memory(), [0], threading.Event()

    def watch() -> None:
        while not over.wait(0.02):
            peak[0] = max(peak[0], _memory())

    watcher = threading.Thread(target=watch)
    watcher.start()
    cpu, began = time.process_time(), time.perf_counter()
    work()
    seconds, used = time.perf_counter() - began, time.process_time() - cpu
    over.set()
    watcher.join()
    print(
        f"{what:<8} {rows:>11,} facts  {seconds:7.1f} s  cpu {used:7.1f} s  {rows / seconds:>10,.0f} facts/s"
        f"  +{max(0, peak[0] - before) / 1e6:5.0f} MB",
        flush=True,
    )


def _memory() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    main()
