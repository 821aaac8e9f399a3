"""Compaction: the same facts in fewer, sorted files; what was taken back is gone from them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from tests.ledger.facts import NOW, Line, import_lines, keys, numbered, tap, visible
from tests.ledger.layouts import (
    by_subject,
    forget_keys,
    in_both_layouts,
    is_sorted,
    live,
    lower_thresholds,
    read_file,
)
from tests.ledger.other_process import OtherProcess
from xiaohe import jobs
from xiaohe.kernel import disk
from xiaohe.kernel.clock import utc_now
from xiaohe.kernel.workspace import Workspace
from xiaohe.ledger import (
    bulk,
    compaction,
    drain,
    durable,
    engine,
    files,
    imports,
    lease,
    recovery,
    rewriting,
    store,
    stream,
)
from xiaohe.ledger import keys as fact_keys
from xiaohe.ledger.instants import to_us
from xiaohe.ledger.models import (
    FileRole,
    LakeFile,
    Retraction,
)
from xiaohe.ledger.schema import FACT_SCHEMA

KILLED = -9


def test_many_small_files_become_one_of_each_layout(any_place: Workspace) -> None:
    for number in range(5):
        import_lines(numbered(range(number * 10, number * 10 + 15), content=number))
    stream.record([tap(f"tap {number}") for number in range(4)], now=NOW)
    drain.drain(NOW, force=True)
    before = visible()

    done = compaction.compact(force=True)

    assert (done.files_retired, done.files_written, done.rows, done.more) == (6, 2, 59, False)
    assert visible() == before
    (facts,), (subjects,) = live(FileRole.FACT), live(FileRole.SUBJECT)
    assert (facts.covered, facts.mixed, facts.rows, facts.level) == (True, True, 59, 1)
    assert (subjects.mixed, subjects.rows) == (True, 59)
    assert compaction.compact(force=True) == compaction.Compacted()


def test_large_cells_get_files_of_their_own_and_small_ones_share(
    place: Workspace, few_rows: None
) -> None:
    months = [NOW - timedelta(days=31 * back) for back in range(4)]
    facts = [
        fact(f"{type_} {month} {number}", type=type_, when=when)
        for month, when in enumerate(months)
        for type_, rows in (("order.paid", 9), ("task.done", 1 + month))
        for number in range(rows)
    ]
    stream.record(facts, now=NOW)
    drain.drain(NOW, force=True)

    compaction.compact(force=True)

    own = [each for each in live(FileRole.FACT) if each.type == "order.paid"]
    assert [each.rows for each in own] == [9, 9, 9, 9]
    assert sum(each.rows for each in live(FileRole.FACT)) == len(facts)
    for each in live(FileRole.FACT) + live(FileRole.SUBJECT):
        table = read_file(place, each)
        assert is_sorted(table, FileRole(each.role))
        span = pc.min_max(table["occurred_at"]).as_py()
        assert to_us(span["min"]) == each.occurred_min_us
        assert to_us(span["max"]) == each.occurred_max_us
        assert each.sha256 == files.sha256(place.lake / each.path)
    # A month with enough facts is a file by subject of its own.
    assert len(live(FileRole.SUBJECT)) == 4


def test_runs_of_a_shelf_are_merged_small_ones_first(place: Workspace, few_rows: None) -> None:
    for number in range(12):
        import_lines(numbered(range(number * 5, number * 5 + 5)))
        compaction.compact()

    assert len(live(FileRole.FACT)) + len(live(FileRole.SUBJECT)) <= 8
    assert keys() == list(range(60))


def test_an_undo_hides_rows_of_compacted_files_and_brings_back_what_others_stated(
    any_place: Workspace,
) -> None:
    first, _ = import_lines(numbered(range(20), content=1))
    second, _ = import_lines(numbered(range(10, 30), content=2))
    compaction.compact(force=True)

    imports.undo(first, now=NOW)

    assert visible() == [(key, 2, second) for key in range(10, 30)]
    again, rows = import_lines(numbered([1, 2]))
    assert [row["facts_new"] for row in rows] == [1, 1]
    compaction.compact(force=True)
    assert visible() == [(1, 0, again), (2, 0, again)] + [(key, 2, second) for key in range(10, 30)]
    # Nothing holds what was taken back, so nobody needs to remember it.
    assert sum(each.rows for each in live(FileRole.FACT)) == 22
    assert not Retraction.objects.exists()


def test_a_fact_taken_back_is_left_out_and_may_be_stated_again(any_place: Workspace) -> None:
    stream.record([tap("a"), tap("b")], now=NOW)
    drain.drain(NOW, force=True)
    compaction.compact(force=True)
    taken = fact_keys.key_hash("xiaohe", "a")

    assert stream.take_back(taken, NOW)
    assert len(visible()) == 1
    done = compaction.compact(force=True)

    # One in each layout.
    assert (done.left_out, done.retractions_forgotten) == (2, 1)
    stream.record([tap("a")], now=NOW)
    assert len(visible()) == 2


def test_a_retraction_is_remembered_while_a_shadow_or_the_inbox_may_hold_it(
    place: Workspace,
) -> None:
    forget_keys()
    key = fact_keys.key_hash("xiaohe", "old")
    number, _ = import_lines([Line(key)])
    stream.record([tap("old", days_ago=100)], now=NOW)
    assert stream.take_back(key, NOW)
    compaction.compact(force=True)
    assert Retraction.objects.filter(key_hash=key).exists()

    drain.drain(NOW, force=True)
    assert [each.import_id for each in live(FileRole.SHADOW)] == [None]
    imports.undo(number, now=NOW)
    assert visible() == []
    compaction.compact(force=True)

    assert visible() == []
    assert not live(FileRole.SHADOW)
    assert not Retraction.objects.exists()


def test_an_import_goes_on_while_files_are_put_in_order(place: Workspace) -> None:
    import_lines(numbered([1]))
    held = lease.take(compaction.LEASE, wait_seconds=0)
    import_lines(numbered([2]))
    with pytest.raises(compaction.CompactionRuns):
        compaction.compact()
    held.release()

    with bulk.open_import(kind="orders", source="table", now=NOW) as door:
        compaction.compact(force=True)
        door.commit({}, now=NOW)
    assert keys() == [1, 2]


def test_work_on_files_that_were_retired_meanwhile_is_thrown_away(
    any_place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    number, _ = import_lines(numbered([1]))
    import_lines(numbered([2]))
    write = rewriting.rewrite

    def undo_first(*arguments: Any) -> Any:
        monkeypatch.setattr(rewriting, "rewrite", write)
        written = write(*arguments)
        imports.undo(number, now=NOW)
        return written

    monkeypatch.setattr(rewriting, "rewrite", undo_first)
    done = compaction.compact(force=True)

    assert (done.more, done.files_written, keys()) == (True, 0, [2])
    assert compaction.compact(force=True).files_written == 2
    assert keys() == [2]


def test_of_two_compactors_the_one_whose_lease_ran_out_loses(
    any_place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        import_lines(numbered([number]))
    write, real_now = rewriting.rewrite, store.now_us

    def sleep_too_long(*arguments: Any) -> Any:
        monkeypatch.setattr(rewriting, "rewrite", write)
        written = write(*arguments)
        monkeypatch.setattr(store, "now_us", lambda: real_now() + 2 * lease.LEASE_US)
        assert compaction.compact(force=True).files_retired == 3
        return written

    monkeypatch.setattr(rewriting, "rewrite", sleep_too_long)
    with pytest.raises(lease.LeaseLost):
        compaction.compact(force=True)

    assert keys() == [0, 1, 2]
    assert len(live(FileRole.FACT)) == len(live(FileRole.SUBJECT)) == 1


def test_the_job_folds_when_it_is_due_and_an_import_asks_for_it(
    place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compaction, "WAIT", timedelta(0))
    monkeypatch.setattr(compaction, "FRESH_FILES", 3)
    for number in range(3):
        import_lines(numbered([number]))
    assert jobs.latest("ledger.compact") is None

    import_lines(numbered([3]))
    jobs.run_pending()

    assert [each.rows for each in live(FileRole.FACT)] == [4]


def test_nothing_is_rewritten_on_a_full_disk(
    place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_lines(numbered([1]))
    monkeypatch.setenv(disk.LIMIT, "0.001")
    with pytest.raises(disk.NearlyFull):
        compaction.compact(force=True)
    monkeypatch.delenv(disk.LIMIT)
    assert keys() == [1]


def test_a_file_of_an_older_form_is_read_and_compacted(place: Workspace) -> None:
    import_lines(numbered([1, 2]))
    import_lines(numbered([3]))
    (older, _newer) = live(FileRole.FACT)
    path = place.lake / f"{older.path}.older.parquet"
    table = read_file(place, older).drop_columns(["row_no", "quantity"])
    pq.write_table(table, path)
    LakeFile.objects.filter(pk=older.pk).update(
        path=str(path.relative_to(place.lake)),
        bytes=path.stat().st_size,
        sha256="",
        recorded_min_us=None,
        recorded_max_us=None,
    )
    assert keys() == [1, 2, 3]

    compaction.compact(force=True)

    assert keys() == [1, 2, 3]
    (whole,) = live(FileRole.FACT)
    table = read_file(place, whole)
    assert table.schema.names == FACT_SCHEMA.names
    assert table["row_no"].null_count == 2


def test_retired_files_outlive_their_readers_by_a_day(place: Workspace) -> None:
    import_lines(numbered([1]))
    import_lines(numbered([2]))
    with engine.reading() as before:
        compaction.compact(force=True)
        assert recovery.recover(utc_now()).files_collected == 0
        assert keys(before) == [1, 2]

    assert recovery.recover(utc_now() + timedelta(days=2)).files_collected == 2
    assert keys() == [1, 2]
    assert len(list(place.lake.rglob("*.parquet"))) == 2


def test_a_small_shop_ends_with_a_handful_of_files(place: Workspace) -> None:
    for number in range(40):
        import_lines(numbered(range(number * 10, number * 10 + 10)))
        if compaction.is_due():
            compaction.compact()

    assert LakeFile.objects.filter(retired_us=None).count() <= 16
    assert keys() == list(range(400))


def test_files_are_synced_before_they_are_named_and_named_before_they_count(
    place: Workspace,
) -> None:
    import_lines(numbered([1]))
    import_lines(numbered([2]))
    with durable.recorded() as steps:
        compaction.compact(force=True)

    verbs = [verb for verb, _path in steps if verb in {"write", "fsync", "rename", "commit"}]
    assert verbs == ["write"] * 2 + ["fsync"] * 2 + ["rename"] * 2 + ["commit"]
    last_rename = max(place for place, (verb, _path) in enumerate(steps) if verb == "rename")
    synced = {Path(path).name for verb, path in steps[last_rename:] if verb == "fsync_folder"}
    assert synced == {files.COMPACTED, files.SUBJECTS}


def test_killed_anywhere_and_repeated_nothing_is_lost_or_doubled(any_place: Workspace) -> None:
    expected: list[tuple[int, int, int | None]] = []
    with OtherProcess() as other:
        for round_, point in enumerate(compaction.POINTS):
            base = 100 * round_
            gone, _ = import_lines(numbered(range(base, base + 10)))
            import_lines(numbered(range(base + 5, base + 20)))
            if round_ % 2:
                imports.undo(gone, now=NOW)
            before = visible()
            with engine.reading() as held_open:
                assert other.ask("compact", crash=point) == KILLED
                assert visible() == by_subject() == before
                assert other.ask("compact") == 0
                assert visible() == visible(held_open) == before
            assert in_both_layouts(any_place) == before
            expected = before
    assert visible() == expected
    recovery.recover(utc_now())
    assert list((any_place.lake / "staging").iterdir()) == []


def test_killed_between_the_layouts_nothing_taken_back_is_seen(any_place: Workspace) -> None:
    number, _ = import_lines(numbered(range(10)))
    compaction.compact(force=True)
    imports.undo(number, now=NOW)
    with OtherProcess() as other:
        assert other.ask("compact", crash="compact_after_commit") == KILLED
        # One layout is without it, the other not yet.
        assert (len(live(FileRole.FACT)), len(live(FileRole.SUBJECT))) == (0, 1)
        assert visible() == by_subject() == []
        assert other.ask("compact") == 0
    assert not live(FileRole.SUBJECT)
    assert not Retraction.objects.exists()


def test_killed_while_files_are_collected(any_place: Workspace) -> None:
    import_lines(numbered([1]))
    import_lines(numbered([2]))
    compaction.compact(force=True)
    with OtherProcess() as other:
        assert other.ask("collect", crash="collect_before_forget") == KILLED
        assert keys() == [1, 2]
        assert other.ask("collect") == 0
    assert keys() == [1, 2]
    assert len(list(any_place.lake.rglob("*.parquet"))) == LakeFile.objects.count() == 2


@pytest.fixture
def few_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    lower_thresholds(monkeypatch)


def fact(key: str, *, type: str, when: Any) -> stream.Fact:
    return stream.Fact(source="xiaohe", key=key, type=type, occurred_at=when, subject=hash(key) % 5)
