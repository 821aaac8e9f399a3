"""Random rules over a shop to which anything happens in any order: the state, a base anew and plain Python say the same people.

More on request: `XIAOHE_EXAMPLES=200 XIAOHE_STEPS=12`, of which a failing one is made small with `XIAOHE_SHRINK=1`.
"""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, example, given, note, settings
from hypothesis import strategies as st

from tests.conftest import _pointed_at
from tests.segments.state.life import SLUGS, Life
from tests.segments.state.shop import put_away_the_library
from xiaohe.ledger import engine
from xiaohe.segments import queries, state
from xiaohe.segments.rules.tree import Fold, InSegment, Measure, Not, Op, Records
from xiaohe.segments.rules.tree import Test as Is
from xiaohe.segments.rules.windows import Last, Unit
from xiaohe.segments.state import generation, recording
from xiaohe.segments.text import print_rule
from xiaohe.traits import state as traits

EXAMPLES = int(os.environ.get("XIAOHE_EXAMPLES", "0"))
STEPS = int(os.environ.get("XIAOHE_STEPS", "2"))
RULES = int(os.environ.get("XIAOHE_RULES", "5"))
PHASES = [Phase.explicit, *[Phase.generate] * bool(EXAMPLES)]
if "XIAOHE_SHRINK" in os.environ:
    PHASES.append(Phase.shrink)
FACTS = ("facts", "lately", "ahead", "again", "take_back")
WHO = ("join", "part", "mark", "import_", "undo", "drained")
CLOCK = ("hour", "hour", "day")
# Zone, start of the day, and an afternoon after which the clocks change, or a leap day comes.
PLACES = (
    ("America/New_York", "04:00", datetime(2024, 11, 2, 18, 30, tzinfo=UTC)),
    ("Asia/Shanghai", "00:00", datetime(2024, 2, 28, 4, tzinfo=UTC)),
    ("America/New_York", "04:00", datetime(2024, 3, 9, 18, tzinfo=UTC)),
)


@dataclass(frozen=True)
class Plan:
    """Where it happens, seeds of the rules, and what happens with which seed: some of it between two looks at it."""

    place: int
    seed: int
    rules: tuple[int, ...]
    steps: tuple[tuple[tuple[str, int], ...], ...]


small = st.integers(0, 10**4)
acts = st.one_of(st.sampled_from(each) for each in (FACTS, FACTS, WHO, CLOCK, ("edit",)))
plans = st.builds(
    Plan,
    st.integers(0, len(PLACES) - 1),
    small,
    st.lists(small, min_size=RULES, max_size=RULES).map(tuple),
    st.lists(
        st.lists(st.tuples(acts, small), min_size=1, max_size=4).map(tuple),
        min_size=STEPS,
        max_size=STEPS,
    ).map(tuple),
)


def planned(seed: int) -> Plan:
    dice = random.Random(seed)
    rules = tuple(dice.randrange(10**4) for _ in range(RULES))

    def act() -> tuple[str, int]:
        return dice.choice(dice.choice((FACTS, FACTS, WHO, CLOCK, ("edit",)))), dice.randrange(
            10**4
        )

    steps = tuple(tuple(act() for _ in range(dice.randint(1, 4))) for _ in range(STEPS))
    return Plan(seed % len(PLACES), seed, rules, steps)


@pytest.fixture(scope="module")
def fresh(
    template_store: Path, tmp_path_factory: pytest.TempPathFactory, django_db_blocker: Any
) -> Callable[[], AbstractContextManager[None]]:
    @contextmanager
    def enter() -> Iterator[None]:
        home = tmp_path_factory.mktemp("life") / "home"
        home.mkdir(mode=0o700)
        shutil.copyfile(template_store, home / "xiaohe.db")
        with django_db_blocker.unblock(), _pointed_at(home):
            yield
        shutil.rmtree(home, ignore_errors=True)

    return enter


@settings(
    max_examples=max(EXAMPLES, 1),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=PHASES,
    database=None,
)
@given(plan=plans)
@example(plan=planned(3))
def test_whatever_happens(fresh: Callable[[], AbstractContextManager[None]], plan: Plan) -> None:
    with fresh():
        lived(plan)


def lived(plan: Plan) -> None:
    life = Life(plan.seed, *PLACES[plan.place])
    put_away_the_library()
    bought = Measure(
        Fold.COUNT,
        Records("purchase", window=Last(30, Unit.DAYS)),
        Is(Op.AT_LEAST, (Decimal(1),)),
    )
    life.save("g01", random.Random(0), bought)
    life.save("g02", random.Random(0), Not(InSegment("g01")))
    for number, seed in enumerate(plan.rules):
        life.save(f"rule-{number}", random.Random(seed))
    state.refresh(life.now)
    told = Told(members())
    told.follow(members(), life.now)
    for step in plan.steps:
        for what, seed in step:
            life.happen(what, seed)
        traits.refresh(life.now)
        state.refresh(life.now)
        look(life, told, ", ".join(what for what, _seed in step))
        if seed % 2:
            recording.record(life.now)
    recording.record(life.now)
    assert telescoped(told.first) == members()


@dataclass
class Told:
    """Who was in each segment when it was first filled, and since when who is in it, kept by hand."""

    first: dict[str, set[int]]
    inside: dict[str, dict[int, datetime]] | None = None

    def follow(self, found: dict[str, set[int]], now: datetime) -> dict[str, dict[int, datetime]]:
        before = self.inside or {}
        self.inside = {
            slug: {each: before.get(slug, {}).get(each, now) for each in who}
            for slug, who in found.items()
        }
        return self.inside


def look(life: Life, told: Told, what: str) -> None:
    found = members()
    anew, plain = life.asked()
    for slug, rule in queries.rules().items():
        note(f"{what} at {life.now}: {slug} = {print_rule(rule, 'CNY')}")
        assert anew[slug] == plain[slug], (
            f"a base anew, not plain Python: {print_rule(rule, 'CNY')}"
        )
        assert found[slug] == anew[slug], f"the state, not a base anew: {print_rule(rule, 'CNY')}"
    one = generation.newest()
    assert one is not None
    assert timedelta() <= life.now - one.at
    since = told.follow(found, one.at)
    for slug in (SLUGS[0], "rule-0", "rule-1"):
        rows = state.members(slug).to_pylist()
        assert {row["person"]: row["since"] for row in rows} == since[slug]


def members() -> dict[str, set[int]]:
    one = generation.newest()
    assert one is not None
    standing = state.current(one.at)
    return {slug: set(standing.ids(InSegment(slug)).tolist()) for slug in queries.rules()}


def telescoped(first: dict[str, set[int]]) -> dict[str, set[int]]:
    """Whoever was there at first, with everybody who entered and without who left."""
    with engine.reading() as read:
        told = read.facts.filter(read.facts.type.isin(["segment.entered", "segment.left"]))
        named = told.mutate(segment=engine.prop(told.props, "segment"))
        rows = read.run(named.order_by("occurred_at", "row_no")).to_pylist()
    for row in rows:
        who = first[row["segment"]]
        (who.add if row["type"] == "segment.entered" else who.remove)(row["subject"])
    return first
