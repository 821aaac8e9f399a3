"""Where the console can be reached: choosing a port, asking whether it answers, remembering the address."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

LOOPBACK = "127.0.0.1"
PORTS_TRIED = 20


def is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        # Bound is not enough: a listener with SO_REUSEPORT would let us in beside it.
        probe.close()
    with socket.socket(family) as caller:
        caller.settimeout(0.2)
        return caller.connect_ex((_callable(host), port)) != 0


def free_port(host: str, wanted: int) -> int | None:
    """`wanted`, or the next free one; None when twenty in a row are taken."""
    return next((p for p in range(wanted, wanted + PORTS_TRIED) if is_free(host, p)), None)


def answers(host: str, port: int, *, seconds: float = 1.0) -> bool:
    """Does `/healthz` say 200? By hand: an HTTP client would cost the supervisor several MB."""
    request = f"GET /healthz HTTP/1.0\r\nHost: {_callable(host)}\r\n\r\n".encode()
    try:
        with socket.create_connection((_callable(host), port), timeout=seconds) as caller:
            caller.sendall(request)
            return b" 200 " in caller.recv(64).split(b"\r\n")[0]
    except OSError:
        return False


def url(host: str, port: int) -> str:
    name = _callable(host)
    return f"http://{f'[{name}]' if ':' in name else name}:{port}"


def names_of(host: str) -> list[str]:
    """Host names a browser may ask for when we listen on `host`."""
    if host not in ("0.0.0.0", "::"):
        return [host]
    names = [socket.gethostname()]
    # Connecting a datagram socket sends nothing; it only tells which of our addresses leads outside.
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            names.append(probe.getsockname()[0])
        except OSError:
            pass
    return names


def remember(home: Path, *, url: str) -> None:
    (home / "up.json").write_text(json.dumps({"url": url, "pid": os.getpid()}))


def forget(home: Path) -> None:
    (home / "up.json").unlink(missing_ok=True)


def remembered(home: Path) -> str | None:
    """Where `xiaohe up` serves this folder now; None when it does not."""
    try:
        said = json.loads((home / "up.json").read_text())
        os.kill(said["pid"], 0)
    except (OSError, ValueError, KeyError):
        return None
    return str(said["url"])


def _callable(host: str) -> str:
    return {"0.0.0.0": LOOPBACK, "::": "::1"}.get(host, host)
