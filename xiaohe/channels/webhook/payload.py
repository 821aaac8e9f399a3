"""What a message says: ids, type, times, money, listed properties. Never a phone, a name or an order number."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from xiaohe.channels.webhook import events
from xiaohe.kernel.money import to_major

# Facts of one message of an endpoint that asked for batches; about 30 kB.
BATCH = 100


def message_id(*parts: object) -> str:
    """The `webhook-id` of an occurrence at an endpoint: always the same, so it can be put down only once."""
    text = "\n".join(str(each) for each in parts)
    return "msg_" + hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def body(type_: str, at: datetime, data: Mapping[str, Any]) -> str:
    """The JSON as it is signed and sent."""
    whole = {"type": type_, "timestamp": instant(at), "data": data}
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":"))


def of_fact(row: Mapping[str, Any], person: Callable[[int], int]) -> dict[str, Any]:
    """One fact as the `data` of a message; ids are texts, for JSON's numbers end at 53 bits."""
    amount, currency = row["amount"], row["currency"]
    told = {
        "fact": str(row["key_hash"]),
        "subject": str(row["subject"]),
        "person": str(person(row["subject"])),
        "source": row["source"],
        "occurred_at": instant(row["occurred_at"]),
        "date_only": row["date_only"],
        "recorded_at": instant(row["recorded_at"]),
        "order": _text(row["order_key"]),
        "other": _text(row["other"]),
        "item": _text(row["item_key"]),
        "account": row["account_id"],
        "amount": None if amount is None else str(to_major(amount, currency or "")),
        "currency": currency,
        "quantity": row["quantity"],
        "import": row["import_id"],
        "props": json.loads(row["props"]) if row["props"] else None,
    }
    return {name: value for name, value in told.items() if value is not None}


def of_batch(rows: Sequence[Mapping[str, Any]], person: Callable[[int], int]) -> dict[str, Any]:
    return {"facts": [{"type": row["type"], **of_fact(row, person)} for row in rows]}


def of_test(endpoint_id: str, now: datetime) -> str:
    return body(events.TEST, now, {"endpoint": endpoint_id})


def instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _text(key: int | None) -> str | None:
    return None if key is None else str(key)
