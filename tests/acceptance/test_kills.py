"""`xiaohe import` killed at every named point, with a reader holding a snapshot open; then the same command again."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.exports import CONTACTS, LEGACY_ORDERS, contact, csv, order
from tests.acceptance.home import Home
from xiaohe.ledger import crash

ON = "2025-06-20"
MEASURES = ("M01", "M04", "M04a", "M24a", "M24b")
READER = """
import sys
from xiaohe.cli import inside
inside.enter(); inside.quietly()
from xiaohe.ledger import engine
with engine.reading() as read:
    print(read.run(read.facts.count().name("n").as_table())["n"][0].as_py(), flush=True)
    for line in sys.stdin:
        print(read.run(read.facts.count().name("n").as_table())["n"][0].as_py(), flush=True)
"""


class Reader:
    """Another process that looked once and keeps looking at what it saw then."""

    def __init__(self, home: Home) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", READER],
            env=home.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.seen = self._line()

    def again(self) -> int:
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return self._line()

    def _line(self) -> int:
        assert self.process.stdout is not None
        return int(self.process.stdout.readline())


@contextmanager
def reader(home: Home) -> Iterator[Reader]:
    one = Reader(home)
    try:
        yield one
    finally:
        one.process.kill()
        one.process.wait()


def rows(first: int, buyers: int) -> list[Any]:
    """Buyers who come every 30 days, some of them due on ON."""
    return [
        order(first + buyer * 100 + visit, f"老顾客{buyer}", f"{20 + buyer}.50", day)
        for buyer in range(buyers)
        for visit, day in enumerate(
            (f"2025-02-{1 + buyer % 20:02}", f"2025-03-{4 + buyer % 20:02}", f"2025-05-{1 + buyer % 28:02}")
        )
    ]  # fmt: skip


@pytest.fixture
def given(tmp_path: Path) -> tuple[Path, Path]:
    friends = [
        contact(f"友{n}", "xiaoman", f"2025-04-01 08:00:{n:02}", 描述=str(310000000000000000 + n * 100))
        for n in range(30)
    ]  # fmt: skip
    return (
        csv(tmp_path / "orders.csv", LEGACY_ORDERS, rows(310000000000000000, 45)),
        csv(tmp_path / "friends.csv", CONTACTS, friends, "utf-8-sig"),
    )


def numbers(ask: Callable[..., Any]) -> Any:
    """All that must be equal; persons are hashes under a secret of each folder, so they are told by their keys."""
    due = ask("due", "--on", ON)
    people = sorted(
        (str(sorted((k["namespace"], k["value"]) for k in row["keys"])), row["C"], row["r"], row["due_date"],
         row["n"], row["p"], row["m"], row["ev"])
        for row in due
    )  # fmt: skip
    measured = {
        name: {k: v for k, v in ask("measure", name, "--as-of", ON).items() if k != "as_of"}
        for name in MEASURES
    }
    return people, measured, ask("facts", "count")


def plain(report: Any) -> Any:
    """A report without the number of its import: a killed one used up a number."""
    return {name: value for name, value in report.items() if name != "import_id"}


def test_killed_anywhere_and_started_again(
    new_home: Callable[..., Home], inside: Callable[[Home], Any], given: tuple[Path, Path]
) -> None:
    orders, friends = given
    calm = new_home("calm")
    with inside(calm) as ask:
        ask("import", friends)
    for point in crash.POINTS:
        shutil.copytree(calm.path, calm.path.with_name(point))
    with inside(calm) as ask:
        calm_report = plain(ask("import", orders))
        expected = numbers(ask)
    assert expected[0]
    assert expected[1]["M01"]["numerator"] == 30

    for point in crash.POINTS:
        shaken = Home(calm.path.with_name(point))
        with reader(shaken) as held:
            killed = shaken.run("import", orders, "--json", XIAOHE_CRASH_AT=point)
            assert killed.code == -signal.SIGKILL
            assert held.again() == held.seen
            again = shaken.ok("import", orders)
            assert held.again() == held.seen
        with inside(shaken) as ask:
            if point == "after_commit":
                # It counted already: the second reading finds every row known.
                assert again["duplicate"] == again["read"] == 135
                kept = ask("imports")[1]["report"]
                # What is said first is about all files there are: no report keeps it, each import says it anew.
                said = {name: again[name] for name in ("first_line", "first_lines")}
                again = {n: v for n, v in kept.items() if n in again}
                again |= {"file": "orders.csv", **said}
            assert plain(again) == calm_report, point
            assert numbers(ask) == expected, point
