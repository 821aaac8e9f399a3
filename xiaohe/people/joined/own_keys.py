"""Phones and addresses that are no customer's as long as they stand somewhere: with colleagues, stores, the shop."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import NamedTuple

from xiaohe.people import keys
from xiaohe.people.keys import Namespace
from xiaohe.shop import team


class As(StrEnum):
    """What somebody is who is no customer."""

    STAFF = "staff"
    TEST = "test"
    OWN = "own"


class On(StrEnum):
    """What a mark is on."""

    PERSON = "person"
    PHONE = "phone"
    ADDRESS = "address"


class OwnKey(NamedTuple):
    """A key that is no customer's, with the value in plain."""

    key: int
    as_: As
    on: On
    value: str


def _of_the_shop() -> Iterable[OwnKey]:
    hashed = keys.hasher()
    for own in team.own_values():
        on = On(own.kind)
        namespace = Namespace.PHONE if on == On.PHONE else Namespace.ADDRESS
        spelled = keys.normalise(namespace, own.value)
        if spelled is not None:
            yield OwnKey(hashed(namespace, spelled), As(own.as_), on, own.value)


# Rooms above tell here of more.
known: list[Callable[[], Iterable[OwnKey]]] = [_of_the_shop]


def standing() -> list[OwnKey]:
    """Everything that stands now."""
    return [own for told in known for own in told()]


def values() -> dict[int, str]:
    return {own.key: own.value for own in standing()}


def joining_nobody() -> list[int]:
    """Those of the shop itself: a colleague's phone is a human's, the shop's is nobody's."""
    return sorted({own.key for own in standing() if own.as_ == As.OWN})
