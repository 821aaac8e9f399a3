"""What every request passes first and last: its id, the gate for bodies, its line in the log and its numbers.

observed ──► gate (bodies of programs) ──► api or console
    ◄── X-Request-Id, one log line, counters; an error nobody caught becomes a bare 500
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from xiaohe.api import answering, limits, routes
from xiaohe.kernel import counters, logs, shared_counters, trace
from xiaohe.kernel.gates import Gate, TooMany

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]

REQUESTS = counters.Counter(
    "xiaohe_http_requests_total",
    "Requests by route, method and answer.",
    "route",
    "method",
    "status",
)
DURATIONS = counters.Histogram("xiaohe_http_seconds", "Time to answer by route.", "route")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
ROLE = "web"
# Asked every few seconds by machines: counted, but no line each.
QUIET = frozenset({"static", "healthz", "readyz", "metrics"})

log = logging.getLogger("xiaohe.access")
_bodies = Gate(limits.BODIES, waiting=limits.BODIES_WAITING)


class _Answer:
    """Passes the answer's head on, with the id, and keeps its status."""

    def __init__(self, start_response: Any, request_id: str) -> None:
        self._start_response = start_response
        self._request_id = request_id
        self.status = 0

    def __call__(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        self.status = int(status.split(" ", 1)[0])
        return self._start_response(status, [*headers, ("X-Request-Id", self._request_id)])


def observed(application: Application) -> Application:
    """The whole application for a WSGI server."""

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        request = trace.Trace(trace.request_id(environ.get("HTTP_X_REQUEST_ID")))
        head = _Answer(start_response, request.request)
        started = time.perf_counter()
        with trace.entered(request):
            try:
                with _gate(environ):
                    return application(environ, head)
            except TooMany as error:
                return answering.send(answering.refused(error), environ["REQUEST_METHOD"], head)
            except Exception:
                log.exception("a request ended in an error")
                return answering.send(answering.broken(), environ["REQUEST_METHOD"], head)
            finally:
                _note(environ, head.status, time.perf_counter() - started)

    return answer


def _gate(environ: dict[str, Any]) -> AbstractContextManager[None]:
    """Programs send bodies to the doors; what people upload to pages passes a gate of its own, after signing in."""
    if environ["REQUEST_METHOD"] in ("GET", "HEAD", "OPTIONS"):
        return nullcontext()
    return _bodies.entered() if routes.find(environ["PATH_INFO"]) else nullcontext()


def _note(environ: dict[str, Any], status: int, seconds: float) -> None:
    route = _route(environ)
    method = environ["REQUEST_METHOD"]
    method = method if method in METHODS else counters.OTHER
    REQUESTS.add(1, route, method, status)
    DURATIONS.observe(seconds, route)
    level = logging.DEBUG if route in QUIET and status < 500 else logging.INFO
    values: dict[str, object] = {
        "route": route,
        "method": method,
        "status": status,
        "duration_ms": round(seconds * 1000, 1),
    }
    if place := environ.get(trace.WORKSPACE):
        values["workspace"] = place
    logs.event(log, level, "request", **values)
    shared_counters.publish(ROLE)


def _route(environ: dict[str, Any]) -> str:
    """A route's name; of the address itself nothing, it may hold what somebody typed."""
    known: str = environ.get(trace.ROUTE, "")
    if known:
        return known
    if environ["PATH_INFO"].startswith("/static/"):
        return "static"
    return routes.name(environ["PATH_INFO"])
