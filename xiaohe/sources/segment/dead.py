"""Dead letters: events that were taken in and could not be read, sealed with the reason until somebody sees to them.

Bounded in number and age: what finds the shelf full is counted and gone, and `xiaohe sources dead list` says so.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from time import monotonic
from typing import Any

import orjson
from django.db.models import Count, QuerySet
from django.utils.translation import gettext_lazy as _

from xiaohe.kernel import store as control
from xiaohe.kernel.errors import BadInput, NotFound
from xiaohe.people import keys
from xiaohe.shop import audit, vault
from xiaohe.shop.models import AuditAct
from xiaohe.sources import store, writekeys
from xiaohe.sources.models import DeadLetter, Source
from xiaohe.sources.segment import messages
from xiaohe.sources.segment.reasons import LABELS, Reason, Unreadable

MOST_LETTERS = 10_000
LARGEST_LETTER = 128 * 1024
KEPT = timedelta(days=30)
# What was dropped can be brought back so long.
DROPPED_KEPT = timedelta(days=7)
PURPOSE = "dead letter"

log = logging.getLogger("xiaohe.sources")


class NoSuchLetter(NotFound):
    def __init__(self) -> None:
        super().__init__("no_such_letter", _("There is no such dead letter."))


@dataclass(frozen=True)
class Letter:
    """One unreadable event, sealed."""

    message_hash: int
    reason: Reason
    sealed: bytes


@dataclass(frozen=True)
class Opened:
    """A letter as somebody sees it who may: with everything that was sent."""

    id: int
    source: str
    reason: str
    why: str
    received_at: datetime
    sent_at: str | None
    message: Any


@dataclass(frozen=True)
class Replayed:
    """What became of one letter; `why` if it stays."""

    id: int
    recorded: bool
    reason: str = ""
    why: str = ""


def letter(raw: Any, reason: Reason, *, sent_at: datetime | None, now: datetime) -> Letter:
    if type(raw) is dict:
        raw = messages.with_id(raw)
        name = str(raw["messageId"])
        # Whoever looks at an event need not learn the key it came with.
        raw = {field: value for field, value in raw.items() if field != "writeKey"}
    else:
        name = blake2b(orjson.dumps(raw), digest_size=16).hexdigest()
    told = {
        "message": raw,
        "sent_at": sent_at.isoformat() if sent_at else None,
        "received_at": now.isoformat(),
    }
    return Letter(
        keys.hasher()("dead letter", name), reason, vault.seal(orjson.dumps(told).decode(), PURPOSE)
    )


def keep(source_id: int, letters: Sequence[Letter], now: datetime) -> int:
    """Put letters on the shelf, inside a transaction; how many had room."""
    store.forget_dead(received_before=now - KEPT, dropped_before=now - DROPPED_KEPT)
    room = max(0, MOST_LETTERS - store.count_dead(source_id))
    fitting = [each for each in letters if len(each.sealed) <= LARGEST_LETTER][:room]
    if fitting:
        store.add_dead(
            source_id, [(e.message_hash, e.reason.value, e.sealed) for e in fitting], now
        )
    if dropped := len(letters) - len(fitting):
        store.count_dropped(source_id, dropped)
        log.warning("source %d: %d unreadable events found no room", source_id, dropped)
    return len(fitting)


def shelf(
    which: str | None = None, limit: int = 100, *, latest_first: bool = False
) -> list[DeadLetter]:
    """Letters, oldest first unless said otherwise."""
    found = _waiting().order_by("-id" if latest_first else "id")
    if which is not None:
        found = found.filter(source_id=writekeys.one(which).pk)
    return list(found[:limit])


def ids(which: str | None = None) -> list[int]:
    found = _waiting().order_by("id")
    if which is not None:
        found = found.filter(source_id=writekeys.one(which).pk)
    return list(found.values_list("id", flat=True))


def counts() -> dict[int, int]:
    """How many letters of each source lie here."""
    grouped = _waiting().order_by().values("source_id").annotate(letters=Count("id"))
    return {int(row["source_id"]): int(row["letters"]) for row in grouped}


def open_letter(number: int, now: datetime, *, user_id: int | None = None) -> Opened:
    """One letter in plain, which may be somebody's data: the look is noted."""
    found = one(number)
    with control.write():
        audit.record(AuditAct.VIEWED, now=now, user_id=user_id, page=f"dead letter {number}")
    told = orjson.loads(vault.unseal(bytes(found.sealed), PURPOSE))
    return Opened(
        id=found.pk,
        source=_source(found).name,
        reason=found.reason,
        why=str(LABELS[Reason(found.reason)]),
        received_at=found.received_at,
        sent_at=told["sent_at"],
        message=told["message"],
    )


def fix(number: int, message: Any, now: datetime) -> str | None:
    """Put a corrected message in a letter's place; why it still cannot be read, None if it can.

    It keeps its messageId, so an event that came through meanwhile is not counted again.
    """
    found = one(number)
    told = orjson.loads(vault.unseal(bytes(found.sealed), PURPOSE))
    if type(message) is not dict:
        raise BadInput("not_an_object", _("A message is a JSON object."))
    old = told["message"]
    if type(old) is dict and message.get("messageId") != old.get("messageId"):
        raise BadInput("other_message", _("The messageId must stay as it is."))
    told["message"] = messages.with_id(message)
    reason = _unreadable(found, told)
    with control.write():
        found.sealed = vault.seal(orjson.dumps(told).decode(), PURPOSE)
        found.reason = reason.value if reason else found.reason
        found.save(update_fields=["sealed", "reason"])
    return str(LABELS[reason]) if reason else None


def replay(number: int, now: datetime) -> Replayed:
    """Read a letter again, as of when it came; recorded and taken off the shelf in one commit, or left there."""
    from xiaohe.sources.segment import mapping, taking

    found = one(number)
    told = orjson.loads(vault.unseal(bytes(found.sealed), PURPOSE))
    try:
        message = _read(told)
        writer = writekeys.writer_for(_source(found))
        mapped = mapping.facts_of(message, taking.desk_of(writer, found.received_at))
    except Unreadable as unreadable:
        why = str(LABELS[unreadable.reason])
        return Replayed(number, recorded=False, reason=unreadable.reason.value, why=why)
    with control.write():
        # Somebody else may replay it at this moment: only one of us takes it.
        if _waiting().filter(pk=number).delete()[0]:
            taking.record([mapped], now)
    return Replayed(number, recorded=True)


def replay_all(
    which: str | None, now: datetime, *, within: timedelta | None = None
) -> list[Replayed]:
    """Read all letters, or one source's, again, oldest first; with `within`, as many as fit into that time."""
    until = None if within is None else monotonic() + within.total_seconds()
    done: list[Replayed] = []
    for number in ids(which):
        if until is not None and monotonic() > until:
            break
        try:
            done.append(replay(number, now))
        except NotFound:
            # Somebody else saw to it meanwhile.
            continue
    return done


def drop(number: int, now: datetime) -> None:
    """Throw a letter away; for a week it can be brought back."""
    with control.write():
        if not _waiting().filter(pk=number).update(dropped_at=now):
            raise NoSuchLetter


def restore(number: int) -> None:
    """Take back a drop: the letter waits again. Raises NotFound if it is not there any more."""
    with control.write():
        dropped = DeadLetter.objects.filter(pk=number, dropped_at__isnull=False)
        if not dropped.update(dropped_at=None):
            raise NoSuchLetter


def dropped() -> list[DeadLetter]:
    """Letters that can be brought back, the latest dropped first."""
    return list(DeadLetter.objects.exclude(dropped_at=None).order_by("-dropped_at", "-id"))


def _waiting() -> QuerySet[DeadLetter]:
    return DeadLetter.objects.filter(dropped_at=None)


def _unreadable(found: DeadLetter, told: dict[str, Any]) -> Reason | None:
    from xiaohe.sources.segment import mapping, taking

    try:
        writer = writekeys.writer_for(_source(found))
        mapping.facts_of(_read(told), taking.desk_of(writer, found.received_at))
    except Unreadable as unreadable:
        return unreadable.reason
    return None


def _read(told: dict[str, Any]) -> messages.Message:
    raw = told["message"]
    if type(raw) is not dict:
        raise Unreadable(Reason.NOT_AN_OBJECT)
    if len(orjson.dumps(raw)) > messages.LARGEST_EVENT:
        raise Unreadable(Reason.TOO_LARGE)
    received_at = datetime.fromisoformat(told["received_at"])
    return messages.read(raw, sent_at=messages.instant(told["sent_at"]), now=received_at)


def one(number: int) -> DeadLetter:
    """One letter that waits, sealed; raises NotFound."""
    found = _waiting().filter(pk=number).first()
    if found is None:
        raise NoSuchLetter
    return found


def _source(found: DeadLetter) -> Source:
    return Source.objects.get(pk=found.source_id)
