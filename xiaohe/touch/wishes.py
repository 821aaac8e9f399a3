"""What somebody told us outside of a task: less, never, again; a complaint. One fact each, taken back alike."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum

from xiaohe.ledger import stream
from xiaohe.touch.facts import draft


class Wish(StrEnum):
    """A choice on the customer page and the fact it states."""

    LESS = "less"
    NEVER = "never"
    AGAIN = "again"
    COMPLAINT_OPENED = "opened"
    COMPLAINT_CLOSED = "closed"


FACTS = {
    Wish.LESS: "consent.reduced",
    Wish.NEVER: "consent.withdrawn",
    Wish.AGAIN: "consent.given",
    Wish.COMPLAINT_OPENED: "complaint.opened",
    Wish.COMPLAINT_CLOSED: "complaint.closed",
}


def state(person: int, wish: Wish, now: datetime) -> int:
    """Record it; returns the key that takes it back."""
    fact = draft(FACTS[wish], key=f"page:{uuid.uuid4().hex}", subject=person, at=now)
    stream.record([fact], now)
    return stream.key_hash(fact)
