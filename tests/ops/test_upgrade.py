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
    assert folders.says_now(old) == folders.said_then()
    assert folders.says_now(tmp_path / "again") == folders.said_then()


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
    assert now == folders.said_then(POSTGRES)


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
    assert folders.says_now(old) == folders.said_then()


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
