"""Which names of their own events may have: bounded per source, so that a name with an id in it floods nothing."""

from __future__ import annotations

from xiaohe.kernel import store as control
from xiaohe.kernel import workspace
from xiaohe.ledger.catalogue.custom import OTHER, PREFIX
from xiaohe.sources import store
from xiaohe.sources.models import CustomName

MOST_NAMES = 300

# (workspace, source) → names that are in; and names that were refused, so that they are not asked for each time.
_in: dict[tuple[str, int], set[str]] = {}
_out: dict[tuple[str, int], set[str]] = {}
MOST_REFUSED = 10_000


def type_of(source_id: int, name: str) -> str:
    """The type of a custom event's facts: its own, or `custom:other` once the source has too many names."""
    place = (str(workspace.current().home), source_id)
    known = _in.get(place)
    if known is None:
        named = CustomName.objects.filter(source_id=source_id).values_list("name", flat=True)
        known = _in.setdefault(place, set(named))
    if name in known:
        return PREFIX + name
    refused = _out.setdefault(place, set())
    if name in refused or not name:
        return OTHER
    with control.write():
        admitted = store.admit_name(source_id, name, MOST_NAMES)
    if admitted:
        known.add(name)
        return PREFIX + name
    if len(refused) >= MOST_REFUSED:
        refused.clear()
    refused.add(name)
    return OTHER
