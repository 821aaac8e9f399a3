"""Which names of their own events may have: bounded per source, so that a name with an id in it floods nothing."""

from __future__ import annotations

from collections.abc import Callable

from xiaohe.kernel import store as control
from xiaohe.kernel import workspace
from xiaohe.ledger.catalogue.custom import OTHER, PREFIX
from xiaohe.sources import store
from xiaohe.sources.models import CustomName

MOST_NAMES = 300

# (workspace, source) → names that are in; and names that were refused, so that they are not asked for each time.
_in: dict[tuple[str, int], dict[str, str]] = {}
_out: dict[tuple[str, int], set[str]] = {}
MOST_REFUSED = 10_000


def types_of(source_id: int) -> Callable[[str], str]:
    """What gives a custom event's name its type: its own, or `custom:other` once the source has too many names."""
    place = (str(workspace.current().home), source_id)
    known = _in.get(place)
    if known is None:
        named = CustomName.objects.filter(source_id=source_id).values_list("name", flat=True)
        known = _in.setdefault(place, {name: PREFIX + name for name in named})
    refused = _out.setdefault(place, set())

    def type_of(name: str) -> str:
        return known.get(name) or _admitted(source_id, name, known, refused)

    return type_of


def _admitted(source_id: int, name: str, known: dict[str, str], refused: set[str]) -> str:
    if name in refused or not name:
        return OTHER
    with control.write():
        admitted = store.admit_name(source_id, name, MOST_NAMES)
    if admitted:
        return known.setdefault(name, PREFIX + name)
    if len(refused) >= MOST_REFUSED:
        refused.clear()
    refused.add(name)
    return OTHER
