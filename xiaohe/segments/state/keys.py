"""Names of columns: one per leaf, by its canonical text."""

from __future__ import annotations

from hashlib import blake2b

from xiaohe.segments.rules.tree import Leaf
from xiaohe.segments.text import canonical


def key_of(text: str) -> str:
    """The name of a leaf's column: of its canonical text."""
    return blake2b(text.encode(), digest_size=10).hexdigest()


_keys: dict[int, tuple[Leaf, str]] = {}


def key_of_leaf(leaf: Leaf) -> str:
    """`key_of` its canonical text, remembered for this very leaf: to Python `is true` and `is 1` are equal leaves."""
    known = _keys.get(id(leaf))
    if known is not None:
        return known[1]
    found = key_of(canonical(leaf))
    if len(_keys) > 20_000:
        _keys.clear()
    # Held with its key, so that no other can have its identity.
    _keys[id(leaf)] = (leaf, found)
    return found
