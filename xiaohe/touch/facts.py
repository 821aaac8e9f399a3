"""How this room states facts: source `xiaohe`, one key per thing said, persons by their subject."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from xiaohe.ledger import keys
from xiaohe.ledger.stream import Fact

SOURCE = "xiaohe"


def draft(
    type_: str,
    *,
    key: str,
    subject: int,
    at: datetime,
    account_id: int | None = None,
    other: int | None = None,
    amount: int | None = None,
    currency: str | None = None,
    props: Mapping[str, Any] | None = None,
) -> Fact:
    """A fact of ours, ready for the stream door; repeating the key states the same fact."""
    return Fact(
        source=SOURCE,
        key=key,
        type=type_,
        occurred_at=at,
        subject=subject,
        other=other,
        account_id=account_id,
        amount=amount,
        currency=currency,
        props=dict(props) if props else {},
    )


def key_hash_of(fact: Fact) -> int:
    """What takes a fact back again."""
    return keys.key_hash(fact.source, fact.key)
