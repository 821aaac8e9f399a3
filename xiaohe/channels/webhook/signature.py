"""How a message is signed and verified: `v1,` + base64(HMAC-SHA256(key, "<id>.<timestamp>.<body>")).

Standard Webhooks 1.0, "Signature scheme". Several signatures may stand in one header, parted by spaces: while a
secret is being changed a message is signed with the old one and the new one.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from xiaohe.kernel.errors import BadInput, NotAllowed

PREFIX = "whsec_"
VERSION = "v1"
# Bytes of a key: the specification's least and most, and what ours have.
SHORTEST, LONGEST, OURS = 24, 64, 32
# How far the sender's clock, and the way, may be off; an older message may be somebody's recording.
TOLERANCE = timedelta(minutes=5)
# Signatures looked at: far above any rotation, and a bound on work for who knows no secret.
MOST_SIGNATURES = 16
# A full stop would let the end of an id be read as the beginning of a timestamp.
_ID = re.compile(r"[!-\-/-~]{1,200}")
_SECONDS = re.compile(r"[0-9]{1,12}")


class BadSecret(BadInput):
    def __init__(self) -> None:
        super().__init__(
            "bad_secret", _("A secret is “whsec_” and the base64 of 24 to 64 random bytes.")
        )


class NotSigned(NotAllowed):
    """Whoever sent this does not know the secret, or it is not this message they signed, or not now."""

    status = 401

    def __init__(self, code: str) -> None:
        super().__init__(code, _("The signature of this message does not hold."))


@dataclass(frozen=True)
class Signed:
    """The three headers of a message."""

    id: str
    timestamp: str
    signature: str

    def as_headers(self) -> dict[str, str]:
        return {
            "webhook-id": self.id,
            "webhook-timestamp": self.timestamp,
            "webhook-signature": self.signature,
        }


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(OURS)).decode()


def key_of(secret: str) -> bytes:
    """The key in a secret; raises BadSecret. The prefix and the padding may be missing."""
    text = secret.strip().removeprefix(PREFIX).rstrip("=")
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise BadSecret from None
    if not SHORTEST <= len(key) <= LONGEST:
        raise BadSecret
    return key


def sign(secrets_: Sequence[str], message_id: str, body: bytes, now: datetime) -> Signed:
    """The headers of a message that goes out now, with one signature per secret."""
    timestamp = str(int(now.timestamp()))
    signatures = [
        f"{VERSION},{base64.b64encode(_mac(each, message_id, timestamp, body)).decode()}"
        for each in secrets_
    ]
    return Signed(message_id, timestamp, " ".join(signatures))


def verify(secrets_: Sequence[str], given: Signed, body: bytes, now: datetime) -> None:
    """Nothing if one of the secrets signed this very message within the tolerance; else raises NotSigned."""
    if not (given.id and given.timestamp and given.signature):
        raise NotSigned("headers_missing")
    if not _ID.fullmatch(given.id) or not _SECONDS.fullmatch(given.timestamp):
        raise NotSigned("headers_unreadable")
    if abs(now.timestamp() - int(given.timestamp)) > TOLERANCE.total_seconds():
        raise NotSigned("timestamp_too_far")
    wanted = [_mac(each, given.id, given.timestamp, body) for each in secrets_]
    stated = [_decoded(each) for each in given.signature.split(" ")[:MOST_SIGNATURES]]
    # Every pair is compared, in constant time: how long it took says nothing about which one was near.
    matches = [hmac.compare_digest(ours, theirs) for ours in wanted for theirs in stated]
    if not any(matches):
        raise NotSigned("signature_differs")


def _mac(secret: str, message_id: str, timestamp: str, body: bytes) -> bytes:
    signed = f"{message_id}.{timestamp}.".encode() + body
    return hmac.new(key_of(secret), signed, hashlib.sha256).digest()


def _decoded(signature: str) -> bytes:
    """The bytes of one `v1,…`; nothing for other versions and for what is no base64."""
    version, _comma, text = signature.partition(",")
    if version != VERSION:
        return b""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
