"""A refusal as a program reads it."""

from __future__ import annotations

from xiaohe.api.http import Response, json_response
from xiaohe.kernel.errors import XiaoheError

# What a client is told to wait when we are full or the store does not take anything.
RETRY_AFTER_SECONDS = "5"


def refused(error: XiaoheError) -> Response:
    """An expected refusal as a program reads it; 429 and 503 say when to come again."""
    return json_error(error.status, error.code, str(error), retry=error.status in (429, 503))


def json_error(status: int, code: str, message: str, *, retry: bool = False) -> Response:
    headers = {"Retry-After": RETRY_AFTER_SECONDS} if retry else {}
    data = {"success": False, "error": {"code": code, "message": message}}
    return json_response(data, status, headers)
