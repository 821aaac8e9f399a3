"""Events and messages that could not be read, from both doors, in words; what is in them only where one is mended."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xiaohe.channels.webhook import endpoints, letters
from xiaohe.kernel.errors import NotFound
from xiaohe.sources import writekeys
from xiaohe.sources.segment import dead
from xiaohe.sources.segment.reasons import LABELS, Reason
from xiaohe.web.phrases import since

EVENT, MESSAGE = "event", "message"
# Why a webhook's message could not be read; codes of channels.webhook.mapping and receive.
MESSAGE_LABELS = {
    "not_json": gettext_lazy("It is no JSON."),
    "number_of_events": gettext_lazy("It holds no event, or more than a thousand."),
    "not_an_object": gettext_lazy("It is not a JSON object."),
    "type": gettext_lazy("It does not say what happened (type)."),
    "data": gettext_lazy("Its data are no JSON object."),
    "timestamp": gettext_lazy("It does not say when it happened (timestamp)."),
    "timestamp_without_zone": gettext_lazy("Its timestamp has no time zone."),
    "amount": gettext_lazy("Its amount is no amount of money."),
    "currency": gettext_lazy("Its currency is none."),
    "customer_id": gettext_lazy("Its customer number is too long."),
    "phone": gettext_lazy("Its phone number is too long."),
    "order_id": gettext_lazy("Its order number is too long."),
}


@dataclass(frozen=True)
class UnreadLine:
    kind: str
    id: int
    who: str
    why: str
    at: datetime
    ago: str
    times: int = 1


@dataclass(frozen=True)
class MendPage:
    line: UnreadLine
    text: str
    error: str = ""


def count() -> int:
    return sum(dead.counts().values()) + sum(letters.open_counts().values())


def without_room() -> int:
    """How many could not even be kept, since their source began."""
    return sum(each.dead_dropped for each in writekeys.all_sources())


def lines(limit: int, now: datetime) -> tuple[UnreadLine, ...]:
    """The latest of both doors, newest first."""
    sources = {each.pk: each.name for each in writekeys.all_sources()}
    ends = {each.id: each.name for each in [*endpoints.listing(), *endpoints.removed()]}
    found = [
        _event(each, sources.get(each.source_id, ""), now)
        for each in dead.shelf(limit=limit, latest_first=True)
    ]
    found += [
        _message(each, ends.get(each.endpoint, ""), now) for each in letters.listing(limit=limit)
    ]
    return tuple(sorted(found, key=lambda each: each.at, reverse=True)[:limit])


def one(kind: str, number: int, now: datetime) -> UnreadLine:
    """One of them, still sealed; raises NotFound."""
    if kind == EVENT:
        event = dead.one(number)
        return _event(event, writekeys.one(str(event.source_id)).name, now)
    if kind != MESSAGE:
        raise NotFound("no_such_kind", gettext_lazy("There is no such event."))
    letter = letters.one(number)
    return _message(letter, endpoints.one(letter.endpoint_id).name, now)


def opened(kind: str, number: int, now: datetime, user_id: int | None) -> MendPage:
    """One of them in plain; the look is noted."""
    line = one(kind, number, now)
    if kind == EVENT:
        message: Any = dead.open_letter(number, now, user_id=user_id).message
        if isinstance(message, dict):
            # Letters of before kept the key they came with.
            message.pop("writeKey", None)
        return MendPage(line, json.dumps(message, ensure_ascii=False, indent=2))
    text = letters.text_of(number, now, user_id=user_id)
    try:
        text = json.dumps(json.loads(text), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        # It is shown as it came: perhaps only a bracket is missing.
        pass
    return MendPage(line, text)


def message_why(code: str) -> str:
    return str(MESSAGE_LABELS.get(code, code))


def _event(each: Any, who: str, now: datetime) -> UnreadLine:
    why = str(LABELS[Reason(each.reason)])
    return UnreadLine(EVENT, each.pk, who, why, each.received_at, since(each.received_at, now))


def _message(each: Any, who: str, now: datetime) -> UnreadLine:
    return UnreadLine(
        MESSAGE,
        each.id,
        who,
        message_why(each.why),
        each.received_at,
        since(each.received_at, now),
        each.times,
    )


def all_again_said(read: int, left: int) -> str:
    """What came of reading all of them again."""
    if left:
        return _("%(read)d count now; %(left)d still cannot be read.") % {
            "read": read,
            "left": left,
        }
    return _("All of them count now.")
