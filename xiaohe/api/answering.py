"""From a handler's answer or refusal to WSGI; the thread's database connection is kept while it works."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.db import DatabaseError, connections

from xiaohe.api.http import REASONS, Request, Response, json_response
from xiaohe.api.routes import Handler
from xiaohe.kernel import workspace
from xiaohe.kernel.errors import XiaoheError

StartResponse = Callable[[str, list[tuple[str, str]]], Any]
# What a client is told to wait when we are full or the store does not take anything.
RETRY_AFTER_SECONDS = "5"

log = logging.getLogger("xiaohe.api")


def answer(
    handler: Handler, environ: Mapping[str, Any], start_response: StartResponse
) -> Iterable[bytes]:
    """Run one handler inside the main workspace and send what it returns."""
    request = Request(environ)
    with workspace.entered(workspace.workspace()):
        response = _response(handler, request)
    _drop_broken_connections()
    headers = [
        ("Content-Type", response.content_type),
        ("Content-Length", str(len(response.body))),
        ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"),
        *response.headers.items(),
    ]
    start_response(REASONS[response.status], headers)
    return [b"" if request.method == "HEAD" else response.body]


def _response(handler: Handler, request: Request) -> Response:
    try:
        return handler(request)
    except XiaoheError as error:
        return refused(error)
    except DatabaseError as error:
        # Nothing was acknowledged, so the client comes again.
        log.error("%s at %s: the control store did not answer", type(error).__name__, request.path)
        return _json_error(503, "store_unavailable", "The store cannot take this now.", retry=True)
    except Exception as error:
        # Frames only: an exception's own text may quote a customer's event.
        frames = "".join(traceback.format_tb(error.__traceback__))
        log.error("%s at %s\n%s", type(error).__name__, request.path, frames)
        return _json_error(500, "internal", "This failed on our side.")


def refused(error: XiaoheError) -> Response:
    """An expected refusal as a program reads it; 429 and 503 say when to come again."""
    return _json_error(error.status, error.code, str(error), retry=error.status in (429, 503))


def _json_error(status: int, code: str, message: str, *, retry: bool = False) -> Response:
    headers = {"Retry-After": RETRY_AFTER_SECONDS} if retry else {}
    data = {"success": False, "error": {"code": code, "message": message}}
    return json_response(data, status, headers)


def _drop_broken_connections() -> None:
    """Django would close a connection after every request; here only one that failed is closed."""
    for connection in connections.all(initialized_only=True):
        if connection.errors_occurred or connection.in_atomic_block:
            connection.close()
