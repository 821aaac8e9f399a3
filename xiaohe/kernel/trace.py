"""What a piece of work belongs to: the id of the request that caused it, and the job that carries it on.

Set at the edge (a request, a job), read by log lines and by whatever is enqueued meanwhile.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

# Under these names a WSGI environment carries what only the answering side knows of a request.
ROUTE, WORKSPACE = "xiaohe.route", "xiaohe.workspace"
# What a proxy in front may send as X-Request-Id: long enough for any id, too plain for anybody's data in prose.
_WELL_FORMED = re.compile(r"[A-Za-z0-9._:-]{8,64}")
# An id of digits alone may be a telephone number or an order's.
_DIGITS = re.compile(r"[\d._:-]+")


@dataclass(frozen=True)
class Trace:
    """Empty texts outside of requests and jobs."""

    request: str = ""
    job: str = ""
    job_id: int | None = None


_current: ContextVar[Trace] = ContextVar("trace", default=Trace())  # noqa: B039 - frozen


def current() -> Trace:
    return _current.get()


@contextmanager
def entered(trace: Trace) -> Iterator[Trace]:
    """Make `trace` what log lines and new jobs of this context belong to."""
    token = _current.set(trace)
    try:
        yield trace
    finally:
        _current.reset(token)


def request_id(given: str | None) -> str:
    """The caller's id if it is well-formed, else a new one."""
    if given and _WELL_FORMED.fullmatch(given) and not _DIGITS.fullmatch(given):
        return given
    return secrets.token_hex(12)
