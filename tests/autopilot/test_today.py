"""Preparing and reading the day's list, through real stores."""

from __future__ import annotations

import contextvars
import threading
from datetime import date, timedelta
from typing import Any

from tests.autopilot.conftest import NOW, ON, Store, days_before, linked_buyer, settings
from tests.autopilot.test_due import hand_worked, person_of, steady
from xiaohe.autopilot import as_text, cards, today
from xiaohe.ledger import engine
from xiaohe.touch import comparison, taps
from xiaohe.touch.governor import Rule
from xiaohe.touch.models import Assignment, Decision, Listed, Task, WordsUsed
from xiaohe.traits import state


def rows() -> list[Any]:
    return [
        list(model.objects.order_by("id").values_list())
        for model in (Task, Listed, Decision, Assignment)
    ]


def test_preparing_twice_changes_nothing(shop: Store) -> None:
    hand_worked(shop)

    first = today.prepare(ON, NOW)
    before = rows()
    again = today.prepare(ON, NOW + timedelta(hours=1))

    assert (first.people, first.fresh, again.people, again.fresh) == (3, True, 3, False)
    assert rows() == before
    assert today.is_prepared(ON)


def test_two_preparing_at_once_make_one_list(shop: Store) -> None:
    hand_worked(shop)
    settings(held_out_share=0.1)
    comparison.salt()  # the shop's secrets exist since its first import
    ready = threading.Barrier(2)
    errors: list[BaseException] = []
    real_plan = today.plan

    def both_have_looked(*arguments: Any, **more: Any) -> Any:
        """Widen the window: nobody writes before both have thought the day through."""
        thought = real_plan(*arguments, **more)
        ready.wait(timeout=30)
        return thought

    def run() -> None:
        from django.db import connections

        try:
            today.prepare(ON, NOW)
        except BaseException as error:
            errors.append(error)
        finally:
            connections.close_all()

    today.plan = both_have_looked  # type: ignore[assignment]
    try:
        threads = [
            threading.Thread(target=contextvars.copy_context().run, args=(run,)) for _ in range(2)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        today.plan = real_plan

    if errors:
        raise errors[0]
    listed = Listed.objects.values_list("task__person", flat=True)
    assert len(listed) == len(set(listed)) == Task.objects.count()
    assert Decision.objects.count() == Decision.objects.values("person", "program").count() == 4
    arms = facts_of("touch.assigned")
    assert len(arms) == Assignment.objects.count()


def facts_of(type_: str) -> list[dict[str, Any]]:
    with engine.reading() as read:
        return list(read.run(read.facts.filter(read.facts.type == type_)).to_pylist())


def test_a_card_says_everything_needed_to_write(shop: Store) -> None:
    hand_worked(shop)
    today.prepare(ON, NOW)

    page = today.listing(ON, NOW)

    card = next(card for card in page.cards if card.person == person_of(shop, "maomao"))
    assert page.first_line == "3 people today, about 3 minutes."
    assert card.name == card.search_for == "maomao备注"
    assert card.account == "店铺号2"
    assert card.bought == "bought 6 times"
    assert card.reason == "Usually comes every 36 days; today is day 41. (preset)"
    assert card.sentence is not None
    assert card.sentence.template not in {other.template for other in card.others}
    assert len(card.others) >= 3
    assert [group.rule for group in page.not_listed] == [Rule.NOT_LINKED]
    assert cards.people_not_listed(ON, Rule.NOT_LINKED) == [person_of(shop, "far")]


def test_restock_comes_first_by_value_then_care(shop: Store) -> None:
    hand_worked(shop)
    shop.befriends("new", ON - timedelta(days=2))
    shop.bring()

    today.prepare(ON, NOW)

    programs = [card.program.value for card in today.listing(ON, NOW).cards]
    assert programs == ["restock", "restock", "just_linked", "late_due"]


def test_one_matter_a_day(shop: Store) -> None:
    """Newly linked and due: the greeting speaks, the ask is put off, both are on record."""
    shop.befriends("both", ON - timedelta(days=1), buyer="both")
    shop.buys("both", *days_before(ON, 40, 40, 40, 40, 40, 41))
    shop.buys("yesterday", ON - timedelta(days=1))
    shop.bring()

    today.prepare(ON, NOW)

    told = sorted(Decision.objects.values_list("program", "kind", "rule", "until"))
    assert told == [
        ("just_linked", "allow", "clear", ""),
        ("restock", "defer", "spoken_today", "2025-07-01"),
    ]
    assert today.listing(ON, NOW).not_listed == ()


def test_what_was_tapped_stays_and_the_rest_follows_new_data(shop: Store) -> None:
    hand_worked(shop)
    today.prepare(ON, NOW)
    tasks = {task.person: task for task in Task.objects.all()}
    taps.copied(tasks[person_of(shop, "maomao")].pk, NOW)

    # Both have bought yesterday, as a newer export tells.
    shop.buys("maomao", ON - timedelta(days=1))
    shop.buys("wang", ON - timedelta(days=1))
    shop.bring()
    assert not today.is_prepared(ON)
    today.prepare(ON, NOW + timedelta(minutes=5))

    people = [card.person for card in today.listing(ON, NOW).cards]
    assert sorted(people) == sorted([person_of(shop, "maomao"), person_of(shop, "lin")])


def test_the_untouched_are_listed_again_and_the_sent_are_not(shop: Store) -> None:
    hand_worked(shop)
    today.prepare(ON, NOW)
    first = {card.person: card for card in today.listing(ON, NOW).cards}
    lin, wang = person_of(shop, "lin"), person_of(shop, "wang")
    taps.sent(first[lin].task, NOW)
    taps.tomorrow(first[wang].task, NOW)

    tomorrow, later = ON + timedelta(days=1), NOW + timedelta(days=1)
    today.prepare(tomorrow, later)

    page = today.listing(tomorrow, later)
    again = {card.person: card for card in page.cards}
    # early has come due over night.
    assert set(again) == set(first) - {lin} | {person_of(shop, "early")}
    # Put off by the owner: before the others of its kind, whatever their value.
    assert page.cards[0].person == wang
    assert again[wang].task == first[wang].task
    assert page.yesterday == cards.Yesterday(ON, 3, 2)


def test_all_sent_closes_yesterday_also_where_it_stands_again(shop: Store) -> None:
    hand_worked(shop)
    today.prepare(ON, NOW)
    tomorrow, later = ON + timedelta(days=1), NOW + timedelta(days=1)
    today.prepare(tomorrow, later)

    taps.all_sent(ON, later)

    page = today.listing(tomorrow, later)
    # Only early, who has come due over night, is still to be written to.
    assert [card.person for card in page.cards if card.is_open] == [person_of(shop, "early")]
    assert page.yesterday == cards.Yesterday(ON, 3, 0)


def test_nobody_is_offered_words_they_have_had(shop: Store) -> None:
    hand_worked(shop)
    today.prepare(ON, NOW)
    card = today.listing(ON, NOW).cards[0]
    task = Task.objects.get(pk=card.task)
    other = card.others[0]
    taps.copied(task.pk, NOW, template=other.template)

    shown = today.listing(ON, NOW).cards[0]
    assert shown.sentence == other
    WordsUsed.objects.create(
        person=task.person,
        template=card.sentence.template,  # type: ignore[union-attr]
        task=Task.objects.exclude(pk=task.pk)[0],
        at=NOW,
    )
    offered = today.listing(ON, NOW).cards[0]
    assert card.sentence not in (offered.sentence, *offered.others)


def test_never_again_leaves_every_later_list(shop: Store) -> None:
    hand_worked(shop)
    today.prepare(ON, NOW)
    card = today.listing(ON, NOW).cards[0]
    done = taps.never_again(card.task, NOW)

    later = NOW + timedelta(days=1)
    today.prepare(ON + timedelta(days=1), later)
    assert cards.people_not_listed(ON + timedelta(days=1), Rule.OPTED_OUT) == [card.person]

    taps.take_back(done.tap, NOW + timedelta(seconds=3))
    state.refresh(NOW)
    assert card.person in [c.person for c in today.listing(ON, NOW).cards if c.is_open]


def test_the_list_as_text_is_numbered_and_complete(shop: Store) -> None:
    hand_worked(shop)
    today.prepare(ON, NOW)
    page = today.listing(ON, NOW)

    text = as_text.as_text(page)

    first = page.cards[0]
    assert text.startswith("3 people today, about 3 minutes.\n\n1. maomao备注 (bought 6 times)\n")
    assert f"Use 店铺号2, search for “maomao备注”.\n{first.sentence.text}\n\n2. " in text  # type: ignore[union-attr]


def test_money_is_worded_as_an_expectation(shop: Store) -> None:
    steady(shop)
    today.prepare(ON, NOW)

    page = today.listing(ON, NOW)

    assert page.expected.startswith("Together they usually spend ¥")
    assert page.expected.endswith("three tenths of it comes by itself.")
    assert not any("preset" in card.reason for card in page.cards)


def test_fewer_than_thirty_people_with_two_gaps_are_worth_no_sum(shop: Store) -> None:
    hand_worked(shop)
    today.prepare(ON, NOW)

    page = today.listing(ON, NOW)

    assert len(page.cards) == 3
    assert all(card.reason.endswith("(preset)") for card in page.cards)
    assert page.expected == ""


def test_an_empty_shop_has_an_empty_list(shop: Store) -> None:
    done = today.prepare(ON, NOW)

    page = today.listing(ON, NOW)

    assert done.people == 0
    assert page.first_line == "Nobody to contact today."
    assert (page.cards, page.not_listed, page.yesterday, page.expected) == ((), (), None, "")


# ---------------------------------------------------------------- the comparison


def newly_due(shop: Store, count: int) -> None:
    """C = 36.25, so r reaches 0.9 on day 33: due since yesterday."""
    for number in range(count):
        linked_buyer(shop, f"n{number}", days_before(ON, 40, 40, 40, 40, 40, 34))
    shop.buys("yesterday", ON - timedelta(days=1))
    shop.bring()


def test_a_third_waits_a_week_and_is_asked_then(shop: Store) -> None:
    settings(held_out_share=0.1, list_size=60)
    newly_due(shop, 28)  # fewer than 30, so that the group's pace stays the preset

    today.prepare(ON, NOW)

    arms = dict(Assignment.objects.values_list("subject", "arm"))
    waiting = {person for person, arm in arms.items() if arm == "waiting"}
    assert len(arms) == 28
    assert set(cards.people_not_listed(ON, Rule.WAITING)) == waiting
    assert 1 <= len(waiting) <= 19  # one third of 28; outside with a chance below 1 in 1,000
    assert {a.first_due_on for a in Assignment.objects.all()} == {ON - timedelta(days=1)}
    # Six days later the week is over; whoever was drawn keeps the arm.
    week_on = ON + timedelta(days=6)
    today.prepare(week_on, NOW + timedelta(days=6))
    assert dict(Assignment.objects.values_list("subject", "arm")) == arms
    assert waiting <= set(Task.objects.values_list("person", flat=True))


def test_held_out_is_kept_over_a_join(sqlite_shop: Store) -> None:
    """A person held out who turns out to be one with a contacted one is held out from then on."""
    shop = sqlite_shop
    settings(held_out_share=0.1)
    newly_due(shop, 2)
    left, right = person_of(shop, "n0"), person_of(shop, "n1")
    for person, arm in ((left, comparison.Arm.CONTACTED), (right, comparison.Arm.HELD_OUT)):
        drawn = comparison.Recorded(
            person,
            ON - timedelta(days=34),
            arm,
            comparison.Design.HELD_OUT,
            ON - timedelta(days=1),
            ON - timedelta(days=1),
        )
        comparison.record([drawn], NOW - timedelta(days=1))
    from xiaohe.people import actions

    joined = actions.join(left, right, NOW)
    state.refresh(NOW)

    today.prepare(ON, NOW)

    person = person_of(shop, "n0")
    assert cards.people_not_listed(ON, Rule.HELD_OUT) == [person]
    # Parted again, each is what they were drawn to.
    actions.undo(joined.facts, NOW + timedelta(minutes=1))
    state.refresh(NOW)
    today.prepare(ON, NOW + timedelta(minutes=1))
    assert cards.people_not_listed(ON, Rule.HELD_OUT) == [right]
    assert [card.person for card in today.listing(ON, NOW).cards] == [left]


def test_a_new_purchase_starts_a_new_draw() -> None:
    arm = comparison.Recorded(
        1, date(2025, 5, 1), comparison.Arm.HELD_OUT, comparison.Design.HELD_OUT,
        date(2025, 6, 1), date(2025, 6, 1),
    )  # fmt: skip

    assert comparison.live([arm], cycle_start=date(2025, 5, 1)) == [arm]
    assert comparison.live([arm], cycle_start=date(2025, 6, 3)) == []
    # A late export moves the cycle's start: what was drawn for another cycle does not bind.
    assert comparison.live([arm], cycle_start=date(2025, 5, 20)) == []
