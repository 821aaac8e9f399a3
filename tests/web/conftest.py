"""Two ways to look at the console: Django's client on a fresh workspace, and a Chromium on a running `xiaohe up`."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import _pointed_at as pointed_at
from tests.processes import first_port, status, until
from xiaohe.cli import address
from xiaohe.kernel.workspace import Workspace
from xiaohe.shop import clock
from xiaohe.simulator.sample import TODAY

ROOT = Path(__file__).resolve().parents[2]
# Small enough to be read in seconds, large enough for rhythms, a list and a second page.
SMALL_SHOP = 400
# Noon in the shop on the day at which its files end, so that people are due.
NOON = datetime.combine(TODAY, time(4), tzinfo=UTC)


@pytest.fixture
def stranger(place: Workspace) -> Any:
    """A browser that has not signed in."""
    from django.test import Client

    return Client()


@pytest.fixture
def owner(place: Workspace, stranger: Any) -> Any:
    """A browser signed in as the shop's owner."""
    from xiaohe.shop import signin

    stranger.force_login(signin.owner())
    return stranger


@pytest.fixture(scope="session")
def sample_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A small believable shop's two exports, and a rough one with rows nobody can read."""
    from xiaohe.simulator import sample

    files = sample.write(tmp_path_factory.mktemp("exports"), buyers=SMALL_SHOP, count_again=False)
    return {
        "orders": files.orders,
        "items": files.items,
        "contacts": files.contacts,
        "rough": files.rough_orders,
    }


@pytest.fixture(scope="session")
def finished_home(
    tmp_path_factory: pytest.TempPathFactory,
    template_store: Path,
    sample_files: dict[str, Path],
    django_db_blocker: Any,
) -> Path:
    """A data folder after both files were dropped into the page at NOON; copied for each test that needs one."""
    from django.test import Client

    from xiaohe.shop import signin

    home = tmp_path_factory.mktemp("finished") / "home"
    home.mkdir(mode=0o700)
    shutil.copyfile(template_store, home / "xiaohe.db")
    with django_db_blocker.unblock(), pointed_at(home), clock.set_to(NOON):
        client = Client()
        client.force_login(signin.owner())
        upload(client, sample_files["orders"], sample_files["contacts"])
        from django.db import connection

        connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return home


@pytest.fixture
def shop_with_files(tmp_path: Path, finished_home: Path, django_db_blocker: Any) -> Iterator[Any]:
    """The owner's browser on a shop whose two files were read and worked out; its clock is set to an hour later."""
    from django.test import Client

    from xiaohe.shop import signin

    home = tmp_path / "home"
    shutil.copytree(finished_home, home)
    later = NOON + timedelta(hours=1)
    with django_db_blocker.unblock(), pointed_at(home), clock.set_to(later):
        client = Client()
        client.force_login(signin.owner())
        yield client


@pytest.fixture(scope="session")
def tea_home(
    tmp_path_factory: pytest.TempPathFactory, template_store: Path, django_db_blocker: Any
) -> Path:
    """A data folder of the tea house (tea_house.py), everything worked out; copied for each test that needs one."""
    from tests.web import tea_house

    home = tmp_path_factory.mktemp("tea") / "home"
    home.mkdir(mode=0o700)
    shutil.copyfile(template_store, home / "xiaohe.db")
    with django_db_blocker.unblock(), pointed_at(home):
        tea_house.fill()
        from django.db import connection

        connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return home


def upload(client: Any, *files: Path) -> str:
    """Drop files through the page and let the worker read them; the address that tells about them."""
    from xiaohe import jobs

    opened = [path.open("rb") for path in files]
    try:
        response = client.post("/uploads", {"files": opened})
    finally:
        for handle in opened:
            handle.close()
    assert response.status_code == 302, response.content
    jobs.discover()
    jobs.run_pending(until_empty=True)
    return str(response.headers["Location"])


# ---------------------------------------------------------------- a real browser


@dataclass(frozen=True)
class Running:
    """A console somebody started: where it is, and its data folder."""

    url: str
    home: Path

    def link(self) -> str:
        """A fresh sign-in link, the way `xiaohe open` gives it."""
        told = _xiaohe(self.home, "open", "--no-browser", "--json")
        return str(json.loads(told)["link"])


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium; skipped aloud where there is none."""
    found = (
        os.environ.get("XIAOHE_CHROMIUM")
        or shutil.which("chromium")
        or shutil.which("google-chrome")
    )
    if not found:
        pytest.skip("no Chromium on this machine (Debian: apt-get install chromium)")
    return found


@pytest.fixture(scope="session")
def browser_type_launch_args(chromium: str) -> dict[str, Any]:
    from playwright.sync_api import expect

    # Five seconds are few where a server, a worker and the other half of the tests share two cores.
    expect.set_options(timeout=30_000)
    return {"executable_path": chromium, "args": ["--no-sandbox"]}


FIRST_PORT = first_port(0)


@pytest.fixture
def empty_console(tmp_path: Path) -> Iterator[Running]:
    """`xiaohe up` on an empty folder."""
    yield from _console(tmp_path / "home")


@pytest.fixture(scope="module")
def full_console(
    tmp_path_factory: pytest.TempPathFactory, sample_files: dict[str, Path]
) -> Iterator[Running]:
    """`xiaohe up` on a folder with all files read, programs connected, and something in each of its rooms."""
    home = tmp_path_factory.mktemp("full") / "home"
    for running in _console(home):
        files = [str(sample_files[name]) for name in ("contacts", "orders", "items", "rough")]
        _xiaohe(home, "import", *files, "--yes", "--json")
        connect(running)
        yield running


def connect(console: Running) -> None:
    """Connect a site that sent one event and one nobody can read, a till, and a program that does not answer."""
    added = json.loads(
        _xiaohe(console.home, "sources", "add", "--kind", "segment", "--name", "小店网站", "--json")
    )
    _xiaohe(console.home, "hooks", "add", "till")
    nobody = [
        "--url",
        "http://127.0.0.1:9/hook",
        "--types",
        "task.*,import.committed",
        "--allow-private",
    ]
    _xiaohe(console.home, "hooks", "add", "crm", *nobody)
    _xiaohe(console.home, "hooks", "test", "crm", refused=True)
    for number, total in enumerate((27.5, "a lot")):
        event = {
            "type": "track", "event": "Order Completed", "userId": "u-1", "messageId": f"m-{number}",
            "writeKey": added["write_key"], "properties": {"order_id": f"A-{number}", "total": total},
        }  # fmt: skip
        request = urllib.request.Request(
            f"{console.url}/v1/track",
            json.dumps(event).encode(),
            {"Content-Type": "application/json"},
        )
        urllib.request.urlopen(request, timeout=10).close()


def _console(home: Path, *, is_new: bool = True) -> Iterator[Running]:
    if is_new:
        home.mkdir(mode=0o700)
    process = subprocess.Popen(
        [sys.executable, "-m", "xiaohe", "up", "--port", str(FIRST_PORT)],
        cwd=ROOT,
        env={**os.environ, "XIAOHE_HOME": str(home), "XIAOHE_DATABASE_URL": ""},
        stdout=subprocess.DEVNULL,
        stderr=open(home.parent / "up.err", "wb"),  # noqa: SIM115 - lives as long as the process
    )
    try:
        yield Running(_address(home, process), home)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


def _address(home: Path, process: subprocess.Popen[bytes]) -> str:
    """Where the console answers; the port may be another one when ours is taken."""

    def answers() -> bool:
        # Where it says it is; asked by a command, that would be a process every time.
        url = address.remembered(home)
        return process.poll() is not None or bool(url and status(f"{url}/healthz") == 200)

    if not until(answers, 90) or process.poll() is not None:
        raise RuntimeError((home.parent / "up.err").read_text(errors="replace")[-2000:])
    return str(address.remembered(home))


def _xiaohe(home: Path, *arguments: str, refused: bool = False) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "xiaohe", *arguments],
        cwd=ROOT,
        env={**os.environ, "XIAOHE_HOME": str(home), "XIAOHE_DATABASE_URL": ""},
        capture_output=True,
        text=True,
        timeout=120,
    )
    if (done.returncode != 0) is not refused:
        raise RuntimeError(f"{arguments[0]}: {done.stderr[-1000:]}")
    return done.stdout
