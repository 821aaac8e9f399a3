"""Killed at any moment and started again: the same numbers, nothing lost, nothing doubled."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.ledger.facts import NOW, import_lines, keys, numbered, staged, tap, visible
from tests.ledger.other_process import OtherProcess
from xiaohe.kernel.clock import utc_now
from xiaohe.kernel.workspace import Workspace
from xiaohe.ledger import bulk, crash, durable, engine, imports, lease, recovery, store, stream
from xiaohe.ledger.models import Import, InboxBatch, LakeFile

KILLS = 20
KILLED = -9


def test_an_import_killed_anywhere_and_repeated_counts_once(any_place: Workspace) -> None:
    expected: list[int] = []
    with OtherProcess() as other:
        for kill in range(KILLS):
            point = crash.POINTS[kill % len(crash.POINTS)]
            # Each file overlaps the one before by ten facts.
            file = list(range(kill * 20, kill * 20 + 30))
            whole = sorted({*expected, *file})
            with engine.reading() as held_open:
                assert other.ask("import", keys=file, crash=point) == KILLED

                assert keys() == (whole if point == "after_commit" else expected)
                assert keys(held_open) == expected
                assert other.ask("import", keys=file) == 0
                assert keys(held_open) == expected
            assert keys() == whole
            expected = whole
    _nothing_is_left_over(any_place)


def test_an_undo_killed_anywhere_and_repeated_takes_back_once(any_place: Workspace) -> None:
    with OtherProcess() as other:
        for round_, point in enumerate(crash.POINTS):
            base = 1000 * round_
            first, _ = import_lines(numbered(range(base, base + 20), content=1))
            second, _ = import_lines(numbered(range(base + 10, base + 30), content=2))
            before = visible()
            after = sorted(
                [row for row in before if row[2] != first]
                + [(key, 2, second) for key in range(base + 10, base + 20)]
            )
            with engine.reading() as held_open:
                assert other.ask("undo", number=first, crash=point) == KILLED
                assert visible() == (after if point == "after_commit" else before)
                assert other.ask("undo", number=first) == 0
                assert visible(held_open) == before
            assert visible() == after
    _nothing_is_left_over(any_place)


def test_a_drain_killed_anywhere_and_repeated_files_each_fact_once(any_place: Workspace) -> None:
    with OtherProcess() as other:
        for round_, point in enumerate(crash.POINTS):
            stream.record([tap(f"{round_} {number}") for number in range(10)], now=NOW)
            before = visible()
            with engine.reading() as held_open:
                assert other.ask("drain", crash=point) == KILLED
                assert visible() == before
                assert other.ask("drain") == 0
                assert visible() == visible(held_open) == before
    assert not InboxBatch.objects.exists()
    _nothing_is_left_over(any_place)


def test_the_lease_of_a_killed_process_is_free_at_once(any_place: Workspace) -> None:
    with OtherProcess() as other:
        other.ask("import", keys=[1], crash="after_fsync")

    assert store.lease_holder(lease.BULK)[1] > store.now_us()
    bulk.open_import(kind="orders", source="table", now=NOW, wait_seconds=0).abandon()
    assert set(Import.objects.values_list("state", flat=True)) == {"abandoned"}


def test_the_lease_of_another_host_is_free_when_it_ran_out(
    place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xiaohe.ledger.processes.ourselves", lambda: "elsewhere|1|1")
    door = bulk.open_import(kind="orders", source="table", now=NOW)
    monkeypatch.undo()
    with pytest.raises(lease.Busy):
        lease.take(lease.BULK, wait_seconds=0)

    monkeypatch.setattr(store, "now_us", lambda: 1 << 60)
    lease.take(lease.BULK, wait_seconds=0)

    with pytest.raises(lease.LeaseLost):
        door.commit({}, now=NOW)
    assert imports.listing() == []


def test_two_importers_racing_commit_one_after_the_other(any_place: Workspace) -> None:
    with OtherProcess() as one, OtherProcess() as two:
        for round_ in range(3):
            file = list(range(round_ * 10, round_ * 10 + 15))
            one.begin("import", keys=file, content=1, wait_seconds=30)
            two.begin("import", keys=file, content=2, wait_seconds=30)
            assert (one.ended(), two.ended()) == (0, 0)

    assert keys() == list(range(35))
    versions = Import.objects.order_by("lake_version").values_list("lake_version", flat=True)
    assert list(versions) == [1, 2, 3, 4, 5, 6]


def test_without_the_lease_two_importers_would_double_facts(
    place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The race the lease prevents, with the lease off."""
    lease.take(lease.BULK, wait_seconds=0).release()
    monkeypatch.setattr(lease, "is_held", lambda name: False)
    monkeypatch.setattr(store, "lease", lambda name: ("", 0, 0))
    monkeypatch.setattr(store, "renew_lease", lambda *_: True)
    monkeypatch.setattr("xiaohe.ledger.recovery._lost_its_lease", lambda holder: False)

    doors = [bulk.open_import(kind="orders", source="table", now=NOW) for _ in range(2)]
    for door in doors:
        door.stage(staged(numbered([1])))
        list(door.settle())
    for door in doors:
        door.commit({}, now=NOW)

    assert keys() == [1, 1]


def test_files_are_synced_before_they_are_named_and_named_before_they_count(
    place: Workspace,
) -> None:
    with durable.recorded() as steps:
        import_lines(numbered([1]))

    final = str(place.lake / LakeFile.objects.get().path)
    verbs = [verb for verb, path in steps if verb in {"write", "fsync", "rename", "commit"}]
    assert verbs == ["write", "fsync", "rename", "commit"]
    renamed = steps.index(("rename", final))
    folder = final.rpartition("/")[0]
    assert ("fsync_folder", folder.rpartition("/")[0]) in steps[:renamed]
    assert steps[renamed + 1 :] == [("fsync_folder", folder), ("commit", "")]


def test_a_file_whose_sync_failed_never_counts(
    place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(path: object, flags: int) -> None:
        raise OSError(5, "Input/output error")

    with bulk.open_import(kind="orders", source="table", now=NOW) as door:
        door.stage(staged(numbered([1])))
        list(door.settle())
        monkeypatch.setattr(durable, "_sync", fail)
        with pytest.raises(OSError, match="Input/output"):
            door.commit({}, now=NOW)
    monkeypatch.undo()

    assert keys() == []
    assert not LakeFile.objects.exists()


def test_a_file_nobody_lists_is_collected_after_a_day(place: Workspace) -> None:
    import_lines(numbered([1]))
    orphan = place.lake / "imports" / "1" / "orphan.parquet"
    orphan.write_bytes(b"half")

    assert recovery.recover(utc_now()).files_collected == 0
    assert recovery.recover(utc_now() + timedelta(days=2)).files_collected == 1
    assert not orphan.exists()
    assert keys() == [1]


def test_sealed_leftovers_of_a_killed_import_or_upload_are_removed(place: Workspace) -> None:
    counted, _ = import_lines(numbered([1]))
    never = bulk.open_import(kind="orders", source="table", now=NOW)
    never.abandon()
    for folder in (place.rejects, place.spool):
        folder.mkdir(parents=True, exist_ok=True)
    names = [f"rejects/{counted}.csv.sealed", f"rejects/{never.id}.csv.sealed"]
    names += ["spool/whole.upload", "spool/whole.card", "spool/broken.upload"]
    for name in names:
        (place.home / name).write_bytes(b"sealed")

    def left() -> set[str]:
        return {name for name in names if (place.home / name).exists()}

    assert recovery.recover(utc_now()).sealed_removed == 1
    assert left() == {*names} - {f"rejects/{never.id}.csv.sealed"}
    recovery.recover(utc_now() + timedelta(days=2))
    assert left() == {names[0], "spool/whole.upload", "spool/whole.card"}
    recovery.recover(utc_now() + timedelta(days=8))
    assert left() == {names[0]}


def _nothing_is_left_over(place: Workspace) -> None:
    recovery.recover(utc_now())
    staging = place.lake / "staging"
    assert [each.name for each in staging.iterdir()] == []
    assert not Import.objects.filter(state="staging").exists()
    assert not lease.is_held(lease.BULK)
