"""How long the main pages take, at rest and during an import.

    python benchmarks/pages.py [PEOPLE [LINES]]      default 100,000 people, 500,000 lines

Makes a sample shop of that many buyers in a temporary folder, starts `xiaohe up` over it and visits each page by HTTP,
signed in, one after the other. Then the same while `xiaohe import` reads a table of LINES order lines into the same folder.
Prints p50 / p95 / worst in milliseconds. Aim: p95 ≤ 200 ms at rest, ≤ 400 ms during the import.
"""

from __future__ import annotations

import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from pages_session import ROOT, Session, environment, xiaohe

ROUNDS = 25
SEARCHES = ["毛", "王", "13", "tb"]


def main(people: int, lines: int) -> None:
    with tempfile.TemporaryDirectory(prefix="xiaohe-pages-") as folder:
        home, files = Path(folder) / "home", Path(folder) / "files"
        began = time.perf_counter()
        xiaohe(home, "sample", "--out", str(files), "--size", str(people))
        xiaohe(home, "import", str(files / "taobao_orders.csv"), str(files / "wecom_contacts.csv"))
        print(f"{people:,} people imported in {time.perf_counter() - began:.0f} s")
        look_from_back_then(home)
        table = Path(folder) / "lines.csv"
        write_lines(table, lines)
        with Session(home) as visitor:
            print(f"up in {visitor.started_in:.1f} s; load {os.getloadavg()[0]:.1f}")
            pages = addresses(visitor)
            told("at rest", measured(visitor, pages, rounds=ROUNDS))
            importing = subprocess.Popen(
                [sys.executable, "-m", "xiaohe", "import", str(table), "--yes"],
                env=environment(home),
                cwd=ROOT,
                stdout=subprocess.DEVNULL,
            )
            during = measured(
                visitor, pages, rounds=None, until=lambda: importing.poll() is not None
            )
            told(f"during an import of {lines:,} lines (exit {importing.returncode})", during)


# The day after the sample shop's export: seen from today its buyers would all be lost and the pages empty.
BACK_THEN = """
import django
django.setup()
from datetime import date
from xiaohe.autopilot import today
from xiaohe.shop import clock, queries
from xiaohe.traits import state
shop = queries.the_shop()
shop.clock_on = date(2025, 6, 30)
shop.save()
state.refresh(clock.now())
today.prepare(clock.today(), clock.now())
"""


def look_from_back_then(home: Path) -> None:
    surroundings = {**environment(home), "DJANGO_SETTINGS_MODULE": "xiaohe.settings"}
    subprocess.run([sys.executable, "-c", BACK_THEN], env=surroundings, cwd=ROOT, check=True)


def addresses(visitor: Session) -> dict[str, str]:
    """Main pages by name; a person and a number found by following links."""
    people = visitor.get("/people")
    found = visitor.post("/people/search", q="毛")
    person = re.search(r'href="(/people/\d+)"', found + people)
    return {
        "today": "/",
        "people": "/people",
        "search": "/people/search",
        "person": person[1] if person else "/people",
        "business": "/business",
        "number M04": "/numbers/M04",
        "people of M04": "/numbers/M04/numerator",
        "imports": "/imports",
        "data": "/data",
    }


def measured(
    visitor: Session,
    pages: dict[str, str],
    *,
    rounds: int | None,
    until: Callable[[], bool] = lambda: False,
) -> dict[str, list[float]]:
    """Milliseconds per page, round robin, so that a slow moment falls on all alike."""
    times: dict[str, list[float]] = {name: [] for name in pages}
    done = 0
    while not until() and (rounds is None or done < rounds):
        for name, path in pages.items():
            fields = {"q": random.choice(SEARCHES)} if name == "search" else {}
            times[name].append(visitor.timed(path, **fields))
        done += 1
    return times


def told(when: str, times: dict[str, list[float]]) -> None:
    print(f"\n{when}\n{'page':16} {'n':>5} {'p50':>7} {'p95':>7} {'worst':>7}  ms")
    together: list[float] = []
    for name, values in times.items():
        together += values
        print(_line(name, values))
    print(_line("all", together))


def _line(name: str, values: list[float]) -> str:
    if len(values) < 2:
        return f"{name:16} {len(values):5}"
    cuts = statistics.quantiles(values, n=20, method="inclusive")
    return f"{name:16} {len(values):5} {cuts[9]:7.0f} {cuts[18]:7.0f} {max(values):7.0f}"


def write_lines(path: Path, lines: int) -> None:
    """A plain table of order lines: three to an order, a hundred thousand buyers."""
    chance = random.Random(3)
    with open(path, "w") as out:
        out.write("order,customer,time,item,quantity,price\n")
        for number in range(lines):
            day = f"2025-{1 + number % 6:02}-{1 + number // 7 % 28:02} {8 + number % 12:02}:00:00"
            buyer = chance.randrange(100_000)
            out.write(
                f"N{number // 3},c{buyer},{day},g{number % 500},{1 + number % 3},{5 + number % 90}.50\n"
            )


if __name__ == "__main__":
    given = [int(each) for each in sys.argv[1:]]
    main(*(given + [100_000, 500_000][len(given) :]))
