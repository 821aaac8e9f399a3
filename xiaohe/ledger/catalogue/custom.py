"""Custom facts: events of a shop's own naming, `custom:<name>`; usable at once, without an entry here.

How many names a source may bring is bounded where they come in (sources); beyond that they are `custom:other`.
"""

from __future__ import annotations

from functools import lru_cache

from xiaohe.ledger.catalogue.facttype import CONTEXT, FactType

PREFIX = "custom:"
OTHER = PREFIX + "other"
LONGEST_NAME = 64
PROPS = {"name": "the event's own name, where the type is custom:other", **CONTEXT}


def is_custom(type_name: str) -> bool:
    return type_name.startswith(PREFIX) and type_name != PREFIX


@lru_cache(maxsize=4096)
def custom_type(type_name: str) -> FactType | None:
    """The entry of a custom type; None if this is none or its name is too long."""
    name = type_name.removeprefix(PREFIX)
    if not is_custom(type_name) or len(name) > LONGEST_NAME or name != name.strip():
        return None
    return FactType(type_name, name, name, "An event of the shop's own naming.", PROPS)
