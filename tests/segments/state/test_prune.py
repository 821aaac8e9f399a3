"""What is removed of older generations of the state: never the one a reader may still stand on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.segments.state.shop import NOW, bring, event, order, put_away_the_library, save, tell
from xiaohe.kernel.workspace import Workspace
from xiaohe.segments import queries, state
from xiaohe.segments.state import generation
from xiaohe.segments.text import parse
from xiaohe.traits import state as traits

NOTHING: dict[str, Any] = {"unrecorded": [], "columns": {}, "accumulated": {}}


def _published(number: int, base: str) -> generation.Generation:
    name = generation.new_name(number)
    with generation.draft() as folder:
        return generation.publish(folder, name, {**NOTHING, "base": base or name})


def test_one_of_another_version_takes_nobodys_place(place: Workspace) -> None:
    # Given: a folder that an earlier version numbered higher
    old: Path = generation.root() / "00000099-00000000"
    old.mkdir(parents=True)
    (old / "manifest.json").write_text(json.dumps({"format": 0, "base": old.name}))
    os.utime(old / "manifest.json", (1, 1))
    base = _published(1, "")
    _earlier, before, last = (_published(number, base.name) for number in (2, 3, 4))
    # When
    generation.prune(last)
    # Then
    left = {each.name for each in generation.root().iterdir() if each.is_dir()}
    assert {base.name, before.name, last.name} <= left
    assert old.name not in left


def test_whoever_reads_one_reads_it_to_the_end(place: Workspace) -> None:
    # Given: somebody holds a state of which nothing was read yet, also a column that came after its base
    put_away_the_library()
    bring(order("ann", NOW - timedelta(days=9)))
    traits.refresh(NOW)
    state.refresh(NOW)
    save("looked", "did page.viewed in last 7 days", NOW)
    state.refresh(NOW)
    held = state.current(NOW)
    # When: others come, edits and a base among them
    for number in range(8):
        now = NOW + timedelta(minutes=number)
        tell(event("ann", "page.viewed", now, number), now=now)
        save("looked", f"did page.viewed in last {number + 8} days", now)
        state.refresh(now, anew=number == 5)
    # Then: it answers as it did, and is gone when nobody has it any more
    rule = parse("did page.viewed in last 7 days", queries.vocabulary())
    assert held.count(rule) == 0
    folder = held.generation.folder
    assert folder.exists()
    del held
    tell(event("ann", "page.viewed", NOW + timedelta(hours=1)), now=NOW + timedelta(hours=1))
    state.refresh(NOW + timedelta(hours=1))
    assert not folder.exists()


HOLD = """
import sys, time, django
django.setup()
from pathlib import Path
from xiaohe.segments.state import leases
held = leases.hold(Path(sys.argv[1]))
print("held" if held else "gone", flush=True)
time.sleep(60)
"""


def test_what_another_process_reads_stays_until_it_is_killed(place: Workspace) -> None:
    # Given
    base = _published(1, "")
    read = _published(2, base.name)
    other = subprocess.Popen([sys.executable, "-c", HOLD, str(read.folder)], stdout=subprocess.PIPE)
    assert other.stdout is not None
    assert other.stdout.readline() == b"held\n"
    folder = read.folder
    del read
    # When
    for number in range(3, 8):
        generation.prune(_published(number, base.name))
    stayed = folder.exists()
    other.send_signal(signal.SIGKILL)
    other.wait()
    generation.prune(_published(8, base.name))
    # Then
    assert stayed
    assert not folder.exists()
