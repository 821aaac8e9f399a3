"""The engine: one moment, exact types, never a short answer."""

from __future__ import annotations

import threading
from contextvars import copy_context
from datetime import date, timedelta
from pathlib import Path

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.ledger.facts import NOW, Line, import_lines, keys, numbered, staged, tap, visible
from xiaohe.kernel import store as control
from xiaohe.kernel.workspace import Workspace
from xiaohe.ledger import (
    bulk,
    engine,
    files,
    imports,
    snapshot,
    store,
    stream,
    subscriptions,
)
from xiaohe.ledger.drain import drain
from xiaohe.ledger.engine.compiled import compiled
from xiaohe.ledger.engine.moment import MOMENT
from xiaohe.ledger.instants import to_us
from xiaohe.ledger.models import FileRole, LakeFile
from xiaohe.ledger.schema import FACT_SCHEMA


def test_a_reader_sees_one_moment_while_others_commit(any_place: Workspace) -> None:
    first, _ = import_lines(numbered([1, 2]))
    with engine.reading() as before:
        import_lines(numbered([3]))
        stream.record([tap("a")], now=NOW)
        imports.undo(first, now=NOW)

        assert keys(before) == [1, 2]
        assert before.version == 1
    with engine.reading() as after:
        assert (len(keys(after)), after.version, after.tap_version) == (2, 3, 1)


def test_readers_during_commits_see_whole_imports_only(any_place: Workspace) -> None:
    seen: list[tuple[int, int]] = []
    over = threading.Event()

    def watch() -> None:
        while not over.is_set():
            with engine.reading() as read:
                seen.append((read.version, len(keys(read))))
        control.connection().close()

    watcher = threading.Thread(target=copy_context().run, args=(watch,))
    watcher.start()
    for number in range(6):
        import_lines(numbered(range(number * 10, number * 10 + 10)))
    over.set()
    watcher.join()

    assert {facts - version * 10 for version, facts in seen} == {0}


def test_an_empty_ledger_answers(place: Workspace) -> None:
    with engine.reading() as read:
        assert read.scalar(read.facts.count()) == 0
        assert read.scalar(read.facts.amount.sum()) is None


def test_a_missing_file_is_an_error_and_not_a_short_answer(place: Workspace) -> None:
    import_lines(numbered([1]))
    import_lines(numbered([2]))
    (place.lake / LakeFile.objects.first().path).unlink()  # type: ignore[union-attr]

    with pytest.raises(engine.LakeBroken):
        engine.reading()


def test_a_file_that_went_between_look_and_check_is_looked_up_again(
    place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    number, _ = import_lines(numbered([1]))
    stale = snapshot.take()
    imports.undo(number, now=NOW)
    (place.lake / stale.files[0].path).unlink()
    answers = iter([stale, snapshot.take()])
    monkeypatch.setattr(snapshot, "take", lambda: next(answers))

    with engine.reading() as read:
        assert keys(read) == []


def test_a_file_lost_while_a_reader_is_open_is_an_error(place: Workspace) -> None:
    import_lines(numbered([1]))
    with engine.reading() as read:
        (place.lake / LakeFile.objects.get().path).unlink()
        with pytest.raises(engine.LakeBroken):
            keys(read)


def test_registered_tables_join_with_facts(place: Workspace, tmp_path: Path) -> None:
    import_lines([Line(1, amount=10), Line(2, amount=20)])
    with engine.reading() as read:
        wanted = read.register("wanted", pa.table({"key_hash": [2]}))
        total = read.facts.semi_join(wanted, "key_hash").agg(total=read.facts.amount.sum())
        assert read.run(total)["total"].to_pylist() == [20]
        read.register("wanted", pa.table({"key_hash": [1]}))
        assert read.run(total)["total"].to_pylist() == [10]

        path = read.write(read.facts.select("key_hash", "amount"), tmp_path / "some.parquet")
    with engine.over({"some": path}) as pages:
        some = pages.table("some")
        assert pages.run(some.order_by("key_hash")).to_pydict() == {
            "key_hash": [1, 2],
            "amount": [10, 20],
        }


def test_written_sums_stay_integers(place: Workspace, tmp_path: Path) -> None:
    import_lines([Line(1, amount=2**53 + 1), Line(2, amount=2)])
    with engine.reading() as read:
        facts = read.facts
        totals = facts.group_by("date_only").agg(
            total=facts.amount.sum(), last=facts.occurred_at.max()
        )
        path = read.write(totals, tmp_path / "totals.parquet")
        again = read.register("totals", path)
        assert read.run(again)["total"].to_pylist() == [2**53 + 3]
        assert read.run(again).schema == read.run(totals).schema


def test_order_is_kept_and_days_are_utc_days(place: Workspace) -> None:
    import_lines(numbered([5, 3, 9]))
    with engine.reading() as read:
        facts = read.facts
        ordered = facts.order_by(facts.key_hash.desc()).select(
            "key_hash", day=facts.occurred_at.date()
        )
        assert read.run(ordered).to_pydict() == {
            "key_hash": [9, 5, 3],
            "day": [date(2025, 3, 22)] * 3,
        }


def test_a_slow_question_is_interrupted(place: Workspace) -> None:
    with engine.over({}, timeout=0.2) as read:
        numbers = read.register("numbers", pa.table({"n": list(range(3000))}))
        other, third = numbers.view(), numbers.view()
        slow = numbers.cross_join(other).cross_join(third.rename(m="n")).agg(x=ibis._.m.sum())
        with pytest.raises(engine.TooSlow):
            read.run(slow)


def test_reads_of_other_limits_clear_up_their_own_spill_folder(place: Workspace) -> None:
    with engine.reading(), engine.reading(memory="64MB"), engine.over({}):
        assert len(list((place.derived / "tmp").iterdir())) == 2
    assert len(list((place.derived / "tmp").iterdir())) == 1


def test_reads_at_the_same_time_do_not_see_each_others_tables(place: Workspace) -> None:
    with (
        engine.over({"x": pa.table({"n": [1]})}) as one,
        engine.over({"x": pa.table({"n": [2]})}) as two,
        engine.over({}) as three,
    ):
        assert one.scalar(one.table("x").n.sum()) == 1
        assert two.scalar(two.table("x").n.sum()) == 2
        with pytest.raises(Exception, match="x does not exist"):
            three.scalar(one.table("x").n.sum())


def test_subscribers_get_one_job_per_commit_and_none_without(
    any_place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscriptions, "_subscribers", [])
    subscriptions.subscribe("test.refresh")
    subscriptions.subscribe("test.refresh")

    number, _ = import_lines(numbered([1]))
    with bulk.open_import(kind="orders", source="table", now=NOW) as door:
        door.stage(staged(numbered([2])))
    imports.undo(number, now=NOW)

    rows = control.rows("SELECT name, payload FROM jobs_job ORDER BY id")
    assert [name for name, _payload in rows] == ["test.refresh", "test.refresh"]
    assert '"lake_version": 2' in rows[1][1]


def test_a_mixed_file_shows_what_still_counts_of_each_import_and_of_the_stream(
    any_place: Workspace,
) -> None:
    first, _ = import_lines(numbered([1, 2]))
    second, _ = import_lines(numbered([3]))
    stream.record([tap("kept")], now=NOW)
    kept = keys()[-1]
    stream.record([tap("taken back")], now=NOW)
    taken_back = next(key for key in keys() if key not in (1, 2, 3, kept))
    drain(NOW, force=True)
    _fold_into_one_file()

    assert len(keys()) == 5
    with control.write():
        store.retract_import(first, 1)
        store.retract_key(taken_back, to_us(NOW), 1)
    assert keys() == [3, kept]
    assert [import_id for _key, _content, import_id in visible()] == [second, None]


def test_files_from_before_a_column_existed_are_read(place: Workspace) -> None:
    import_lines(numbered([1]))
    import_lines(numbered([2]))
    listed = LakeFile.objects.earliest("id")
    facts = pq.read_table(place.lake / listed.path, partitioning=None)
    older = facts.drop_columns(["row_no", "quantity"])
    # Columns in another order, too.
    pq.write_table(older.select(sorted(older.column_names)), place.lake / "older.parquet")
    listed.path, listed.bytes = "older.parquet", (place.lake / "older.parquet").stat().st_size
    listed.save()

    with engine.reading() as read:
        found = read.run(read.facts.order_by("key_hash").select("key_hash", "row_no", "content"))
    assert found.to_pydict() == {"key_hash": [1, 2], "row_no": [None, 1], "content": [0, 0]}


def test_files_by_subject_are_no_facts_a_second_time(place: Workspace) -> None:
    import_lines(numbered([1]))
    LakeFile.objects.create(
        path="subjects/none.parquet", role=FileRole.SUBJECT, rows=1, bytes=1, covered=False
    )
    assert keys() == [1]


def _fold_into_one_file() -> None:
    """What compaction does, as plainly as it can be said."""
    taken = snapshot.take()
    facts = pa.concat_tables(
        pq.read_table(path, partitioning=None).cast(FACT_SCHEMA)
        for path in taken.paths(taken.files)
    )
    folder = files.new_staging_folder("fold")
    listed = files.publish([files.write(facts, folder, FileRole.FACT, None)])
    with control.write():
        store.retire_files([each.id for each in taken.files], 1)
        store.add_files(each._replace(mixed=True) for each in listed)


def test_sums_of_integers_are_not_widened(place: Workspace) -> None:
    import_lines([Line(1, amount=2**53 + 1), Line(2, amount=2)])
    with engine.reading() as read:
        facts = read.facts
        by_day = facts.group_by("date_only").agg(
            total=facts.amount.sum(), mean=facts.amount.sum() / facts.count()
        )
        running = facts.mutate(so_far=facts.amount.sum().over(order_by=facts.key_hash))
        assert read.run(by_day)["total"].to_pylist() == [2**53 + 3]
        assert max(read.run(running)["so_far"].to_pylist()) == 2**53 + 3


def test_the_ledgers_own_upkeep_stays_in_this_process(
    place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XIAOHE_ENGINE", "spark://nowhere:1")
    import_lines(numbered([1]))
    with engine.reading(local=True) as read:
        assert keys(read) == [1]


def test_one_compiled_question_is_asked_at_any_moment(any_place: Workspace) -> None:
    import_lines(numbered([1, 2]))
    until_now = engine.FACTS.filter(engine.FACTS.occurred_at <= ibis.literal(MOMENT)).count()
    found = []
    for moment in (NOW + timedelta(days=400), NOW - timedelta(days=4000)):
        with engine.reading() as read:
            read.ask_at(moment)
            # The first instant counts: a question may have been put together with it.
            read.ask_at(NOW)
            found.append((read.moment == moment, read.scalar(until_now)))

    assert found == [(True, 2), (True, 0)]
    assert compiled(until_now) is compiled(until_now)


def test_tables_of_one_content_have_one_name_and_readings_number_alike(
    any_place: Workspace,
) -> None:
    named = []
    for contents in ((b"a", b"b", b"a"), (b"c", b"d", b"c")):
        with engine.reading() as read:
            named.append([read.name_for("people", each) for each in contents])

    assert named == [["people_0", "people_1", "people_0"]] * 2
