"""The stream door: each fact once, readable at once, filed later."""

from __future__ import annotations

from datetime import timedelta

import pyarrow as pa
import pytest

from tests.ledger.doors import at_once, forget
from tests.ledger.facts import NOW, import_lines, keys, numbered, tap, visible
from xiaohe.kernel import store as control
from xiaohe.kernel.workspace import Workspace
from xiaohe.ledger import catalogue, drain, engine, lease, store, stream
from xiaohe.ledger.keys import key_hash
from xiaohe.ledger.models import InboxBatch, LakeFile
from xiaohe.ledger.stream import Recorded


def test_a_tap_is_read_at_once_and_counts_once(any_place: Workspace) -> None:
    facts = [tap("a", props={"task": 7}), tap("b")]

    assert stream.record(facts, now=NOW) == Recorded(2, 0, (True, True), batch=1)
    again = stream.record(facts, now=NOW + timedelta(days=30))
    assert again == Recorded(0, 2, (False, False), batch=None)

    assert keys() == sorted([key_hash("xiaohe", "a"), key_hash("xiaohe", "b")])
    with engine.reading() as read:
        assert (read.version, read.tap_version) == (0, 1)
        row = read.run(read.facts.filter(read.facts.props.notnull())).to_pylist()[0]
    assert (row["props"], row["occurred_at"], row["recorded_at"]) == ('{"task":7}', NOW, NOW)
    assert (row["import_id"], row["row_no"]) == (None, 1 << 16)


def test_a_tap_joins_its_callers_transaction(any_place: Workspace) -> None:
    def both() -> None:
        with control.write():
            stream.record([tap("a")], now=NOW)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        both()

    assert keys() == []
    assert stream.record([tap("a")], now=NOW).inserted == 1


def test_a_property_that_is_not_listed_is_refused(place: Workspace) -> None:
    with pytest.raises(catalogue.UnknownProps):
        stream.record([tap("a"), tap("b", props={"phone": "1"})], now=NOW)

    assert keys() == []


def test_a_tap_taken_back_is_gone_and_may_come_again(any_place: Workspace) -> None:
    key = key_hash("xiaohe", "a")
    stream.record([tap("a")], now=NOW)

    assert stream.take_back(key, now=NOW)
    assert keys() == []
    assert not stream.take_back(key, now=NOW)

    assert stream.record([tap("a")], now=NOW).inserted == 1
    assert keys() == [key]


def test_taking_back_reaches_facts_that_are_filed_already(place: Workspace) -> None:
    stream.record([tap("a"), tap("b")], now=NOW)
    drain.drain(NOW, force=True)

    stream.take_back(key_hash("xiaohe", "a"), now=NOW)

    assert keys() == [key_hash("xiaohe", "b")]


def test_drain_moves_rows_into_a_file_and_changes_no_answer(any_place: Workspace) -> None:
    facts = [tap(f"key {number}", amount=number) for number in range(50)]
    stream.record(facts, now=NOW)
    before = visible()

    drained = drain.drain(NOW, force=True)

    assert drained == drain.Drained(rows=50, known_before=0)
    assert visible() == before
    assert not InboxBatch.objects.exists()
    assert LakeFile.objects.get().rows == 50
    assert stream.record(facts, now=NOW).duplicates == 50


def test_a_quiet_inbox_is_left_alone_until_it_has_waited(place: Workspace) -> None:
    stream.record([tap("a")], now=NOW)

    assert drain.drain(NOW).rows == 0
    assert drain.drain(NOW + drain.WAITED).rows == 1


def test_a_late_fact_is_compared_with_the_lake_before_it_is_read(any_place: Workspace) -> None:
    stream.record([tap("known"), tap("other")], now=NOW)
    drain.drain(NOW, force=True)
    later = NOW + timedelta(days=60)
    assert stream.forget_old_keys(later) == 2

    recorded = stream.record([tap("known"), tap("new", days_ago=2)], now=later)
    assert recorded.inserted == 2
    assert len(keys()) == 2

    assert drain.drain(later) == drain.Drained(rows=2, known_before=1)
    assert keys() == sorted(key_hash("xiaohe", each) for each in ("known", "other", "new"))


def test_late_facts_wait_while_an_import_runs(place: Workspace) -> None:
    forget(NOW - timedelta(days=60))
    stream.record([tap("late", days_ago=70), tap("now")], now=NOW)

    with lease.held(lease.BULK, wait_seconds=0):
        assert drain.drain(NOW, force=True).rows == 1
        assert key_hash("xiaohe", "late") not in keys()

    drain.drain(NOW)
    assert key_hash("xiaohe", "late") in keys()


def test_a_full_inbox_says_come_later(place: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xiaohe.ledger.stream.INBOX_LIMIT", 1)
    stream.record([tap("a")], now=NOW)

    with pytest.raises(stream.InboxFull) as refused:
        stream.record([tap("b")], now=NOW)

    assert refused.value.status == 429
    assert len(keys()) == 1


@pytest.mark.parametrize("doors", [4])
def test_many_doors_at_once_record_each_key_once(any_place: Workspace, doors: int) -> None:
    any_place.secret("hash")
    facts = [tap(f"key {number}") for number in range(20)]
    inserted: list[int] = []

    def knock() -> None:
        for fact in facts:
            inserted.append(stream.record([fact], now=NOW).inserted)

    assert at_once([knock] * doors) == []

    assert sum(inserted) == 20
    assert len(keys()) == 20


def test_two_drains_and_a_reader_at_once_see_each_fact_once(any_place: Workspace) -> None:
    stream.record([tap(f"key {number}") for number in range(300)], now=NOW)
    seen: list[int] = []

    def read() -> None:
        for _ in range(8):
            seen.append(len(keys()))

    def file() -> None:
        drain.drain(NOW, force=True)

    assert at_once([read, file, file]) == []

    assert set(seen) == {300}
    assert len(keys()) == 300
    assert sum(LakeFile.objects.filter(retired_us=None).values_list("rows", flat=True)) == 300


def test_without_counting_its_rows_a_drain_would_double_them(
    place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The race the commit's count prevents, with the count off."""
    stream.record([tap("a")], now=NOW)
    claimed = store.claimable_batches(with_late=False)
    facts = store.batch_facts([each.id for each in claimed])
    drain.drain(NOW, force=True)
    monkeypatch.setattr(store, "claimable_batches", lambda **_more: claimed)
    monkeypatch.setattr(store, "batch_facts", lambda _ids: facts)

    assert drain._drain_once(None) == (0, 0)
    assert len(keys()) == 1

    monkeypatch.setattr(store, "remove_batches", lambda ids: len(ids))
    assert drain._drain_once(None) == (1, 0)
    assert len(keys()) == 2


def test_imports_and_taps_are_read_together(place: Workspace) -> None:
    number, _ = import_lines(numbered([1]))
    stream.record([tap("a")], now=NOW)

    assert visible() == sorted([(1, 0, number), (key_hash("xiaohe", "a"), None, None)])  # type: ignore[list-item]
    with engine.reading() as read:
        assert isinstance(read.run(read.facts), pa.Table)
