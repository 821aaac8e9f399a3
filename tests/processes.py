"""What tests with real processes share: free ports, patience, a server's answer."""

from __future__ import annotations

import os
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable

# Generous: the machine may be busy with other tests.
PATIENCE_SECONDS = 60.0


# Two that look for a free port at one moment may find the same. A console tries twenty ports from the one it is given:
# each process of tests and each room of it begins in a stretch of its own, below what the system hands out itself.
STRETCH = 50


def first_port(room: int) -> int:
    """Where a console that this room of this test process starts looks for a free port first; rooms are 0 to 3."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    # Whoever runs tests by hand beside others is one of many.
    process = int(worker.removeprefix("gw")) if worker else 10 + os.getpid() % 90
    return 8800 + STRETCH * (4 * process + room)


def free_port() -> int:
    """A port of this machine where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(condition: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> bool:
    """Whether it comes true before patience ends."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def status(url: str, timeout: float = 5) -> int:
    """Of a GET; 0 when nobody answers."""
    try:
        with urllib.request.urlopen(url, timeout=timeout) as told:
            return int(told.status)
    except urllib.error.HTTPError as refused:
        return refused.code
    except OSError:
        return 0
