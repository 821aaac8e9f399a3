"""Days that come back and places among others: since when, until when and what decides, against day after day in plain Python."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import _pointed_at
from tests.segments.query.made import asked, build
from tests.twin.recurring import around
from tests.twin.segments import Shop
from xiaohe.segments.explain import explained
from xiaohe.segments.queries import vocabulary
from xiaohe.segments.query.world import World
from xiaohe.segments.rules.tree import Compare, Not, Rank, Rule
from xiaohe.segments.text import parse

FAR = 400
# Each rule is asked of every so-manieth.
APART = int(os.environ.get("XIAOHE_APART", "6"))
RULES = (
    "birthday in next 30 days",
    "not birthday in last 60 days",
    "birthday in next month",
    "baby in this week",
    "birthday tomorrow",
    "not baby in last week",
    "birthday today",
    "baby is known",
)
TICK = timedelta(microseconds=1)


@pytest.fixture(scope="module")
def moment(
    template_store: Path, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[World, Shop]]:
    home = tmp_path_factory.mktemp("coming") / "home"
    home.mkdir(mode=0o700)
    shutil.copyfile(template_store, home / "xiaohe.db")
    with django_db_blocker.unblock(), _pointed_at(home):
        made = build(17, "America/New_York", "04:00")
        with asked(made) as (world, twin):
            yield world, twin


class Days:
    """Truths of one rule about one person at the instants at which it may turn."""

    def __init__(self, shop: Shop, person: int, rule: Rule) -> None:
        self.shop, self.person, self.calendar = shop, person, shop.calendar
        self.turned = isinstance(rule, Not)
        leaf = rule.rule if isinstance(rule, Not) else rule
        assert isinstance(leaf, Compare)
        self.leaf = leaf
        facts = [
            each
            for each in shop.facts
            if shop.person_of.get(each.subject, each.subject) == person and each.subject != each.order_key
        ]  # fmt: skip
        self.known_from = min(self.seen(each) for each in facts)
        self.told = sorted(
            (
                each
                for each in facts
                if each.type == "date.told" and each.props["name"] == leaf.field
            ),
            key=lambda each: each.place,
        )
        starts = [self.calendar.start_of(shop.on + timedelta(by)) for by in range(-FAR, FAR + 1)]
        self.instants = sorted({*starts, self.known_from, *(each.at for each in self.told)})

    def seen(self, fact: Any) -> datetime:
        day = self.shop.day(fact)
        return self.calendar.start_of(day) if fact.date_only else fact.at

    def fits(self, at: datetime, without: int | None = None) -> bool:
        if at < self.known_from:
            return False
        told = [each for each in self.told if each.at <= at and each.key_hash != without]
        day = self.calendar.day_of(at)
        then = replace(self.shop, on=day)
        days = around(told[-1].props, day) if told else ()
        return any(then.passes(each, self.leaf.test, self.person) for each in days) is not self.turned  # fmt: skip

    def since(self) -> datetime | None:
        """None: it has been so as long as is looked at."""
        now, began = self.fits(self.shop.now), None
        for at in reversed([each for each in self.instants if each <= self.shop.now]):
            if self.fits(at) is not now:
                return began
            began = at
        return began if self.fits(self.instants[0] - TICK) is not now else None

    def until(self) -> datetime | None:
        now = self.fits(self.shop.now)
        later = (each for each in self.instants if each > self.shop.now)
        return next((each for each in later if self.fits(each) is not now), None)


def test_since_when_and_until_when_as_one_day_after_the_other_says(
    moment: tuple[World, Shop],
) -> None:
    world, twin = moment
    turns = deciding = 0
    for number, text in enumerate(RULES):
        rule = parse(text, vocabulary())
        for person in sorted(twin.population)[number % APART :: APART]:
            days, told = Days(twin, person, rule), explained(world, person, rule)
            where, span = (text, person), told.why.span
            assert told.fits is days.fits(twin.now), where
            since, until = days.since(), days.until()
            if since is not None:
                assert (span.since, span.since_known) == (since, True), where
            else:
                assert span.since is None or not span.since_known, where
            assert span.until == until, where
            turns += (since is not None) + (until is not None)
            # A day nobody told for certain stays unknown.
            leaf = told.why.parts[0] if told.why.parts else told.why
            assert [each.key for each in leaf.cited] == [
                each.key_hash for each in days.told if each.at <= twin.now
            ][-1:], where
            for fact in leaf.cited:
                assert fact.alone is (days.fits(twin.now, fact.key) is not told.fits), where
                deciding += fact.alone
    assert turns > 60 // APART
    assert deciding > 6 // APART


# ---------------------------------------------------------------- places among others

PLACES = (
    "net_365 in top 50 percent",
    "net_365 in percentile 30 to 80 of store",
    "days_365 in bottom 60 percent",
    "days_365 in top 40 percent of store",
    "net_total in top 60 percent of store",
)


def own(shop: Shop, person: int, name: str, day: date) -> Any:
    """A number, or the store, of a person at the beginning of a day if nothing happens until then."""
    rows = [each for each, _key in shop.purchases(person) if each.on < day]
    year = [each for each in rows if each.on >= day - timedelta(365)]
    if name == "days_365":
        return len({each.on for each in year})
    if name == "store":
        rows.sort(key=lambda each: (each.place[0], each.fields["store"] or ""))
        return next((each.fields["store"] for each in reversed(rows) if each.fields["store"]), None)
    some = rows if name == "net_total" else year
    return sum(each.fields["net"] for each in some) if some else None


def is_placed(shop: Shop, leaf: Rank, person: int, day: date) -> bool:
    """Among everybody else as they are today."""
    value = own(shop, person, leaf.field, day)
    group = own(shop, person, leaf.per, day) if leaf.per else None
    if value is None or (leaf.per and group is None):
        return False
    others = [
        own(shop, each, leaf.field, shop.on)
        for each in shop.population - {person}
        if not leaf.per or own(shop, each, leaf.per, shop.on) == group
    ]
    less = sum(each < value for each in others if each is not None)
    same = 1 + sum(each == value for each in others)
    every = 1 + sum(each is not None for each in others)
    return Fraction(leaf.low) <= Fraction(100 * (2 * less + same), 2 * every) <= Fraction(leaf.high)


def test_places_among_others_hold_until_the_day_plain_python_says(
    moment: tuple[World, Shop],
) -> None:
    world, twin = moment
    today, until_known = twin.calendar.start_of(twin.on), 0
    ahead = {each.subject for each in twin.facts if each.at > twin.now}
    for number, text in enumerate(PLACES):
        leaf = parse(text, vocabulary())
        assert isinstance(leaf, Rank)
        for person in sorted(twin.population - ahead)[number % APART :: APART]:
            why, where = explained(world, person, leaf).why, (text, person)
            now = is_placed(twin, leaf, person, twin.on)
            later = (twin.on + timedelta(by) for by in range(1, FAR + 1))
            turned = next(
                (day for day in later if is_placed(twin, leaf, person, day) is not now), None
            )
            assert why.fits is now is twin.fits(leaf, person), where
            assert why.span.until == (turned and twin.calendar.start_of(turned)), where
            assert (why.span.since, why.span.since_known) == (today, False), where
            paid = sorted(
                (each.place[0], each.key_hash)
                for each in twin.facts_of(person)
                if each.type == "order.paid"
            )
            latest = [key for _at, key in paid[::-1]]
            deciding = [each.key for each in why.cited if each.alone]
            others = [each for each in latest if each not in deciding][: 3 - len(deciding)]
            assert [each.key for each in why.cited] == [*deciding, *others], where
            assert [each for each in latest if each in deciding] == deciding
            until_known += turned is not None
    assert until_known > 12 // APART
