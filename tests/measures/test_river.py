"""The weekly river: start + inflow − outflow = end, to the person, whatever came, was joined or taken back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.traits.facts import fact, key, order, table
from xiaohe.measures import river
from xiaohe.measures.registry import measure
from xiaohe.measures.river import OUTSIDE, WATERS, Water
from xiaohe.shop import accounts, zones
from xiaohe.shop.taxonomy import Zone

MONDAY = date(2025, 6, 2)
ON = date(2025, 6, 30)
NAMES = ("ann", "bob", "cat", "dan", "eve", "fay", "gus", "hal")


def at(day: int, hour: int = 12) -> datetime:
    """That many days after the first Monday."""
    return datetime(2025, 6, 2, hour, tzinfo=UTC) + timedelta(days=day)


def link(name: str, day: int, account: int, *, over: bool = False, hour: int = 12) -> dict:
    kind = "link.ended" if over else "link.started"
    return fact(kind, at(day, hour), subject=key(name), account_id=account)


@pytest.fixture
def ours(place) -> dict[str, int]:
    friend = accounts.account_named("wecom", "Ahe")
    follow = accounts.account_named("official_account", "The shop")
    return {"friend": friend.pk, "follow": follow.pk}


def the_week(state, monday: date = MONDAY) -> river.Week:
    return next(each for each in river.weeks(state) if each.monday == monday)


def test_from_a_platform_by_a_card_into_the_river_and_out_again(river_of, ours) -> None:
    facts = [
        *order("one", at(0), "ann", source="taobao"),
        link("ann", 8, ours["friend"]),
        *order("two", at(9), "ann", source="taobao"),
        link("ann", 15, ours["friend"], over=True),
        *order("three", at(1), "bob", source="taobao"),
        link("bob", 8, ours["follow"]),
        link("bob", 22, ours["follow"], over=True),
    ]
    state = river_of(table(facts), ON)
    first, second, third, fourth = river.weeks(state)
    assert first.flows == {(Water.NEW, Water.PUBLIC): 2}
    assert second.flows == {
        (Water.PUBLIC, Water.REPEAT): 1,
        (Water.PUBLIC, Water.MIXED): 1,
    }
    assert third.flows == {(Water.REPEAT, Water.PUBLIC): 1}
    assert fourth.flows == {(Water.MIXED, Water.PUBLIC): 1}
    assert [each.end for each in fourth.levels] == [2, 0, 0, 0, 0]
    assert river.people(state, MONDAY + river.WEEK, Water.PUBLIC, Water.MIXED) == [key("bob")]
    assert river.standing(state, ON, Water.PUBLIC) == sorted([key("ann"), key("bob")])


def test_whoever_leaves_without_ever_buying_is_gone_and_comes_back_as_the_same(
    river_of, ours
) -> None:
    facts = [
        link("ann", 0, ours["friend"]),
        link("ann", 7, ours["friend"], over=True),
        link("ann", 14, ours["friend"]),
    ]
    flows = [each.flows for each in river.weeks(river_of(table(facts), ON))]
    assert flows == [
        {(Water.NEW, Water.PRIVATE): 1},
        {(Water.PRIVATE, Water.GONE): 1},
        {(Water.GONE, Water.PRIVATE): 1},
        {},
    ]


def test_an_edit_of_the_zone_table_moves_the_river_and_m01_at_once(river_of, ours) -> None:
    facts = table(
        [
            *order("one", at(0), "ann", source="douyin"),
            link("bob", 0, ours["friend"]),
            link("cat", 0, ours["follow"]),
        ]
    )
    levels = {each.water: each.end for each in the_week(river_of(facts, ON)).levels}
    assert (levels[Water.PUBLIC], levels[Water.MIXED], levels[Water.PRIVATE]) == (1, 1, 1)
    assert measure("M01").read(river_of(facts, ON)).value == 1

    changed = [
        zones.classify("traffic:douyin", Zone.MIXED),
        zones.classify("account:official_account", Zone.PRIVATE),
        zones.classify("account:wecom", Zone.MIXED),
    ]
    levels = {each.water: each.end for each in the_week(river_of(facts, ON)).levels}
    assert (levels[Water.PUBLIC], levels[Water.MIXED], levels[Water.PRIVATE]) == (0, 2, 1)
    assert measure("M01").read(river_of(facts, ON)).people("numerator") == [key("cat")]

    for each in reversed(changed):
        zones.put_back(each)
    assert measure("M01").read(river_of(facts, ON)).people("numerator") == [key("bob")]


# ---------------------------------------------------------------- whatever happens


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["order", "mini", "start", "end", "follow", "unfollow", "refund"]),
        st.sampled_from(NAMES),
        st.integers(0, 27),
        st.integers(0, 23),
    ),
    min_size=12,
    max_size=48,
)
JOINS = st.dictionaries(st.sampled_from(NAMES[2:]), st.sampled_from(NAMES[:2]), max_size=3)
TAKEN_BACK = st.sets(st.integers(0, 23), max_size=4)


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(EVENTS, JOINS, TAKEN_BACK)
def test_every_week_adds_up_to_the_person(river_of, ours, events, joins, taken_back) -> None:
    kept = [each for number, each in enumerate(events) if number not in taken_back]
    facts = [row for number, each in enumerate(kept) for row in facts_of(number, each, ours)]
    persons = {key(name): key(root) for name, root in joins.items()}
    state = river_of(table(facts), ON, persons=overlay(persons))

    found = river.weeks(state)
    waters = twin(kept, joins)
    before = dict.fromkeys(NAMES, Water.NEW)
    for week in found:
        after = {name: waters(name, week.monday + river.WEEK) for name in NAMES}
        roots = [name for name in NAMES if name not in joins]
        expected: dict = {}
        for name in roots:
            if before[name] != after[name]:
                pair = (before[name], after[name])
                expected.setdefault(pair, []).append(key(name))
        assert dict(week.flows) == {pair: len(people) for pair, people in expected.items()}
        for pair, people in expected.items():
            assert river.people(state, week.monday, *pair) == sorted(people)
        for level in week.levels:
            stood = [name for name in roots if before[name] is level.water]
            stands = [name for name in roots if after[name] is level.water]
            came, went = sum(level.inflow.values()), sum(level.outflow.values())
            assert level.start == len(stood)
            assert level.start + came - went == level.end == len(stands)
            people = river.standing(state, week.monday + river.WEEK, level.water)
            assert people == sorted(key(name) for name in stands)
        before = after
    assert len({each.water for week in found for each in week.levels} & set(OUTSIDE)) == 0
    assert len(WATERS) == 5


def facts_of(number: int, event: tuple[str, str, int, int], ours: dict[str, int]) -> list[dict]:
    what, name, day, hour = event
    if what in ("order", "mini", "refund"):
        source = "youzan" if what == "mini" else "taobao"
        rows = order(f"order {number}", at(day, hour), name, source=source)
        if what == "refund":
            known = {"order_key": rows[0]["order_key"], "subject": key(name)}
            rows.append(fact("order.refunded", at(day, hour), amount=1000, **known))
        return rows
    account = ours["follow"] if "follow" in what else ours["friend"]
    return [link(name, day, account, over=what in ("end", "unfollow"), hour=hour)]


def overlay(persons: dict[int, int]) -> pa.Table:
    return pa.table(
        {
            "subject": pa.array(list(persons), pa.int64()),
            "person": pa.array(list(persons.values()), pa.int64()),
        }
    )


def twin(events: list[tuple[str, str, int, int]], joins: dict[str, str]):
    """The rule once more, slowly: where a person stands on the eve of a day."""

    def live(start: str, end: str, name: str, day: date) -> bool:
        told = sorted(
            (at(when, hour), what == end)
            for what, who, when, hour in events
            if who == name and what in (start, end) and at(when, hour).date() < day
        )
        return bool(told) and not told[-1][1]

    def waters(root: str, day: date) -> Water:
        names = [name for name in NAMES if joins.get(name, name) == root]
        seen = [each for each in events if each[1] in names and at(each[2], each[3]).date() < day]
        bought = {at(e[2], e[3]).date() for e in seen if e[0] in ("order", "mini")}
        if any(live("start", "end", name, day) for name in names):
            return [Water.PRIVATE, Water.FIRST, Water.REPEAT][min(len(bought), 2)]
        if any(e[0] == "mini" for e in seen) or any(
            live("follow", "unfollow", name, day) for name in names
        ):
            return Water.MIXED
        if bought:
            return Water.PUBLIC
        known = any(live_once(name, day) for name in names)
        return Water.GONE if known else Water.NEW

    def live_once(name: str, day: date) -> bool:
        """Whether a link of theirs was ever live before that day."""
        for start, end in (("start", "end"), ("follow", "unfollow")):
            told = sorted(
                (at(when, hour), what == end)
                for what, who, when, hour in events
                if who == name and what in (start, end) and at(when, hour).date() < day
            )
            for place, (moment, over) in enumerate(told):
                at_once = (moment, True) in told[place:]
                if not over and not at_once:
                    return True
        return False

    return waters
