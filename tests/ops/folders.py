"""Data folders of earlier versions, unpacked, and what they answer now."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / "tests" / "kept"
PATIENCE_SECONDS = 120
NAME = "home-2026-11"


def unpacked(home: Path, name: str = NAME) -> Path:
    """The kept folder of this name, as its version left it."""
    home.mkdir(mode=0o700)
    with tarfile.open(KEPT / f"{name}.tar.gz") as archive:
        archive.extractall(home, filter="data")
    home.chmod(0o700)
    return home


def said_then(name: str = NAME) -> dict[str, Any]:
    """What the version that left the folder said of it itself."""
    return dict(json.loads((KEPT / f"{name}.answers.json").read_text()))


def said_since(name: str = NAME) -> dict[str, Any]:
    """What is to be said of it since what moved on purpose: test_upgrade.MOVED."""
    return dict(json.loads((KEPT / f"{name}.answers-since.json").read_text()))


def says_now(
    home: Path, name: str = NAME, *, joining: Sequence[int] = (), **more: str
) -> dict[str, Any]:
    """The same questions, asked of this version; after the owner said that these two are one person."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.ops.answers", *map(str, joining)],
        env=environment(home, **more),
        capture_output=True,
        cwd=ROOT,
        timeout=PATIENCE_SECONDS,
    )
    assert done.returncode == 0, done.stderr.decode()
    told = dict(json.loads(done.stdout))
    # Measures that came later are no matter of this folder.
    asked = said_then(name)["measures"]
    told["measures"] = {each: told["measures"][each] for each in asked}
    return told


def environment(home: Path, **more: str) -> dict[str, str]:
    """Of a command over this folder, and over nothing else."""
    theirs = {key: value for key, value in os.environ.items() if not key.startswith("XIAOHE_")}
    return {**theirs, "XIAOHE_HOME": str(home), "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", **more}


def command(home: Path, *arguments: object, **more: str) -> subprocess.CompletedProcess[str]:
    """One command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "xiaohe", *map(str, arguments)],
        env=environment(home, **more),
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=PATIENCE_SECONDS,
        stdin=subprocess.DEVNULL,
    )
