"""Blind search: the keyed pieces under which a sealed value can be found again.

    name 毛毛妈 猫粮   →  毛 妈 猫 粮, 毛毛 毛妈 猫粮      every character (not ASCII ones) and every two in a row
    phone             →  the whole number, its last four
    member, order     →  the whole value; a member name that is a name is found like one
    what staff typed  →  the phones and order numbers in it

A piece only leads to candidates: whoever searches unseals them and looks (search.py), so a chance meeting of
two hashes costs a microsecond and never a wrong answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from xiaohe.kernel import workspace
from xiaohe.kernel.ids import Hasher, fold
from xiaohe.people.evidence import order_numbers, phones
from xiaohe.people.keys import Kind, is_masked, normalise_phone

# Beyond this a "name" is prose; its pieces would find everything.
LONGEST_NAME = 40
# Hashed pieces of names that are remembered: names share characters, and a hash costs ten look-ups.
MOST_REMEMBERED = 20_000
# Ids that nobody types, and what describes thousands alike.
NEVER_SEARCHED = frozenset(
    [Kind.UNIONID, Kind.OPENID, Kind.EXTERNAL, Kind.CITY, Kind.ADDRESS, Kind.MASKED_PHONE]
)


def pieces(kind: Kind, value: str) -> set[str]:
    """The pieces a stored value is filed under."""
    if kind == Kind.PHONE:
        phone = normalise_phone(value)
        return phone_pieces([phone]) if phone else set()
    if kind in NEVER_SEARCHED:
        return set()
    if kind in (Kind.MEMBER, Kind.CUSTOMER, Kind.ORDER):
        return _whole_pieces(kind, value)
    if kind == Kind.EMAIL:
        return {f"email:{fold(value)}"}
    if kind == Kind.RECEIVER:
        return name_pieces(value)
    typed = phone_pieces(phones(value)) | {f"order:{number}" for number in order_numbers(value)}
    return typed if kind == Kind.DESCRIPTION else typed | name_pieces(value)


def phone_pieces(numbers: Iterable[str]) -> set[str]:
    return {piece for phone in numbers for piece in (f"phone:{phone}", f"tail:{phone[-4:]}")}


def name_pieces(text: str) -> set[str]:
    """Single characters beyond ASCII, and every two neighbours inside a word."""
    found: set[str] = set()
    for word in words(text[:LONGEST_NAME]):
        found.update(f"name:{letter}" for letter in word if not letter.isascii())
        found.update(f"name:{word[at : at + 2]}" for at in range(len(word) - 1))
    return found


def query_pieces(word: str) -> set[str]:
    """The pieces a name must all have if it contains this word; a lone ASCII letter has none."""
    if len(word) == 1:
        return set() if word.isascii() else {f"name:{word}"}
    return {f"name:{word[at : at + 2]}" for at in range(len(word) - 1)}


def words(text: str) -> list[str]:
    """Folded runs between blanks and masking stars."""
    return [word for word in re.split(r"[\s*＊]+", fold(text)) if word]


def hashed(piece: str) -> int:
    """The keyed hash of a piece, under a secret of its own."""
    return hasher()("gram", piece)


def hasher() -> Hasher:
    return _hasher(workspace.current().secret("search"))


@lru_cache(maxsize=8)
def _hasher(secret: bytes) -> Hasher:
    return Hasher(secret)


class Blinded:
    """The hashed pieces of many values."""

    def __init__(self) -> None:
        self._hashed = hasher()
        self._names: dict[str, int] = {}

    def __call__(self, kind: Kind, value: str) -> list[int]:
        return [self._hash(piece) for piece in pieces(kind, value)]

    def _hash(self, piece: str) -> int:
        known = self._names.get(piece)
        if known is None:
            known = self._hashed("gram", piece)
            if piece.startswith("name:"):
                if len(self._names) >= MOST_REMEMBERED:
                    self._names.clear()
                self._names[piece] = known
        return known


def _whole_pieces(kind: Kind, value: str) -> set[str]:
    if is_masked(value):
        return set()
    plain = fold(value.partition(":")[2])
    found = {f"{'order' if kind == Kind.ORDER else 'member'}:{plain}"}
    if kind == Kind.MEMBER and not plain.isascii():
        found |= name_pieces(plain)
    return found
