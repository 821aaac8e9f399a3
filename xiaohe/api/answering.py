"""From a handler's answer or refusal to WSGI; the thread's database connection is kept while it works."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.db import DatabaseError, connections

from xiaohe.api.http import REASONS, Request, Response
from xiaohe.api.refusals import json_error, refused
from xiaohe.api.routes import Handler, name
from xiaohe.kernel import disk, workspace
from xiaohe.kernel.errors import XiaoheError

StartResponse = Callable[[str, list[tuple[str, str]]], Any]

log = logging.getLogger("xiaohe.api")

__all__ = ["answer", "broken", "refused", "send"]


def answer(
    handler: Handler, environ: Mapping[str, Any], start_response: StartResponse
) -> Iterable[bytes]:
    """Run one handler inside the main workspace and send what it returns."""
    request = Request(environ)
    with workspace.entered(workspace.workspace()):
        response = _response(handler, request)
    _drop_broken_connections()
    return send(response, request.method, start_response)


def send(response: Response, method: str, start_response: StartResponse) -> Iterable[bytes]:
    """A whole answer as a WSGI server wants it."""
    headers = [
        ("Content-Type", response.content_type),
        ("Content-Length", str(len(response.body))),
        ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"),
        *response.headers.items(),
    ]
    start_response(REASONS[response.status], headers)
    return [b"" if method == "HEAD" else response.body]


def _response(handler: Handler, request: Request) -> Response:
    try:
        return handler(request)
    except XiaoheError as error:
        return refused(error)
    except Exception as error:
        if (explained := disk.explained(error)) is not None:
            log.error("%s at %s: %s", type(error).__name__, name(request.path), explained.code)
            return refused(explained)
        return _failed(error, request)


def _failed(error: Exception, request: Request) -> Response:
    if isinstance(error, DatabaseError):
        # Nothing was acknowledged, so the client comes again.
        log.error(
            "%s at %s: the control store did not answer", type(error).__name__, name(request.path)
        )
        return json_error(503, "store_unavailable", "The store cannot take this now.", retry=True)
    # The log shows frames only: an exception's own text may quote a customer's event.
    log.error("a request to %s failed", name(request.path), exc_info=error)
    return broken()


def broken() -> Response:
    """The answer to a bug."""
    return json_error(500, "internal", "This failed on our side.")


def _drop_broken_connections() -> None:
    """Django would close a connection after every request; here only one that failed is closed."""
    for connection in connections.all(initialized_only=True):
        if connection.errors_occurred or connection.in_atomic_block:
            connection.close()
