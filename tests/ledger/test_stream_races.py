"""Races at the stream door: each shown with its safeguard off, then on."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest

from tests.ledger.doors import at_once, forget
from tests.ledger.facts import NOW, Line, import_lines, keys, tap
from tests.processes import PATIENCE_SECONDS, until
from xiaohe.kernel import store as control
from xiaohe.kernel.workspace import Workspace
from xiaohe.ledger import drain, engine, lease, recent, store, stream
from xiaohe.ledger.keys import key_hash
from xiaohe.ledger.lease import Held

K = key_hash


@pytest.mark.parametrize("is_safe", [False, True])
def test_a_key_that_a_drain_moves_after_we_looked_is_found_in_its_run(
    any_place: Workspace, monkeypatch: pytest.MonkeyPatch, is_safe: bool
) -> None:
    stream.record([tap("a")], now=NOW)
    looked = recent.current()
    drain.drain(NOW, force=True)
    monkeypatch.setattr(recent, "current", lambda: looked)
    if not is_safe:
        monkeypatch.setattr(recent, "at", lambda _version: looked)

    again = stream.record([tap("a")], now=NOW)

    assert again.duplicates == (1 if is_safe else 0)
    assert len(keys()) == (1 if is_safe else 2)


@pytest.mark.parametrize("is_safe", [False, True])
def test_calls_of_one_transaction_in_any_order_never_wait_in_a_circle(
    postgres_place: Workspace, monkeypatch: pytest.MonkeyPatch, is_safe: bool
) -> None:
    postgres_place.secret("hash")
    if not is_safe:
        monkeypatch.setattr(store, "locked_moment", store.moment)

    begun = threading.Event()

    def first() -> None:
        with control.write():
            stream.record([tap("a")], now=NOW)
            begun.set()
            assert until(_somebody_waits)
            stream.record([tap("b")], now=NOW)

    def second() -> None:
        assert begun.wait(PATIENCE_SECONDS)
        stream.record([tap("b"), tap("c")], now=NOW)

    wrong = at_once([first, second])

    assert [type(each).__name__ for each in wrong] == ([] if is_safe else ["OperationalError"])
    if is_safe:
        assert keys() == sorted(K("xiaohe", each) for each in "abc")


@pytest.mark.parametrize("is_safe", [False, True])
def test_a_late_fact_whose_lease_ran_out_is_not_filed_beside_the_import_that_brought_it(
    any_place: Workspace, monkeypatch: pytest.MonkeyPatch, is_safe: bool
) -> None:
    forget(NOW - timedelta(days=60))
    stream.record([tap("late", days_ago=70)], now=NOW)
    late = K("xiaohe", "late")
    compare = drain._known_late

    def slowly(*given: object) -> object:
        found = compare(*given)  # type: ignore[arg-type]
        monkeypatch.setattr(drain, "_known_late", compare)
        # We sleep through our lease, and an import goes first.
        store.hold_lease(lease.BULK, "elsewhere|1|1", 0)
        import_lines([Line(key=late)])
        return found

    monkeypatch.setattr(drain, "_known_late", slowly)
    if is_safe:
        with pytest.raises(lease.LeaseLost):
            drain.drain(NOW, force=True)
        assert _times(late) == 1
        assert drain.drain(NOW, force=True) == drain.Drained(rows=1, known_before=1)
    else:
        monkeypatch.setattr(Held, "confirm", lambda _held: None)
        drain.drain(NOW, force=True)
    assert _times(late) == (1 if is_safe else 2)


def test_two_drainers_whose_lease_ran_out_file_late_facts_once(
    any_place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget(NOW - timedelta(days=60))
    stream.record([tap(str(number), days_ago=70) for number in range(5)], now=NOW)
    compare = drain._known_late

    def slowly(*given: object) -> object:
        found = compare(*given)  # type: ignore[arg-type]
        monkeypatch.setattr(drain, "_known_late", compare)
        store.hold_lease(lease.BULK, "elsewhere|1|1", 0)
        assert drain.drain(NOW, force=True).rows == 5
        return found

    monkeypatch.setattr(drain, "_known_late", slowly)
    with pytest.raises(lease.LeaseLost):
        drain.drain(NOW, force=True)

    assert len(keys()) == 6
    assert store.moment().inbox_rows == 0


def test_batches_are_numbered_in_the_order_of_their_commits(any_place: Workspace) -> None:
    any_place.secret("hash")
    first = stream.record([tap("0")], now=NOW).batch

    begun = threading.Event()

    def slow() -> None:
        with control.write():
            stream.record([tap("slow")], now=NOW)
            begun.set()
            # The other one has time to be first.
            time.sleep(0.2)
            # Nobody is numbered after us and seen before us.
            assert store.visible_batches()[-1] == (first or 0) + 1

    def fast() -> None:
        assert begun.wait(PATIENCE_SECONDS)
        stream.record([tap("fast")], now=NOW)
        assert store.visible_batches() == [1, 2, 3]

    assert at_once([slow, fast]) == []


def test_taking_back_and_stating_again_at_once_leaves_one_or_none(any_place: Workspace) -> None:
    any_place.secret("hash")
    stream.record([tap("a")], now=NOW)
    drain.drain(NOW, force=True)

    def there_and_back() -> None:
        for _ in range(5):
            stream.take_back(K("xiaohe", "a"), now=NOW)
            stream.record([tap("a")], now=NOW)

    assert at_once([there_and_back] * 3 + [lambda: drain.drain(NOW, force=True)]) == []

    assert len(keys()) <= 1
    stream.record([tap("a")], now=NOW)
    assert keys() == [K("xiaohe", "a")]


def _somebody_waits() -> bool:
    """Whether another connection to this PostgreSQL database waits for what a third one holds."""
    waiting = "SELECT 1 FROM pg_locks JOIN pg_database d ON d.oid = database OR database IS NULL WHERE NOT granted"
    return bool(control.rows(waiting))


def _times(key: int) -> int:
    with engine.reading() as read:
        return int(read.scalar(read.facts.filter(read.facts.key_hash == key).count()))
