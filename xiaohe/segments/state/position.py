"""What of the ledger a state has seen, and what has come since.

Every batch of the stream door, every taking back and every late batch that comes to light moves the ledger's tap
version on by one, and a batch's number is that version. So a position is the two versions of a snapshot, the late
batches that were still unseen at it, and the single facts that counted as taken back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from xiaohe.kernel import store as control
from xiaohe.ledger import engine
from xiaohe.ledger import store as ledger_store
from xiaohe.ledger.engine import FACTS
from xiaohe.ledger.engine.duck import Duck
from xiaohe.ledger.schema import FACT_SCHEMA
from xiaohe.ledger.snapshot import Snapshot
from xiaohe.segments.records.gone import facts_of

# Facts of a batch are numbered batch × 65536 + place.
ROW_BITS = 16


@dataclass(frozen=True)
class Position:
    lake: int
    tap: int
    # Batches up to `tap` whose facts were not to be read yet.
    late: frozenset[int] = frozenset()
    # (key, until) of single facts taken back.
    retracted: frozenset[tuple[int, int]] = frozenset()
    # Listed files: what came later is in none of them.
    files: frozenset[int] = frozenset()

    def told(self) -> dict[str, Any]:
        return {
            "lake": self.lake,
            "tap": self.tap,
            "late": sorted(self.late),
            "retracted": sorted(self.retracted),
            "files": sorted(self.files),
        }

    @classmethod
    def of_told(cls, told: Mapping[str, Any]) -> Position:
        return cls(
            told["lake"],
            told["tap"],
            frozenset(told["late"]),
            frozenset((key, until) for key, until in told["retracted"]),
            frozenset(told["files"]),
        )

    def has_seen(self, batch: int) -> bool:
        return batch <= self.tap and batch not in self.late


def position_of(taken: Snapshot, late: Iterable[int]) -> Position:
    retracted = taken.retracted
    return Position(
        taken.version,
        taken.tap_version,
        frozenset(each for each in late if each <= taken.tap_version),
        frozenset(
            zip(
                retracted["key_hash"].to_pylist(),
                retracted["until"].cast(pa.int64()).to_pylist(),
                strict=True,
            )
        ),
        frozenset(each.id for each in taken.files),
    )


def late_batches() -> list[int]:
    """Batches whose facts no read sees yet: those of a snapshot if they are the same before and after it is taken."""
    with control.read_snapshot():
        return [each.id for each in ledger_store.claimable_batches(with_late=True) if each.late]


def facts_since(seen: Position) -> ibis.Table:
    """The facts of batches that a position has not seen; to be asked of `reading_since`."""
    first = (seen.tap + 1) << ROW_BITS
    row = FACTS.row_no
    new = row >= first
    for batch in sorted(seen.late):
        new = new | row.between(batch << ROW_BITS, (batch << ROW_BITS) | 0xFFFF)
    return FACTS.filter(FACTS.import_id.isnull(), new)


def news_of(taken: Snapshot, seen: Position) -> pa.Table:
    """The facts (FACT_SCHEMA) that a position has not seen, without what was taken back."""
    if not _later_files(taken, seen):
        number = taken.inbox["row_no"].to_numpy()
        new = number >> ROW_BITS > seen.tap
        if seen.late:
            new |= np.isin(number >> ROW_BITS, list(seen.late))
        found = taken.inbox.filter(pa.array(new))
        if not pc.any(pc.is_in(found["key_hash"], taken.retracted["key_hash"])).as_py():
            return found
    with reading_since(taken, seen) as read:
        return read.run(facts_since(seen))


def _later_files(taken: Snapshot, seen: Position) -> tuple[Any, ...]:
    return tuple(
        each for each in taken.files if each.id not in seen.files and each.import_id is None
    )


def reading_since(taken: Snapshot, seen: Position) -> engine.Reading:
    """A look at what is in no file the position knows, at the same moment."""
    return engine.Reading(
        _duck(), replace(taken, files=_later_files(taken, seen), subject_files=())
    )


def taken_back(taken: Snapshot, seen: Position, now: Position) -> tuple[pa.Table, bool]:
    """FACT_SCHEMA of what was taken back since (or counts again), and whether some could not be found any more."""
    changed = seen.retracted ^ now.retracted
    # A retraction that compaction has folded away is forgotten: its fact is gone for good, as it was before.
    changed = frozenset(each for each in changed if each in now.retracted)
    if not changed:
        return FACT_SCHEMA.empty_table(), False
    keys = {key for key, _until in changed}
    found = facts_of(taken, changed)
    is_unclear = len(pc.unique(found["key_hash"])) < len(keys)
    return found, is_unclear


def _duck() -> Duck:
    return Duck(memory=None, threads=None)
