"""POST /hooks/<endpoint>: signed messages of other programs. DELETE: one of them will send no more."""

from __future__ import annotations

from xiaohe.api.http import Request, Response, TooLarge, json_response
from xiaohe.channels.webhook import receive
from xiaohe.channels.webhook.signature import Signed
from xiaohe.kernel.clock import utc_now

BEGINNING = "/hooks/"


def message(request: Request) -> Response:
    """Take one message in; answered when it is on disk."""
    if request.method not in ("POST", "DELETE"):
        return _refused(405, "method", {"Allow": "POST, DELETE"})
    # The signature is of the bytes as they were sent, and no sender packs so little.
    if request.header("content-encoding").strip().lower() not in ("", "identity"):
        return _refused(415, "content_encoding")
    try:
        body = request.body(receive.LARGEST_BODY)
    except TooLarge:
        return _refused(413, "too_large")
    signed = Signed(
        request.header("webhook-id"),
        request.header("webhook-timestamp"),
        request.header("webhook-signature"),
    )
    endpoint_id = request.path.removeprefix(BEGINNING).strip("/")
    if request.method == "DELETE":
        receive.retire(endpoint_id, signed, body, utc_now())
        return json_response({"success": True, "removed": True}, 200)
    done = receive.receive(endpoint_id, signed, body, utc_now())
    told = {"events": done.events, "new": done.new, "known": done.known, "kept": done.kept}
    return json_response({"success": True, **told}, done.status)


def _refused(status: int, code: str, headers: dict[str, str] | None = None) -> Response:
    return json_response({"success": False, "error": {"code": code}}, status, headers)
