"""Each tap states its own fact and has its own consequence; taken back, nothing of it is left."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from xiaohe.kernel.errors import Conflict
from xiaohe.kernel.workspace import Workspace
from xiaohe.ledger import engine, stream
from xiaohe.shop.queries import calendar
from xiaohe.touch import taps
from xiaohe.touch.governor import Intent, Kind, Rule, Standing, decide
from xiaohe.touch.models import Listed, Task, TaskState, WordsUsed
from xiaohe.touch.standing import histories, programs_of, standing

ON = date(2025, 6, 30)
NOW = datetime(2025, 6, 30, 5, 0, tzinfo=UTC)  # 13:00 in Shanghai
PERSON, CONTACT, ORDER = 4_001, 5_001, 6_001
LAST_ON = date(2025, 5, 20)


@pytest.fixture
def task(any_place: Workspace) -> Task:
    return make_task()


def make_task(person: int = PERSON, program: str = "restock", **fields: Any) -> Task:
    task = Task.objects.create(
        program=program,
        step="1",
        person=person,
        occurrence=LAST_ON.isoformat(),
        created_at=NOW,
        account_id=1,
        link_subject=CONTACT,
        template="restock.1",
        **fields,
    )
    Listed.objects.create(on=ON, task=task, position=task.pk, known={"days": 41})
    return task


def facts() -> list[tuple[str, dict[str, Any]]]:
    with engine.reading() as read:
        told = read.run(read.facts.order_by("occurred_at", "type", "key_hash")).to_pylist()
    return [(row["type"], json.loads(row["props"] or "{}")) for row in told]


def standing_on(on: date, person: int = PERSON) -> Standing:
    import pyarrow as pa

    days = calendar()
    with engine.reading() as read:
        nobody = pa.table({"subject": pa.array([], pa.int64()), "person": pa.array([], pa.int64())})
        told = histories(
            read,
            read.register("persons", nobody),
            before=days.start_of(on + timedelta(days=1)),
            calendar=days,
        )
    programs = programs_of(told.values())
    return standing(told.get(person), on=on, linked=True, last_on=LAST_ON, programs=programs)


def asked_again(on: date) -> Rule:
    intent = Intent(
        "restock",
        on,
        calendar().local(NOW).time(),
        asks=True,
        cycle_days=38.0,
        cycle_start=LAST_ON,
    )
    return decide(intent, standing_on(on)).rule


def after(days: int) -> date:
    return ON + timedelta(days=days)


def test_copied_is_a_touch_and_uses_the_words_up(task: Task) -> None:
    taps.copied(task.pk, NOW)

    assert facts() == [
        ("message.out", {"how": "copied", "task": task.pk, "template": "restock.1"}),
        ("task.copied", {"task": task.pk, "what": "words"}),
    ]
    assert list(WordsUsed.objects.values_list("person", "template")) == [(PERSON, "restock.1")]
    assert Task.objects.get().state == TaskState.OPEN
    assert asked_again(after(1)) is Rule.ASKED_RECENTLY


def test_copied_then_sent_is_one_touch(task: Task) -> None:
    taps.copied(task.pk, NOW)
    taps.sent(task.pk, NOW + timedelta(minutes=1))

    assert standing_on(after(1)).touched_on == (ON,)
    assert Task.objects.get().state == TaskState.SENT
    assert asked_again(after(9)) is Rule.ASKED_RECENTLY
    assert asked_again(after(10)) is Rule.CLEAR


def test_sent_counts_as_unanswered_after_seven_days_and_a_reply_ends_that(task: Task) -> None:
    taps.sent(task.pk, NOW)

    assert standing_on(after(6)).unanswered == 0
    assert standing_on(after(7)).unanswered == 1
    taps.replied(task.pk, NOW + timedelta(days=8))
    assert standing_on(after(8)).unanswered == 0
    assert Task.objects.get().state == TaskState.REPLIED


def test_two_unanswered_in_a_row_rest(any_place: Workspace) -> None:
    first, second = make_task(), make_task(program="late_due")
    taps.sent(first.pk, NOW)
    taps.sent(second.pk, NOW + timedelta(days=12))

    care = Intent(
        "at_risk", after(30), calendar().local(NOW).time(), service=True, cycle_start=LAST_ON
    )
    assert decide(care, standing_on(after(30))).rule is Rule.RESTING
    assert asked_again(after(30)) is Rule.ASKED_TWICE


def test_replied_says_that_the_words_were_sent(task: Task) -> None:
    taps.replied(task.pk, NOW)

    assert [name for name, _props in facts()] == ["message.in", "message.out", "task.done"]


def test_ordered_leaves_the_cycle_until_orders_arrive(task: Task) -> None:
    taps.ordered(task.pk, NOW, amount=18_600)

    assert facts() == [("order.reported", {"task": task.pk, "what": "ordered"})]
    assert Task.objects.get().ordered_amount == 18_600
    assert asked_again(after(20)) is Rule.ALREADY_ORDERED
    assert asked_again(after(35)) is Rule.CLEAR  # ceil(0.9 · 38) days later


def test_just_bought_starts_the_cycle_anew(task: Task) -> None:
    taps.just_bought(task.pk, NOW)

    assert facts() == [("order.reported", {"task": task.pk, "what": "just_bought"})]
    assert asked_again(after(34)) is Rule.JUST_BOUGHT
    assert asked_again(after(35)) is Rule.CLEAR


def test_tomorrow_comes_back_tomorrow(task: Task) -> None:
    taps.tomorrow(task.pk, NOW)

    assert facts() == [("task.postponed", {"task": task.pk, "until": "2025-07-01"})]
    assert asked_again(ON) is Rule.POSTPONED
    assert asked_again(after(1)) is Rule.CLEAR


def test_not_this_time_is_for_this_cycle(task: Task) -> None:
    taps.not_this_time(task.pk, NOW)

    assert facts() == [("task.skipped", {"task": task.pk, "why": "not_this_time"})]
    assert asked_again(after(60)) is Rule.SKIPPED_THIS_CYCLE


def test_never_again_is_for_ever_and_closes_everything_open(any_place: Workspace) -> None:
    task, other = make_task(), make_task(program="at_risk")

    taps.never_again(task.pk, NOW)

    assert [name for name, _props in facts()] == ["consent.withdrawn", "consent.withdrawn"]
    assert standing_on(after(400)).opted_out
    assert standing_on(after(400), CONTACT).opted_out
    assert asked_again(after(400)) is Rule.OPTED_OUT
    assert Task.objects.get(pk=other.pk).ending == "overtaken"


def test_wrong_person_takes_every_edge_of_the_contact_apart(task: Task) -> None:
    seen = stream.Fact(
        "wecom", "e", "identity.seen", NOW, CONTACT, other=ORDER, props={"kind": "order_no"}
    )
    stream.record([seen], now=NOW)

    taps.wrong_person(task.pk, NOW)

    with engine.reading() as read:
        apart = read.facts.filter(read.facts.type == "identity.unmerged").select("subject", "other")
        assert read.run(apart).to_pylist() == [{"subject": CONTACT, "other": ORDER}]
    assert Task.objects.get().ending == "wrong_person"


def test_wrong_person_ends_a_link_that_was_only_said(task: Task) -> None:
    say_i_have_them()

    taps.wrong_person(task.pk, NOW)

    assert ("link.ended", {"kind": "friend"}) in facts()


def test_wrong_person_without_a_contact_is_refused(task: Task) -> None:
    with pytest.raises(Conflict, match="no contact to part"):
        taps.wrong_person(task.pk, NOW)
    assert facts() == []
    assert Task.objects.get().state == TaskState.OPEN


def say_i_have_them() -> None:
    said = {"kind": "friend", "via": "tap"}
    stream.record(
        [stream.Fact("xiaohe", "l", "link.started", NOW, CONTACT, account_id=1, props=said)],
        now=NOW,
    )


TAPS = [
    taps.copied,
    taps.sent,
    taps.replied,
    taps.ordered,
    taps.just_bought,
    taps.tomorrow,
    taps.not_this_time,
    taps.wrong_person,
    taps.never_again,
]


@pytest.fixture(params=TAPS, ids=lambda tap: tap.__name__)
def tap(request: pytest.FixtureRequest) -> Iterator[Any]:
    return request.param  # type: ignore[no-any-return]


def kept(task: Task) -> list[Any]:
    row = Task.objects.filter(pk=task.pk).values().get()
    return [row, list(WordsUsed.objects.values_list("person", "template")), facts()]


def test_a_tap_twice_is_a_tap_once(task: Task, tap: Any) -> None:
    say_i_have_them()
    first = tap(task.pk, NOW)
    once = kept(task)

    again = tap(task.pk, NOW + timedelta(seconds=2))

    assert again.tap == first.tap
    assert kept(task) == once


def test_a_tap_taken_back_leaves_nothing_and_can_be_made_again(task: Task, tap: Any) -> None:
    say_i_have_them()
    before = kept(task)
    done = tap(task.pk, NOW)
    after_tap = kept(task)

    taps.take_back(done.tap, NOW + timedelta(seconds=4))

    assert kept(task) == before
    assert taps.take_back(done.tap, NOW + timedelta(seconds=5)) == []
    tap(task.pk, NOW + timedelta(seconds=6))
    assert sorted(name for name, _ in facts()) == sorted(name for name, _ in after_tap[2])
    assert Task.objects.get().state == after_tap[0]["state"]


def test_a_tap_of_yesterday_or_under_a_later_one_stays(task: Task) -> None:
    sent = taps.sent(task.pk, NOW)
    taps.replied(task.pk, NOW + timedelta(minutes=5))

    with pytest.raises(Conflict, match="Undo what you tapped after this first"):
        taps.take_back(sent.tap, NOW + timedelta(minutes=6))
    with pytest.raises(Conflict, match="on the same day only"):
        taps.take_back(sent.tap, NOW + timedelta(days=1))
    assert Task.objects.get().state == TaskState.REPLIED


def test_all_sent_closes_yesterday_on_yesterdays_date(any_place: Workspace) -> None:
    copied, plain, unsent, replied = (make_task(person=n) for n in (1, 2, 3, 4))
    taps.copied(copied.pk, NOW + timedelta(hours=2))
    taps.replied(replied.pk, NOW)

    done = taps.all_sent(ON, NOW + timedelta(days=1), but=[unsent.pk])

    assert [each.task for each in done] == [copied.pk, plain.pk]
    told = dict(Task.objects.values_list("id", "sent_at"))
    assert told == {
        copied.pk: NOW + timedelta(hours=2),
        plain.pk: NOW,  # the hour of the list
        unsent.pk: None,
        replied.pk: NOW,
    }
    assert taps.all_sent(ON, NOW + timedelta(days=1, minutes=1), but=[unsent.pk]) == []
    taps.take_back(done[0].tap, NOW + timedelta(days=1, seconds=3))
    assert set(Task.objects.filter(sent_at=None).values_list("id", flat=True)) == {
        copied.pk,
        plain.pk,
        unsent.pk,
    }


def test_suppression_is_told_for_each_kind(task: Task) -> None:
    taps.never_again(task.pk, NOW)

    intent = Intent("at_risk", after(1), calendar().local(NOW).time(), service=True)
    assert decide(intent, standing_on(after(1))).kind is Kind.SUPPRESS
