"""Time and memory of `xiaohe export all` where people really are joined: `python benchmarks/export_all.py [BUYERS]`.

A sample shop of BUYERS (default 20,000) comes in from its two exports, orders of one platform and contacts of another, whose
phones and order numbers join them. Then everything is exported with names and without, and the first of the two is read
into an empty folder. Peak is the most memory each command's process held; growth per person is what matters.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pyarrow.parquet as pq
from pages_session import ROOT, environment


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("buyers", type=int, nargs="?", default=20_000)
    buyers = arguments.parse_args().buyers
    with tempfile.TemporaryDirectory(prefix="xiaohe-export-") as name:
        folder = Path(name)
        home, files, out = folder / "home", folder / "files", folder / "out"
        told("sample", home, "sample", "--out", files, "--size", buyers)
        orders, contacts = files / "taobao_orders.csv", files / "wecom_contacts.csv"
        told("import", home, "import", orders, contacts)
        told("export all", home, "export", "all", out)
        persons = pq.read_metadata(out / "persons.parquet").num_rows
        facts = sum(
            pq.read_metadata(each).num_rows for each in (out / "facts").glob("facts-*.parquet")
        )
        size = sum(each.stat().st_size for each in out.rglob("*") if each.is_file())
        print(f"{facts:,} facts, {persons:,} subjects joined to somebody, {size / 1e6:.0f} MB")
        bare = folder / "bare"
        told(
            "export all --without-identifiers", home, "export", "all", bare, "--without-identifiers"
        )
        shutil.rmtree(bare)
        told("import all", folder / "there", "import", "all", out)


def told(what: str, home: Path, *arguments: object) -> None:
    """Run one command to its end; its seconds, processor seconds and peak memory."""
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "xiaohe", *map(str, arguments)],
        env=environment(home),
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
    )
    _pid, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    if status:
        raise SystemExit(f"{what} ended with {os.waitstatus_to_exitcode(status)}")
    cpu = used.ru_utime + used.ru_stime
    print(
        f"{what}: {seconds:.1f} s ({cpu:.1f} s of processor), peak {used.ru_maxrss / 1e3:.0f} MB",
        flush=True,
    )


if __name__ == "__main__":
    main()
