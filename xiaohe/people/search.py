"""Find people by name, phone, its last four, member name or order number, without a plain value on disk.

    text ─► keyed pieces ─► candidate subjects ─► their values, unsealed ─► really matching? ─► persons

Order numbers are in no table of ours: their keyed hash leads through the ledger to the buyer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import pyarrow as pa

from xiaohe.kernel.ids import fold
from xiaohe.ledger import engine
from xiaohe.people import evidence, grams, identifiers, keys, names, store
from xiaohe.people import overlay as overlays
from xiaohe.people.identifiers import Value
from xiaohe.people.keys import Kind, Namespace
from xiaohe.people.overlay import Overlay

# A single common surname leads to thousands. Beyond this the search looks no further: whoever types one
# character more is led to fewer.
CANDIDATES = 1_500
# Of their values the shortest are unsealed (20 µs each): the nearer a name is to what was typed, the shorter it
# is, and a sealed value is as long as its text.
UNSEALED = 400
LONGEST_TEXT = 80
MEMBERS = (Kind.MEMBER, Kind.CUSTOMER)
# What our staff typed: a name may hold a phone.
TYPED = (Kind.REMARK, Kind.CONTACT, Kind.DESCRIPTION)
NAMES = (Kind.REMARK, Kind.CONTACT, Kind.MEMBER, Kind.RECEIVER)
_ORDER_NUMBER = re.compile(r"[a-z]{0,3}\d[\d\-]{4,31}")


class Why(StrEnum):
    """What matched; the order is the order of the answers."""

    PHONE = "phone"
    ORDER = "order"
    MEMBER = "member"
    EMAIL = "email"
    NAME = "name"
    PHONE_TAIL = "phone_tail"


@dataclass(frozen=True)
class Found:
    """One person, what they are called, and what of them matched."""

    person: int
    name: str
    why: Why
    matched: str


@dataclass(frozen=True)
class _Hit:
    why: Why
    place: int  # 0 whole value, 1 its beginning, 2 inside
    matched: str
    subject: int


_RANK = {why: rank for rank, why in enumerate(Why)}


def find(text: str, limit: int = 20, overlay: Overlay | None = None) -> list[Found]:
    """People who match, best first: whole before beginning before inside, then short names, then ids."""
    wanted = fold(text[:LONGEST_TEXT])
    if not wanted:
        return []
    overlay = overlay or overlays.current()
    best: dict[int, tuple[int, int, int, str, int]] = {}
    hits: dict[int, _Hit] = {}
    for hit in _hits(wanted):
        person = overlay.person(hit.subject)
        rank = (_RANK[hit.why], hit.place, len(hit.matched), hit.matched, person)
        if person not in best or rank < best[person]:
            best[person], hits[person] = rank, hit
    first = sorted(best, key=lambda person: best[person])[:limit]
    shown = names.display(first, overlay)
    return [
        Found(person, shown[person].name, hits[person].why, hits[person].matched)
        for person in first
    ]


def _hits(wanted: str) -> Iterator[_Hit]:
    phone = keys.normalise_phone(wanted)
    if phone is not None:
        yield from _whole(Why.PHONE, f"phone:{phone}", lambda value: phone in _phones(value))
    if "@" in wanted:
        yield from _whole(
            Why.EMAIL,
            f"email:{wanted}",
            lambda value: value.kind == Kind.EMAIL and fold(value.text) == wanted,
        )
    if re.fullmatch(r"\d{4}", wanted):
        yield from _whole(
            Why.PHONE_TAIL,
            f"tail:{wanted}",
            lambda value: any(each.endswith(wanted) for each in _phones(value)),
        )
    members = list(
        _whole(
            Why.MEMBER,
            f"member:{wanted}",
            lambda value: value.kind in MEMBERS and _comparable(value) == wanted,
        )
    )
    yield from members
    # Asking the ledger costs most, and what is a whole member name is no order number.
    if phone is None and not members and _ORDER_NUMBER.fullmatch(wanted):
        yield from _buyers_of_order(wanted)
        yield from _whole(Why.ORDER, f"order:{wanted}", lambda value: wanted in _orders(value))
    yield from _named(grams.words(wanted))


def _whole(why: Why, piece: str, matches: Callable[[Value], bool]) -> Iterator[_Hit]:
    for value in _values_with([piece]):
        if matches(value):
            yield _Hit(why, 0, _comparable(value), value.subject)


def _named(words: Sequence[str]) -> Iterator[_Hit]:
    pieces = sorted({piece for word in words for piece in grams.query_pieces(word)})
    if not pieces:
        return
    whole = " ".join(words)
    for value in _values_with(pieces, NAMES):
        text = _comparable(value)
        if all(word in text for word in words):
            place = 0 if text == whole else 1 if text.startswith(words[0]) else 2
            why = Why.MEMBER if value.kind == Kind.MEMBER else Why.NAME
            yield _Hit(why, place, text, value.subject)


def _values_with(pieces: Sequence[str], kinds: Sequence[Kind] = ()) -> Iterable[Value]:
    candidates = store.subjects_with([grams.hashed(piece) for piece in pieces], CANDIDATES)
    if len(candidates) > UNSEALED:
        candidates = _shortest(candidates, kinds)
    found = identifiers.values_of(candidates, kinds)
    return (value for subject in candidates for value in found.get(subject, ()))


def _shortest(candidates: Sequence[int], kinds: Sequence[Kind]) -> list[int]:
    """The candidates with the shortest values, without unsealing any."""
    stored = store.values_of(candidates, kinds)
    by_length = sorted((len(each.sealed), each.subject) for each in stored)
    return list(dict.fromkeys(subject for _length, subject in by_length[:UNSEALED]))


def _comparable(value: Value) -> str:
    """A value as it is compared: folded, without its platform."""
    return fold(names.plain(value))


def _phones(value: Value) -> list[str]:
    """The phone a value is, or those somebody typed into it."""
    if value.kind == Kind.PHONE:
        return [phone] if (phone := keys.normalise_phone(value.text)) else []
    return evidence.phones(value.text) if value.kind in TYPED else []


def _orders(value: Value) -> list[str]:
    if value.kind == Kind.ORDER:
        return [_comparable(value)]
    return evidence.order_numbers(value.text) if value.kind in TYPED else []


def _buyers_of_order(number: str) -> Iterator[_Hit]:
    """The subjects of an order's facts, on whichever platform the number exists."""
    hashed = keys.hasher()
    order_keys = [hashed(Namespace.ORDER, f"{each}:{number}") for each in keys.platforms()]
    if not order_keys:
        return
    with engine.reading(timeout=engine.PAGE_TIMEOUT_SECONDS) as read:
        wanted = read.register("wanted_orders", pa.table({"order_key": order_keys}))
        facts = read.facts.semi_join(wanted, "order_key")
        subjects = read.run(facts.select("subject").distinct().order_by("subject"))
    for subject in subjects["subject"].to_pylist():
        yield _Hit(Why.ORDER, 0, number, subject)
