"""`xiaohe backup` while everything is in use: whole, with all that was told before it, and with the same measures."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.acceptance.exports import LEGACY_ORDERS, csv, order
from tests.ops import folders
from tests.ops.serving import Serving
from tests.processes import until
from tests.soak.sender import Sender
from xiaohe.kernel.workspace import Workspace

BACKUPS, SENDERS = 2, 2
BETWEEN = 400
LINES = 200


def test_a_backup_under_load_restores_to_the_same_measures_and_all_that_was_told_before(
    any_place: Workspace, tmp_path: Path, empty_stores: Callable[[], str]
) -> None:
    home = any_place.home
    here = {"XIAOHE_DATABASE_URL": os.environ["XIAOHE_DATABASE_URL"]}
    _command(home, here, "import", _orders(tmp_path))
    added = json.loads(_command(home, here, "sources", "add", "--kind", "segment", "--name", "Busy", "--json"))  # fmt: skip
    _command(home, here, "sources", "limit", "Busy", "none")
    expected = _measured(home, here)
    saved: list[tuple[Path, set[int]]] = []
    with (
        Serving(home, "up", tmp_path / "up.log", **here) as up,
        _keeper(home, here, tmp_path),
        _events(up.port, added["write_key"]) as told,
    ):
        for number in range(BACKUPS):
            begun = len(told())
            assert until(lambda begun=begun: len(told()) > begun + BETWEEN)  # type: ignore[misc]
            file, before = tmp_path / f"busy-{number}.tar", told()
            _command(home, here, "backup", file)
            assert len(told()) > len(before), "nothing came in while it was made"
            saved.append((file, before))

    for file, before in saved:
        home, there = tmp_path / file.stem, {"XIAOHE_DATABASE_URL": empty_stores()}
        _command(home, there, "restore", file)
        _command(home, there, "lake", "check")
        held = _held(home, there)
        assert held["more"] == {}
        assert before <= set(held["once"])
    # Events of sites have no part in these measures, however many came in meanwhile.
    assert _measured(home, there) == expected


# ---------------------------------------------------------------- the load


@contextmanager
def _events(port: int, write_key: str) -> Iterator[Callable[[], set[int]]]:
    """Clients send without pause; yields what was acknowledged so far."""
    senders = [Sender(port, write_key, first=n * 10_000_000, seed=n) for n in range(SENDERS)]
    for each in senders:
        each.start()
    try:
        yield lambda: {number for each in senders for number in set(each.sent.acknowledged)}
    finally:
        for each in senders:
            each.stop()
        for each in senders:
            each.join(60)


@contextmanager
def _keeper(home: Path, place: dict[str, str], aside: Path) -> Iterator[None]:
    """Files, compacts and tidies without pause, beside the worker of `up`."""
    mark = aside / "keeper.up"
    with open(aside / "keeper.log", "wb") as log:
        keeper = subprocess.Popen(
            [sys.executable, "-m", "tests.soak.keeper", str(mark)],
            env=folders.environment(home, PYTHONPATH=str(folders.ROOT), **place),
            stdout=log,
            stderr=log,
            cwd=folders.ROOT,
        )
    try:
        assert until(mark.exists)
        yield
        assert keeper.poll() is None, (aside / "keeper.log").read_text()
    finally:
        keeper.kill()
        keeper.wait()


def _orders(folder: Path) -> Path:
    rows = [
        order(770000000000000000 + n, f"买家{n % 60}", f"{n % 90 + 1}.50", "2025-05-20")
        for n in range(LINES)
    ]
    return csv(folder / "orders.csv", LEGACY_ORDERS, rows)


# ---------------------------------------------------------------- what a folder says


def _command(home: Path, place: dict[str, str], *arguments: object) -> str:
    done = folders.command(home, *arguments, **place)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _measured(home: Path, place: dict[str, str]) -> Any:
    told = _script(home, place, "-m", "tests.ops.answers")
    return {name: told[name] for name in ("measures", "imports")}


def _held(home: Path, place: dict[str, str]) -> Any:
    """Numbers of the events that are there; late ones come to light when they are filed."""
    return _script(
        home,
        place,
        "-c",
        "from xiaohe.cli import inside\n"
        "inside.enter()\n"
        "from xiaohe.kernel.clock import utc_now\n"
        "from xiaohe.ledger import drain\n"
        "drain.drain(utc_now(), force=True)\n"
        "from tests.soak import look\n"
        "look.main('once')\n",
    )


def _script(home: Path, place: dict[str, str], *arguments: str) -> Any:
    done = subprocess.run(
        [sys.executable, *arguments],
        env=folders.environment(home, PYTHONPATH=str(folders.ROOT), **place),
        capture_output=True,
        text=True,
        cwd=folders.ROOT,
        timeout=folders.PATIENCE_SECONDS,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
