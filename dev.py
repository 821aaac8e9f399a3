#!/usr/bin/env python3
"""One door for a checkout; needs Python 3.11 and pip, nothing else.

    python3 dev.py run [--port N --home DIR]   set up, then serve the console
    python3 dev.py test [pytest arguments]     set up, then run the tests
    python3 dev.py setup                       only set up; the commands are then in .venv/bin/
    python3 dev.py lint                        ruff, mypy, import-linter
    python3 dev.py messages [check]            translations: extract and compile, or check

Everything goes into .venv; a stamp of pyproject.toml there tells whether there is anything to do.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / "bin"
PYTHON = BIN / "python"
OLDEST = (3, 11)


def main(arguments: Sequence[str]) -> int:
    if sys.version_info < OLDEST:
        print(
            f"Xiaohe needs Python {OLDEST[0]}.{OLDEST[1]} or newer; this is {sys.version.split()[0]}."
        )
        return 1
    verbs = {"run": run, "test": test, "setup": setup, "lint": lint, "messages": messages}
    if not arguments or arguments[0] not in verbs:
        print(__doc__)
        return 0 if not arguments or arguments[0] in {"-h", "--help", "help"} else 2
    os.chdir(ROOT)
    try:
        return verbs[arguments[0]](list(arguments[1:]))
    except KeyboardInterrupt:
        return 130
    except SetupFailed as failure:
        print(f"\n{failure}", file=sys.stderr)
        return 1


# ---------------------------------------------------------------- verbs


def run(arguments: list[str]) -> int:
    """Serve the console; this process becomes `xiaohe up`."""
    ensure("run")
    os.execv(PYTHON, [str(PYTHON), "-m", "xiaohe", "up", *arguments])


def setup(arguments: list[str]) -> int:
    ensure("dev")
    print(
        f"Ready. The commands are in {BIN.relative_to(ROOT)}/: try {BIN.relative_to(ROOT)}/xiaohe --help"
    )
    return 0


def test(arguments: list[str]) -> int:
    ensure("dev")
    with tempfile.TemporaryDirectory(prefix="xiaohe-test-") as home:
        # Tests bring their own folders; this one is for whatever is imported before they do.
        environment = {**os.environ, "XIAOHE_HOME": home}
        command = [str(PYTHON), "-m", "pytest", *arguments]
        if not any(each.startswith("-r") for each in arguments):
            command.append("-rs")
        return _told_at_the_end(command, environment)


def lint(arguments: list[str]) -> int:
    ensure("dev")
    with tempfile.TemporaryDirectory(prefix="xiaohe-lint-") as home:
        environment = {**os.environ, "XIAOHE_HOME": home}
        checks = {
            "ruff check": [str(BIN / "ruff"), "check", "."],
            "ruff format": [str(BIN / "ruff"), "format", "--check", "."],
            "mypy": [str(PYTHON), "-m", "mypy", "xiaohe", "dev.py", "tools"],
            "import-linter": [str(BIN / "lint-imports")],
        }
        failed = [
            name
            for name, command in checks.items()
            if _announced(name) or subprocess.run(command, env=environment).returncode
        ]
    print(f"lint: {', '.join(failed)} failed" if failed else "lint: all is well")
    return 1 if failed else 0


def messages(arguments: list[str]) -> int:
    ensure("dev")
    return subprocess.run([str(PYTHON), "tools/messages.py", *arguments]).returncode


# ---------------------------------------------------------------- setting up


class SetupFailed(Exception):
    """The environment could not be made; the message says what to do."""


def ensure(kind: str) -> None:
    """Make .venv fit pyproject.toml: `run` brings what Xiaohe needs, `dev` also what its tests need."""
    stamp = VENV / "xiaohe.stamp"
    wanted = _fingerprint()
    have = stamp.read_text().split() if stamp.exists() else []
    # An environment for the tests serves just as well.
    if have[:1] == [wanted] and (kind in have[1:] or "dev" in have[1:]) and PYTHON.exists():
        return
    kept = [each for each in have[1:] if have[:1] == [wanted]]
    started = time.monotonic()
    what = "everything Xiaohe and its tests need" if kind == "dev" else "everything Xiaohe needs"
    print(f"Setting up {what} in .venv, once.", flush=True)
    if not PYTHON.exists():
        _make_venv()
    _install(".[dev]" if kind == "dev" else ".")
    stamp.write_text(" ".join([wanted, *sorted({*kept, kind})]))
    print(f"Set up in {time.monotonic() - started:.0f} s.", flush=True)


def _fingerprint() -> str:
    content = (ROOT / "pyproject.toml").read_bytes() + repr(sys.version_info[:2]).encode()
    return hashlib.sha256(content).hexdigest()[:16]


def _make_venv() -> None:
    with _working("making .venv"):
        # Without pip: Debian leaves the module that would bring it out of its Python.
        _must([sys.executable, "-m", "venv", "--without-pip", "--clear", str(VENV)], "venv")


def _install(target: str) -> None:
    pip = [sys.executable, "-m", "pip", "--python", str(PYTHON)]
    if subprocess.run([*pip, "--version"], capture_output=True).returncode:
        raise SetupFailed(
            "pip is missing or too old (22.3 or newer is needed)."
            " On Debian: apt-get install python3-pip; elsewhere: python3 -m ensurepip --upgrade"
        )
    with _working("fetching and installing packages") as note:
        command = [*pip, "install", "--disable-pip-version-check", "--no-input", "-e", target]
        _must(command, "pip", note=note)


def _must(command: Sequence[str], name: str, *, note: _Note | None = None) -> None:
    """Run a step, telling each package by its name; on failure show how it ended."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout is not None
    said: list[str] = []
    for line in process.stdout:
        said.append(line.rstrip())
        if note is not None:
            note.text = _told(line) or note.text
    if process.wait():
        # The tool's own words may name servers of this machine's configuration.
        told = [re.sub(r"\S+://\S+", "…", line) for line in said[-15:]]
        raise SetupFailed(f"{name} failed:\n  " + "\n  ".join(told))


def _told(line: str) -> str:
    """What a line of pip's says it is busy with."""
    if line.startswith("Installing collected packages"):
        return "unpacking"
    named = re.match(r"\s*Collecting ([^\s(<>=!~;\[]+)", line)
    return named[1] if named else ""


class _Note:
    text = ""


@contextmanager
def _working(what: str) -> Iterator[_Note]:
    """Show that something happens: on a terminal a line that moves, elsewhere one every ten seconds."""
    note, done, started = _Note(), threading.Event(), time.monotonic()
    moving = sys.stdout.isatty()

    def show() -> None:
        pause = 0.2 if moving else 10.0
        while not done.wait(pause):
            line = f"  {what} … {time.monotonic() - started:.0f} s {note.text}"
            print(f"\r\033[K{line}" if moving else line, end="" if moving else "\n", flush=True)

    shower = threading.Thread(target=show, daemon=True)
    shower.start()
    try:
        yield note
    finally:
        done.set()
        shower.join()
        tidy = "\r\033[K" if moving else ""
        print(f"{tidy}  {what}: {time.monotonic() - started:.0f} s", flush=True)


# ---------------------------------------------------------------- telling


def _announced(name: str) -> bool:
    print(f"── {name}", flush=True)
    return False


def _told_at_the_end(command: Sequence[str], environment: dict[str, str]) -> int:
    """Run pytest and repeat, last of all but its closing line, what this machine could not test."""
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, text=True, bufsize=1
    )
    assert process.stdout is not None
    closing = ""
    reasons: dict[str, int] = {}
    for line in process.stdout:
        print(line, end="", flush=True)
        if line.strip():
            closing = line.rstrip()
        if found := re.match(r"SKIPPED \[(\d+)\] \S+?(?::\d+)?: (.*)", line):
            reasons[found[2]] = reasons.get(found[2], 0) + int(found[1])
    code = process.wait()
    if reasons:
        print("\nNOT TESTED on this machine:")
        for reason, count in reasons.items():
            print(f"  {count:4d} × {reason}")
        if not shutil.which("chromium"):
            print("  (.ci/run shows how to install what is missing on Debian)")
        print(f"\n{closing}")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
