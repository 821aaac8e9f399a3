"""Moving house for real: everything out of one place and into another, killed on the way; a backup of a busy shop."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance import orders_app
from tests.acceptance.exports import CONTACTS, LEGACY_ORDERS, contact, csv, order
from tests.acceptance.home import Home
from tests.conftest import ROOT, PostgresServer
from tests.conftest import _pointed_at as pointed_at
from xiaohe.kernel.clock import utc_now
from xiaohe.ledger import crash

Ask = Callable[..., Any]
Inside = Callable[[Home], AbstractContextManager[Ask]]
Files = tuple[Path, Path, Path]
BASE = 730000000000000000
ON = "2025-06-20"
MEASURES = ("M01", "M03", "M04", "M24a", "M26")


@pytest.fixture
def files(tmp_path: Path) -> Files:
    visits = [
        order(BASE + buyer * 100 + number, f"老街坊{buyer}", f"{20 + buyer}.50", day, 联系手机=f"1391234{buyer:04}")
        for buyer in range(40)
        for number, day in enumerate(
            (f"2025-02-{1 + buyer % 20:02}", f"2025-03-{4 + buyer % 20:02}", f"2025-05-{1 + buyer % 28:02}")
        )
    ]  # fmt: skip
    again = [*visits[60:], order(BASE + 9_000, "新面孔", "9.90", "2025-06-02")]
    friends = [
        contact(f"友{n}", "xiaoman", f"2025-04-01 08:00:{n:02}", 描述=str(BASE + n * 100))
        for n in range(30)
    ]
    return (
        csv(tmp_path / "orders.csv", LEGACY_ORDERS, visits),
        csv(tmp_path / "again.csv", LEGACY_ORDERS, again),
        csv(tmp_path / "friends.csv", CONTACTS, friends, "utf-8-sig"),
    )


def measures(ask: Ask) -> Any:
    return {name: ask("measure", name, "--as-of", ON) for name in MEASURES}


def answers(ask: Ask) -> dict[str, Any]:
    """All that must be the same, with the ids by which pages are found."""
    return {
        **measures(ask),
        "due": ask("due", "--on", ON),
        "imports": ask("imports"),
        "facts": ask("facts", "count"),
        "people": ask("people", "find", "老街坊7"),
    }


@pytest.fixture
def old(new_home: Callable[..., Home], inside: Inside, files: Files, tmp_path: Path) -> Home:
    """A shop that has lived, and everything of it in tmp_path/out."""
    home = new_home("old")
    with inside(home) as ask:
        ask("import", *files)
        ask("undo", "2")
        list(orders_app.tell(0, 20))
        ask("due")
        ask("export", "all", tmp_path / "out")
    return home


def test_a_shop_moves_and_nothing_changes(old: Home, inside: Inside, tmp_path: Path) -> None:
    with inside(old) as ask:
        before = answers(ask)
        list(orders_app.tell(20, 21))
        ask("undo", "1")
        later = answers(ask)
    assert (before["M01"]["numerator"], len(before["due"]) > 0) == (30, True)

    new = Home(tmp_path / "new")
    new.ok("import", "all", tmp_path / "out")

    with inside(new) as ask:
        assert answers(ask) == before
        # Events told again, to the new place, are the same events; the last one is new.
        list(orders_app.tell(0, 21))
        ask("undo", "1")
        assert without_times(answers(ask)) == without_times(later)
        # Told to the old place, taken back in the new one.
        from xiaohe.ledger import keys, stream

        told = keys.key_hash(orders_app.SOURCE, orders_app.key(3, "order.paid"))
        assert stream.take_back(told, utc_now())


def without_times(answered: dict[str, Any]) -> dict[str, Any]:
    """The two places undid at different seconds."""
    shown = [{**each, "undone_at": None} for each in answered["imports"]]
    return {**answered, "imports": shown}


def test_killed_anywhere_nothing_is_there_and_the_same_command_succeeds(
    old: Home, inside: Inside, tmp_path: Path
) -> None:
    with inside(old) as ask:
        before = answers(ask)
    empty = Home(tmp_path / "empty")
    assert empty.run("prepare").code == 0

    for point in crash.POINTS:
        new = Home(tmp_path / point)
        shutil.copytree(empty.path, new.path)

        killed = new.run("import", "all", tmp_path / "out", XIAOHE_CRASH_AT=point)

        assert killed.code == -signal.SIGKILL
        with inside(new) as ask:
            if point != "after_commit":
                assert (ask("facts", "count")["count"], ask("imports")) == (0, []), point
                ask("import", "all", tmp_path / "out")
            if point == "after_write":
                assert ask("facts", "count") == before["facts"]
                continue
            assert answers(ask) == before, point
    # It is all there: a second time is refused, and changes nothing.
    refused = new.run("import", "all", tmp_path / "out")
    assert (refused.code, "already holds data" in refused.err) == (4, True)


def test_an_export_killed_on_the_way_leaves_nothing_of_its_name(old: Home, tmp_path: Path) -> None:
    place = tmp_path / "elsewhere"
    for point in ("after_write", "before_commit"):
        killed = old.run("export", "all", place / "out", XIAOHE_CRASH_AT=point)
        assert (killed.code, (place / "out").exists()) == (-signal.SIGKILL, False)

    old.ok("export", "all", place / "out")

    assert sorted(each.name for each in place.iterdir()) == ["out", "out.keys"]


@pytest.mark.postgres
def test_a_shop_moves_to_postgresql_by_command(
    old: Home,
    inside: Inside,
    call: Ask,
    tmp_path: Path,
    postgres_server: PostgresServer,
    django_db_blocker: Any,
) -> None:
    with inside(old) as ask:
        before = answers(ask)
        ask("backup", tmp_path / "saved.tar")
    postgres_server.sql("CREATE DATABASE moved")
    url = postgres_server.url("moved")
    new = Home(tmp_path / "new")

    refused = new.run("restore", tmp_path / "saved.tar", XIAOHE_DATABASE_URL=url)
    new.ok("import", "all", tmp_path / "out", XIAOHE_DATABASE_URL=url)

    assert (refused.code, "xiaohe import all" in refused.err) == (2, True)
    with django_db_blocker.unblock(), pointed_at(new.path, url):
        assert answers(lambda *words: call(*words, "--json").json) == before
    postgres_server.drop("moved")


# ---------------------------------------------------------------- a backup under load


@contextmanager
def running(home: Home, *words: str) -> Iterator[subprocess.Popen[str]]:
    """A process of ours, stopped at the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", *words],
        env=home.environment(PYTHONPATH=str(ROOT)),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_a_backup_of_a_busy_shop_is_of_one_moment(
    new_home: Callable[..., Home], inside: Inside, files: Files, tmp_path: Path
) -> None:
    """Events arrive, a file is read and a worker works while copies are taken."""
    busy = new_home("busy")
    with inside(busy) as ask:
        ask("import", files[2])
    with (
        running(busy, "xiaohe", "worker"),
        running(busy, "tests.acceptance.orders_app", "0", "100000") as app,
        running(busy, "xiaohe", "import", str(files[0])) as reading,
    ):
        assert app.stdout is not None
        before = int(app.stdout.readline())
        busy.ok("backup", tmp_path / "early.tar")
        reading.wait(60)
        busy.ok("backup", tmp_path / "late.tar")
        app.terminate()
        told = len(app.stdout.read().split()) + before

    known = before
    for name in ("early", "late"):
        restored = Home(tmp_path / name)
        with inside(restored) as ask:
            ask("restore", tmp_path / f"{name}.tar")
            assert ask("lake", "check")["ok"]
            types, imported = told_types(ask), len(ask("imports"))
            numbers = measures(ask)
        # Whole calls, no fewer than were acknowledged before, none that never was; the file whole or not at all.
        known, least = told_to(types, imported), known
        assert least <= known <= told + 1
    assert imported == 2
    with inside(new_home("told anew")) as ask:
        ask("import", files[2], files[0])
        list(orders_app.tell(0, known))
        assert (told_types(ask), counted(measures(ask))) == (types, counted(numbers))


def told_types(ask: Ask) -> dict[str, int]:
    """Facts by type, without what the shop itself noted about today's list."""
    types = ask("facts", "count")["types"]
    return {type: count for type, count in types.items() if not type.startswith("touch.")}


def told_to(types: dict[str, int], imported: int) -> int:
    """How many orders of the app there are; an order of the file has both facts as well."""
    of_file = 120 if imported == 2 else 0
    assert types["order.created"] == types["order.paid"]
    return types["order.paid"] - of_file


def counted(numbers: Any) -> Any:
    """Measures without ids of people: those are hashes under a secret of each folder."""
    kept = ("value", "numerator", "denominator", "n", "window")
    return {name: {each: told[each] for each in kept} for name, told in numbers.items()}
