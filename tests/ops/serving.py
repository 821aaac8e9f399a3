"""Real servers over one data folder, and programs that talk to them."""

from __future__ import annotations

import http.client
import json
import os
import select
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from tests import processes
from tests.ops import folders
from tests.processes import PATIENCE_SECONDS, free_port, until
from xiaohe.channels.webhook import signature
from xiaohe.channels.webhook.endpoints import Added

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Serving:
    """`xiaohe web` or `xiaohe up` on a port of its own, its output kept in a file."""

    def __init__(self, home: Path, what: str, log: Path, **environment: str) -> None:
        self.home, self.log = home, log
        self.port = free_port()
        with open(log, "wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "xiaohe", what, "--port", str(self.port)],
                env=folders.environment(home, **environment),
                stdout=out,
                stderr=out,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                cwd=folders.ROOT,
            )

    def __enter__(self) -> Serving:
        assert until(lambda: self.status("/healthz") == 200), self.log.read_text()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, 9)
            self.process.wait()

    def status(self, path: str) -> int:
        """Of a GET; 0 when nobody answers."""
        return processes.status(f"http://127.0.0.1:{self.port}{path}", timeout=20)

    def is_listening(self) -> bool:
        """Whether it takes connections; nothing is asked, for one that comes as it stops may wait long for its answer."""
        try:
            socket.create_connection(("127.0.0.1", self.port), PATIENCE_SECONDS).close()
        except ConnectionError:
            return False
        return True

    def json(self, path: str) -> Any:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=20) as told:
                return json.load(told)
        except urllib.error.HTTPError as refused:
            return json.load(refused)

    def members(self) -> list[int]:
        """Living processes of its session."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if fields[0] != "Z" and int(fields[3]) == self.process.pid:
                found.append(int(entry.name))
        return found

    def resident_mb(self) -> float:
        """Memory of its largest process."""
        return max(_resident_mb(each) for each in self.members())


@dataclass(frozen=True)
class Told:
    """What a server answered."""

    status: int
    headers: dict[str, str]
    body: bytes


class Message:
    """A signed message on its way, its body sent in parts as the sender likes and whether it was asked for or not."""

    def __init__(
        self, port: int, door: Added, number: int, *, padding: int = 0, body: bytes = b""
    ) -> None:
        event = {
            "type": "order.paid",
            "timestamp": datetime.now(UTC).isoformat(),
            "data": {
                "order_id": f"A-{number}",
                "customer_id": f"c{number}",
                "amount": 10,
                "currency": "CNY",
                "note": "x" * padding,
            },
        }
        self.body = body or json.dumps(event).encode()
        signed = signature.sign([door.secret], f"msg_{number}", self.body, datetime.now(UTC))
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._connection.putrequest("POST", f"/hooks/{door.id}")
        length = str(len(self.body))
        headers = {**signed.as_headers(), "Content-Length": length, "Expect": "100-continue"}
        for name, value in headers.items():
            self._connection.putheader(name, value)
        self._connection.endheaders()

    def is_let_in(self) -> bool:
        """Whether the server asks for the body, which it does when somebody begins to read it; waits for its word."""
        said = b""
        while len(said) < len(CONTINUE):
            assert select.select([self._connection.sock], [], [], PATIENCE_SECONDS)[0]
            said = self._connection.sock.recv(len(CONTINUE), socket.MSG_PEEK)
            if not CONTINUE.startswith(said) or not said:
                return False
        self._connection.sock.recv(len(CONTINUE))
        return True

    def send(self, part: slice) -> None:
        self._connection.send(self.body[part])

    def answer(self) -> Told:
        response = self._connection.getresponse()
        headers = {name.title(): value for name, value in response.headers.items()}
        told = Told(response.status, headers, response.read())
        self._connection.close()
        return told

    def close(self) -> None:
        self._connection.close()


def send(port: int, door: Added, number: int, *, padding: int = 0) -> int:
    """One whole message; the answer's status, 0 when there was none."""
    try:
        message = Message(port, door, number, padding=padding)
        message.send(slice(None))
        return message.answer().status
    except (OSError, http.client.HTTPException):
        return 0


def _resident_mb(pid: int) -> float:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
