"""A caller of the doors for programs, without a server: a WSGI call in this process."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import Any

import pytest

from xiaohe.kernel.workspace import Workspace


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def call(path: str, method: str = "GET", body: bytes = b"", **headers: str) -> Answer:
    """One request to the application that the server runs; headers as `content_type=…`."""
    from xiaohe.wsgi import application

    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "127.0.0.1",
        "wsgi.input": io.BytesIO(body),
        "wsgi.url_scheme": "http",
        "CONTENT_LENGTH": str(len(body)),
    }
    for name, value in headers.items():
        key = name.upper()
        environ[
            key if key.startswith("CONTENT_") and key != "CONTENT_ENCODING" else f"HTTP_{key}"
        ] = value
    said: list[Any] = []
    parts = application(environ, lambda *args: said.append(args))
    status, sent = said[0][0], said[0][1]
    return Answer(int(status.split()[0]), dict(sent), b"".join(parts))


@pytest.fixture
def api(any_place: Workspace) -> Any:
    return call
