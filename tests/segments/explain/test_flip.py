"""A fact an explanation names as deciding, taken back alone, changes the answer of plain Python; one it does not, does not."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import _pointed_at
from tests.segments.query.likely import Likely
from tests.segments.query.made import asked, build
from tests.segments.query.test_against_twin import NUMBERS, TEXTS, WORDS
from tests.twin.segments import Shop
from xiaohe.segments.explain import Cited, Why, explained
from xiaohe.segments.queries import vocabulary
from xiaohe.segments.query.world import World
from xiaohe.segments.rules.checks import check
from xiaohe.segments.rules.errors import RuleError
from xiaohe.segments.rules.normal import normal
from xiaohe.segments.rules.tree import All, AnyOf, Measure, Not, Rule
from xiaohe.segments.text import parse, print_rule

KINDS = ("purchase", "content.clicked", "page.viewed", "content.*", "opened", "order.paid")
# Leaves that look at the same facts: one fact taken back turns several at once.
TOGETHER = (
    "did content.clicked or count of content.* >= 1",
    "did content.clicked in last 100 days and did opened in last 100 days",
    "count of content.clicked = 1 or count of content.* = 2",
    "did purchase at least 2 times or not did order.paid",
    "did page.viewed then content.clicked within 7 days and not did content.* at least 9 times",
    "(did page.viewed and did content.clicked) or not did opened in last 30 days",
)
DRAWN = 3
ASKED = 7


@pytest.fixture(scope="module")
def moment(
    template_store: Path, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[World, Shop]]:
    home = tmp_path_factory.mktemp("flipped") / "home"
    home.mkdir(mode=0o700)
    shutil.copyfile(template_store, home / "xiaohe.db")
    with django_db_blocker.unblock(), _pointed_at(home):
        made = build(31, "America/New_York", "04:00")
        with asked(made) as (world, twin):
            yield replace(world, known_attributes=None), twin


def drawn(seed: int) -> Rule:
    """A few measures of facts and purchases, joined anyhow."""
    dice = random.Random(seed)
    words = replace(WORDS, records={name: WORDS.records[name] for name in KINDS})
    found: list[Rule] = []
    for number in range(200):
        if len(found) == 3:
            break
        (leaf,) = Likely(words, TEXTS, NUMBERS).leaves(seed * 1000 + number, 1)
        try:
            check(leaf, vocabulary())
        except RuleError:
            continue
        if isinstance(leaf, Measure):
            found.append(dice.choice([leaf, Not(leaf)]))
    one, two, three = found
    both = dice.choice([All, AnyOf])
    return normal(both((one, dice.choice([All, AnyOf])((two, three)))))


def test_what_decides_alone_is_what_is_said_to(moment: tuple[World, Shop]) -> None:
    world, twin = moment
    texts = {each: parse(each, vocabulary()) for each in TOGETHER}
    texts |= {print_rule(each, "CNY"): each for each in map(drawn, range(DRAWN))}
    deciding = 0
    for text, rule in texts.items():
        for person in sorted(twin.population)[:ASKED]:
            told = explained(world, person, rule)
            fits = twin.fits(rule, person)
            assert told.fits is fits, (text, person)
            for fact in {each.key: each for each in cited(told.why)}.values():
                without = replace(
                    twin, facts=[one for one in twin.facts if one.key_hash != fact.key]
                )
                turns = without.fits(rule, person) is not fits
                said = any(each.alone for each in cited(told.why) if each.key == fact.key)
                assert said is turns, (text, person, fact)
                deciding += turns
    assert deciding > 8


def cited(why: Why) -> list[Cited]:
    return [*why.cited, *(each for part in why.parts for each in cited(part))]
