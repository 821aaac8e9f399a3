"""`xiaohe up` for real: one process group over one data folder, reachable, and gone without a trace."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.processes import PATIENCE_SECONDS, first_port, status, until
from xiaohe.cli import address

LINK = re.compile(r"http://127\.0\.0\.1:(\d+)/sign-in\?token=(\S+)")


class Up:
    """One `xiaohe up` in a session of its own, with what it said."""

    def __init__(self, home: Path, port: int, log: Path) -> None:
        self.log = log
        environment = {
            **os.environ,
            "XIAOHE_HOME": str(home),
            "LANG": "C.UTF-8",
            "LC_ALL": "C.UTF-8",
        }
        environment.pop("XIAOHE_DATABASE_URL", None)
        with open(log, "w") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "xiaohe", "up", "--port", str(port)],
                env=environment,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )

    def said(self) -> str:
        return self.log.read_text()

    def link(self) -> tuple[int, str]:
        """Port and token, once it says them."""
        assert until(lambda: bool(LINK.search(self.said())) or self.process.poll() is not None)
        found = LINK.search(self.said())
        assert found is not None, self.said()
        return int(found[1]), found[2]

    def members(self) -> list[int]:
        """Every living process of its group."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if fields[0] != "Z" and int(fields[2]) == self.process.pid:
                found.append(int(entry.name))
        return found


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Up]]:
    started: list[Up] = []

    def begin(home: Path, port: int = first_port(1)) -> Up:
        started.append(Up(home, port, tmp_path / f"up-{len(started)}.log"))
        return started[-1]

    yield begin
    for up in started:
        if up.process.poll() is None:
            os.killpg(up.process.pid, signal.SIGKILL)
            up.process.wait()


@pytest.fixture
def prepared(tmp_path: Path, template_store: Path) -> Path:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    shutil.copyfile(template_store, home / "xiaohe.db")
    return home


def test_from_an_empty_folder_to_the_console_and_back(
    start: Callable[..., Up], tmp_path: Path
) -> None:
    home = tmp_path / "new" / "home"
    up = start(home)
    port, token = up.link()

    assert status(f"http://127.0.0.1:{port}/healthz") == 200
    assert status(f"http://127.0.0.1:{port}/sign-in?token={token}", timeout=20) == 200
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    # Supervisor, granian's two and the worker.
    assert len(up.members()) == 4

    os.killpg(up.process.pid, signal.SIGINT)

    assert up.process.wait(30) == 0
    assert up.said().endswith("Stopped.\n")
    assert up.members() == []
    assert not (home / "up.json").exists()


def test_a_second_one_on_the_same_folder_is_refused(
    start: Callable[..., Up], prepared: Path
) -> None:
    up = start(prepared)
    port, _ = up.link()

    second = start(prepared)

    assert second.process.wait(PATIENCE_SECONDS) == 4
    assert second.said() == f"Xiaohe is already running here: http://127.0.0.1:{port}\n"
    up.process.send_signal(signal.SIGTERM)
    assert up.process.wait(30) == 0


def test_a_taken_port_is_said_and_the_next_one_taken(
    start: Callable[..., Up], prepared: Path, tmp_path: Path
) -> None:
    import socket

    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        up = start(prepared, taken)
        port, _ = up.link()

    assert port > taken
    assert up.said().startswith(f"Port {taken} is taken, so this is on {port}.\n")
    assert status(f"http://127.0.0.1:{port}/healthz") == 200


def test_a_killed_worker_is_started_again(start: Callable[..., Up], prepared: Path) -> None:
    up = start(prepared)
    up.link()
    worker = next(
        number
        for number in up.members()
        if Path(f"/proc/{number}/cmdline").read_bytes().split(b"\0")[3:4] == [b"worker"]
    )

    os.kill(worker, signal.SIGKILL)

    assert until(lambda: "The worker stopped by itself (-9); starting it again" in up.said())
    assert until(lambda: len(up.members()) == 4)


def test_a_folder_of_a_newer_version_is_refused_untouched(
    start: Callable[..., Up], prepared: Path
) -> None:
    with closing(sqlite3.connect(prepared / "xiaohe.db")) as store, store:
        store.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('jobs', '9999_later', '2030')"
        )
    before = (prepared / "xiaohe.db").read_bytes()

    up = start(prepared)

    assert up.process.wait(PATIENCE_SECONDS) == 4
    assert "was written by a newer Xiaohe" in up.said()
    assert (prepared / "xiaohe.db").read_bytes() == before


def test_an_older_folder_is_saved_before_it_is_migrated(
    start: Callable[..., Up], prepared: Path
) -> None:
    with closing(sqlite3.connect(prepared / "xiaohe.db")) as store, store:
        store.execute("DROP TABLE jobs_job")
        store.execute("DROP TABLE jobs_recurring")
        store.execute("DROP TABLE jobs_worker")
        store.execute("DELETE FROM django_migrations WHERE app = 'jobs'")

    up = start(prepared)
    up.link()

    assert "Saved a copy first:" in up.said()
    assert len(list((prepared / "backups").glob("before-*.tar"))) == 1


def test_a_port_somebody_listens_on_is_not_free() -> None:
    import socket

    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()

        assert not address.is_free("127.0.0.1", other.getsockname()[1])
