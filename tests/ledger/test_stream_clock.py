"""The stream door when time is not what it seems: late repetition, another sentAt, a clock that jumps."""

from __future__ import annotations

from datetime import timedelta

from tests.ledger.doors import forget
from tests.ledger.facts import NOW, keys, tap
from xiaohe.kernel.workspace import Workspace
from xiaohe.ledger import drain, engine, store, stream
from xiaohe.ledger.instants import to_us
from xiaohe.ledger.keys import key_hash

DAY = timedelta(days=1)


def a() -> int:
    return key_hash("xiaohe", "a")


def test_repeated_after_forty_days_with_another_corrected_time_it_counts_once(
    any_place: Workspace,
) -> None:
    stated = tap("a", stated_at=NOW)
    stream.record([stated], now=NOW)
    drain.drain(NOW, force=True)
    later = NOW + 40 * DAY
    stream.forget_old_keys(later)

    again = stream.record([stated._replace(occurred_at=later)], now=later)
    assert again.inserted == 1
    assert keys() == [a()]

    assert drain.drain(later) == drain.Drained(rows=1, known_before=1)
    assert keys() == [a()]
    assert stream.record([stated], now=later).duplicates == 1


def test_it_is_recognised_by_the_time_it_states_not_by_the_corrected_one(place: Workspace) -> None:
    forget(NOW - 50 * DAY)
    offline = tap("a", now=NOW, stated_at=NOW - 60 * DAY)
    skewed = tap("b", now=NOW - 60 * DAY, stated_at=NOW)

    stream.record([offline, skewed], now=NOW)

    assert [each.late for each in store.claimable_batches(with_late=True)] == [False, True]
    assert key_hash("xiaohe", "b") in keys()
    assert a() not in keys()


def test_a_clock_that_goes_a_month_ahead_and_back_doubles_nothing(any_place: Workspace) -> None:
    stream.record([tap("a")], now=NOW)
    drain.drain(NOW, force=True)
    ahead = NOW + 40 * DAY
    stream.record([tap("ahead", now=ahead)], now=ahead)
    stream.forget_old_keys(ahead)
    drain.drain(ahead, force=True)

    back = NOW + timedelta(hours=1)
    stream.record([tap("a"), tap("ahead", now=ahead), tap("b", now=back)], now=back)
    # The future it was recorded in does not keep it from being filed.
    drain.drain(back + drain.WAITED)
    drain.drain(back, force=True)

    assert keys() == sorted(key_hash("xiaohe", each) for each in ("a", "ahead", "b"))
    assert store.moment().inbox_rows == 0


def test_what_was_recorded_in_a_wrong_future_is_filed_when_the_clock_is_right_again(
    place: Workspace,
) -> None:
    stream.record([tap("a")], now=NOW + 400 * DAY)

    assert drain.drain(NOW).rows == 1
    assert stream.record([tap("a")], now=NOW).duplicates == 1


def test_a_clock_that_goes_backwards_doubles_nothing_and_takes_back_the_right_one(
    any_place: Workspace,
) -> None:
    stream.record([tap("a")], now=NOW)
    drain.drain(NOW, force=True)
    before = NOW - 20 * DAY

    assert stream.record([tap("a")], now=before).duplicates == 1
    assert stream.take_back(a(), now=before)
    assert keys() == []
    assert stream.record([tap("a")], now=before).inserted == 1
    assert keys() == [a()]
    drain.drain(before, force=True)
    assert keys() == [a()]
    assert stream.take_back(a(), now=before)
    assert keys() == []


def test_a_fact_dated_ahead_is_known_until_its_day_is_over(any_place: Workspace) -> None:
    planned = tap("a", days_ago=-100)
    stream.record([planned, tap("b")], now=NOW)
    drain.drain(NOW, force=True)
    assert sorted(each.until_us for each in store.live_runs()) == [
        to_us(NOW),
        to_us(NOW + 100 * DAY),
    ]

    later = NOW + 90 * DAY
    assert stream.forget_old_keys(later) == 1
    assert stream.record([planned], now=later).duplicates == 1


def test_what_is_dated_ahead_of_a_clock_that_went_back_is_compared_as_well(
    place: Workspace,
) -> None:
    ahead = NOW + 400 * DAY
    fact = tap("a", now=NOW + 5 * DAY)
    stream.record([fact], now=NOW + 5 * DAY)
    forget(ahead)

    told = stream.record([fact, tap("b", now=NOW + 5 * DAY)], now=NOW)

    assert told.inserted == 2
    assert a() in keys()
    assert drain.drain(NOW, force=True) == drain.Drained(rows=2, known_before=1)
    assert keys().count(a()) == 1


def test_out_of_order_and_doubled_delivery_counts_each_once(any_place: Workspace) -> None:
    facts = [tap(str(number), days_ago=number) for number in range(20)]
    deliveries = [facts[5:15], facts[::-1], facts[:10] * 2, facts]

    told = [stream.record(each, now=NOW) for each in deliveries]
    drain.drain(NOW, force=True)
    told.append(stream.record(facts, now=NOW + DAY))

    assert [each.inserted for each in told] == [10, 10, 0, 0, 0]
    assert [each.duplicates for each in told] == [0, 10, 20, 20, 20]
    assert told[1].new == (True,) * 5 + (False,) * 10 + (True,) * 5
    assert len(keys()) == len(set(keys())) == 20


def test_facts_of_one_instant_keep_the_order_of_their_arrival(any_place: Workspace) -> None:
    stream.record([tap("c"), tap("a")], now=NOW)
    stream.record([tap("a"), tap("b"), tap("d")], now=NOW)
    drain.drain(NOW, force=True)
    stream.record([tap("e")], now=NOW)

    with engine.reading() as read:
        rows = read.run(read.facts.order_by("row_no").select("key_hash", "row_no")).to_pylist()

    assert [row["key_hash"] for row in rows] == [key_hash("xiaohe", each) for each in "cabde"]
    assert [row["row_no"] for row in rows] == [
        1 << 16, 1 << 16 | 1, 2 << 16, 2 << 16 | 1, 3 << 16,
    ]  # fmt: skip
