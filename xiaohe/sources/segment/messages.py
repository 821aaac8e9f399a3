"""One message of the Segment convention, checked: who, what kind, when, under which id.

The client's own `timestamp` decides whether a message is the same again (a retry carries another sentAt);
`occurred_at` is that time corrected by how wrong the client's clock is: receivedAt − (sentAt − timestamp).
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import blake2b
from typing import Any

import orjson

from xiaohe.people import keys
from xiaohe.sources.segment.reasons import Reason, Unreadable

LARGEST_EVENT = 32 * 1024
# What differs between two deliveries of one message.
_OF_THE_DELIVERY = frozenset({"sentAt", "receivedAt", "writeKey", "messageId"})
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Kind(StrEnum):
    IDENTIFY = "identify"
    TRACK = "track"
    PAGE = "page"
    SCREEN = "screen"
    GROUP = "group"
    ALIAS = "alias"


KINDS = {kind.value: kind for kind in Kind}


@dataclass(slots=True)  # frozen would cost a third of reading it
class Message:
    """A message that can be read, not to be changed; `user` and `device` are spelled as they are hashed, without the platform."""

    kind: Kind
    id: str
    user: str | None
    device: str | None
    stated_at: datetime
    occurred_at: datetime
    event: str
    properties: dict[str, Any]
    context: dict[str, Any]
    category: Any = None
    previous: str | None = None
    group: str | None = None


def with_id(raw: dict[str, Any]) -> dict[str, Any]:
    """The message with a messageId: its own; else one made from its content, so that a retry is the same again.

    A message that tells neither id nor time is another one each time it arrives: nothing in it could tell two clicks
    from one click sent twice.
    """
    given = raw.get("messageId")
    if given is not None and given != "" and not isinstance(given, dict | list | bool):
        return raw
    if raw.get("timestamp") is None:
        return {**raw, "messageId": f"server-{secrets.token_hex(16)}"}
    told = {name: value for name, value in raw.items() if name not in _OF_THE_DELIVERY}
    content = blake2b(orjson.dumps(told, option=orjson.OPT_SORT_KEYS), digest_size=16)
    return {**raw, "messageId": f"content-{content.hexdigest()}"}


def read(raw: dict[str, Any], *, sent_at: datetime | None, now: datetime) -> Message:
    """One message that `with_id` has seen; raises Unreadable."""
    said = raw.get("type")
    kind = KINDS.get(said) if isinstance(said, str) else None
    if kind is None:
        raise Unreadable(Reason.UNKNOWN_TYPE)
    user, device = _id(raw.get("userId")), _id(raw.get("anonymousId"))
    previous = group = None
    event = ""
    if kind is Kind.TRACK:
        event = raw.get("event") or ""
        if not isinstance(event, str) or not event.strip():
            raise Unreadable(Reason.MISSING_EVENT)
    elif kind is Kind.ALIAS:
        previous = _id(raw.get("previousId"))
        if user is None or previous is None:
            raise Unreadable(Reason.MISSING_PREVIOUS_ID)
    elif kind is Kind.GROUP:
        group = _id(raw.get("groupId"))
        if group is None:
            raise Unreadable(Reason.MISSING_GROUP)
    elif kind is not Kind.IDENTIFY:
        event = raw.get("name") or ""
    if user is None and device is None:
        raise Unreadable(Reason.MISSING_ID)
    stated_at = stated(raw, now)
    return Message(
        kind=kind,
        id=str(raw["messageId"]),
        user=user,
        device=device,
        stated_at=stated_at,
        occurred_at=corrected(stated_at, sent_at or instant(raw.get("sentAt")), now),
        event=event if isinstance(event, str) else "",
        properties=_object(
            raw.get("traits" if kind in (Kind.IDENTIFY, Kind.GROUP) else "properties")
        ),
        context=_object(raw.get("context")),
        category=raw.get("category"),
        previous=previous,
        group=group,
    )


def stated(raw: dict[str, Any], now: datetime) -> datetime:
    """The client's own time of a message; now, if it tells none."""
    told = raw.get("timestamp")
    if told is None:
        told = raw.get("originalTimestamp")
    if told is None:
        return now
    found = instant(told)
    if found is None:
        raise Unreadable(Reason.BAD_TIMESTAMP)
    return found


def corrected(stated_at: datetime, sent_at: datetime | None, now: datetime) -> datetime:
    """When it happened by our clock: never in the future, never before 1970."""
    if sent_at is None:
        return min(stated_at, now)
    late = sent_at - stated_at
    if late < timedelta(0):
        return now
    return max(now - late, _EPOCH)


def instant(told: Any) -> datetime | None:
    """An ISO 8601 time in UTC, without a zone taken for UTC; None if it is none, or before 1970."""
    if not isinstance(told, str):
        return None
    try:
        found = datetime.fromisoformat(told)
        if found.tzinfo is not UTC:
            found = found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return found if len(told) > 7 and found >= _EPOCH else None


def _id(value: Any) -> str | None:
    """An id as it is hashed; None where it is missing, blank or masked."""
    if isinstance(value, str):
        try:
            return _spelled[value]
        except KeyError:
            return _spell(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None


# The same people tell many events: how an id is spelled is remembered, in memory only.
_spelled: dict[str, str | None] = {}
MOST_SPELLED = 50_000


def _spell(value: str) -> str | None:
    found = keys.normalise_text(value)
    if len(_spelled) >= MOST_SPELLED:
        _spelled.clear()
    if len(value) <= 100:
        _spelled[value] = found
    return found


def _object(value: Any) -> dict[str, Any]:
    if value is None:
        return {}
    if type(value) is not dict:
        raise Unreadable(Reason.BAD_PROPERTIES)
    return value
