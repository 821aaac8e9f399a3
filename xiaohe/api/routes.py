"""Which handler answers which path of the doors for programs; a path that stands nowhere here is Django's.

A handler takes a `Request` and returns a `Response`. Expected refusals (`XiaoheError`) may simply be raised.
"""

from __future__ import annotations

from collections.abc import Callable

from xiaohe.api import hooks, segment
from xiaohe.api.http import Request, Response
from xiaohe.api.rest import calls

Handler = Callable[[Request], Response]

# Whole paths.
EXACT: dict[str, Handler] = {**segment.routes(), **calls.exact()}
# Beginnings of paths, for handlers that read the rest themselves.
BELOW: dict[str, Handler] = {hooks.BEGINNING: hooks.message, calls.BEGINNING: calls.answer}
# Nothing below these is a page: what no handler answers is an honest 404 in JSON.
OURS = ("/v1/", "/hooks/")


def find(path: str) -> Handler | None:
    """The handler of a path; None if it is a page's."""
    found = EXACT.get(path)
    if found is not None:
        return found
    for beginning, handler in BELOW.items():
        if path.startswith(beginning):
            return handler
    return nothing_here if path.startswith(OURS) else None


def name(path: str) -> str:
    """What a path's route is called in logs and metrics; never the rest of the path."""
    if path in EXACT:
        return path.strip("/")
    for beginning in BELOW:
        if path.startswith(beginning):
            return beginning.strip("/")
    return "unknown"


def nothing_here(request: Request) -> Response:
    return Response(404, b'{"success": false, "error": {"code": "not_found"}}')
