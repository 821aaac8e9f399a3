"""Who asks: a key as `Authorization: Bearer …`, the scope a call needs, and how often one key may ask."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from time import monotonic

from django.utils.translation import gettext_lazy as _

from xiaohe.api.http import Request
from xiaohe.kernel import workspace
from xiaohe.kernel.errors import NotAllowed, RetryLater, XiaoheError
from xiaohe.kernel.gates import Gate
from xiaohe.shop import api_keys
from xiaohe.shop.api_keys import Caller

# Of one key and process: a page of people every tenth of a second, and some at once.
PER_SECOND, AT_ONCE = 10.0, 30.0
MOST_REMEMBERED = 1_000
# Questions that are worked on at once; others wait a moment.
questions = Gate(2, waiting=8)


class WrongApiKey(XiaoheError):
    status = 401

    def __init__(self) -> None:
        super().__init__("wrong_key", _("This API key is not known."))


class AskedTooOften(RetryLater):
    status = 429

    def __init__(self) -> None:
        super().__init__("rate_limit", _("This key asks more often than it may. Try again later."))


@dataclass
class _Bucket:
    tokens: float
    filled: float


_buckets: dict[tuple[str, int], _Bucket] = {}
_lock = Lock()


def caller(request: Request, scope: str) -> Caller:
    """Whose request this is; raises WrongApiKey, NotAllowed for another scope, AskedTooOften."""
    kind, _space, key = request.header("authorization").partition(" ")
    found = api_keys.caller_of(key.strip()) if kind.lower() == "bearer" and key else None
    if found is None:
        raise WrongApiKey
    if scope not in found.scopes:
        raise NotAllowed("scope", _("This key may not do that: it needs %(scope)s."), scope=scope)
    _take(found.id)
    return found


def _take(key: int) -> None:
    now, place = monotonic(), (str(workspace.current().home), key)
    with _lock:
        if len(_buckets) > MOST_REMEMBERED:
            _buckets.clear()
        bucket = _buckets.setdefault(place, _Bucket(AT_ONCE, now))
        bucket.tokens = min(AT_ONCE, bucket.tokens + (now - bucket.filled) * PER_SECOND)
        bucket.filled = now
        if bucket.tokens < 1:
            raise AskedTooOften
        bucket.tokens -= 1
