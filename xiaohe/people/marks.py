"""Who is no customer: staff, tests, and our own phones and addresses; left out of every list, measure and count.

    mark · unmark          facts, each taken back by `actions.undo`
    listing                what is marked, and how many people are left out by it
    left_out(read)         those people, for whoever builds or counts

A mark is on a person (any subject of theirs) or on a phone or an address (its key): whoever was seen with it is left out.
Phones and addresses of colleagues, stores and the shop (`shop.team`) are marked as long as they stand there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import pyarrow as pa
from django.utils.translation import gettext_lazy as _

from xiaohe.kernel.errors import BadInput
from xiaohe.ledger import engine
from xiaohe.ledger.engine import Reading
from xiaohe.people import actions, identifiers, keys
from xiaohe.people import overlay as overlays
from xiaohe.people.actions import Done
from xiaohe.people.joined import own_keys, reading
from xiaohe.people.joined.own_keys import As, On, OwnKey
from xiaohe.people.keys import Kind, Namespace
from xiaohe.people.names import plain
from xiaohe.people.overlay import Overlay

LEFT_OUT = pa.schema([("person", pa.int64())])
# Rooms above tell here of more keys that are no customer's.
known_own_keys = own_keys.known
NAMESPACES = {On.PHONE: Namespace.PHONE, On.ADDRESS: Namespace.ADDRESS}


@dataclass(frozen=True)
class Marked:
    """One mark that holds, and the people left out by it."""

    subject: int
    as_: As
    on: On
    value: str  # the phone or address in plain, where it is known; of a person nothing
    people: tuple[int, ...]
    at: datetime | None  # null: it stands with our colleagues, stores or own numbers
    undo: int | None  # for `actions.undo`


class _Mark(NamedTuple):
    as_: As
    on: On
    at: datetime | None
    fact: int | None


def mark(subject: int, as_: As, on: On, now: datetime) -> Done:
    """This is no customer."""
    props = {"as": as_.value, "on": on.value}
    return actions.state("identity.marked", subject, now, props=props)


def unmark(subject: int, now: datetime) -> Done:
    """It is a customer after all."""
    with engine.reading() as read:
        known = reading.marks(reading.words(read)).get(subject)
    props = known["props"] if known else {}
    return actions.state("identity.unmarked", subject, now, props=props)


def mark_value(on: On, text: str, as_: As, now: datetime) -> Done:
    """Mark a phone or an address that somebody typed."""
    spelled = keys.normalise(NAMESPACES[on], text)
    if spelled is None:
        raise BadInput("not_whole", _("That is not a whole phone number or address."))
    return mark(keys.hasher()(NAMESPACES[on], spelled), as_, on, now)


# ---------------------------------------------------------------- who is left out


def left_out(read: Reading, persons: pa.Table | None = None) -> pa.Table:
    """The people (`person`, ascending) who are left out at this moment; `persons`: its overlay, if at hand."""
    held = _held(read)
    if not held:
        return LEFT_OUT.empty_table()
    overlay = overlays.overlay_of(read) if persons is None else Overlay.of_table(persons)
    subjects = {subject for some in _seen_with(read, held).values() for subject in some}
    people = sorted({overlay.person(subject) for subject in subjects})
    return pa.table({"person": pa.array(people, pa.int64())}, schema=LEFT_OUT)


def mark_of(person: int) -> list[Marked]:
    """The marks by which a person is left out."""
    return [each for each in listing() if person in each.people]


def listing(overlay: Overlay | None = None) -> list[Marked]:
    """Every mark that holds, newest first, those of colleagues and stores last."""
    overlay = overlay or overlays.current()
    with engine.reading() as read:
        held = _held(read)
        seen = _seen_with(read, held) if held else {}
    values = _values(seen)
    found = [
        Marked(
            subject=subject,
            as_=each.as_,
            on=each.on,
            value=own_keys.values().get(subject, values.get(subject, "")),
            people=tuple(sorted({overlay.person(one) for one in seen.get(subject, ())})),
            at=each.at,
            undo=each.fact,
        )
        for subject, each in held.items()
    ]
    return sorted(found, key=lambda each: (each.at is None, -_us(each.at), each.subject))


def _us(at: datetime | None) -> float:
    return at.timestamp() if at else 0.0


def _held(read: Reading) -> dict[int, _Mark]:
    """What is marked now, by key or subject; what was said of it outranks where it stands."""
    held = {key.key: _Mark(key.as_, key.on, None, None) for key in own_keys.standing()}
    for subject, fact in reading.marks(reading.words(read)).items():
        if fact is None:
            held.pop(subject, None)
            continue
        as_, on = As(fact["props"].get("as", As.TEST)), On(fact["props"].get("on", On.PERSON))
        held[subject] = _Mark(as_, on, fact["recorded_at"], fact["key_hash"])
    return held


def _seen_with(read: Reading, held: dict[int, _Mark]) -> dict[int, list[int]]:
    """Subjects by what marks them: themselves, and whoever was seen with a marked key."""
    found = {subject: [subject] for subject, each in held.items() if each.on == On.PERSON}
    keys_ = sorted(subject for subject, each in held.items() if each.on != On.PERSON)
    if not keys_:
        return found
    wanted = read.register("people_marked", pa.table({"key": pa.array(keys_, pa.int64())}))
    facts = read.facts
    seen = facts.filter(facts.type == "identity.seen")
    by_edge = seen.semi_join(wanted, seen.other == wanted.key).select("subject", key="other")
    buys = facts.filter(facts.type.startswith("order."))
    itself = buys.semi_join(wanted, buys.subject == wanted.key).select("subject", key="subject")
    rows = read.run(by_edge.union(itself, distinct=True).order_by("key", "subject"))
    for key, subject in zip(rows["key"].to_pylist(), rows["subject"].to_pylist(), strict=True):
        found.setdefault(key, []).append(subject)
    return found


def _values(seen: dict[int, list[int]]) -> dict[int, str]:
    """The marked phones and addresses in plain, as files spell them."""
    subjects = sorted({subject for some in seen.values() for subject in some[:3]})
    hashed = keys.hasher()
    found: dict[int, str] = {}
    kinds = ((Kind.PHONE, Namespace.PHONE), (Kind.ADDRESS, Namespace.ADDRESS))
    stored = identifiers.values_of(subjects, [kind for kind, _namespace in kinds])
    for value in [each for some in stored.values() for each in some]:
        namespace = dict(kinds)[value.kind]
        if spelled := keys.normalise(namespace, value.text):
            found[hashed(namespace, spelled)] = plain(value)
    return found


__all__ = [
    "As",
    "Marked",
    "On",
    "OwnKey",
    "known_own_keys",
    "left_out",
    "listing",
    "mark",
    "mark_of",
    "mark_value",
    "unmark",
]
