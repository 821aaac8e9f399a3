"""Every claim of an explanation is tried: taken back, a fact named as deciding changes the answer; asked on the day told, it turns."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import _pointed_at
from tests.segments.query.made import NOW, build
from xiaohe.kernel.errors import NotFound
from xiaohe.ledger import engine, stream
from xiaohe.ledger.stream import Fact
from xiaohe.segments.explain import Cited, Explanation, Why, explained
from xiaohe.segments.queries import vocabulary
from xiaohe.segments.query.compile import members
from xiaohe.segments.query.world import World, at_moment
from xiaohe.segments.text import parse
from xiaohe.traits import state as states

RULES = [
    "did content.clicked in last 60 days",
    "count of content.clicked 200 to 10 days ago between 1 and 3 and not did page.viewed in last 40 days",
    "did page.viewed in last 20 hours or days since last content.clicked >= 20",
    "did purchase in last 120 days at least 2 times",
]
MOVING = "stage is new or stage is growing or days_since > 30"
# Some of the shop's people: each is a question of its own.
ASKED = 3


@pytest.fixture(scope="module")
def shop(
    template_store: Path, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    home = tmp_path_factory.mktemp("explained") / "home"
    home.mkdir(mode=0o700)
    shutil.copyfile(template_store, home / "xiaohe.db")
    with django_db_blocker.unblock(), _pointed_at(home):
        build(11, "Asia/Shanghai", "04:00")
        yield


def world(read: engine.Reading) -> World:
    return at_moment(read, states.current(), NOW)


def fitting(one: World, rule: Any) -> set[int]:
    return set(one.read.run(members(one, rule))["person"].to_pylist())


def moved(one: World, at: datetime) -> World:
    return replace(one, at=at, on=one.calendar.day_of(at), kept={})


def some_told(one: World, rule: Any, count: int = ASKED) -> list[Explanation]:
    people = sorted(one.read.run(one.population())["person"].to_pylist())
    return [explained(one, person, rule) for person in people[:count]]


def cited(why: Why) -> list[Cited]:
    return [*why.cited, *(each for part in why.parts for each in cited(part))]


@pytest.mark.parametrize("text", [*RULES, MOVING])
def test_it_says_what_the_query_says_since_when_and_until_when(shop: None, text: str) -> None:
    rule = parse(text, vocabulary())
    with engine.reading() as read:
        one = world(read)
        told = some_told(one, rule, 1 if text == MOVING else ASKED)
        now = fitting(one, rule)
        assert [each.fits for each in told] == [each.person in now for each in told]
        tick = timedelta(microseconds=1)
        for each in told[:2]:
            span, who = each.why.span, each.person
            if span.until is not None:
                assert (who in fitting(moved(one, span.until - tick), rule)) is each.fits
                assert (who in fitting(moved(one, span.until), rule)) is not each.fits
            if span.since is not None and span.since_known and "purchase" not in text:
                assert (who in fitting(moved(one, span.since), rule)) is each.fits
                assert (who in fitting(moved(one, span.since - tick), rule)) is not each.fits
        assert text == MOVING or all(each.why.span.until_known for each in told)


def test_a_deciding_fact_taken_back_changes_the_answer(shop: None) -> None:
    rule = parse(RULES[0], vocabulary())
    with engine.reading() as read:
        one = world(read)
        people = sorted(one.read.run(one.population())["person"].to_pylist())
        others = [each for each in people if each not in fitting(one, rule)][:2]
    yesterday = NOW - timedelta(days=1)
    clicks = [Fact("test", f"click {who}", "content.clicked", yesterday, who) for who in others]
    stream.record(clicks, now=NOW - timedelta(minutes=2))

    with engine.reading() as read:
        told = [explained(world(read), who, rule) for who in others]
    deciding = [fact for each in told for fact in cited(each.why) if fact.alone]
    assert [each.fits for each in told] == [True, True]
    assert [fact.key for fact in deciding] == [stream.key_hash(each) for each in clicks]

    assert stream.take_back(deciding[0].key, now=NOW - timedelta(minutes=1))
    with engine.reading() as read:
        assert fitting(world(read), rule) & set(others) == {others[1]}


def test_nobody_is_no_person(shop: None) -> None:
    with engine.reading() as read, pytest.raises(NotFound):
        explained(world(read), 7, parse("linked", vocabulary()))


def test_of_whoever_never_bought_the_stage_rests_on_what_they_did(shop: None) -> None:
    # Given
    who = 991_001
    clicked = Fact("test", "only click", "content.clicked", NOW - timedelta(days=1), who)
    stream.record([clicked], now=NOW - timedelta(minutes=2))
    with engine.reading() as read:
        # When
        told = explained(world(read), who, parse("stage is prospect", vocabulary()))
    # Then
    assert told.fits
    assert [each.key for each in cited(told.why)] == [stream.key_hash(clicked)]
