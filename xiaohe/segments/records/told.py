"""Fields that no catalogue lists: what came with a fact beside the listed properties, and lies in `properties`. Pure.

`properties.seats` names one of any fact that has `properties`, `properties.room.size` one inside it; of an event of
the shop's own naming `seats` is enough. Nobody knows beforehand what an event comes with, so none of them is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from xiaohe.segments.rules.vocabulary import Field, Kind

REST = "properties"
INSIDE = f"{REST}."
LONGEST = 100
# Signs of the paths by which engines look into JSON, and of none of its names here.
_OF_PATHS = frozenset("[]\"'*\\")


@dataclass(frozen=True)
class Fields(Mapping[str, Field]):
    """Those known by name, which alone are listed; and by name whatever else may have been told."""

    known: Mapping[str, Field]
    # Whether what is not known is a property: of events of the shop's own naming.
    is_own: bool = False
    # Columns of every table of records; a property of such a name is asked for as `properties.at`.
    taken: frozenset[str] = frozenset()

    def __getitem__(self, name: str) -> Field:
        if (found := self.known.get(name)) is not None:
            return found
        if REST not in self.known or not (self.is_own or name.startswith(INSIDE)):
            raise KeyError(name)
        if name in self.taken or not is_name(name):
            raise KeyError(name)
        return Field(name, Kind.STATED)

    def __iter__(self) -> Iterator[str]:
        return iter(self.known)

    def __len__(self) -> int:
        return len(self.known)


def is_name(name: str) -> bool:
    """Whether a property, or one inside another, may be called so."""
    if len(name) > LONGEST or not name.isprintable() or _OF_PATHS & set(name):
        return False
    return all(each and each == each.strip() for each in name.split("."))


def inside(name: str) -> str:
    """Where the field lies within `properties`."""
    return name.removeprefix(INSIDE)
