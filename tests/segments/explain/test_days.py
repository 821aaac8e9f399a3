"""One person at many instants in one question, against everybody asked at each of them."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import _pointed_at
from tests.segments.query.made import NOW, build
from xiaohe.ledger import engine
from xiaohe.segments.attributes import cuts
from xiaohe.segments.attributes.registry import ATTRIBUTES
from xiaohe.segments.explain.attributes import OF_DAY, OF_FACTS
from xiaohe.segments.explain.days import Days, of_days
from xiaohe.segments.explain.person import Person, read_of, small
from xiaohe.segments.query.world import World, at_moment
from xiaohe.segments.rules.vocabulary import Kind
from xiaohe.traits import state as states

# More on request: `XIAOHE_SEEDS=1-9 XIAOHE_STEPS=20`. Each instant is a question to everybody.
_first, _, _last = os.environ.get("XIAOHE_SEEDS", "11-11").partition("-")
SEEDS = range(int(_first), int(_last) + 1)
STEPS = int(os.environ.get("XIAOHE_STEPS", "4"))
ASKED = 6
TICK = timedelta(microseconds=1)


@pytest.fixture(scope="module", params=SEEDS)
def shop(
    request: Any,
    template_store: Path,
    django_db_blocker: Any,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[int]:
    home = tmp_path_factory.mktemp("days") / "home"
    home.mkdir(mode=0o700)
    shutil.copyfile(template_store, home / "xiaohe.db")
    with django_db_blocker.unblock(), _pointed_at(home):
        zone = ("America/New_York", "Asia/Shanghai")[request.param % 2]
        build(request.param, zone, "04:00")
        yield request.param


def told_of(one: World, days: Days, of: Person, at: datetime) -> dict[str, Any]:
    """What a row says that may be believed at an instant, with days as they are."""
    place = days.place(at)
    if place is None or (of.known_from is not None and at < of.known_from):
        return {}
    row = days.table.slice(place, 1).to_pylist()[0]
    by = (one.calendar.day_of(at) - one.on).days
    names = [name for name, each in ATTRIBUTES.items() if each.kind is not Kind.RECURRING]
    is_past = at < one.calendar.start_of(one.on)
    if is_past and of.orders.num_rows:
        names = [name for name in names if name in OF_FACTS]
    bought_today = any(day >= one.on for day in of.orders["on"].to_pylist())
    if by > 0:
        held = OF_FACTS if bought_today else frozenset(names) - OF_DAY
        names = [name for name in names if name in held]
    return {
        name: row[name] + timedelta(by) if isinstance(row[name], date) else row[name]
        for name in names
    }


def test_every_attribute_is_what_a_question_of_that_day_says(shop: int) -> None:
    dice = random.Random(shop)
    with engine.reading() as read:
        one = at_moment(read, states.current(), NOW)
        cut = cuts.of(one)
        people = sorted(read.run(one.population())["person"].to_pylist())[:ASKED]
        known = {}
        for who in people:
            of = read_of(one, who)
            known[who] = (of, of_days(small(one, of), of))
        turns = sorted(
            {
                at
                for _of, days in known.values()
                for at in days.instants
                if abs(at - NOW) < timedelta(380)
            }
        )
        instants = [NOW]
        for at in dice.sample(turns, STEPS):
            instants += [at - TICK, at]
        compared = 0
        for at in instants:
            then = replace(one, at=at, on=one.calendar.day_of(at), kept={cuts.KEPT: cut})
            rows = {each["person"]: each for each in read.run(then.attributes()).to_pylist()}
            for who, (of, days) in known.items():
                said = told_of(one, days, of, at)
                real = {name: rows[who][name] for name in said} if who in rows else {}
                assert said == real, (
                    who,
                    at,
                    {n: (said[n], real.get(n)) for n in said if said[n] != real.get(n, "?")},
                )
                compared += len(said)
    assert compared > 100
