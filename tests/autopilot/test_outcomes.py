"""What came of it, on a shop worked out by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from tests.autopilot.conftest import NOW, ON, Store, days_before, linked_buyer, settings
from tests.autopilot.test_due import person_of
from xiaohe.autopilot import today
from xiaohe.ledger import stream
from xiaohe.people import overlay
from xiaohe.stats.experiment import Compared, NotMeasurableYet
from xiaohe.stats.holdout import Arm, Design
from xiaohe.touch import comparison, outcomes, taps
from xiaohe.touch.comparison import Recorded
from xiaohe.touch.models import Task
from xiaohe.touch.outcomes import Cost
from xiaohe.traits import state

NAMES = ("a", "b", "c", "d")
NEXT = ON + timedelta(days=1)


def contacted_shop(shop: Store) -> dict[str, int]:
    """Four due people on the list; their tasks by name."""
    for name in NAMES:
        linked_buyer(shop, name, days_before(ON, 40, 40, 40, 40, 40, 41))
    shop.buys("other", ON - timedelta(days=1))
    shop.bring()
    today.prepare(ON, NOW)
    tasks = dict(Task.objects.values_list("person", "id"))
    return {name: tasks[person_of(shop, name)] for name in NAMES}


def later(days: int) -> None:
    state.refresh(NOW + timedelta(days=days))


def test_orders_after_contact_have_one_owner_and_a_window(shop: Store) -> None:
    task = contacted_shop(shop)
    taps.copied(task["a"], NOW)
    taps.sent(task["a"], NOW + timedelta(minutes=2))
    taps.sent(task["b"], NOW + timedelta(minutes=12))
    taps.replied(task["b"], NOW + timedelta(minutes=13))
    taps.ordered(task["b"], NOW + timedelta(minutes=14), amount=12_300)
    taps.sent(task["c"], NOW + timedelta(minutes=14))
    # a: three days later, in the window. b: the next day, as was marked. c: on the fourth day, too late.
    # d was not contacted; a's order of the same morning came before the words.
    shop.buys("a", ON, amount=700)
    shop.buys("a", ON + timedelta(days=3), amount=5_000)
    shop.buys("b", NEXT, amount=12_300)
    shop.buys("c", ON + timedelta(days=4))
    shop.buys("d", NEXT)
    shop.bring()
    later(6)

    outcome = outcomes.came_of_it(ON, NEXT)

    person = {name: person_of(shop, name) for name in NAMES}
    assert outcome.contacted == sorted([person["a"], person["b"], person["c"]])
    assert outcome.sent == outcome.contacted
    assert outcome.replied == [person["b"]]
    assert outcome.ordered == sorted([person["a"], person["b"]])
    assert outcome.ordered_directly == [person["b"]]
    assert (outcome.net, outcome.net_direct) == (17_300, 12_300)
    assert (outcome.said_ordered, outcome.said_amount) == ([person["b"]], 12_300)
    assert outcome.is_mature
    # Gaps 2, 10 → 5, 1, 1, 0 minutes.
    assert outcome.cost == Cost(0, 9)


def test_recorded_costs_are_money_and_minutes(shop: Store) -> None:
    spent = [
        stream.Fact(
            "xiaohe", f"c{n}", "cost.recorded", NOW, 1, amount=amount, currency="CNY", props=props
        )
        for n, (amount, props) in enumerate([(6_200, {"what": "card"}), (None, {"minutes": 30})])
    ]
    stream.record(spent, now=NOW)

    assert outcomes.cost(ON, NEXT) == Cost(6_200, 30)
    assert outcomes.cost(NEXT, NEXT + timedelta(days=1)) == Cost(0, 0)


def test_what_bringing_people_over_took_is_not_what_contacting_took(shop: Store) -> None:
    told = [("xiaohe", "print"), ("table", "ads"), ("table", "bait"), ("table", "print"), ("table", "staff")]  # fmt: skip
    spent = [
        stream.Fact(
            source, f"c{n}", "cost.recorded", NOW, 1, amount=10**n, currency="CNY", props={"what": what}
        )
        for n, (source, what) in enumerate(told)
    ]  # fmt: skip
    stream.record(spent, now=NOW)

    assert outcomes.cost(ON, NEXT) == Cost(10_001, 0)


def test_yesterday_in_a_line(shop: Store) -> None:
    task = contacted_shop(shop)
    assert outcomes.yesterday(ON) is None
    for name in NAMES:
        taps.sent(task[name], NOW)
    taps.replied(task["a"], NOW)
    taps.ordered(task["b"], NOW, amount=35_600)

    line = outcomes.yesterday(NEXT)

    assert line is not None
    assert (line.on, line.listed) == (ON, 4)
    assert line.text == "4 contacted, 1 answered, 1 ordered, ¥356"


def test_a_tap_taken_back_leaves_the_outcome(shop: Store) -> None:
    task = contacted_shop(shop)
    done = taps.sent(task["a"], NOW)
    assert len(outcomes.came_of_it(ON, NEXT).contacted) == 1

    taps.take_back(done.tap, NOW + timedelta(seconds=2))

    assert outcomes.came_of_it(ON, NEXT).contacted == []


# ---------------------------------------------------------------- the comparison

START = date(2025, 5, 1)


def drawn(shop: Store, name: str, arm: Arm) -> None:
    person = person_of(shop, name)
    comparison.record(
        [Recorded(person, START - timedelta(days=30), arm, Design.WAIT_A_WEEK, START, START)],
        datetime(2025, 5, 1, 5, tzinfo=UTC),
    )


def two_arms(shop: Store, contacted: int, waiting: int) -> None:
    """Everybody bought once before; `contacted` and `waiting` of each arm's 40 order in the first week."""
    for number in range(80):
        name = f"n{number}"
        days = [START - timedelta(days=30)]
        hits = contacted if number < 40 else waiting
        if number % 40 < hits:
            days.append(START + timedelta(days=6))
        else:
            days.append(START + timedelta(days=7))  # one day late: does not count
        linked_buyer(shop, name, days)
    shop.bring()
    for number in range(80):
        drawn(shop, f"n{number}", Arm.CONTACTED if number < 40 else Arm.WAITING)


def test_both_arms_are_read_with_an_interval(sqlite_shop: Store) -> None:
    two_arms(sqlite_shop, 20, 8)

    compared = outcomes.compare(ON)

    assert (compared.contacted.count.people, compared.contacted.count.ordered) == (40, 20)
    assert (compared.left_alone.count.people, compared.left_alone.count.ordered) == (40, 8)
    assert isinstance(compared.reading, Compared)
    # Newcombe's hybrid for 20/40 − 8/40: Wilson limits (.352, .648) and (.105, .348).
    effect = compared.reading.effect
    assert round(effect.estimate, 3) == 0.3
    assert (round(effect.low, 3), round(effect.high, 3)) == (0.091, 0.476)
    assert (compared.window_days, compared.immature, compared.mixed) == (7, 0, 0)


def test_too_few_orders_are_not_measurable_yet(sqlite_shop: Store) -> None:
    two_arms(sqlite_shop, 20, 4)

    compared = outcomes.compare(ON)

    assert isinstance(compared.reading, NotMeasurableYet)
    assert compared.reading.orders == 4
    assert compared.reading.expected_on is not None
    assert compared.reading.expected_on > ON


def test_whoever_was_drawn_to_both_sides_is_counted_apart(sqlite_shop: Store) -> None:
    two_arms(sqlite_shop, 20, 8)
    from xiaohe.people import actions

    left, right = person_of(sqlite_shop, "n0"), person_of(sqlite_shop, "n79")
    actions.join(left, right, NOW)
    later(0)

    compared = outcomes.compare(ON)

    assert compared.mixed == 1
    assert overlay.current().person(right) not in (
        *compared.contacted.people,
        *compared.left_alone.people,
    )
    assert (len(compared.contacted.people), len(compared.left_alone.people)) == (39, 39)


def test_whoever_the_owner_pulls_out_leaves_the_comparison(sqlite_shop: Store) -> None:
    two_arms(sqlite_shop, 20, 8)
    person = person_of(sqlite_shop, "n79")

    comparison.pull_out(person, START - timedelta(days=30), NOW)

    compared = outcomes.compare(ON)
    assert compared.pulled_out == 1
    assert person not in compared.left_alone.people


def test_an_immature_case_waits(sqlite_shop: Store) -> None:
    linked_buyer(sqlite_shop, "fresh", [ON - timedelta(days=30)])
    sqlite_shop.buys("x", ON - timedelta(days=1))
    sqlite_shop.bring()
    settings(held_out_share=0.1)
    arm = Recorded(
        person_of(sqlite_shop, "fresh"), ON - timedelta(days=30), Arm.WAITING,
        Design.WAIT_A_WEEK, ON - timedelta(days=3), ON - timedelta(days=3),
    )  # fmt: skip
    comparison.record([arm], NOW)

    compared = outcomes.compare(ON)

    assert (compared.immature, compared.left_alone.people) == (1, ())
