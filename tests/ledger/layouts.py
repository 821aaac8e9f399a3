"""What tests of compaction look at: both layouts, file by file."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.ledger.facts import NOW
from xiaohe.kernel.workspace import Workspace
from xiaohe.ledger import (
    compaction,
    engine,
    layout,
    rewriting,
    store,
    timeline,
)
from xiaohe.ledger import keys as fact_keys
from xiaohe.ledger.instants import to_us
from xiaohe.ledger.models import (
    FileRole,
    LakeFile,
    LedgerState,
)


def lower_thresholds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small thresholds, so that a few facts fill every kind of file."""
    monkeypatch.setattr(layout, "CELL_ROWS", 5)
    monkeypatch.setattr(layout, "POOL_ROWS", 8)
    monkeypatch.setattr(compaction, "FRESH_FILES", 1)
    monkeypatch.setattr(compaction, "FOLD_AFTER_US", 0)


def live(role: FileRole) -> list[LakeFile]:
    return list(LakeFile.objects.filter(role=role, retired_us=None).order_by("pk"))


def hashed(key: str) -> int:
    return fact_keys.key_hash("xiaohe", key)


def read_file(place: Workspace, file: LakeFile) -> pa.Table:
    return pq.read_table(place.lake / file.path)


def is_sorted(table: pa.Table, role: FileRole) -> bool:
    names = ["type", "subject", "occurred_at"][role == FileRole.SUBJECT :]
    rows = list(zip(*(table[name].to_pylist() for name in names), strict=True))
    return rows == sorted(rows)


def by_subject() -> list[tuple[int, int, int | None]]:
    """All facts as somebody sees them who asks for people."""
    with engine.reading() as read:
        facts = timeline.timeline(read, range(7), 1000).select(["key_hash", "content", "import_id"])
    return sorted(zip(*facts.to_pydict().values(), strict=True))


def in_both_layouts(place: Workspace) -> list[tuple[int, int, int | None]]:
    """What counts in the files by subject, which must be what counts in the compacted ones."""
    told = []
    for rows in (
        [each for each in store.live_files(FileRole.FACT) if each.covered],
        store.live_files(FileRole.SUBJECT),
    ):
        if not rows:
            told.append([])
            continue
        with engine.over({}) as read:
            facts = rewriting.facts_in(read, "layout", rows)
            table = read.run(
                rewriting.counting(read, facts, rewriting.look()).select(
                    "key_hash", "content", "import_id"
                )
            )
        told.append(sorted(zip(*table.to_pydict().values(), strict=True)))
    assert told[0] == told[1]
    return told[0]


def forget_keys() -> None:
    """Whatever is stated from now on may be older than the memory of keys, so the lake is asked."""
    LedgerState.objects.update(keys_since_us=to_us(NOW))
