"""The supervisor with children that only sleep, crash or ignore it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import PATIENCE_SECONDS, until

# Writes its process number into a file, so that the test can follow it.
CHILD = """
import os, pathlib, signal, sys, time
from xiaohe.cli.supervisor import end_with_parent
end_with_parent()
{before}
with open(sys.argv[1], "a") as notes:
    notes.write(f"{{os.getpid()}}\\n")
{after}
"""
SUPERVISOR = """
import sys
from xiaohe.cli import supervisor
from xiaohe.cli.supervisor import Child, Supervisor
supervisor.FIRST_PAUSE_SECONDS, supervisor.PATIENCE_SECONDS = 0.1, 1.0
child = Child("child", [sys.executable, "-c", sys.argv[1], sys.argv[2]], pause=0.1)
keeper = Supervisor([child], told=lambda name, code, pause: print(f"{name} {code}", flush=True))
keeper.start()
sys.exit(keeper.run())
"""
SLEEP = "time.sleep(60)"


def is_alive(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{number}/stat")
    return not (state.exists() and state.read_text().rsplit(")", 1)[1].split()[0] == "Z")


class Kept:
    """A supervisor process over one child."""

    def __init__(self, notes: Path, *, before: str = "", after: str = SLEEP) -> None:
        self.notes = notes
        program = CHILD.format(before=before, after=after)
        self.process = subprocess.Popen(
            [sys.executable, "-c", SUPERVISOR, program, str(notes)],
            stdout=subprocess.PIPE,
            text=True,
        )

    def children(self) -> list[int]:
        return [int(line) for line in self.notes.read_text().split()] if self.notes.exists() else []


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    return tmp_path / "notes"


def test_a_crashed_child_is_started_again(notes: Path) -> None:
    kept = Kept(notes, after="sys.exit(3)")
    assert until(lambda: len(kept.children()) >= 3)

    kept.process.send_signal(signal.SIGTERM)
    out, _ = kept.process.communicate(timeout=PATIENCE_SECONDS)

    assert kept.process.returncode == 0
    assert out.startswith("child 3\nchild 3\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_everything(notes: Path, number: signal.Signals) -> None:
    kept = Kept(notes)
    assert until(lambda: len(kept.children()) == 1)

    kept.process.send_signal(number)

    assert kept.process.wait(PATIENCE_SECONDS) == 0
    assert until(lambda: not is_alive(kept.children()[0]))


def test_a_deaf_child_is_ended_all_the_same(notes: Path) -> None:
    kept = Kept(notes, before="signal.signal(signal.SIGTERM, signal.SIG_IGN)")
    assert until(lambda: len(kept.children()) == 1)

    kept.process.send_signal(signal.SIGTERM)

    assert kept.process.wait(PATIENCE_SECONDS) == 1
    assert not is_alive(kept.children()[0])


def test_children_follow_a_killed_supervisor(notes: Path) -> None:
    kept = Kept(notes)
    assert until(lambda: len(kept.children()) == 1)

    kept.process.kill()
    kept.process.wait()

    assert until(lambda: not is_alive(kept.children()[0]))
