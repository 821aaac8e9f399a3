"""Evidence that contradicts itself, waiting for the owner's word: who the people are, and what would glue them.

| word   | facts                              | consequence |
|--------|------------------------------------|-------------|
| same   | identity.merged between all        | one person |
| apart  | identity.unmerged between all      | two people, and this is not asked again |
| void   | identity.unmerged of the evidence  | that phone, order or id says nothing about them any more |

Each is taken back by `actions.undo`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import combinations, pairwise

from django.utils.translation import gettext_lazy as _

from xiaohe.kernel.errors import NotFound
from xiaohe.kernel.ids import mix_one
from xiaohe.ledger import engine
from xiaohe.people import actions, evidence, identifiers, keys
from xiaohe.people import overlay as overlays
from xiaohe.people.actions import Done
from xiaohe.people.joined.rule import Reason
from xiaohe.people.keys import Kind, Namespace
from xiaohe.people.likely.said import Said, said_in
from xiaohe.people.names import plain
from xiaohe.people.overlay import Conflict, Overlay

WHY = "conflict"
# Of a tangle of more people the first so many are shown and decided; the rest comes up again by itself.
MOST_PEOPLE = 8
_TYPED = (Kind.CONTACT, Kind.REMARK, Kind.DESCRIPTION)


class Word(StrEnum):
    SAME = "same"
    APART = "apart"
    VOID = "void"


@dataclass(frozen=True)
class Held:
    """One piece of evidence: `subject` was seen with a key of this kind, in plain where it is stored."""

    kind: str
    subject: int
    key: int
    value: str | None


@dataclass(frozen=True)
class Contradiction:
    """People who contradict one another, and the evidence that would make them one."""

    id: str
    reason: Reason
    persons: tuple[int, ...]
    evidence: tuple[Held, ...]


def waiting(limit: int = 50) -> tuple[list[Contradiction], int]:
    """Contradictions nobody has decided, and how many there are in all."""
    overlay = overlays.current()
    with engine.reading() as read:
        said = said_in(read, overlay)
    open_ones = [each for each in overlay.conflicts if not _is_settled(each, overlay, said)]
    shown = open_ones[:limit]
    subjects = {subject for each in shown for subject in _concerned(each)}
    values = _plain_values(sorted(subjects))
    return [_told(each, overlay, values) for each in shown], len(open_ones)


def decide(conflict_id: str, word: Word, now: datetime) -> Done:
    """Record the owner's word on one contradiction; raises NotFound if there is none of that id (any more)."""
    found = next((each for each in overlays.current().conflicts if _id(each) == conflict_id), None)
    if found is None:
        raise NotFound("no_such_conflict", _("This has been settled already."))
    facts: list[int] = []
    if word is Word.VOID:
        for subject, key in dict.fromkeys((edge[0], edge[1]) for edge in found.edges):
            facts += actions.split(subject, key, now, why=WHY).facts
        return Done(tuple(facts))
    if word is Word.SAME:
        for one, other in pairwise(found.subjects):
            facts += actions.join(one, other, now, why=WHY).facts
        return Done(tuple(facts))
    for one, other in combinations(found.subjects[:MOST_PEOPLE], 2):
        facts += actions.split(one, other, now, why="two_people").facts
    return Done(tuple(facts))


def _is_settled(each: Conflict, overlay: Overlay, said: Said) -> bool:
    """Everybody in it is one person by now, or said to be apart from all the others."""
    persons = sorted({overlay.person(subject) for subject in each.subjects[:MOST_PEOPLE]})
    return all(said.is_apart(one, other) for one, other in combinations(persons, 2))


def _id(each: Conflict) -> str:
    found = len(each.edges)
    for part in (*each.subjects, *(end for edge in each.edges for end in edge[:2])):
        found = mix_one(found, part)
    return f"{found:x}"


def _concerned(each: Conflict) -> set[int]:
    return {*each.subjects, *(edge[0] for edge in each.edges)}


def _told(each: Conflict, overlay: Overlay, values: dict[int, str]) -> Contradiction:
    persons = dict.fromkeys(overlay.person(subject) for subject in each.subjects[:MOST_PEOPLE])
    held = tuple(
        Held(kind, subject, key, values.get(key)) for subject, key, kind in each.edges[:20]
    )
    return Contradiction(_id(each), each.reason, tuple(persons), held)


def _plain_values(subjects: list[int]) -> dict[int, str]:
    """Keys of these subjects in plain, those inside typed text too."""
    hashed = keys.hasher()
    found: dict[int, str] = {}
    for values in identifiers.values_of(subjects).values():
        for value in values:
            found[value.key_hash] = plain(value)
            if value.kind in _TYPED:
                for phone in evidence.phones(value.text):
                    found[hashed(Namespace.PHONE, phone)] = phone
                for number in evidence.order_numbers(value.text):
                    for platform in keys.platforms():
                        found[hashed(Namespace.ORDER, f"{platform}:{number}")] = number
    return found
