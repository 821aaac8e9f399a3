"""One tree of errors; the message is whole, translatable and says what to do.

XiaoheError
├── BadInput        the person gave something unusable (400): nothing was changed
├── Conflict        somebody or something was there first (409)
├── NotFound        no such thing (404)
├── NotAllowed      signed out or not yours (403)
└── RetryLater      busy or full, try again (503)
    └── Postponed   not now, whoever asks; a job waits and does not count it as a try
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class XiaoheError(Exception):
    """An expected refusal: `code` for programs, `message` (lazy-translated, `%(name)s` slots) for people."""

    status = 500

    def __init__(self, code: str, message: Any, **data: Any) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.data: Mapping[str, Any] = data

    def __str__(self) -> str:
        text = str(self.message)
        return text % self.data if self.data else text


class BadInput(XiaoheError):
    status = 400


class Conflict(XiaoheError):
    status = 409


class NotFound(XiaoheError):
    status = 404


class NotAllowed(XiaoheError):
    status = 403


class RetryLater(XiaoheError):
    status = 503


class Postponed(RetryLater):
    """Goes on by itself once something outside has changed, be it in a minute or in a week."""

    wait_seconds = 30
