"""Who we are and whether somebody is still alive: how a lease of a killed process is free again at once."""

from __future__ import annotations

import os
import re
import socket
from functools import cache
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

_MARK = re.compile(r"(?:^|-)(\d+)\.([0-9a-f]{8})-")


class Holder(NamedTuple):
    """One process of one host, told apart from a later one with the same number by its start time."""

    host: str
    pid: int
    started: str

    def __str__(self) -> str:
        return f"{self.host}|{self.pid}|{self.started}"


@cache
def _host() -> str:
    """This host, this boot and, in a container, this process space."""
    parts = [socket.gethostname()]
    boot = Path("/proc/sys/kernel/random/boot_id")
    if boot.exists():
        parts.append(boot.read_text().strip()[:13])
    space = Path("/proc/self/ns/pid")
    if space.is_symlink():
        parts.append(os.readlink(space))
    return "/".join(parts)[:120]


def ourselves() -> Holder:
    pid = os.getpid()
    return Holder(_host(), pid, start_time(pid) or "")


def mark() -> str:
    """A word for folder names by which `left_behind` knows whether their maker still runs."""
    return f"{os.getpid()}.{crc32(_host().encode()):08x}"


def left_behind(name: str) -> bool:
    """Whether a folder named `…<mark>-…` was made by a process of this host that is gone."""
    found = _MARK.search(name)
    if found is None or found[2] != f"{crc32(_host().encode()):08x}":
        return False
    return start_time(int(found[1])) is None


def start_time(pid: int) -> str | None:
    """Start time of a living process in clock ticks; None if it is gone or only its exit code is left."""
    try:
        # The name in parentheses may hold anything: fields are counted after the last one.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None if Path("/proc/self").exists() else _signalled(pid)
    return None if fields[0] in "ZX" else fields[19]


def _signalled(pid: int) -> str | None:
    """Without /proc only the number can be asked about."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        return ""
    return ""


def is_gone(holder: str) -> bool:
    """True only if that process certainly runs no more; another host's cannot be known."""
    host, _, rest = holder.partition("|")
    pid, _, started = rest.partition("|")
    if host != _host() or not pid.isdigit():
        return False
    return start_time(int(pid)) != started
