"""Somebody's server in a thread of the test: keeps what it is told and answers as it is told to."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType

from tests.processes import free_port


@dataclass(frozen=True)
class Told:
    """One request as it came in."""

    path: str
    headers: dict[str, str]
    body: bytes
    at: float = field(default_factory=time.monotonic)

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


Answers = Callable[[Told, int], tuple[int, dict[str, str], bytes]]


def ok(_told: Told, _number: int) -> tuple[int, dict[str, str], bytes]:
    return 200, {}, b"thanks"


class Receiver:
    """`with Receiver(answers) as there:` – `there.url`, `there.told`; `delay` seconds before each answer."""

    def __init__(self, answers: Answers = ok, *, delay: float = 0.0) -> None:
        self.told: list[Told] = []
        self._answers, self._delay = answers, delay
        self._lock = threading.Lock()
        self.most_at_once = self._at_once = 0

    def __enter__(self) -> Receiver:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                told = Told(
                    self.path,
                    {name.lower(): value for name, value in self.headers.items()},
                    self.rfile.read(length),
                )
                with outer._lock:
                    outer.told.append(told)
                    number = len(outer.told)
                    outer._at_once += 1
                    outer.most_at_once = max(outer.most_at_once, outer._at_once)
                time.sleep(outer._delay)
                status, headers, body = outer._answers(told, number)
                with outer._lock:
                    outer._at_once -= 1
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                try:
                    self.wfile.write(body)
                except OSError:
                    pass

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), daemon=True
        )
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"


def nobody() -> str:
    """A URL on this machine where nobody listens."""
    return f"http://127.0.0.1:{free_port()}/hook"
