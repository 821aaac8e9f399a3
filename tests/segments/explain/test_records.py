"""Links, tags, chains and what has been so, told of other days, against the query asked on those days."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import _pointed_at
from tests.segments.query.made import NOW, build
from xiaohe.ledger import engine
from xiaohe.segments.explain.asking import _Asked
from xiaohe.segments.queries import vocabulary
from xiaohe.segments.query.compile import leaf_table
from xiaohe.segments.query.world import at_moment
from xiaohe.segments.rules.tree import All
from xiaohe.segments.text import parse
from xiaohe.traits import state as states

RULES = (
    "did page.viewed then content.clicked within 5 days",
    "did page.viewed then content.clicked then page.viewed within 300 hours in last 90 days",
    "did link where (live and days >= 10)",
    "did link where ended_by is customer",
    "did link where ended_on in last 40 days",
    'did tag where group is "wish" in last 30 days',
    "did tag where expires_on in next 5 days",
    "did tag where by is hand",
    "did purchase in last 2 days or did page.viewed in last 30 hours",
    "muted has been true for 10 days",
    "linked has been false for 20 days",
)
ASKED = 5
STEPS = int(os.environ.get("XIAOHE_STEPS", "4"))
TICK = timedelta(microseconds=1)


@pytest.fixture(scope="module")
def shop(
    template_store: Path, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    home = tmp_path_factory.mktemp("recorded") / "home"
    home.mkdir(mode=0o700)
    shutil.copyfile(template_store, home / "xiaohe.db")
    with django_db_blocker.unblock(), _pointed_at(home):
        build(14, "America/New_York", "04:00")
        yield


def test_conditions_on_records_are_what_a_question_of_that_instant_says(shop: None) -> None:
    dice = random.Random(14)
    rule = All(tuple(parse(each, vocabulary()) for each in RULES))
    with engine.reading() as read:
        one = at_moment(read, states.current(), NOW)
        people = sorted(read.run(one.population())["person"].to_pylist())[:ASKED]
        told = {}
        for who in people:
            told[who] = _Asked(one, who, rule)
            told[who].explanation()
        some = [
            sorted(
                at
                for each in told.values()
                for key, line in each.lines.items()
                for at in line.turns
                if abs(at - NOW) < timedelta(200) and key.startswith("did link") is of_links
            )
            for of_links in (True, False)
        ]
        chosen = [at for turns in some for at in dice.sample(turns, STEPS // 2)]
        instants = [NOW, *(each for at in chosen for each in (at - TICK, at))]
        leaves = told[people[0]].leaves
        named = {f"leaf_{at}": leaf for at, leaf in enumerate(leaves.values())}
        compared = 0
        for at in instants:
            then = replace(one, at=at, on=one.calendar.day_of(at), kept={})
            rows = {each["person"]: each for each in read.run(leaf_table(then, named)).to_pylist()}
            for who, asked in told.items():
                for key, name in zip(leaves, named, strict=True):
                    said = asked.lines[key].at(at, NOW)
                    if said is not None and who in rows:
                        assert said is rows[who][name], (who, at, key)
                        compared += 1
    assert compared > 0.9 * len(instants) * len(leaves) * len(people) * 0.8
