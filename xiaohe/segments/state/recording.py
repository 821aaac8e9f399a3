"""Entering and leaving become facts, a slice at a time, through the stream door.

A generation's changes stand in its folder until they are recorded. Keys name segment, version, person and generation: a
slice repeated after a kill is known already, so none is lost and none doubled.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pyarrow as pa
import pyarrow.parquet as pq

from xiaohe.ledger import crash, stream
from xiaohe.ledger.stream import Fact
from xiaohe.segments.state import generation

SOURCE = "xiaohe"
# Facts of one commit.
SLICE = 500
_TRUTHS: dict[str, object] = {"true": True, "false": False}


def record(now: datetime) -> int:
    """Record what changed and was not recorded yet; how many facts were new."""
    newest = generation.newest()
    recorded = 0
    for name in newest.about["unrecorded"] if newest else ():
        path = generation.root() / name / "changes.parquet"
        if not path.exists():
            continue
        told = generation.at_of(name)
        for facts in _slices(name, told, pq.read_table(path)):
            recorded += stream.record(facts, now).inserted
            crash.at("segments_after_slice")
        path.unlink()
    return recorded


def is_waiting() -> bool:
    """Whether something changed that is no fact yet."""
    newest = generation.newest()
    root = generation.root()
    return newest is not None and any(
        (root / each / "changes.parquet").exists() for each in newest.about["unrecorded"]
    )


def _slices(name: str, at: datetime, changed: pa.Table) -> Iterator[list[Fact]]:
    for start in range(0, changed.num_rows, SLICE):
        yield [_fact(name, at, row) for row in changed.slice(start, SLICE).to_pylist()]


def _fact(name: str, at: datetime, row: dict[str, object]) -> Fact:
    what, person = str(row["type"]), row["person"]
    assert isinstance(person, int)
    if row["segment"] is None:
        key = f"{what}:{person}:{name}"
        was, now = (_TRUTHS.get(str(row[each]), row[each]) for each in ("before", "after"))
        props = {"from": was, "to": now, "because": row["because"]}
    else:
        key = f"{what}:{row['segment']}:{row['version']}:{person}:{name}"
        props = {each: row[each] for each in ("segment", "version", "because")}
    return Fact(SOURCE, key, what, at, person, props=props)
