"""`lake check`: whatever was done to the folder is found, and repaired if anything still holds the facts."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.ledger.facts import NOW, import_lines, numbered, tap, visible
from xiaohe.kernel.clock import utc_now
from xiaohe.kernel.workspace import Workspace
from xiaohe.ledger import (
    backup,
    check,
    compaction,
    drain,
    engine,
    files,
    imports,
    recent,
    repair,
    stream,
)
from xiaohe.ledger.check import What
from xiaohe.ledger.models import FileRole, KeyRun, LakeFile


@pytest.fixture
def lake(any_place: Workspace) -> Path:
    """Two compacted files, one undone import among them, and fresh files of an import and of a drain."""
    gone, _ = import_lines(numbered(range(10)))
    import_lines(numbered(range(5, 40), content=2))
    stream.record([tap(f"early {number}") for number in range(3)], now=NOW)
    drain.drain(NOW, force=True)
    compaction.compact(force=True)
    imports.undo(gone, now=NOW)
    import_lines(numbered(range(100, 110)))
    stream.record([tap(f"late {number}") for number in range(3)], now=NOW)
    drain.drain(NOW, force=True)
    return any_place.lake


def test_a_whole_lake_is_found_whole(lake: Path) -> None:
    found = check.check(utc_now())

    assert found.faults == ()
    assert (found.files, found.key_runs) == (LakeFile.objects.filter(retired_us=None).count(), 2)


def remove(path: Path) -> None:
    path.unlink()


def cut(path: Path) -> None:
    with open(path, "r+b") as handle:
        handle.truncate(path.stat().st_size - 1)


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


DAMAGES = [(remove, What.MISSING), (cut, What.SIZE), (flip, What.CHECKSUM)]


@pytest.mark.parametrize("role", [FileRole.FACT, FileRole.SUBJECT])
@pytest.mark.parametrize(("damage", "what"), DAMAGES)
def test_a_compacted_file_comes_back_from_the_other_layout(
    lake: Path, damage: Callable[[Path], None], what: What, role: FileRole
) -> None:
    before = visible()
    victim = LakeFile.objects.get(role=role, mixed=True, retired_us=None)
    damage(lake / victim.path)

    assert [(each.path, each.what) for each in check.check(utc_now()).faults] == [
        (victim.path, what)
    ]
    repaired = repair.repair(utc_now())

    assert victim.path in repaired.done[0]
    assert repaired.left.is_whole
    assert visible() == before


def test_what_one_layout_alone_holds_comes_back_from_a_backup_only(
    lake: Path, tmp_path: Path
) -> None:
    before = visible()
    backup.backup(tmp_path / "saved", now=utc_now())
    fresh = LakeFile.objects.get(role="fact", rows=10, import_id__isnull=False, retired_us=None)
    remove(lake / fresh.path)

    assert [each.what for each in repair.repair(utc_now()).left.faults] == [What.MISSING]
    with pytest.raises(engine.LakeBroken):
        visible()
    repaired = repair.repair(utc_now(), backup=tmp_path / "saved")

    assert repaired.left.is_whole
    assert visible() == before
    (tmp_path / "other").write_text("no backup")
    flip(lake / fresh.path)
    with pytest.raises(repair.NoBackup):
        repair.repair(utc_now(), backup=tmp_path / "other")


def test_if_both_layouts_are_damaged_nothing_is_made_up(lake: Path) -> None:
    for each in LakeFile.objects.filter(mixed=True, retired_us=None):
        remove(lake / each.path)

    left = repair.repair(utc_now()).left

    assert [each.what for each in left.faults] == [What.MISSING] * 2
    with pytest.raises(engine.LakeBroken):
        visible()


def test_layouts_that_differ_are_made_the_same_again(lake: Path) -> None:
    subject = LakeFile.objects.get(role="subject", retired_us=None)
    LakeFile.objects.filter(pk=subject.pk).update(retired_us=1)
    assert [each.what for each in check.check(utc_now()).faults] == [What.LAYOUTS]

    assert repair.repair(utc_now()).left.is_whole


def test_a_file_out_of_order_is_sorted_and_a_wrong_list_is_set_right(lake: Path) -> None:
    before = visible()
    for row in LakeFile.objects.filter(role="fact", retired_us=None):
        path = lake / row.path
        table = pq.read_table(path)
        turned = table.take(pa.array(np.arange(table.num_rows)[::-1].copy()))
        pq.write_table(turned, path)
        LakeFile.objects.filter(pk=row.pk).update(
            bytes=path.stat().st_size, sha256=files.sha256(path)
        )
    LakeFile.objects.filter(role="shadow").update(recorded_max_us=7)
    assert {each.what for each in check.check(utc_now()).faults} == {What.UNSORTED, What.SPAN}

    assert repair.repair(utc_now()).left.is_whole
    assert visible() == before


def test_columns_and_rows_that_are_not_ours_are_found(lake: Path) -> None:
    fresh = LakeFile.objects.get(role="fact", rows=10, import_id__isnull=False, retired_us=None)
    path = lake / fresh.path
    table = pq.read_table(path)

    def found_with(other: pa.Table) -> list[What]:
        pq.write_table(other, path)
        size = path.stat().st_size
        LakeFile.objects.filter(pk=fresh.pk).update(bytes=size, sha256="")
        return [each.what for each in check.check(utc_now()).faults]

    assert found_with(table.slice(1)) == [What.ROWS]
    assert found_with(table.append_column("phone", pa.nulls(10, pa.string()))) == [What.SCHEMA]
    foreign = pa.array([9] * 10, pa.int64())
    place = table.schema.get_field_index("import_id")
    assert found_with(table.set_column(place, "import_id", foreign)) == [What.STRANGE_ROWS]


def test_recent_keys_are_collected_again_from_the_facts(lake: Path) -> None:
    assert stream.take_back(stream.key_hash(tap("late 2")), NOW)
    runs = list(KeyRun.objects.filter(retired_us=None))
    remove(lake / runs[0].path)
    runs[1].delete()
    recent._opened.clear()
    assert [each.what for each in check.check(utc_now()).faults] == [What.KEYS_BROKEN]

    assert repair.repair(utc_now()).left.is_whole
    known = [tap(f"early {number}") for number in range(3)] + [tap("late 1")]
    assert stream.record(known, now=NOW).duplicates == 4
    # What was taken back may come again, once.
    assert [stream.record([tap("late 2")], now=NOW).inserted for _again in range(2)] == [1, 0]


def test_what_nobody_lists_is_told_after_a_day_and_collected(lake: Path) -> None:
    orphans = [lake / part / "orphan.parquet" for part in (files.COMPACTED, files.IMPORTS)]
    for each in orphans:
        each.write_bytes(b"half")
    assert check.check(utc_now()).is_whole
    before = time.time() - timedelta(days=2).total_seconds()
    for each in orphans:
        os.utime(each, (before, before))

    assert [each.what for each in check.check(utc_now()).faults] == [What.UNLISTED] * 2
    assert repair.repair(utc_now()).left.is_whole
    assert not any(each.exists() for each in orphans)


def test_a_check_beside_everything_else_finds_nothing(lake: Path) -> None:
    """What is retired while it is checked is still there for a day."""
    listed = check.take()
    compaction.compact(force=True)
    assert not [fault for each in listed.files for fault in check.of_file(each)]
    assert check.same_facts(listed)
