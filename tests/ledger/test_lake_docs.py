"""docs/lake.md tells the truth: its code runs, and gives the same counts as Xiaohe."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.ledger.facts import NOW, Line, import_lines, numbered, tap
from xiaohe.kernel.workspace import Workspace
from xiaohe.ledger import compaction, drain, engine, imports, stream
from xiaohe.ledger.models import Retraction

ROOT = Path(__file__).resolve().parents[2]
BLOCKS = re.findall(r"^```python\n(.*?)^```", (ROOT / "docs" / "lake.md").read_text(), re.S | re.M)


def test_the_code_in_the_docs_gives_our_counts(
    place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone, _ = import_lines(numbered(range(20)))
    import_lines([Line(key, 1, type="order.paid") for key in range(10, 40)])
    stream.record([tap(f"early {number}") for number in range(5)], now=NOW)
    drain.drain(NOW, force=True)
    compaction.compact(force=True)
    imports.undo(gone, now=NOW)
    stream.take_back(stream.key_hash(tap("early 1")), NOW)
    import_lines(numbered(range(100, 107)))
    with engine.reading() as read:
        facts = read.facts
        counts = read.run(facts.group_by("type").agg(n=facts.count()))
        ours = dict(zip(*counts.to_pydict().values(), strict=True))
    assert Retraction.objects.count() == 2

    monkeypatch.setattr(subprocess, "run", _with_our_command(subprocess.run))
    said: dict[str, Any] = {}
    for block in BLOCKS:
        exec(compile(block, "docs/lake.md", "exec"), said)

    assert ours == {"order.paid": 30, "order.item": 7, "task.done": 4}
    assert said["with_duckdb"] == said["with_polars"] == said["with_pandas"] == ours


def test_the_dictionary_is_what_the_catalogue_says() -> None:
    checked = subprocess.run(
        [sys.executable, ROOT / "tools" / "dictionary.py", "check"], capture_output=True, text=True
    )
    assert (checked.stderr, checked.returncode) == ("", 0)


def _with_our_command(run: Any) -> Any:
    """`xiaohe` is not on every test machine's path."""
    beside = Path(sys.executable).with_name("xiaohe")
    program = str(beside) if beside.exists() else shutil.which("xiaohe")
    command = [program] if program else [sys.executable, "-m", "xiaohe"]

    def call(arguments: list[str], **more: Any) -> Any:
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        return run([*command, *arguments[1:]], env=environment, **more)

    return call
