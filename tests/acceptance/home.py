"""One data folder used as its owner uses it: every command is a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xiaohe.shop.clock import MOVED_BY

PATIENCE_SECONDS = 120


@dataclass(frozen=True)
class Answer:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class Home:
    """A data folder; everything said by any command is kept for those who search it."""

    path: Path
    language: str = "C.UTF-8"

    @property
    def said(self) -> Path:
        """Where the outputs of all commands are kept."""
        folder = self.path.with_name(self.path.name + ".said")
        folder.mkdir(exist_ok=True)
        return folder

    def environment(self, **more: str) -> dict[str, str]:
        ours = {"XIAOHE_HOME": str(self.path), "LANG": self.language, "LC_ALL": self.language}
        theirs = {
            k: v for k, v in os.environ.items() if not k.startswith("XIAOHE_") or k == MOVED_BY
        }
        return {**theirs, **ours, **more}

    def run(self, *arguments: object, kept: bool = True, **environment: str) -> Answer:
        """Run a command to its end; its output is kept unless it is an answer that may name people."""
        done = subprocess.run(
            [sys.executable, "-m", "xiaohe", *map(str, arguments)],
            env=self.environment(**environment),
            capture_output=True,
            timeout=PATIENCE_SECONDS,
            stdin=subprocess.DEVNULL,
        )
        if kept:
            number = len(list(self.said.iterdir()))
            (self.said / f"{number:03}.txt").write_bytes(done.stdout + b"\n" + done.stderr)
        return Answer(done.returncode, done.stdout.decode(), done.stderr.decode())

    def ok(self, *arguments: object, **how: Any) -> Any:
        """Run a command with --json that must succeed."""
        answer = self.run(*arguments, "--json", **how)
        assert answer.code == 0, answer.err or answer.out
        return answer.json
