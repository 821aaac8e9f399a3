"""POST /v1/{identify,track,page,screen,group,alias,batch,import}: the HTTP tracking API of the Segment convention.

    write key ─► limits ─► JSON ─► tokens ─► sources.segment.taking ─► 200 {"success": true}

200 only when everything is on disk: facts in the ledger, events that cannot be read among the dead letters. 400 for what is
no JSON or too large, 401 for a key that is nobody's, 403 for an origin the key does not allow, 429 with Retry-After when
the key sends too much or the inbox is full, 503 when the store cannot commit.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

import orjson
from django.utils.translation import gettext_lazy as _

from xiaohe.api.http import Request, Response, TooLarge, json_response
from xiaohe.api.refusals import refused
from xiaohe.kernel import counters
from xiaohe.kernel.clock import utc_now
from xiaohe.kernel.errors import BadInput, NotAllowed, XiaoheError
from xiaohe.ledger.instants import to_us
from xiaohe.sources import rate, writekeys
from xiaohe.sources.rate import TooFast
from xiaohe.sources.segment import messages, taking
from xiaohe.sources.segment.messages import LARGEST_EVENT
from xiaohe.sources.writekeys import Writer

LARGEST_BATCH = 500 * 1024
CALLS = ("identify", "track", "page", "screen", "group", "alias")
SUCCESS = b'{"success":true}'
# Browsers ask again after a day.
PREFLIGHT = {
    "Access-Control-Allow-Methods": "POST, OPTIONS",
    "Access-Control-Allow-Headers": "Content-Type, Authorization, X-Retry-Count, Content-Encoding",
    "Access-Control-Max-Age": "86400",
}


class BadJson(BadInput):
    def __init__(self) -> None:
        super().__init__("malformed", _("The body is not the JSON this call takes."))


class WrongKey(XiaoheError):
    status = 401

    def __init__(self) -> None:
        super().__init__("wrong_key", _("This write key is not known."))


def batch(request: Request) -> Response:
    """Many messages of any kind."""
    return _answered(request, None)


def call(kind: str) -> Any:
    """A handler for one message of this kind."""

    def one(request: Request) -> Response:
        return _answered(request, kind)

    return one


def metrics(request: Request) -> Response:
    """What browser SDKs tell of their own health: taken and forgotten."""
    if request.method == "OPTIONS":
        return _preflight(request)
    return Response(200, SUCCESS, headers=_allowed(request.header("origin")))


def _answered(request: Request, kind: str | None) -> Response:
    if request.method == "OPTIONS":
        return _preflight(request)
    origin = request.header("origin")
    if request.method != "POST":
        error = {"success": False, "error": {"code": "method", "message": "POST only."}}
        return json_response(error, 405, {"Allow": "POST, OPTIONS", **_allowed(origin)})
    try:
        _taken(request, kind, origin)
    except XiaoheError as error:
        answer = refused(error)
        headers = {**answer.headers, **_allowed(origin)}
        if isinstance(error, TooFast):
            headers["Retry-After"] = str(error.after)
        return Response(answer.status, answer.body, answer.content_type, headers)
    return Response(200, SUCCESS, headers=_allowed(origin))


def _taken(request: Request, kind: str | None, origin: str) -> None:
    now = utc_now()
    key = _basic(request.header("authorization"))
    # A stranger's body is not even read.
    writer = None if key is None else _writer(key, now)
    body = request.body(LARGEST_BATCH)
    if kind is not None and len(body) > LARGEST_EVENT:
        raise TooLarge(LARGEST_EVENT)
    told = parsed(body)
    if type(told) is not dict:
        raise BadJson
    if writer is None:
        key = told.get("writeKey")
        writer = _writer(key if isinstance(key, str) else "", now)
    if origin and writer.origins and origin.casefold() not in writer.origins:
        raise NotAllowed("origin", _("This origin may not send with this key."))
    raws = _messages(told, kind)
    try:
        rate.take(writer, len(raws), to_us(now))
        taken = taking.take(
            raws,
            writer,
            now,
            sent_at=messages.instant(told.get("sentAt")),
            may_be_large=len(body) > LARGEST_EVENT,
        )
    except XiaoheError as error:
        counters.INGEST_REQUESTS.add(1, writer.id, error.status)
        raise
    counters.INGEST_REQUESTS.add(1, writer.id, 200)
    counters.INGEST_EVENTS.add(taken.facts, writer.id)
    counters.INGEST_DUPLICATES.add(taken.duplicates, writer.id)
    counters.INGEST_DEAD_LETTERS.add(taken.unreadable, writer.id)


def _messages(told: dict[str, Any], kind: str | None) -> list[Any]:
    if kind is not None:
        return [{**told, "type": kind}]
    found = told.get("batch")
    if type(found) is not list:
        raise BadJson
    context = told.get("context")
    if type(context) is dict and context:
        # Stated once for all of them; an event's own word is the last.
        return [
            {**each, "context": {**context, **(each.get("context") or {})}}
            if type(each) is dict and type(each.get("context") or {}) is dict
            else each
            for each in found
        ]
    return found


def parsed(body: bytes) -> Any:
    """JSON as clients send it: half a surrogate pair and Python's NaN spoil no batch."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        pass
    try:
        loose = json.loads(body.decode(), parse_constant=lambda _name: None)
        return orjson.loads(json.dumps(loose, ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        raise BadJson from None


def _writer(key: str, now: Any) -> Writer:
    writer = writekeys.writer_of(key, now) if key else None
    if writer is None:
        raise WrongKey
    return writer


def _basic(header: str) -> str | None:
    """The user name of Basic authentication; None where there is none."""
    scheme, _space, value = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(value.strip(), validate=True).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        raise WrongKey from None


def _preflight(request: Request) -> Response:
    # Which key it will be is not told yet: the call itself is refused if its origin may not.
    return Response(204, headers={**PREFLIGHT, **_allowed(request.header("origin"))})


def _allowed(origin: str) -> dict[str, str]:
    return {"Access-Control-Allow-Origin": origin, "Vary": "Origin"} if origin else {}


def routes() -> dict[str, Any]:
    """Paths and their handlers; browser SDKs call by first letters."""
    paths: dict[str, Any] = {f"/v1/{each}": batch for each in ("batch", "import", "b")}
    for kind in CALLS:
        handler = call(kind)
        paths[f"/v1/{kind}"] = paths[f"/v1/{kind[0]}"] = handler
    paths["/v1/m"] = metrics
    return paths
