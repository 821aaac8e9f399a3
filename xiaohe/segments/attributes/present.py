"""Which types of facts a shop has at all: what nobody ever told of need not be asked for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

import pyarrow.compute as pc

from xiaohe.ledger.engine.content import types_in
from xiaohe.ledger.instants import to_us
from xiaohe.ledger.snapshot import Snapshot
from xiaohe.ledger.store import FileRow

if TYPE_CHECKING:
    from xiaohe.ledger.engine import Reading
    from xiaohe.segments.query.world import World


def has(world: World, types: Iterable[str]) -> bool:
    """Whether a fact of one of these types may be seen in this world; if nobody knows, it may."""
    told = _types(world)
    return told is None or not told.isdisjoint(types)


def are_told(read: Reading, types: Iterable[str]) -> bool:
    """The same of a whole reading."""
    told = None if read.snapshot is None else _in(read.snapshot, None)
    return told is None or not told.isdisjoint(types)


def has_lately(world: World, types: Iterable[str], since: datetime) -> bool:
    """Whether a fact of one of these types may be seen that was recorded, or happened, then or later."""
    told = _types(world, to_us(since))
    return told is None or not told.isdisjoint(types)


def _types(world: World, since_us: int | None = None) -> frozenset[str] | None:
    taken = world.read.snapshot
    if taken is None or world.facts is not None:
        return None
    return _in(taken, since_us)


def _in(taken: Snapshot, since_us: int | None) -> frozenset[str]:
    found: set[str] = set(pc.unique(taken.inbox["type"]).to_pylist())
    for each in taken.files:
        if since_us is not None and not _reaches(each, since_us):
            continue
        found |= {each.type} if each.type is not None else types_in(taken.lake, each.path)
    return frozenset(found)


def _reaches(file: FileRow, since_us: int) -> bool:
    last = (file.recorded_max_us, file.occurred_max_us)
    return any(each is None or each >= since_us for each in last)
