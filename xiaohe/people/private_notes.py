"""Notes that only their author reads (a consultant's own); a manager may open one, and the author sees who did.

                     author        another colleague      manager
    the words        always        never                  after one tap, which is written to the audit log
    that it exists   yes           no                     yes, without the words

Whoever may read is decided here and nowhere else; every page gets notes through `seen_by`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from xiaohe.kernel import store
from xiaohe.kernel.errors import NotAllowed, NotFound
from xiaohe.people import notes, overlay
from xiaohe.people.models import Note
from xiaohe.shop import audit, queries, vault
from xiaohe.shop.models import AuditAct, AuditEntry
from xiaohe.shop.signin import OWNER


@dataclass(frozen=True)
class Opened:
    """Somebody else read a private note."""

    by: str
    at: datetime


@dataclass(frozen=True)
class Shown:
    """A note as one reader may see it; without `text` it is closed, and a manager may open it."""

    id: int
    text: str
    written_at: datetime
    is_private: bool = False
    is_mine: bool = True
    author: str = ""
    opened: tuple[Opened, ...] = ()

    @property
    def is_closed(self) -> bool:
        return self.is_private and not self.text


def write(person: int, text: str, *, now: datetime, user_id: int) -> int:
    """Remember something for oneself alone; returns the note's id."""
    with store.write():
        number = notes.write(person, text, now=now, user_id=user_id)
        Note.objects.filter(pk=number).update(is_private=True)
    return number


def seen_by(user: Any, person: int) -> list[Shown]:
    """What is remembered of a person, as this reader may see it, newest first."""
    found = []
    for row in notes.rows(person):
        if not row.is_private:
            found.append(Shown(row.pk, _text(row), row.written_at))
        elif row.user_id == user.pk:
            found.append(
                Shown(row.pk, _text(row), row.written_at, is_private=True, opened=openings(row.pk))
            )
        elif is_manager(user):
            found.append(
                Shown(
                    row.pk,
                    "",
                    row.written_at,
                    is_private=True,
                    is_mine=False,
                    author=queries.user_named(row.user_id) or "",
                )
            )
    return found


def open_one(person: int, note_id: int, user: Any, *, now: datetime) -> Shown:
    """The words of somebody else's private note, for a manager; written down before they are shown.

    Anybody else is told that there is no such note: its existence is private too.
    """
    row = next((each for each in notes.rows(person) if each.pk == note_id), None)
    if row is None or not (row.user_id == user.pk or not row.is_private or is_manager(user)):
        raise NotFound("no_such_note", _("This note does not exist."))
    is_mine = not row.is_private or row.user_id == user.pk
    if not is_mine:
        with store.write():
            audit.record(
                AuditAct.OPENED,
                now=now,
                user_id=user.pk,
                page=_page(row.pk),
                person=overlay.current().person(person),
            )
    return Shown(
        row.pk,
        _text(row),
        row.written_at,
        is_private=row.is_private,
        is_mine=is_mine,
        author=queries.user_named(row.user_id) or "",
        opened=openings(row.pk) if is_mine else (),
    )


def ask_may_change(person: int, note_id: int, user: Any) -> None:
    """Only the author strikes a private note out, or back in; raises NotAllowed or NotFound."""
    row = next(iter(Note.objects.filter(pk=note_id)), None)
    if row is None or not row.is_private or row.user_id == user.pk:
        return
    if not is_manager(user):
        raise NotFound("no_such_note", _("This note does not exist."))
    raise NotAllowed("not_your_note", _("Only its author can strike this note out."))


def openings(note_id: int) -> tuple[Opened, ...]:
    """Who opened a private note, latest first."""
    rows = AuditEntry.objects.filter(act=AuditAct.OPENED.value, page=_page(note_id))
    return tuple(
        Opened(queries.user_named(row.user_id) or "", row.at) for row in rows.order_by("-at", "-id")
    )


def is_manager(user: Any) -> bool:
    """The shop's owner, and whoever was made a superuser."""
    return bool(user.is_superuser or user.username == OWNER)


def forget(subjects: Sequence[int]) -> int:
    """Erase every note of somebody who is erased, private ones too; returns how many there were."""
    with store.write():
        gone, _each = Note.objects.filter(subject__in=subjects).delete()
    return gone


def _page(note_id: int) -> str:
    return f"private note {note_id}"


def _text(row: Note) -> str:
    return vault.unseal(bytes(row.sealed), notes.PURPOSE)
