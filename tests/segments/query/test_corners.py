"""Corners of the language: what docs/segments.md says of a rule, worked out by hand for a few made-up people.

Every corner has an event of its own, so each line says everybody it has. Days begin at four in New York; the shop is
asked at noon of a leap day, and again on the Sunday on which its clocks go forward.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.conftest import _pointed_at
from tests.traits.facts import key
from xiaohe.ledger import engine, stream
from xiaohe.ledger.stream import Fact
from xiaohe.segments.queries import vocabulary
from xiaohe.segments.query.compile import leaf_table
from xiaohe.segments.query.world import World, at_moment
from xiaohe.segments.text import parse
from xiaohe.shop.actions import update_shop
from xiaohe.traits import state as traits

ZONE = ZoneInfo("America/New_York")
# A Thursday, and the Sunday of the change; by the shop's clock.
LEAP, SPRING = "2024-02-29 12:00", "2024-03-10 12:00"


class Told:
    def __init__(self) -> None:
        self.facts: list[Fact] = []
        self.names: dict[int, str] = {}

    def __call__(self, who: str, what: str, at: str, /, **more: Any) -> None:
        self.names[key(who)] = who
        columns = {each: more.pop(each) for each in tuple(more) if each in Fact._fields}
        self.facts.append(
            Fact("corners", f"{len(self.facts)}", what, instant(at), key(who), props=more or None, **columns)
        )  # fmt: skip

    def order(self, who: str, at: str, number: str, *lines: dict[str, Any], **more: Any) -> None:
        common = {"order_key": key("corner", number), "currency": "CNY"}
        paid = sum(each.get("amount", 1000) for each in lines) or 1000
        self(who, "order.created", at, **common, **more)
        self(who, "order.paid", at, amount=paid, **common)
        for place, line in enumerate(lines):
            self(who, "order.item", at, **{"item_key": place + 1, "amount": 1000, **common, **line})


def instant(told: str) -> datetime:
    return datetime.fromisoformat(told).replace(tzinfo=ZONE).astimezone(UTC)


def tell(told: Told) -> None:
    # Ends of windows of days, where shop days begin: 03:59 is still the day before.
    for who, at in {
        "d90": "2023-12-01 04:00", "d91": "2023-12-01 03:59", "today": "2024-02-29 04:00", "eve": "2024-02-29 03:59",
        "ahead": "2024-02-29 12:01",
    }.items():  # fmt: skip
        told(who, "custom:edge", at)
    # A day without a time is of the day of its date.
    told("day", "custom:dated", "2024-02-28 00:00", date_only=True)
    told("hour", "custom:dated", "2024-02-28 00:00")
    # Calendars of the past.
    for who, at in {
        "week-": "2023-02-27 03:59", "week": "2023-02-27 04:00", "week+": "2023-03-06 03:59", "after": "2023-03-06 04:00",
        "feb28": "2023-02-28 12:00", "mar1": "2023-03-01 12:00", "jan31": "2024-01-31 12:00", "nov29": "2023-11-29 12:00",
        "nov28": "2023-11-28 12:00", "mon": "2024-02-26 04:00", "sun": "2024-02-26 03:59",
    }.items():  # fmt: skip
        told(who, "custom:past", at)
    # Hours, over the night the clocks go forward: 02:30 is no time, and noon is eleven hours after midnight.
    for who, at in {
        "h10": "2024-03-10 01:01",
        "h10-": "2024-03-10 01:00",
        "h24": "2024-03-09 11:01",
    }.items():
        told(who, "custom:hours", at)
    told("told", "custom:hours", "2024-03-10 00:00", date_only=True)
    # Steps.
    told("same", "custom:a", "2024-02-20 12:00")
    told("same", "custom:b", "2024-02-20 12:00")
    told("next", "custom:a", "2024-02-20 12:00")
    told("next", "custom:b", "2024-02-20 12:00:01")
    told("late", "custom:a", "2024-02-20 05:00")
    told("late", "custom:b", "2024-02-22 03:59")
    told("later", "custom:a", "2024-02-20 23:00")
    told("later", "custom:b", "2024-02-22 04:00")
    told("again", "custom:a", "2024-02-01 12:00")
    told("again", "custom:a", "2024-02-20 12:00")
    told("again", "custom:b", "2024-02-20 13:00")
    told("again", "custom:c", "2024-02-20 14:00")
    told("back", "custom:b", "2024-02-20 11:00")
    told("back", "custom:a", "2024-02-20 12:00")
    told("back", "custom:c", "2024-02-20 14:00")
    told("dayfirst", "custom:a", "2024-02-20 00:00", date_only=True)
    told("dayfirst", "custom:b", "2024-02-20 04:00")
    # Stated: what is a number, a text, a truth, nothing.
    for who, value in {
        "five": 5, "text5": "5", "oh5": "05", "five0": 5.0, "wide": "５", "true": True, "said": "true", "none": None,
        "empty": "", "exp": "5e0", "kg": "5 kg", "plus": "+5", "dot": ".5", "space": " 5", "neg": -5, "TRUE": "TRUE",
        "list": [5], "False": False,
    }.items():  # fmt: skip
        told(who, "custom:stated", "2024-02-20 12:00", name=value)
    told("missing", "custom:stated", "2024-02-20 12:00")
    # What events of the shop's own naming come with; `at` is a column of every record, `hour` one of every fact.
    for who, came_with in {
        "big": {"seats": 4, "room": {"size": "L"}, "at": "dawn", "plan name": "年卡", "hour": 99},
        "small": {"seats": "1", "room": {"size": "Ｓ"}, "at": None, "hour": 3},
        "none": {"seats": None, "room": "L"},
        "yes": {"seats": True, "座位": "靠窗"},
    }.items():
        told(who, "custom:own", "2024-02-20 12:00", properties=came_with)
    told("bare", "custom:own", "2024-02-20 12:00")
    told("viewed", "product.viewed", "2024-02-20 12:00", sku="S", properties={"colour": "red"})
    # Letters.
    for who, value in {
        "ss": "STRASSE", "sz": "Straße", "lig": "ﬁne", "half": "ｶﾞﾗｽ", "full": "ガラス", "kelvin": "300 K", "turk": "İstanbul",
        "sigma": "ΟΔΟΣ", "final": "οδος", "nl": "one\ntwo", "slash": "a/b", "wide": "ＡＢＣ１２３", "tea": "东方美人茶",
        "dots": "a.c", "percent": "50%", "under": "a_c", "emoji": "👍🏽 ok", "quote": 'say "hi"', "back": "a\\b",
    }.items():  # fmt: skip
        told(who, "custom:text", "2024-02-20 12:00", name=value)
    # First and last, of one instant and of nothing said.
    told("said", "custom:turn", "2024-02-20 12:00", name="one")
    told("said", "custom:turn", "2024-02-21 12:00", name="two")
    told("unsaid", "custom:turn", "2024-02-20 12:00", name="one")
    told("unsaid", "custom:turn", "2024-02-21 12:00")
    # Folds.
    for quantity in (0.1, 0.2):
        told(
            "tenths",
            "custom:fold",
            "2024-02-20 12:00",
            quantity=quantity,
            amount=100,
            currency="CNY",
            name="1",
        )
    told("other", "custom:fold", "2024-02-20 12:00", amount=10**6, currency="USD", name="x")
    told("mixed", "custom:fold", "2024-02-20 12:00", amount=500, currency="CNY", name="X")
    told("mixed", "custom:fold", "2024-02-20 12:00", amount=501, name="x", quantity=3.0)
    # Purchases: three teas in one are one time.
    tea, cup = {"title": "绿茶", "amount": 1000}, {"title": "杯子", "amount": 250}
    told.order("one", "2024-02-20 12:00", "o1", tea, tea, tea, store="东店")
    told.order("two", "2024-02-20 12:00", "o2", tea, store="东店")
    told.order("two", "2024-02-21 12:00", "o3", tea, cup, store="西店")
    told.order("now", "2024-02-29 11:00", "o4", cup, store="西店")
    told.order("dawn", "2024-02-21 03:00", "o5", cup)
    # Told after the leap day. What came off is of the order's currency, which the fact that tells it need not name.
    told("dollar", "order.created", "2024-03-05 12:00", order_key=key("corner", "o6"), discount="5")
    told(
        "dollar",
        "order.paid",
        "2024-03-05 12:00",
        order_key=key("corner", "o6"),
        amount=900,
        currency="USD",
    )
    told("yuan", "order.created", "2024-03-05 12:00", order_key=key("corner", "o7"), discount="5")
    told(
        "yuan",
        "order.paid",
        "2024-03-05 12:00",
        order_key=key("corner", "o7"),
        amount=900,
        currency="CNY",
    )
    # Birthdays.
    for who, month, day, moon in (
        ("leap", 2, 29, "solar"), ("eve", 2, 28, "solar"), ("march", 3, 1, "solar"), ("today", 2, 29, "solar"),
        ("moon", 1, 20, "lunar"), ("moon30", 12, 30, "lunar"), ("summer", 8, 1, "solar"),
    ):  # fmt: skip
        told(
            who,
            "date.told",
            "2024-01-01 12:00",
            name="birthday",
            month=month,
            day=day,
            calendar=moon,
        )
    told("told", "date.told", "2024-01-01 12:00", name="birthday", month=8, day=1, calendar="solar")
    told("told", "date.told", "2024-01-02 12:00", name="birthday", month=3, day=2, calendar="solar")


EDGE, PAST = 'did "custom:edge"', 'did "custom:past"'
STATED, TEXT = 'did "custom:stated" where name', 'did "custom:text" where name'
BUYERS = "one two now dawn"
CORNERS: list[tuple[str, str]] = [
    (f"{EDGE} in last 90 days", "d90 today eve"),
    (f"{EDGE} in last 13 weeks", "d90 d91 today eve"),
    (f"{EDGE} today", "today"),
    (f"{EDGE} yesterday", "eve"),
    (f"{EDGE} 90 days ago", "d90"),
    (f"{EDGE} 91 to 90 days ago", "d90 d91"),
    (f"{EDGE} on 2023-12-01", "d90"),
    (f"{EDGE} before 2023-12-01", "d91"),
    (f"{EDGE} until 2023-12-01", "d90 d91"),
    (f"{EDGE} since 2024-02-29", "today"),
    (f"{EDGE} from 2023-11-30 to 2023-11-30", "d91"),
    (f"{EDGE} where hour = 3", "d91 eve"),
    (f"{EDGE} where hour between 4 and 4", "d90 today"),
    (f"{EDGE} where weekday is thu", "d91 today"),
    (f"{EDGE} where weekday in (wed, fri)", "d90 eve"),
    (f"{EDGE} where on in yesterday", "eve"),
    ('did "custom:edge" in last 8 hours', ""),
    ('did "custom:edge" in last 9 hours', "today eve"),
    ('did "custom:dated" yesterday', "day"),
    ('did "custom:dated" 2 days ago', "hour"),
    ('did "custom:dated" where hour < 24', "hour"),
    ('did "custom:dated" where not hour is known', "day"),
    (f"{PAST} in same week last year", "week week+ feb28 mar1"),
    (f"{PAST} in same day last year", "feb28"),
    (f"{PAST} in same month last year", "week- week feb28"),
    (f"{PAST} in same quarter last year", "week- week week+ after feb28 mar1"),
    (f"{PAST} in last month", "jan31"),
    (f"{PAST} in last 1 month", "jan31 sun mon"),
    (f"{PAST} in last 3 months", "nov29 jan31 sun mon"),
    (f"{PAST} in last 1 quarter", "nov29 jan31 sun mon"),
    (f"{PAST} in last 1 year", "feb28 mar1 week+ after nov28 nov29 jan31 sun mon"),
    (f"{PAST} in last year", "week- week week+ after feb28 mar1 nov28 nov29"),
    (f"{PAST} in this week", "mon"),
    (f"{PAST} in last week", "sun"),
    (f"{PAST} in last quarter", "nov28 nov29"),
    ('days since last "custom:past" between 3 and 4', "mon sun"),
    ('days since last "custom:past" = 3', "mon"),
    ('did "custom:a" then "custom:b" within 1 day', "next late again dayfirst"),
    ('did "custom:a" then "custom:b" within 2 days', "next late later again dayfirst"),
    ('did "custom:a" then "custom:b" within 1 hour', "next again"),
    ('did "custom:a" then "custom:b" within 4 hours', "next again dayfirst"),
    ('did "custom:a" then "custom:b" then "custom:c" within 1 day', "again"),
    ('did "custom:a" then "custom:c" within 2 hours', "again back"),
    ('did "custom:a" then "custom:a" within 3 weeks', "again"),
    ('did "custom:a" then "custom:b" within 1 day in last 8 days', ""),
    (f"{STATED} = 5", "five text5 oh5 five0 exp"),
    (f'{STATED} is "5"', "five text5 wide"),
    (f"{STATED} > 4", "five text5 oh5 five0 exp"),
    (f"{STATED} between -5 and 0", "neg"),
    (f"{STATED} is true", "true said"),
    (f'{STATED} is "true"', "true said TRUE"),
    (f"{STATED} is false", "False"),
    (f"{STATED} is not known", "none missing"),
    (f'{STATED} is ""', "empty"),
    (f'{STATED} in (5, "5 KG")', "five text5 oh5 five0 exp kg"),
    (f"{STATED} starts with \"+\"", "plus"),
    ('count of "custom:stated" where not name < 10 = 1',
     "wide true said none empty kg plus dot space TRUE list False missing"),
    ('max of name over "custom:stated" >= 5', "five text5 oh5 five0 exp"),
    ('sum of name over "custom:stated" < 0', "neg"),
    ('did "custom:own" where seats > 2', "big"),
    ('did "custom:own" where seats between 1 and 4', "big small"),
    ('did "custom:own" where seats is true', "yes"),
    ('did "custom:own" where not seats is known', "none bare"),
    ('did "custom:own" where (room.size is "s" or "座位" contains "窗")', "small yes"),
    ('did "custom:own" where properties.at is "DAWN"', "big"),
    ('did "custom:own" where "plan name" is "年卡"', "big"),
    ('did "custom:own" where hour = 12', "big small none yes bare"),
    ('did "custom:own" where properties.hour = 99', "big"),
    ('sum of seats over "custom:own" >= 1', "big small"),
    ('last of room.size over "custom:own" is "L"', "big"),
    ('did product.viewed where properties.colour is "RED"', "viewed"),
    ('did opened where properties.colour is known', "viewed"),
    (f'{TEXT} is "strasse"', "ss sz"),
    (f'{TEXT} contains "SS"', "ss sz"),
    (f'{TEXT} starts with "F"', "lig"),
    (f'{TEXT} is "ガラス"', "half full"),
    (f'{TEXT} ends with "k"', "kelvin emoji"),
    (f'{TEXT} is "οδοσ"', "sigma final"),
    (f'{TEXT} contains "."', "dots"),
    (f'{TEXT} contains "_"', "under"),
    (f'{TEXT} ends with "%"', "percent"),
    (f'{TEXT} is "abc123"', "wide"),
    (f'{TEXT} contains "美人"', "tea"),
    (f'{TEXT} contains "\\""', "quote"),
    (f'{TEXT} contains "\\\\"', "back"),
    (f'{TEXT} contains "👍"', "emoji"),
    (f"{TEXT} matches /^one.two$/", "nl"),
    (f"{TEXT} matches /^a\\/b$/", "slash"),
    (f"{TEXT} matches /^STR/", "ss"),
    (f"{TEXT} matches /(?i)^str/", "ss sz"),
    (f"{TEXT} matches /^\\d+/", "kelvin percent"),
    (f"{TEXT} matches /^.{{5}}$/", "tea kelvin emoji"),
    (f"{TEXT} matches /[ａ-ｚＡ-Ｚ]/", "wide"),
    ('first of name over "custom:turn" is "one"', "said unsaid"),
    ('last of name over "custom:turn" is "two"', "said"),
    ('sum of quantity over "custom:fold" = 0.3', "tenths"),
    ('sum of amount over "custom:fold" >= ¥10.01', "mixed"),
    ('average of amount over "custom:fold" between ¥5.00 and ¥5.01', "mixed"),
    ('average of amount over "custom:fold" = ¥5', ""),
    ('max of amount over "custom:fold" > ¥0', "tenths mixed"),
    ('min of amount over "custom:fold" is known', "tenths mixed"),
    ('count of "custom:fold" where amount is not known = 1', "other"),
    ('distinct of name over "custom:fold" = 1', "tenths other"),
    ('count of "custom:fold" >= 2', "tenths mixed"),
    ("did purchase.item where title contains \"茶\" at least 2 times", "two"),
    ('count of purchase.item where title contains "茶" = 1', "one"),
    ("did purchase exactly once", "one now dawn"),
    ('did purchase where store is "东店" exactly once', "one two"),
    ('sum of amount over purchase.item where title is "绿茶" >= ¥30', "one"),
    ("max of net over purchase > ¥12.49", "one two"),
    ("first of net over purchase is ¥10", "two"),
    ('last of store over purchase is "西店"', "two now"),
    ("did purchase on 2024-02-20", "one two dawn"),
    ("last of on over purchase ever in last week", "one two dawn"),
    ("last of on over purchase ever today", "now"),
    ("days since first purchase = 9", "one two dawn"),
    ("distinct of store over purchase = 2", "two"),
    ("did purchase and occasions = 0", "now"),
    ("occasions = 2", "two"),
    ("did purchase and not last_on is known", "now"),
    ("net_total in top 50 percent", "one two"),
    ("net_total in percentile 49 to 51", "two"),
    ("net_total in bottom 17 percent of store", ""),
    ("net_total in bottom 50 percent of store", "one two"),
    ("birthday today", "leap today moon"),
    ("birthday yesterday", "eve"),
    ("birthday tomorrow", "march"),
    ("birthday in next 1 day", "leap today moon march"),
    ("birthday in last 7 days", "leap today moon eve"),
    ("birthday in last 30 days", "leap today moon eve moon30"),
    ("birthday in this month", "leap today moon eve moon30"),
    ("birthday in next month", "march told"),
]  # fmt: skip
SPRINGS: list[tuple[str, str]] = [
    ("did purchase where discount is ¥5", "yuan"),
    ('did "custom:hours" in last 10 hours', "h10"),
    ('did "custom:hours" in last 11 hours', "h10 h10-"),
    ('did "custom:hours" in last 24 hours', "h10 h10- h24 told"),
    ('did "custom:hours" in last 23 hours', "h10 h10- told"),
    ('did "custom:hours" in last 12 hours', "h10 h10- told"),
    ('did "custom:hours" yesterday', "h10 h10- h24"),
    ('did "custom:hours" today', "told"),
]


@pytest.fixture(scope="module")
def corner(
    tmp_path_factory: pytest.TempPathFactory, template_store: Path, django_db_blocker: Any
) -> Iterator[dict[int, str]]:
    home = tmp_path_factory.mktemp("corners") / "home"
    home.mkdir(mode=0o700)
    shutil.copyfile(template_store, home / "xiaohe.db")
    with django_db_blocker.unblock(), _pointed_at(home):
        update_shop(time_zone="America/New_York", day_starts_at=time(4))
        told = Told()
        tell(told)
        stream.record(told.facts, now=instant(SPRING) - timedelta(days=11))
        yield told.names


@pytest.mark.parametrize(("told_at", "corners"), [(LEAP, CORNERS), (SPRING, SPRINGS)])
def test_it_means_what_is_written(corner: dict[int, str], told_at: str, corners: Any) -> None:
    # Given
    now = instant(told_at)
    traits.refresh(now)
    # When
    with engine.reading() as read:
        world = at_moment(read, traits.current(), now)
        if corners is CORNERS:
            known = read.register("attributes_known", read.run(world.attributes()))
            world = replace(world, known_attributes=known)
        found = asked(world, [text for text, _who in corners])
    # Then
    said = {text: {corner[each] for each in found[text]} for text, _who in corners}
    assert said == {text: set(who.split()) for text, who in corners}


def test_days_since_the_last_mean_the_same_asked_alone(corner: dict[int, str]) -> None:
    """Alone they look no further back than they may pass."""
    told = {"<= 4": "mon sun", "< 5": "mon sun", "< 4": "mon", "between 4 and 5": "sun", "<= 2": ""}
    traits.refresh(now := instant(LEAP))
    with engine.reading() as read:
        for test, who in told.items():
            text = f'days since last "custom:past" {test}'
            found = asked(at_moment(read, traits.current(), now), [text])[text]
            assert {corner[each] for each in found} == set(who.split()), text


def asked(world: World, texts: list[str]) -> dict[str, set[int]]:
    words = vocabulary()
    found = {}
    # As one question they are more than can be compiled.
    for begin in range(0, len(texts), 60):
        rules = {
            f"rule_{at}": parse(text, words) for at, text in enumerate(texts[begin : begin + 60])
        }
        rows = world.read.run(leaf_table(world, rules)).to_pylist()
        for text, name in zip(texts[begin : begin + 60], rules, strict=True):
            found[text] = {row["person"] for row in rows if row[name]}
    return found
