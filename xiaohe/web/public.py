"""Before Django: what the public host may be asked for, and who has asked too much already.

Both are answered from memory, so that traffic nobody wants costs the console next to nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from xiaohe.entries import publicly, rate
from xiaohe.entries.rate import Act
from xiaohe.kernel import trace
from xiaohe.kernel.clock import utc_now
from xiaohe.kernel.gates import Gate, TooMany

ROUTE = "claim-refused"
# An order number and a little more.
LARGEST_BODY = 4 * 1024
# Slow senders hold at most so many threads (api/limits.py counts them); a claim takes some milliseconds.
BODIES = Gate(4)
_SHUT = b"There is nothing here.\n"
_HURRIED = (
    '<!doctype html><html lang="zh-Hans"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    '<title>请稍等</title><p>人有点多，请过一会儿再来。</p><p lang="en">One moment, please. Try again in a while.</p>'
).encode()


def answered_early(environ: dict[str, Any], start_response: Any) -> list[bytes] | None:
    """An answer that needs nobody else; None for everything that goes on."""
    if publicly.is_shut(environ):
        environ[trace.ROUTE] = "shut"
        start_response("404 Not Found", _head("text/plain; charset=utf-8", _SHUT, {}))
        return [_SHUT]
    if not publicly.is_public_path(environ["PATH_INFO"]):
        return None
    act = Act.CLAIM if environ["REQUEST_METHOD"] == "POST" else Act.LOOK
    wait = rate.refused(act, address=publicly.address_of(environ), today=utc_now().date())
    if wait is None:
        return None
    environ[trace.ROUTE] = ROUTE
    _read_away(environ)
    retry = {"Retry-After": str(max(1, min(3600, int(wait) + 1)))}
    start_response("429 Too Many Requests", _head("text/html; charset=utf-8", _HURRIED, retry))
    return [_HURRIED]


def _read_away(environ: Mapping[str, Any]) -> None:
    """A small body is read though nobody wants it: else the server cuts the line, and a browser may show that instead."""
    length = environ.get("CONTENT_LENGTH") or ""
    if not (length.isdecimal() and 0 < int(length) <= LARGEST_BODY):
        return
    with suppress(TooMany), BODIES.entered():
        environ["wsgi.input"].read(int(length))


def _head(kind: str, body: bytes, more: Mapping[str, str]) -> list[tuple[str, str]]:
    return [
        ("Content-Type", kind),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"),
        ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
        *more.items(),
    ]
