"""A data folder of the first version, brought to this one: the same facts, numbers and due list as it gave itself."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.ops import folders

POSTGRES = "postgresql-2026-11"
TAPS = "taps-2026-11"
# What moved since the kept version, and why; *.answers.json is what it said itself, *.answers-since.json what holds now.
#
# 1. A row of the due list names the group of goods it is about; here nobody made groups, so it is null.
# 2. Two contacts name one and the same order, so one of them is somebody else. The first version made one person
#    of both contacts and of both member names the order was seen with; now all four are apart until the owner says who is
#    who (docs/decisions/0014, "Two contacts name one order"). So of these two buyers of the home
#    M01  two linked people instead of one; M04, M04a, M52b: neither buyer is linked
#    M04a, M26  one more person bought; M27, M28: an order of the one is no return of the other
#    due  the shop's typical order is over one more person: `m`, and `ev` with it, move by less than a percent
# No tap of an owner moved, and once the owner says that these two contacts are one, the answers are those of then.
MOVED = {
    folders.NAME: {
        "M01",
        "M04",
        "M04a",
        "M26",
        "M27",
        "M28",
        "M52b",
        "due: ev",
        "due: group",
        "due: m",
    },
    POSTGRES: {"due: group"},
}
# The two contacts of the home.
NAME_ONE_ORDER = (399685318739099038, 5940355315783486100)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return folders.unpacked(tmp_path / "home")


def test_an_old_folder_gives_the_same_answers_and_so_does_the_copy_saved_of_it(
    old: Path, tmp_path: Path
) -> None:
    prepared = folders.command(old, "prepare")
    assert prepared.returncode == 0, prepared.stderr
    assert "Saved a copy first:" in prepared.stderr + prepared.stdout
    (saved,) = (old / "backups").glob("before-*.tar")

    restored = folders.command(tmp_path / "again", "restore", saved)

    assert restored.returncode == 0, restored.stderr
    assert folders.says_now(old) == folders.said_since()
    assert folders.says_now(tmp_path / "again") == folders.said_since()


@pytest.mark.parametrize("name", MOVED)
def test_only_what_moved_on_purpose_is_said_otherwise_than_then(name: str) -> None:
    then, since = folders.said_then(name), folders.said_since(name)

    assert _moved(then, since) == MOVED[name]


def test_once_the_owner_says_who_named_the_order_the_answers_are_those_of_then(old: Path) -> None:
    prepared = folders.command(old, "prepare")
    assert prepared.returncode == 0, prepared.stderr

    now = folders.says_now(old, joining=NAME_ONE_ORDER)

    then = folders.said_then()
    assert _moved({**then, "facts": None}, {**now, "facts": None}) == {"due: group"}


def test_every_word_of_the_owner_holds_after_an_upgrade_filed_or_still_waiting(
    tmp_path: Path,
) -> None:
    tapped = folders.unpacked(tmp_path / "tapped", TAPS)
    prepared = folders.command(tapped, "prepare")
    assert prepared.returncode == 0, prepared.stderr

    now = folders.says_now(tapped, TAPS, joining=NAME_ONE_ORDER)

    then = folders.said_then(TAPS)
    words = {"identity.merged", "identity.unmerged", "link.started"}
    counted = now["facts"]["types"]
    counted["identity.merged"] -= 1  # the one of now
    assert {each: counted[each] for each in words} == {
        each: then["facts"]["types"][each] for each in words
    }
    assert _moved({**then, "facts": None}, {**now, "facts": None}) == {"due: group"}


@pytest.mark.postgres
def test_an_old_backup_of_postgresql_restores_to_the_same_answers_even_after_kills(
    postgres_server: Any, tmp_path: Path
) -> None:
    postgres_server.sql("CREATE DATABASE of_old")
    url = postgres_server.url("of_old")
    kept = folders.KEPT / f"{POSTGRES}.tar"
    for point in ("restore_tables_made", "restore_before_commit"):
        killed = folders.command(
            tmp_path / "home", "restore", kept, XIAOHE_DATABASE_URL=url, XIAOHE_CRASH_AT=point
        )
        assert killed.returncode == -signal.SIGKILL, killed.stderr

    restored = folders.command(tmp_path / "home", "restore", kept, XIAOHE_DATABASE_URL=url)

    assert restored.returncode == 0, restored.stderr
    now = folders.says_now(tmp_path / "home", POSTGRES, XIAOHE_DATABASE_URL=url)
    postgres_server.drop("of_old")
    assert now == folders.said_since(POSTGRES)


def test_an_upgrade_killed_anywhere_is_finished_by_the_next_one(old: Path) -> None:
    moments: list[Callable[[], bool]] = [
        lambda: bool(list((old / "backups").glob("*"))),
        lambda: bool(list((old / "backups").glob("before-*.tar"))),
        lambda: len(_applied(old)) > before,
    ]
    before = len(_applied(old))
    killed = [_killed_when(old, moment) for moment in moments]

    finished = folders.command(old, "prepare")

    assert finished.returncode == 0, finished.stderr
    assert killed[0]
    assert folders.says_now(old) == folders.said_since()


def test_a_folder_of_a_newer_version_is_refused_untouched(old: Path) -> None:
    with closing(sqlite3.connect(old / "xiaohe.db")) as store, store:
        store.execute(
            "INSERT INTO django_migrations (app, name, applied)"
            " VALUES ('ledger', '9999_from_the_future', '2030-01-01')"
        )
    before = (old / "xiaohe.db").read_bytes()

    refused = folders.command(old, "prepare")

    assert refused.returncode == 4
    assert "was written by a newer Xiaohe" in refused.stderr
    assert (old / "xiaohe.db").read_bytes() == before
    assert not (old / "backups").exists()


def _moved(then: dict[str, Any], now: dict[str, Any]) -> set[str]:
    """Measures, and columns of the due list, that are said otherwise; the same people are on it."""
    assert (then["facts"], then["imports"]) == (now["facts"], now["imports"])
    assert then["measures"].keys() == now["measures"].keys()
    found = {each for each, said in then["measures"].items() if now["measures"][each] != said}
    was, is_now = ({row["person"]: row for row in each["due"]} for each in (then, now))
    assert was.keys() == is_now.keys()
    for person, row in is_now.items():
        columns = row.keys() | was[person].keys()
        changed = {each for each in columns if row.get(each, "") != was[person].get(each, "")}
        found |= {f"due: {each}" for each in changed}
    return found


def _killed_when(home: Path, moment: Callable[[], bool]) -> bool:
    """Begin an upgrade and kill it at that moment; False if it was over before."""
    process = subprocess.Popen(
        [sys.executable, "-m", "xiaohe", "prepare"],
        env=folders.environment(home),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    while process.poll() is None and not moment():
        time.sleep(0.002)
    process.kill()
    return process.wait() == -signal.SIGKILL


def _applied(home: Path) -> set[Any]:
    with closing(sqlite3.connect(f"file:{home / 'xiaohe.db'}?mode=ro", uri=True)) as store:
        return set(store.execute("SELECT app, name FROM django_migrations"))
