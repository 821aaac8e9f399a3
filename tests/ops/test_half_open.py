"""Connections that never tell what they want: they are hung up on, and others wait seconds at most."""

from __future__ import annotations

import socket
import urllib.request
from collections.abc import Callable

from tests.ops.serving import Serving
from xiaohe.api import limits

HALF_OPEN = 250
# On a busy machine; less than the server would wait if nobody told it.
AT_MOST = 5 * limits.HEADER_MILLISECONDS / 1000


def test_half_open_connections_hold_nobody_up_for_long(serve: Callable[..., Serving]) -> None:
    web = serve("web")
    silent = [socket.create_connection(("127.0.0.1", web.port)) for _each in range(HALF_OPEN)]
    for each in silent:
        each.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow:")

    address = f"http://127.0.0.1:{web.port}/healthz"
    with urllib.request.urlopen(address, timeout=AT_MOST) as answer:
        assert answer.status == 200

    silent[0].settimeout(AT_MOST)
    assert silent[0].recv(100) == b""
    for each in silent:
        each.close()
