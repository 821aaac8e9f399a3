"""Notes: "two cats, one of them picky". Sealed like every word about a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from xiaohe.kernel import store
from xiaohe.kernel.errors import BadInput, NotFound
from xiaohe.people import overlay
from xiaohe.people.models import Note
from xiaohe.shop import vault

PURPOSE = "note"
LONGEST = 200


@dataclass(frozen=True)
class Remembered:
    """One note in plain, for the person's own page."""

    id: int
    text: str
    written_at: datetime


def write(person: int, text: str, *, now: datetime, user_id: int | None) -> int:
    """Remember something of a person; returns the note's id. Raises BadInput if empty or too long."""
    text = " ".join(text.split())
    if not text:
        raise BadInput("empty_note", _("Write something first."))
    if len(text) > LONGEST:
        raise BadInput(
            "long_note", _("A note holds %(most)d characters; make two of it."), most=LONGEST
        )
    sealed = vault.seal(text, PURPOSE)
    with store.write():
        note = Note.objects.create(subject=person, sealed=sealed, written_at=now, user_id=user_id)
    return int(note.pk)


def of(person: int) -> list[Remembered]:
    """What everybody may read of what is remembered of a person, newest first; see `private_notes` for the rest."""
    return [
        Remembered(note.pk, vault.unseal(bytes(note.sealed), PURPOSE), note.written_at)
        for note in rows(person)
        if not note.is_private
    ]


def rows(person: int) -> list[Note]:
    """The notes of a person under any of their ids, sealed, private ones too; newest first."""
    now = overlay.current()
    found = Note.objects.filter(subject__in=now.subjects(now.person(person)), struck_at=None)
    return list(found.order_by("-written_at", "-id"))


def strike(person: int, note_id: int, *, now: datetime) -> None:
    """Strike a note out; doing it twice is harmless."""
    _set(person, note_id, now)


def restore(person: int, note_id: int) -> None:
    """Take the striking back."""
    _set(person, note_id, None)


def _set(person: int, note_id: int, struck_at: datetime | None) -> None:
    subjects = overlay.current().subjects(person)
    with store.write():
        found = Note.objects.filter(pk=note_id, subject__in=subjects)
        if not found.update(struck_at=struck_at):
            raise NotFound("no_such_note", _("This note does not exist."))
