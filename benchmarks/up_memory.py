"""How much memory `xiaohe up` takes in all, and how fast it is there.

    python benchmarks/up_memory.py [PEOPLE]      default 10,000

Starts it three times over one folder: empty, again, and after importing a sample shop of PEOPLE buyers through the console's
worker path and visiting every main page. Prints seconds to the sign-in link and proportional set size per process.
Aim: first page < 10 s from an empty folder, < 3 s later; ≤ 450 MB in all; idle processor time < 1 %.
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import time
from pathlib import Path

from pages_session import Session, tree, xiaohe

IDLE_SECONDS = 10.0
LOOK_SECONDS = 0.2
# The worker's jobs may outlast the command that asked for them.
AFTERWARDS_SECONDS = 10.0
PAGES = ["/start", "/", "/people", "/business", "/numbers/M04", "/imports", "/data"]


def main(people: int) -> None:
    with tempfile.TemporaryDirectory(prefix="xiaohe-memory-") as folder:
        home, files = Path(folder) / "home", Path(folder) / "files"
        for when in ("empty folder", "again"):
            with Session(home) as visitor:
                time.sleep(3)
                told(when, visitor)
        xiaohe(home, "sample", "--out", str(files), "--size", str(people))
        with Session(home) as visitor:
            for page in PAGES:
                visitor.get(page)
            with Peak(visitor) as peak:
                xiaohe(
                    home,
                    "import",
                    str(files / "taobao_orders.csv"),
                    str(files / "wecom_contacts.csv"),
                )
                for page in PAGES * 3:
                    visitor.get(page)
                time.sleep(AFTERWARDS_SECONDS)
            print(f"most while {people:,} people came in and their state was built: {peak}")
            told(f"after importing {people:,} people and visiting {len(PAGES)} pages", visitor)


class Peak:
    """The most memory all processes of `up` took together, looked at several times a second."""

    def __init__(self, visitor: Session) -> None:
        self._visitor, self._over = visitor, threading.Event()
        self._most: dict[str, int] = {}
        self._looking = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Peak:
        self._looking.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._looking.join()

    def __str__(self) -> str:
        each = ", ".join(f"{name.split()[0]} {size / 1e6:.0f}" for name, size in self._most.items())
        return f"{sum(self._most.values()) / 1e6:.0f} MB ({each})"

    def _look(self) -> None:
        while not self._over.wait(LOOK_SECONDS):
            now = self._visitor.memory()
            if sum(now.values()) > sum(self._most.values()):
                self._most = now


def told(when: str, visitor: Session) -> None:
    parts = visitor.memory()
    before = processor_seconds(visitor)
    time.sleep(IDLE_SECONDS)
    idle = (processor_seconds(visitor) - before) / IDLE_SECONDS
    each = ", ".join(f"{name.split()[0]} {size / 1e6:.0f}" for name, size in parts.items())
    print(
        f"{when}: link in {visitor.started_in:.1f} s, {sum(parts.values()) / 1e6:.0f} MB ({each}),"
        f" idle {idle:.1%}, load {os.getloadavg()[0]:.1f}"
    )


def processor_seconds(visitor: Session) -> float:
    ticks = 0
    for number in tree(visitor.process.pid):
        fields = Path(f"/proc/{number}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
