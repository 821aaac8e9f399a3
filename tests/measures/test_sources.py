"""Where people come from: the first source for ever, the measures of coming, their splits and their people."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pytest

from tests.traits.facts import fact, key, order, table
from xiaohe.ledger.catalogue import as_json
from xiaohe.measures import sources
from xiaohe.measures.registry import measure
from xiaohe.measures.result import Missing, NotYet
from xiaohe.shop import accounts, actions

ON = date(2025, 6, 30)
CARD = {
    "source_type": "ecommerce",
    "platform": "taobao",
    "entry": "parcel_card",
    "code": "june",
}
STORE = {"source_type": "store", "platform": "pos", "entry": "store_code", "code": "door"}


def at(days_ago: float) -> datetime:
    return datetime(2025, 6, 30, 12, tzinfo=UTC) - timedelta(days=days_ago)


def told(kind: str, days_ago: float, name: str = "", source: dict | None = None, **more) -> dict:
    props = as_json({**(source or {}), **more.pop("props", {})})
    return fact(kind, at(days_ago), subject=key(name) if name else 0, props=props, **more)


@pytest.fixture
def ours(place) -> int:
    return accounts.account_named("wecom", "Ahe").pk


def added(name: str, days_ago: float, account: int, source: dict | None = None) -> dict:
    return told("link.started", days_ago, name, source, account_id=account)


def came(state) -> dict[int, tuple[str, ...]]:
    with state.reading("came") as read:
        rows = read.run(read.table("came")).to_pylist()
    return {
        row["person"]: tuple(
            f"{row[f'{which}_platform']}/{row[f'{which}_entry']}/{row[f'{which}_code']}"
            for which in ("first", "last")
        )
        for row in rows
    }


# ---------------------------------------------------------------- the first source


def test_the_first_source_stays_and_a_silent_return_changes_neither(river_of, ours) -> None:
    facts = [
        added("ann", 100, ours, CARD),
        told("link.ended", 60, "ann", account_id=ours),
        added("ann", 50, ours),
        *order("one", at(30), "ann", source="jd"),
        added("bob", 20, ours),
    ]
    found = came(river_of(table(facts), ON))
    assert found[key("ann")] == ("taobao/parcel_card/june", "jd/order/")
    assert found[key("bob")] == ("unknown/unknown/", "unknown/unknown/")


def test_a_join_takes_the_earliest_of_both_and_its_undo_gives_each_their_own(
    river_of, ours
) -> None:
    facts = table([added("ann", 10, ours, STORE), *order("one", at(90), "bob", source="douyin")])
    joined = pa.table({"subject": [key("bob")], "person": [key("ann")]})
    apart = {key("ann"): ("pos/store_code/door",) * 2, key("bob"): ("douyin/order/",) * 2}
    assert came(river_of(facts, ON)) == apart
    together = came(river_of(facts, ON, persons=joined))
    assert together == {key("ann"): ("douyin/order/", "pos/store_code/door")}
    assert came(river_of(facts, ON)) == apart


def test_a_scan_or_claim_of_the_week_before_speaks_for_a_silent_link(river_of, ours) -> None:
    facts = [
        told("claim.made", 12, "ann", CARD),
        added("ann", 10, ours),
        told("link.scanned", 30, "bob", CARD),
        added("bob", 10, ours),
    ]
    state = river_of(table(facts), ON)
    with state.reading("spells") as read:
        rows = read.run(read.table("spells")).to_pylist()
    codes = {row["person"]: row["code"] for row in rows}
    assert codes == {key("ann"): "june", key("bob"): ""}


# ---------------------------------------------------------------- measures


def test_cost_per_add_shows_the_two_years_of_s3(river_of, ours) -> None:
    facts = []
    for year, spent in ((2010, 372_000), (2019, 4_867_000)):
        for number in range(100):
            day = datetime(year, 3, 1 + number % 28, tzinfo=UTC)
            facts.append(
                fact("link.started", day, subject=key(year, number), account_id=ours, props="{}")
            )
        facts.append(
            fact("cost.recorded", datetime(year, 3, 2, tzinfo=UTC), subject=0, amount=spent,
                 currency="CNY", props=as_json({"what": "ads"}))
        )  # fmt: skip
    state = river_of(table(facts), ON)
    early, late = (
        measure("M34a").read(state, date(year, 1, 1), date(year + 1, 1, 1)) for year in (2010, 2019)
    )
    assert (early.value, late.value) == (3720, 48670)
    assert f"{late.value / early.value:.1f}" == "13.1"
    assert len(early.people("denominator")) == early.n == 100


def test_minutes_cost_what_the_shop_says_an_hour_costs(river_of, ours) -> None:
    facts = table([added("ann", 5, ours), told("cost.recorded", 4, props={"minutes": 90})])
    assert measure("M34a").read(river_of(facts, ON)).value == 0
    actions.update_shop(staff_hour_cost=3000)
    assert measure("M34a").read(river_of(facts, ON)).value == 4500


def test_no_cost_noted_is_not_a_cost_of_nothing(river_of, ours) -> None:
    state = river_of(table([added("ann", 5, ours)]), ON)
    assert measure("M34a").read(state).value == NotYet(Missing.NO_COSTS)
    assert measure("M06").read(state).value == NotYet(Missing.NO_CARDS)


def test_the_funnel_of_a_batch_of_cards(river_of, ours) -> None:
    facts = [told("card.shipped", 20, source=CARD, quantity=50.0)]
    facts += [told("link.scanned", 15, f"p{number}", CARD) for number in range(8)]
    facts += [told("link.scanned", 14, "p0", CARD)]
    facts += [added(f"p{number}", 14, ours, CARD) for number in range(4)]
    facts += [added("walk-in", 14, ours, STORE)]
    state = river_of(table(facts), ON)
    shares = {each: measure(each).read(state) for each in ("M06", "M07", "M08")}
    assert {name: got.value for name, got in shares.items()} == {
        "M06": 0.08,
        "M07": 0.16,
        "M08": 0.5,
    }
    assert shares["M06"].people("numerator") == sorted(key(f"p{number}") for number in range(4))
    (part,) = measure("M08").read(state, by="platform").parts
    assert (part.label, part.numerator, part.denominator) == ("taobao", 4, 8)


def test_linked_after_the_parcel_counts_strangers_who_had_their_days(river_of, ours) -> None:
    def bought(name: str, days_ago: float, kind: str = "order.received") -> list[dict]:
        rows = order(f"of {name}", at(days_ago + 4), name, source="taobao")
        known = {"order_key": rows[0]["order_key"], "subject": key(name)}
        return [*rows, fact(kind, at(days_ago), **known)]

    facts = [
        *bought("ann", 30), added("ann", 20, ours),
        *bought("bob", 30), added("bob", 10, ours),
        *bought("friend", 30), added("friend", 90, ours),
        *bought("today", 30), added("today", 30, ours),
        *bought("green", 9),
        *bought("sent", 35, "order.shipped"), added("sent", 17, ours),
    ]  # fmt: skip
    found = measure("M05").read(river_of(table(facts), ON))
    assert (found.numerator, found.denominator) == (3, 4)
    assert found.people("numerator") == sorted(key(name) for name in ("ann", "today", "sent"))


def test_sources_are_worth_what_their_people_bought_in_thirty_days(river_of, ours) -> None:
    facts = [
        added("ann", 60, ours, CARD),
        added("bob", 60, ours, CARD),
        added("cat", 60, ours, STORE),
    ]
    facts += [added("new", 5, ours, STORE)]
    facts += order("in", at(40), "ann", paid=9000)
    facts += order("late", at(25), "bob", paid=7000)
    facts += order("before", at(70), "cat", paid=5000)
    facts += order("first day", at(59.9), "cat", paid=2000)
    got = measure("D30").read(river_of(table(facts), ON), by="source")
    worth = {part.label: (part.value, part.n) for part in got.parts}
    assert worth == {"taobao/parcel_card/june": (4500, 2), "pos/store_code/door": (2000, 1)}


def test_match_rate_splits_by_platform_and_adds_up(river_of, ours) -> None:
    facts = [
        *order("a", at(5), "ann", source="taobao"), *order("b", at(6), None, source="taobao"),
        *order("c", at(7), "cat", source="segment:3"), added("ann", 50, ours),
    ]  # fmt: skip
    state = river_of(table(facts), ON)
    named = measure("M52a").read(state, by="platform")
    linked = measure("M52b").read(state, by="platform")
    shares = [{part.label: part.value for part in each.parts} for each in (named, linked)]
    assert shares == [{"taobao": 0.5, "segment": 1.0}, {"taobao": 0.5, "segment": 0.0}]
    assert sum(part.denominator for part in named.parts) == named.denominator == 3
    one = measure("M52a").read(state, only=(("platform", "taobao"),))
    assert (one.numerator, one.denominator) == (1, 2)
    assert one.people("numerator") == [key("ann")]


def test_a_change_of_the_rate_is_not_answered_from_memory(river_of, ours) -> None:
    from dataclasses import replace

    facts = table([added("ann", 5, ours), told("cost.recorded", 4, props={"minutes": 60})])
    state = replace(river_of(facts, ON), id="kept")
    assert measure("M34a").read(state).value == 0
    actions.update_shop(staff_hour_cost=2000)
    assert measure("M34a").read(state).value == 2000


def test_sources_of_few_people_stand_after_those_that_can_be_compared() -> None:
    told = {
        "few, rich": (9_000.0, 29, 40), "many": (500.0, 30, 30), "many, better": (800.0, 300, 300),
        "few, poor": (0.0, 1, 1), "too young": (None, 0, 70), "too young, small": (None, 0, 3),
    }  # fmt: skip
    ranked = sorted(told, key=lambda name: sources.rank(*told[name]))
    assert ranked == [
        "many, better", "many", "few, rich", "few, poor", "too young", "too young, small",
    ]  # fmt: skip
