"""The little of HTTP that the doors for programs need, over WSGI: what was asked, what is answered."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from django.utils.translation import gettext_lazy as _

from xiaohe.kernel.errors import BadInput

REASONS = {int(status): f"{int(status)} {status.phrase}" for status in HTTPStatus}
JSON = "application/json"
TEXT = "text/plain; charset=utf-8"


class TooLarge(BadInput):
    """More than this door takes; the Segment convention answers 400, not 413."""

    def __init__(self, limit: int) -> None:
        super().__init__("too_large", _("The request is larger than %(limit)d bytes."), limit=limit)


class BadEncoding(BadInput):
    def __init__(self) -> None:
        super().__init__("bad_encoding", _("The body is not what its Content-Encoding says."))


@dataclass(frozen=True)
class Response:
    """What goes back; `headers` beside Content-Type and Content-Length, which are set from the rest."""

    status: int = 200
    body: bytes = b""
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)


def json_response(
    data: Any, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    return Response(status, json.dumps(data).encode(), JSON, headers or {})


class Request:
    """One request, its body read at most once and never beyond a limit."""

    def __init__(self, environ: Mapping[str, Any]) -> None:
        self.environ = environ
        self.method: str = environ["REQUEST_METHOD"]
        self.path: str = environ["PATH_INFO"]

    def header(self, name: str) -> str:
        """A header's value, empty if it was not sent."""
        key = name.upper().replace("-", "_")
        if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            key = "HTTP_" + key
        value: str = self.environ.get(key) or ""
        return value

    def body(self, limit: int) -> bytes:
        """The body, unpacked if it came packed by gzip; `TooLarge` as soon as it is seen to pass `limit`."""
        length = self.header("content-length")
        if length.isdigit() and int(length) > limit:
            raise TooLarge(limit)
        raw: bytes = self.environ["wsgi.input"].read(limit + 1)
        if len(raw) > limit:
            raise TooLarge(limit)
        encoding = self.header("content-encoding").strip().lower()
        if encoding in ("", "identity"):
            return raw
        if encoding not in ("gzip", "x-gzip"):
            raise BadEncoding
        return gunzipped(raw, limit)


def gunzipped(raw: bytes, limit: int) -> bytes:
    """Unpacked gzip of at most `limit` bytes: a small body that grows without end is given up at the limit."""
    unpack = zlib.decompressobj(wbits=31)
    try:
        plain = unpack.decompress(raw, limit + 1)
    except zlib.error:
        raise BadEncoding from None
    if len(plain) > limit or unpack.unconsumed_tail:
        raise TooLarge(limit)
    if not unpack.eof:
        raise BadEncoding
    return plain
