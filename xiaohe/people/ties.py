"""Ties between people: family, a gift circle. They stay two people; each page shows the other.

    tie(a, b, kind, words)  ──►  of(a) shows b · of(b) shows a        strike ◄──► restore

A tie hangs on subjects, so it follows them through every join and its undo; two ends that became one person show
nothing. Words are sealed like a note's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from xiaohe.kernel import store
from xiaohe.kernel.errors import BadInput, Conflict, NotFound
from xiaohe.people import overlay as overlays
from xiaohe.people.models import Tie
from xiaohe.people.overlay import Overlay
from xiaohe.shop import vault

PURPOSE = "tie"
LONGEST = 60


class TieKind(StrEnum):
    """What two people are to one another, as far as it matters to a shop."""

    FAMILY = "family"
    GIFT = "gift"  # one buys for the other
    FRIEND = "friend"


KIND_WORDS = {
    TieKind.FAMILY: _("family"),
    TieKind.GIFT: _("gifts"),
    TieKind.FRIEND: _("friends"),
}


@dataclass(frozen=True)
class Tied:
    """One tie as seen from one of its ends."""

    id: int
    person: int
    kind: TieKind
    words: str
    told_at: datetime


def tie(
    one: int, other: int, kind: TieKind | str, words: str, *, now: datetime, user_id: int | None
) -> int:
    """Say that two people belong together; returns the tie's number. Saying it again says it in new words."""
    kind = TieKind(kind)
    words = " ".join(words.split())
    if len(words) > LONGEST:
        raise BadInput(
            "long_tie", _("A few words are enough: at most %(most)d characters."), most=LONGEST
        )
    overlay = overlays.current()
    if overlay.person(one) == overlay.person(other):
        raise Conflict("same_person", _("These two are one person already."))
    sealed = vault.seal(words, PURPOSE) if words else None
    low, high = sorted((one, other))
    with store.write():
        known = next((row for row in _rows(overlay, one) if _reaches(overlay, row, other)), None)
        row = known or Tie(low=low, high=high, told_at=now)
        row.kind, row.sealed, row.user_id = kind.value, sealed, user_id
        row.save()
    return int(row.pk)


def of(person: int, overlay: Overlay | None = None) -> list[Tied]:
    """Who is tied to a person, under any id of either, the latest first."""
    overlay = overlay or overlays.current()
    me = overlay.person(person)
    found: dict[int, Tied] = {}
    for row in _rows(overlay, person):
        other = _other_end(overlay, row, me)
        # Joined meanwhile, or told twice before a join made one of two.
        if other != me and other not in found:
            words = vault.unseal(bytes(row.sealed), PURPOSE) if row.sealed else ""
            found[other] = Tied(row.pk, other, TieKind(row.kind), words, row.told_at)
    return list(found.values())


def strike(person: int, tie_id: int, *, now: datetime) -> None:
    """Take a tie back; doing it twice is harmless."""
    _set(person, tie_id, now)


def restore(person: int, tie_id: int) -> None:
    """Take the striking back."""
    _set(person, tie_id, None)


def forget(subjects: Sequence[int]) -> int:
    """Erase every tie of somebody who is erased, struck out or not; returns how many there were."""
    with store.write():
        gone, _each = Tie.objects.filter(Q(low__in=subjects) | Q(high__in=subjects)).delete()
    return gone


def _rows(overlay: Overlay, person: int) -> list[Tie]:
    subjects = overlay.subjects(overlay.person(person))
    mine = Tie.objects.filter(Q(low__in=subjects) | Q(high__in=subjects), struck_at=None)
    return list(mine.order_by("-told_at", "-id"))


def _other_end(overlay: Overlay, row: Tie, me: int) -> int:
    low, high = overlay.person(row.low), overlay.person(row.high)
    return high if low == me else low


def _reaches(overlay: Overlay, row: Tie, person: int) -> bool:
    return overlay.person(person) in (overlay.person(row.low), overlay.person(row.high))


def _set(person: int, tie_id: int, struck_at: datetime | None) -> None:
    overlay = overlays.current()
    subjects = overlay.subjects(overlay.person(person))
    with store.write():
        found = Tie.objects.filter(Q(low__in=subjects) | Q(high__in=subjects), pk=tie_id)
        if not found.update(struck_at=struck_at):
            raise NotFound("no_such_tie", _("This tie does not exist."))
