"""Single facts of the stream door that were taken back after the state had been built of them.

No read shows them any more, so nothing that is folded of facts tells that they have gone: they are looked up where they
lie, once each. Compaction drops them for good and forgets that they were taken back; a state older than that knows
them still.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from xiaohe.ledger import engine
from xiaohe.ledger.engine import FACTS
from xiaohe.ledger.engine.duck import Duck
from xiaohe.ledger.schema import FACT_SCHEMA
from xiaohe.ledger.snapshot import RETRACTED_SCHEMA, Snapshot

if TYPE_CHECKING:
    from xiaohe.segments.query.world import World

# What happened this long before the state was built may have become visible only afterwards.
BEHIND = timedelta(minutes=10)
# The facts of so many keys are remembered.
MOST_KNOWN = 10_000

# (lake, key, until when it was taken back) → FACT_SCHEMA
_known: dict[tuple[str, int, int], pa.Table] = {}


def taken_back(world: World, types: Iterable[str]) -> pa.Table:
    """FACT_SCHEMA: facts of these types, of whomever, that the world's state may know and that are no more."""
    taken = world.read.snapshot
    if taken is None or not taken.retracted.num_rows or _knows_all(world):
        return FACT_SCHEMA.empty_table()
    lately = pc.greater_equal(
        taken.retracted["until"], pa.scalar(world.state.at - BEHIND, RETRACTED_SCHEMA.field("until").type)
    )  # fmt: skip
    rows = taken.retracted.filter(lately)
    pairs = zip(
        rows["key_hash"].to_pylist(), rows["until"].cast(pa.int64()).to_pylist(), strict=True
    )
    facts = facts_of(taken, pairs)
    return facts.filter(pc.is_in(facts["type"], pa.array(sorted(types), pa.string())))


def facts_of(taken: Snapshot, retracted: Iterable[tuple[int, int]]) -> pa.Table:
    """FACT_SCHEMA of (key, until) that were taken back, of each as it was then; who is gone for good is not among them."""
    wanted = {pair: (str(taken.lake), *pair) for pair in retracted}
    missing = [pair for pair, name in wanted.items() if name not in _known]
    if missing:
        if len(_known) + len(missing) > MOST_KNOWN:
            _known.clear()
        _look_up(taken, missing)
    found = [_known[name] for name in wanted.values() if name in _known]
    return pa.concat_tables([FACT_SCHEMA.empty_table(), *found])


def _look_up(taken: Snapshot, missing: list[tuple[int, int]]) -> None:
    bare = replace(taken, retracted=RETRACTED_SCHEMA.empty_table())
    with engine.Reading(Duck(memory=None, threads=None), bare) as read:
        keys = np.unique(np.array([key for key, _until in missing], np.int64))
        wanted = read.register("taken_back", pa.table({"key_hash": keys}))
        found = read.run(FACTS.semi_join(wanted, "key_hash")).cast(FACT_SCHEMA)
    recorded = found["recorded_at"].cast(pa.int64()).to_numpy()
    key_hash = found["key_hash"].to_numpy()
    for key, until in missing:
        # Told again after it was taken back it counts.
        rows = found.filter(pa.array((key_hash == key) & (recorded <= until)))
        if rows.num_rows:
            _known[str(taken.lake), key, until] = rows


def _knows_all(world: World) -> bool:
    version = world.state.version
    return (world.read.version, world.read.tap_version) == (version.lake, version.tap)
