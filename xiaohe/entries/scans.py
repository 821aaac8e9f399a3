"""Who scanned: a number made from a cookie of our own, so that distinct scanners can be counted and nobody is known.

The cookie holds random bytes and a signature; the fact holds their keyed hash. One scanner and code is one fact a day.
"""

from __future__ import annotations

import secrets
from datetime import date, datetime

from django.core import signing

from xiaohe.entries import codes
from xiaohe.entries.models import Code
from xiaohe.ledger import stream
from xiaohe.ledger.stream import Fact
from xiaohe.people import keys

COOKIE = "xiaohe_scan"
COOKIE_SECONDS = 60 * 60 * 24 * 180
SOURCE = "xiaohe"
_NAMESPACE = "scanner"


def new_cookie() -> str:
    return signing.dumps(secrets.token_hex(12), salt=COOKIE)


def scanner_of(cookie: str) -> int | None:
    """The number behind a cookie; None if it is none of ours."""
    try:
        drawn = signing.loads(cookie, salt=COOKIE)
    except signing.BadSignature:
        return None
    return keys.hasher()(_NAMESPACE, drawn) if isinstance(drawn, str) else None


def record(code: Code, scanner: int, *, today: date, now: datetime) -> None:
    """Note that this scanner looked at this code today; repeating it changes nothing."""
    fact = Fact(
        source=SOURCE,
        key=f"scan:{code.code}:{scanner}:{today.isoformat()}",
        type="link.scanned",
        occurred_at=now,
        subject=scanner,
        account_id=code.account_id,
        props=codes.source_props(code),
    )
    stream.record([fact], now)
