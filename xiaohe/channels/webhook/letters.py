"""What came in signed and could not be read: kept sealed, so that somebody can mend it and it counts after all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F
from django.utils.translation import gettext_lazy as _

from xiaohe.channels.models import Endpoint, Letter, LetterState
from xiaohe.kernel.errors import NotFound, RetryLater
from xiaohe.kernel.store import write
from xiaohe.shop import audit, vault
from xiaohe.shop.models import AuditAct

BODY = "webhook.letter"
# Open letters of one endpoint: a sender that only sends rubbish does not fill the disk.
MOST_OPEN = 5_000


@dataclass(frozen=True)
class LetterRow:
    """One letter as a list shows it."""

    id: int
    endpoint: str
    received_at: datetime
    times: int
    state: LetterState
    why: str


def keep(one: Endpoint, key: str, why: str, body: bytes, now: datetime) -> None:
    """Keep an unreadable event inside the caller's transaction, or count one more arrival of it."""
    known = Letter.objects.filter(endpoint_id=one.id, key=key)
    if known.update(times=F("times") + 1):
        return
    if Letter.objects.filter(endpoint_id=one.id, state=LetterState.OPEN).count() >= MOST_OPEN:
        raise RetryLater(
            "too_many_letters", _("Too many unreadable messages of this webhook wait.")
        )
    new = Letter(
        endpoint_id=one.id,
        key=key,
        received_at=now,
        why=why,
        body=vault.seal(body.decode("utf-8", "replace"), BODY),
    )
    # Two workers may be told the same at once.
    Letter.objects.bulk_create([new], ignore_conflicts=True)


def listing(endpoint_id: str | None = None, *, limit: int = 50) -> list[LetterRow]:
    """Open letters, newest first."""
    found = Letter.objects.filter(state=LetterState.OPEN)
    if endpoint_id is not None:
        found = found.filter(endpoint_id=endpoint_id)
    return [
        LetterRow(
            int(each.pk),
            each.endpoint_id,
            each.received_at,
            each.times,
            LetterState(each.state),
            each.why,
        )
        for each in found.order_by("-pk")[:limit]
    ]


def text_of(letter_id: int, now: datetime, *, user_id: int | None = None) -> str:
    """What a letter says, which may be somebody's data: the look is noted."""
    letter = one(letter_id)
    with write():
        audit.record(AuditAct.VIEWED, now=now, user_id=user_id, page=f"letter {letter_id}")
    return vault.unseal(letter.body, BODY)


def drop(letter_id: int) -> None:
    """Settle a letter without counting it."""
    with write():
        waiting = Letter.objects.filter(pk=letter_id, state=LetterState.OPEN)
        if not waiting.update(state=LetterState.DROPPED):
            raise NoSuchLetter(letter_id)


def restore(letter_id: int) -> None:
    """Take back a drop: the letter waits to be mended again. It can be as long as it is kept."""
    with write():
        dropped = Letter.objects.filter(pk=letter_id, state=LetterState.DROPPED)
        if not dropped.update(state=LetterState.OPEN):
            raise NoSuchLetter(letter_id)


def open_counts() -> dict[str, int]:
    """How many letters of each endpoint wait to be mended."""
    waiting = Letter.objects.filter(state=LetterState.OPEN).order_by().values("endpoint_id")
    return {
        str(row["endpoint_id"]): int(row["letters"])
        for row in waiting.annotate(letters=Count("id"))
    }


def forget_before(received_at: datetime) -> int:
    """Delete settled letters received before then."""
    over = Letter.objects.filter(received_at__lt=received_at).exclude(state=LetterState.OPEN)
    return over.delete()[0]


class NoSuchLetter(NotFound):
    def __init__(self, letter_id: int) -> None:
        super().__init__("no_such_letter", _("There is no kept message %(id)d."), id=letter_id)


def one(letter_id: int) -> Letter:
    """One letter; raises NoSuchLetter."""
    found = Letter.objects.filter(pk=letter_id).first()
    if found is None:
        raise NoSuchLetter(letter_id)
    return found
