"""Which types of facts a shop has at all: what nobody ever told of need not be asked for."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

import pyarrow.compute as pc
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from xiaohe.segments.query.world import World


def has(world: World, types: Iterable[str]) -> bool:
    """Whether a fact of one of these types may be seen in this world; if nobody knows, it may."""
    told = _types(world)
    return told is None or not told.isdisjoint(types)


def _types(world: World) -> frozenset[str] | None:
    taken = world.read.snapshot
    if taken is None or world.facts is not None:
        return None
    found: set[str] = set(pc.unique(taken.inbox["type"]).to_pylist())
    for each in taken.files:
        found |= {each.type} if each.type is not None else _of_file(taken.paths([each])[0])
    return frozenset(found)


@lru_cache(maxsize=4096)
def _of_file(path: str) -> frozenset[str]:
    """Types in a file of several; a file's name is never used again."""
    found: set[str] = set()
    with pq.ParquetFile(path, read_dictionary=["type"]) as file:
        for batch in file.iter_batches(batch_size=1_000_000, columns=["type"]):
            found |= set(pc.unique(batch.column(0)).to_pylist())
    return frozenset(found)
