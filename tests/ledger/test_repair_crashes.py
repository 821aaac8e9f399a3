"""Killed anywhere in a repair: what counted counts once, and the next repair finishes what this one began."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tests.ledger.facts import NOW, import_lines, numbered, tap, visible
from tests.ledger.layouts import in_both_layouts
from tests.ledger.other_process import OtherProcess
from xiaohe.kernel.clock import utc_now
from xiaohe.kernel.workspace import Workspace
from xiaohe.ledger import (
    backup,
    check,
    compaction,
    crash,
    drain,
    engine,
    files,
    imports,
    recent,
    recovery,
    repair,
    stream,
)
from xiaohe.ledger.models import FileRole, KeyRun, LakeFile

KILLED = -9
TAPS = [tap(f"early {number}") for number in range(3)]


@dataclass(frozen=True)
class Harm:
    """What is done to the lake, and where the repair of it is killed."""

    name: str
    points: tuple[str, ...]
    do: Callable[[Path], None]
    with_backup: bool = False
    days_later: int = 0


def test_a_repair_killed_anywhere_and_repeated_makes_the_lake_whole(
    any_place: Workspace, tmp_path: Path
) -> None:
    _history()
    before = visible()
    with OtherProcess() as other:
        for harm in HARMS:
            saved = tmp_path / f"{harm.name}.tar"
            if harm.with_backup:
                backup.backup(saved, now=utc_now())
            order = {"backup": str(saved) if harm.with_backup else "", "days": harm.days_later}
            for point in harm.points:
                harm.do(any_place.lake)
                at = f"{harm.name} {point}"

                assert other.ask("repair", crash=point, **order) == KILLED, at
                assert _seen() in (None, before), at
                assert other.ask("repair", **order) == 0, at

                assert check.check(utc_now()).faults == (), at
                assert visible() == before, at
                assert stream.record(TAPS, now=NOW).duplicates == len(TAPS), at
    in_both_layouts(any_place)
    _nothing_else_is_left(any_place)
    assert visible() == before


# ---------------------------------------------------------------- what is harmed


def _lose(role: FileRole) -> Callable[[Path], None]:
    def lose(lake: Path) -> None:
        victim = LakeFile.objects.filter(role=role, mixed=True, retired_us=None).first()
        assert victim is not None
        (lake / victim.path).unlink()

    return lose


def _lose_fresh(lake: Path) -> None:
    """Files that no other layout holds."""
    fresh = LakeFile.objects.filter(role=FileRole.FACT, covered=False, retired_us=None)
    assert len(fresh) > 1
    for each in fresh:
        (lake / each.path).unlink()


def _turn_round(lake: Path) -> None:
    for row in LakeFile.objects.filter(role=FileRole.FACT, retired_us=None):
        path = lake / row.path
        table = pq.read_table(path)
        pq.write_table(table.take(pa.array(np.arange(table.num_rows)[::-1].copy())), path)
        LakeFile.objects.filter(pk=row.pk).update(
            bytes=path.stat().st_size, sha256=files.sha256(path)
        )


def _list_wrong(lake: Path) -> None:
    LakeFile.objects.filter(role=FileRole.FACT, retired_us=None).update(recorded_max_us=7)


def _lose_keys(lake: Path) -> None:
    for each in KeyRun.objects.filter(retired_us=None):
        (lake / each.path).unlink()
    recent._opened.clear()


def _nothing(lake: Path) -> None:
    """What earlier repairs retired is there to be deleted."""
    assert LakeFile.objects.exclude(retired_us=None).exists()


HARMS = (
    Harm("compacted", repair.REWRITE_POINTS, _lose(FileRole.FACT)),
    Harm("by subject", repair.REWRITE_POINTS[2:], _lose(FileRole.SUBJECT)),
    Harm("fresh", repair.FETCH_POINTS, _lose_fresh, with_backup=True),
    Harm("order", repair.REWRITE_POINTS[1:3], _turn_round),
    Harm("list", repair.LIST_POINTS, _list_wrong),
    Harm("keys", crash.RUN_POINTS, _lose_keys),
    Harm("retired", ("collect_before_forget",), _nothing, days_later=2),
)


def _history() -> None:
    """Compacted files with an undone import in them, and fresh ones of an import and of a drain."""
    gone, _ = import_lines(numbered(range(10)))
    import_lines(numbered(range(5, 40), content=2))
    stream.record(TAPS, now=NOW)
    drain.drain(NOW, force=True)
    compaction.compact(force=True)
    imports.undo(gone, now=NOW)
    import_lines(numbered(range(100, 110)))
    stream.record([tap("late")], now=NOW)
    drain.drain(NOW, force=True)


def _seen() -> list[tuple[int, int, int | None]] | None:
    """None if reads refuse to answer: they never give a short answer."""
    try:
        return visible()
    except engine.LakeBroken:
        return None


def _nothing_else_is_left(place: Workspace) -> None:
    recovery.recover(utc_now() + timedelta(days=2))
    assert list((place.lake / files.STAGING).iterdir()) == []
    assert recovery.unlisted(utc_now() + timedelta(days=2)) == []
