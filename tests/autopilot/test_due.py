"""The due band of a shop worked out by hand, and what the governor says of each."""

from __future__ import annotations

from datetime import date, timedelta

from tests.autopilot.conftest import NOW, ON, Store, days_before, linked_buyer, settings
from xiaohe.autopilot import due, today
from xiaohe.shop.models import Account
from xiaohe.touch import taps
from xiaohe.touch.models import Decision, Task
from xiaohe.traits import state


def hand_worked(shop: Store) -> None:
    """Fewer than 30 people with two gaps: the group's pace is the preset of 30 days."""
    # C = (5·40 + 3·30) ÷ 8 = 36.25; 41 days: r = 1.131; due 37 days after May 20.
    linked_buyer(shop, "maomao", days_before(ON, 40, 40, 40, 40, 40, 41), amount=20_000)
    # C = (2·14 + 3·30) ÷ 5 = 23.6; 29 days: r = 1.229, late.
    linked_buyer(shop, "lin", days_before(ON, 14, 14, 29), amount=5_000)
    # C = (38 + 90) ÷ 4 = 32; 33 days: r = 1.031.
    linked_buyer(shop, "wang", days_before(ON, 38, 33))
    # The same as maomao, but nobody has them.
    shop.buys("far", *days_before(ON, 40, 40, 40, 40, 40, 41))
    # One purchase and nobody known to come back: no cycle, no due date.
    linked_buyer(shop, "once", days_before(ON, 30))
    # C = 36.25; 32 days: r = 0.883, not yet.
    linked_buyer(shop, "early", days_before(ON, 40, 40, 40, 40, 40, 32))
    # C = 23.6; 36 days: r = 1.525, no more.
    linked_buyer(shop, "gone", days_before(ON, 14, 14, 36))
    shop.buys("yesterday", ON - timedelta(days=1))
    shop.bring()


def test_the_due_band_is_as_worked_out_by_hand(shop: Store) -> None:
    hand_worked(shop)

    rows = {row.person: row for row in due.evaluate(ON)}

    told = {
        name: (
            round(rows[person].cycle, 2),
            round(rows[person].ratio, 3),
            rows[person].due_on,
            rows[person].gaps,
            rows[person].decision,
            rows[person].rule.value,
        )
        for name, person in ((n, person_of(shop, n)) for n in ("maomao", "lin", "wang", "far"))
    }
    assert told == {
        "maomao": (36.25, 1.131, date(2025, 6, 26), 5, "list", "clear"),
        "lin": (23.6, 1.229, date(2025, 6, 25), 2, "list", "clear"),
        "wang": (32.0, 1.031, date(2025, 6, 29), 1, "list", "clear"),
        "far": (36.25, 1.131, date(2025, 6, 26), 5, "suppress", "not_linked"),
    }
    assert len(rows) == 4
    assert all(row.preset for row in rows.values())


def steady(shop: Store) -> None:
    """Thirty people with two gaps: the shop's own pace, no preset."""
    for number in range(30):
        linked_buyer(shop, f"n{number}", days_before(ON, 40, 40, 42), amount=20_000)
    shop.buys("yesterday", ON - timedelta(days=1))
    shop.bring()


def person_of(shop: Store, name: str) -> int:
    from xiaohe.people import overlay

    return overlay.current().person(shop.member(name))


def test_a_row_says_keys_money_and_reason(shop: Store) -> None:
    hand_worked(shop)

    row = next(r for r in due.evaluate(ON) if r.person == person_of(shop, "maomao")).as_json()

    # Fewer than 30 people: the group's m is the shop's median of all occasions, 10,000.
    # m = (6·20000 + 3·group) ÷ 9, EV = p·m with the preset p of 3+ at 0.8–1.2.
    assert {"namespace": "member", "value": "maomao"} in row["keys"]
    assert (row["C"], row["r"], row["due_date"]) == (36.25, 1.13, "2025-06-26")
    assert (row["p"], row["p_preset"]) == (0.30, True)
    assert row["ev"] == round(row["p"] * row["m"])
    assert row["currency"] == "CNY"
    assert row["reason"] == "Usually comes every 36 days; today is day 41. (preset)"


def test_evaluating_writes_nothing_and_agrees_with_the_list(shop: Store) -> None:
    hand_worked(shop)
    settings(list_size=2)

    evaluated = {row.person: (row.decision, row.rule.value) for row in due.evaluate(ON)}
    assert Task.objects.count() == Decision.objects.count() == 0
    today.prepare(ON, NOW)

    kinds = {"allow": "list"}
    written = {
        row.person: (kinds.get(row.kind, row.kind), row.rule)
        for row in Decision.objects.filter(program__in=["restock", "late_due"])
    }
    assert written == evaluated
    # Two thirds of two is one: the better restock, and one of care.
    assert sorted(evaluated.values()) == [
        ("defer", "daily_limit"),
        ("list", "clear"),
        ("list", "clear"),
        ("suppress", "not_linked"),
    ]


def test_taps_of_a_day_are_not_seen_by_that_days_evaluation(shop: Store) -> None:
    hand_worked(shop)
    today.prepare(ON, NOW)
    task = Task.objects.get(person=person_of(shop, "maomao"))

    taps.sent(task.pk, NOW)

    def rule(on: date) -> str:
        found = {row.person: row.rule.value for row in due.evaluate(on)}
        return found[task.person]

    assert rule(ON) == "clear"
    assert rule(ON + timedelta(days=1)) == "asked_recently"


def test_old_data_closes_the_due_list_but_not_care(shop: Store) -> None:
    linked_buyer(shop, "slow", days_before(ON, 60, 60, 60, 60, 60, 50))
    linked_buyer(shop, "valued", days_before(ON, 20, 20, 20, 20, 20, 45), amount=90_000)
    shop.befriends("new", ON - timedelta(days=2))
    shop.bring()

    decided = {row.rule.value for row in due.evaluate(ON)}
    today.prepare(ON, NOW)

    assert state.current(ON).data_until == ON - timedelta(days=45)
    assert decided == {"data_too_old"}
    assert sorted(Task.objects.values_list("program", flat=True)) == ["at_risk", "just_linked"]


def test_an_account_that_is_not_ours_does_not_link(shop: Store) -> None:
    hand_worked(shop)
    Account.objects.update(free_reach=False)
    state.refresh(NOW)

    assert {row.rule.value for row in due.evaluate(ON)} == {"not_linked"}
