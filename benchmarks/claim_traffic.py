"""Hostile traffic on the claim page, on loopback: what it learns, what it leaves, and what it costs the console.

    python benchmarks/claim_traffic.py [--seconds 8 --threads 8]

Starts `xiaohe up` on an empty folder, reads a console page alone, then again while as many threads as asked throw order
numbers at the claim page. Prints answers by status, rows left, time to answer, and the ratio of the console's medians.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--threads", type=int, default=8)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="xiaohe-claims-") as folder:
        home = Path(folder) / "home"
        running = _xiaohe_up(home)
        try:
            told = _measure(home, asked.seconds, asked.threads)
        finally:
            running.send_signal(signal.SIGINT)
            running.wait(30)
    print(json.dumps(told, indent=2))
    return 0


def _measure(home: Path, seconds: float, threads: int) -> dict[str, Any]:
    link = json.loads(_xiaohe(home, "open", "--no-browser", "--json"))["link"]
    host = link.removeprefix("http://").partition("/")[0]
    code = json.loads(_xiaohe(home, "cards", "new", "parcel", "--json"))["code"]
    alone = _console(host, seconds / 2)
    statuses: Counter[int] = Counter()
    sizes: dict[int, set[int]] = {}
    took: list[float] = []
    stop = time.monotonic() + seconds
    crowd = [
        threading.Thread(target=_guess, args=(host, code, n, stop, statuses, sizes, took))
        for n in range(threads)
    ]
    for each in crowd:
        each.start()
    beside = _console(host, seconds - 0.5)
    for each in crowd:
        each.join()
    store = sqlite3.connect(home / "xiaohe.db")
    rows = {
        name: store.execute(f"SELECT count(*) FROM entries_{name}").fetchone()[0]
        for name in ("claim", "bucket")
    }
    store.close()
    return {
        "guesses_a_second": round(sum(statuses.values()) / seconds),
        "answers": dict(statuses),
        "sizes_by_status": {status: sorted(each) for status, each in sizes.items()},
        "rows": rows,
        "guess_ms_median": round(statistics.median(took) * 1e3, 1),
        "console_ms_alone": round(alone * 1e3, 1),
        "console_ms_beside": round(beside * 1e3, 1),
        "console_ratio": round(beside / alone, 1),
    }


def _guess(
    host: str,
    code: str,
    number: int,
    stop: float,
    statuses: Counter[int],
    sizes: dict[int, set[int]],
    took: list[float],
) -> None:
    """One guesser, one connection, as fast as answers come."""
    line = http.client.HTTPConnection(host, timeout=30)
    head = {"Content-Type": "application/x-www-form-urlencoded"}
    guess = number * 10_000_000
    while time.monotonic() < stop:
        guess += 1
        began = time.perf_counter()
        try:
            line.request("POST", f"/claim/{code}", f"number=1930{guess:015d}", head)
            answer = line.getresponse()
            size = len(answer.read())
        except (OSError, http.client.HTTPException):
            statuses[0] += 1  # a line that was cut
            line.close()
            continue
        took.append(time.perf_counter() - began)
        statuses[answer.status] += 1
        sizes.setdefault(answer.status, set()).add(size)


def _console(host: str, seconds: float) -> float:
    """Median time of a page of the console that needs Django and a template."""
    line = http.client.HTTPConnection(host, timeout=30)
    took = []
    stop = time.monotonic() + seconds
    while time.monotonic() < stop:
        began = time.perf_counter()
        line.request("GET", "/sign-in")
        line.getresponse().read()
        took.append(time.perf_counter() - began)
        time.sleep(0.02)
    return statistics.median(took)


def _xiaohe_up(home: Path) -> subprocess.Popen[bytes]:
    home.mkdir(mode=0o700)
    command = [sys.executable, "-m", "xiaohe", "up", "--port", "8800"]
    running = subprocess.Popen(
        command, cwd=ROOT, env=_environment(home), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )  # fmt: skip
    until = time.monotonic() + 90
    while not (home / "up.json").exists() and time.monotonic() < until:
        time.sleep(0.3)
    time.sleep(4)
    return running


def _xiaohe(home: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "xiaohe", *words],
        cwd=ROOT,
        env=_environment(home),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def _environment(home: Path) -> dict[str, str]:
    return {**os.environ, "XIAOHE_HOME": str(home), "XIAOHE_DATABASE_URL": ""}


if __name__ == "__main__":
    sys.exit(main())
