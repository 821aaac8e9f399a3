"""Which staged facts are new: one partition of keys at a time, against the lake, the inbox and the file itself.

Of facts with one key the first is the fact, unless the ledger knew one before; the others state it again.
Identical keys that `in_file_ordinal` tells apart: the first keeps its key, number k gets `mix(key, k)`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from xiaohe.kernel.ids import mix
from xiaohe.ledger.engine import FACTS, Reading
from xiaohe.ledger.staging import BY_ORDINAL, Staging

Ids = NDArray[np.int64]

# What became of a fact, one byte per fact; CHANGED beside KNOWN or REPEATED.
NEW, KNOWN, REPEATED = 0, 1, 2
OUTCOME = 3
CHANGED = 4
# At the first fact of each order in a row: what the ledger knew of that order before.
ORDER_KNOWN, ORDER_PAID = 8, 16
# Keys looked up in one pass over the lake: the build side of the join, some 20 MB.
LOOKUP = 500_000
# Of the engine while an import settles: the join above fits, and the import stays below its own limit.
LOOKUP_MEMORY = "64MB"
# States of the order itself; its lines and refunds may come before it does.
STATES = (
    "order.created",
    "order.paid",
    "order.shipped",
    "order.received",
    "order.completed",
    "order.closed",
)


@dataclass(frozen=True)
class Settled:
    """What became of every staged fact, by its place."""

    outcome: NDArray[np.uint8]
    # Facts whose ordinal gave them another key: places (ascending) and keys.
    rekeyed_places: Ids
    rekeyed: Ids

    def keys(self, start: int, keys: Ids) -> Ids:
        """The final keys of the facts from place `start` on."""
        low, high = np.searchsorted(self.rekeyed_places, [start, start + len(keys)])
        if low == high:
            return keys
        keys = keys.copy()
        keys[self.rekeyed_places[low:high] - start] = self.rekeyed[low:high]
        return keys


@dataclass(frozen=True)
class _Batch:
    """A partition's facts, by key and place."""

    key: Ids
    content: Ids
    place: Ids
    # 0 for the first fact of its key in the file, and for one that no ordinal tells apart.
    ordinal: Ids
    # Where, in this batch, the fact stands that this one states again; its own position otherwise.
    leader: Ids


def settle(staging: Staging, read: Reading, keep_alive: Callable[[], None]) -> Settled:
    """Compare all staged facts with what `read` sees."""
    outcome = np.zeros(staging.facts, dtype=np.uint8)
    places: list[Ids] = []
    keys: list[Ids] = []
    for partitions in _together(staging.key_partitions()):
        keep_alive()
        # Only the records stay while the lake is read; what is told of them is told again afterwards.
        known, contents = _known(read, partitions)
        for records in partitions:
            batch = _told(records)
            final = _final_keys(batch)
            _judge(batch, final, known, contents, outcome)
            moved = batch.ordinal > 0
            places.append(batch.place[moved])
            keys.append(final[moved])
    moved_places, moved_keys = _joined(places), _joined(keys)
    order = np.argsort(moved_places, kind="stable")
    if read.snapshot is not None and not read.snapshot.is_empty:
        for partitions in _together(staging.order_partitions()):
            keep_alive()
            orders = np.concatenate(partitions)
            outcome[orders["place"]] |= _known_orders(read, orders["key"])
    return Settled(outcome, moved_places[order], moved_keys[order])


def _told(records: NDArray[Any]) -> _Batch:
    """What the records of a partition, sorted by key and place, say of each other."""
    key = np.ascontiguousarray(records["key"])
    by_ordinal = (records["place"] & BY_ORDINAL) != 0
    place = (records["place"] & ~BY_ORDINAL).astype(np.int64)
    starts = np.ones(len(key), dtype=bool)
    starts[1:] = key[1:] != key[:-1]
    positions = np.arange(len(key))
    start = positions[starts][np.cumsum(starts) - 1]
    ordinal = np.where(by_ordinal, positions - start, 0)
    leader = np.where(by_ordinal, positions, start)
    return _Batch(key, np.ascontiguousarray(records["content"]), place, ordinal, leader)


def _final_keys(batch: _Batch) -> Ids:
    moved = batch.ordinal > 0
    if not moved.any():
        return batch.key
    final = batch.key.copy()
    final[moved] = mix(batch.key[moved], batch.ordinal[moved])
    return final


def _known(read: Reading, partitions: list[NDArray[Any]]) -> tuple[Ids, Ids]:
    """Which of these keys the ledger knows (ascending), and with which content."""
    if read.snapshot is None or read.snapshot.is_empty:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    wanted = read.register("wanted_keys", pa.table({"key_hash": _joined(_firsts(partitions))}))
    asked = FACTS.semi_join(wanted, "key_hash").select(
        "key_hash", content=FACTS.content.fill_null(0)
    )
    keys: list[Ids] = []
    contents: list[Ids] = []
    for part in read.batches(asked):
        keys.append(part["key_hash"].to_numpy())
        contents.append(part["content"].to_numpy())
    found = _joined(keys)
    order = np.argsort(found)
    return found[order], _joined(contents)[order]


def _firsts(partitions: list[NDArray[Any]]) -> list[Ids]:
    """The key of each fact that states no other one again."""
    firsts = []
    for records in partitions:
        batch = _told(records)
        firsts.append(_final_keys(batch)[batch.leader == np.arange(len(records))])
    return firsts


def _judge(
    batch: _Batch, final: Ids, known: Ids, contents: Ids, outcome: NDArray[np.uint8]
) -> None:
    leaders = final[batch.leader]
    content = batch.content[batch.leader]
    result = np.where(batch.leader == np.arange(len(final)), NEW, REPEATED).astype(np.uint8)
    if len(known):
        at = np.minimum(np.searchsorted(known, leaders), len(known) - 1)
        is_known = known[at] == leaders
        result[is_known & (result == NEW)] = KNOWN
        # What the ledger holds is the fact; without that, what the file states first.
        content = np.where(is_known, contents[at], content)
    result[(result != NEW) & (batch.content != content)] |= np.uint8(CHANGED)
    outcome[batch.place] = result


def _known_orders(read: Reading, orders: Ids) -> NDArray[np.uint8]:
    """What the ledger knew of each of these orders before: ORDER_KNOWN, ORDER_PAID or nothing."""
    wanted = read.register("wanted_orders", pa.table({"order_key": np.unique(orders)}))
    states = FACTS.filter(FACTS.type.isin(STATES))
    found = read.run(
        states.semi_join(wanted, "order_key")
        .group_by("order_key")
        .agg(paid=(states.type == "order.paid").any())
    )
    known = found["order_key"].to_numpy()
    flags = np.zeros(len(orders), dtype=np.uint8)
    if not len(known):
        return flags
    order = np.argsort(known)
    known, paid = known[order], found["paid"].to_numpy(zero_copy_only=False).astype(bool)[order]
    at = np.minimum(np.searchsorted(known, orders), len(known) - 1)
    is_known = known[at] == orders
    flags[is_known] = ORDER_KNOWN
    flags[is_known & paid[at]] |= np.uint8(ORDER_PAID)
    return flags


def _together(partitions: Iterable[NDArray[Any]]) -> Iterator[list[NDArray[Any]]]:
    """Partitions together, as many as one pass over the lake looks up."""
    waiting: list[NDArray[Any]] = []
    for records in partitions:
        # Places ascend inside a partition, so a stable sort by key keeps the file's order within a key.
        waiting.append(records[np.argsort(records["key"], kind="stable")])
        if sum(map(len, waiting)) >= LOOKUP:
            yield waiting
            waiting = []
    if waiting:
        yield waiting


def _joined(parts: list[Ids]) -> Ids:
    return np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)
