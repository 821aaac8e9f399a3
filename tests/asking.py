"""One request to the application that the server runs, in this process."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def ask(
    path: str,
    method: str = "GET",
    body: bytes = b"",
    *,
    peer: str = "127.0.0.1",
    query: str = "",
    **headers: str,
) -> Answer:
    """A request from `peer`; headers as `content_type=…`."""
    from xiaohe.wsgi import application

    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "REMOTE_ADDR": peer,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "127.0.0.1",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
        "wsgi.url_scheme": "http",
        **{f"HTTP_{name.upper()}": value for name, value in headers.items()},
    }
    # These two have names of their own.
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if f"HTTP_{name}" in environ:
            environ[name] = environ.pop(f"HTTP_{name}")
    said: list[Any] = []
    parts = application(environ, lambda *told: said.append(told))
    status, sent = said[0][0], said[0][1]
    return Answer(int(status.split()[0]), dict(sent), b"".join(parts))
