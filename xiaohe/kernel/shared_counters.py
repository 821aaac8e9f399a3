"""Where the numbers of all processes of a data folder meet, so that one scrape sees them: a small file per process.

derived/counters/<role>-<pid>-<random>.alive    locked by its process as long as it lives
derived/counters/<role>-<pid>-<random>.json     its numbers, replaced every few seconds

A file whose lock is free belongs to nobody any more; whoever notices deletes it.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xiaohe.kernel import counters, workspace

FOLDER = "counters"
EVERY_SECONDS = 5.0
_lock = threading.Lock()


@dataclass
class _Own:
    """This process's place; another process number means a fork that must find a place of its own."""

    role: str
    pid: int
    name: str
    folder: Path
    handle: int
    written: float = float("-inf")


_own: _Own | None = None


@dataclass(frozen=True)
class Numbers:
    """What one living process has counted."""

    role: str
    pid: int
    metrics: list[dict[str, Any]]


def publish(role: str, *, at_most_every: float = EVERY_SECONDS) -> None:
    """Put this process's numbers where a scrape finds them. Never fails: a full disk must not stop the work."""
    with _lock, suppress(OSError):
        own = _place(role)
        if time.monotonic() - own.written < at_most_every:
            return
        own.written = time.monotonic()
        draft = own.folder / f"{own.name}.draft"
        draft.write_text(json.dumps({"role": role, "pid": own.pid, "metrics": own_numbers()}))
        draft.replace(own.folder / f"{own.name}.json")


def of_all(role: str) -> list[Numbers]:
    """Of every living process, ours as it is now; clears away what the dead left."""
    found = [Numbers(role, os.getpid(), own_numbers())]
    folder = _folder()
    ours = _own.name if _own is not None and _own.pid == os.getpid() else ""
    for alive in sorted(folder.glob("*.alive")):
        if alive.stem != ours and (read := _read(alive)) is not None:
            found.append(read)
    return found


def own_numbers() -> list[dict[str, Any]]:
    return [
        *counters.taken(),
        _gauge(
            "xiaohe_process_resident_bytes", "Memory of a process.", [((), float(resident_bytes()))]
        ),
    ]


def resident_bytes() -> int:
    """Memory of this process; 0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, IndexError, ValueError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def _gauge(
    name: str, help: str, values: list[tuple[tuple[tuple[str, str], ...], float]]
) -> dict[str, Any]:
    samples = [(name, labels, value) for labels, value in values]
    return {"name": name, "kind": "gauge", "help": help, "samples": samples}


def _place(role: str) -> _Own:
    global _own
    folder = _folder()
    if _own is None or _own.pid != os.getpid() or _own.folder != folder:
        if _own is not None:
            os.close(_own.handle)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = f"{role}-{os.getpid()}-{secrets.token_hex(4)}"
        handle = os.open(folder / f"{name}.alive", os.O_CREAT | os.O_RDONLY | os.O_CLOEXEC, 0o600)
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _own = _Own(role, os.getpid(), name, folder, handle)
    return _own


def _read(alive: Path) -> Numbers | None:
    numbers = alive.with_suffix(".json")
    try:
        with open(alive) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            numbers.unlink(missing_ok=True)
            alive.with_suffix(".draft").unlink(missing_ok=True)
            alive.unlink(missing_ok=True)
        return None
    except BlockingIOError:
        pass
    except OSError:
        return None
    try:
        told = json.loads(numbers.read_text())
        return Numbers(told["role"], int(told["pid"]), told["metrics"])
    except (OSError, ValueError, KeyError):
        return None


def _folder() -> Path:
    return workspace.workspace().derived / FOLDER
