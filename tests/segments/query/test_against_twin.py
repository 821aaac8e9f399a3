"""Random rules over random facts, told through the real doors, against plain Python: the same people, exactly."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import ibis.expr.types as ir
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.conftest import _pointed_at
from tests.segments.query.likely import Likely
from tests.segments.query.made import NOW, SLUGS, asked, build
from tests.segments.rules import rules
from tests.twin.segment_attributes import TOLD
from tests.twin.segments import Shop, people_of
from xiaohe.segments.attributes.registry import ATTRIBUTES
from xiaohe.segments.query import additive
from xiaohe.segments.query.compile import leaf_table
from xiaohe.segments.query.world import World
from xiaohe.segments.records.registry import kind_named
from xiaohe.segments.rules import tree
from xiaohe.segments.rules.tree import Fold, Op
from xiaohe.segments.rules.vocabulary import RecordKind, Vocabulary

# Zone, start of the day, and days of `--on` (None: asked at NOW).
PLAIN = pytest.param(("Asia/Shanghai", "00:00", (None,)), id="shanghai")
# The clocks change twice, and days begin at four.
SHIFTING = pytest.param(("America/New_York", "04:00", (None, date(2024, 11, 4))), id="new-york")
shifting = pytest.mark.parametrize("moments", [SHIFTING], indirect=True)
# The same place in both lists: fixtures are put in order by it, and a shop is made once.
either = pytest.mark.parametrize("moments", [SHIFTING, PLAIN], indirect=True)
KINDS = (
    "purchase", "purchase.item", "link", "tag", "content.clicked", "page.viewed", "custom:课程", "content.*", "opened",
    "order.paid",
)  # fmt: skip
# What the twin does not tell: what is folded from other tables of the state.
LEFT = {
    "platform",
    "entry",
    "code",
    "staff",
    "store",
    "received_on",
    "bulk",
    "discount",
    "covers",
    "consumed",
    "quantity",
}
SEGMENTS: dict[str, tree.Rule] = {
    "g01": tree.Measure(
        Fold.COUNT, tree.Records("purchase"), tree.Test(Op.AT_LEAST, (Decimal(1),))
    ),
    "g02": tree.Not(tree.InSegment("g01")),
}


def _told(name: str) -> RecordKind:
    kind = kind_named(name)
    assert kind is not None
    folded = name in ("purchase", "link")
    fields = {each: field for each, field in kind.fields.items() if not (folded and each in LEFT)}
    return RecordKind(name, fields, kind.types, kind.times)


ATTRIBUTES_ASKED = {
    name: each for name, each in ATTRIBUTES.items() if name in (
        "stage", "vip", "linked", "cycle", "occasions", "days_since", "net_365", "net_total", "ratio", "last_on", "due_on",
        "store", "account", "birthday", "link_days", "usual_net",
    )
}  # fmt: skip
WORDS = Vocabulary(ATTRIBUTES_ASKED, {name: _told(name) for name in KINDS}, frozenset(SLUGS))
TEXTS = [
    "茶",
    "tea",
    "ＴＥＡ",
    "5",
    "05",
    "true",
    "东店",
    "w",
    "Li",
    "fi",
    "a",
    "口味",
    "乌龙",
    "8折",
    "green",
]
NUMBERS = [Decimal(each) for each in ("0", "1", "2", "3", "5", "10", "0.3", "5.5", "100", "-3")]


@pytest.fixture(scope="module")
def moments(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    template_store: Path,
    django_db_blocker: Any,
) -> Iterator[list[tuple[World, Shop]]]:
    zone, day_starts_at, days = request.param
    home = tmp_path_factory.mktemp("made") / "home"
    home.mkdir(mode=0o700)
    shutil.copyfile(template_store, home / "xiaohe.db")
    with django_db_blocker.unblock(), _pointed_at(home), ExitStack() as stack:
        made = build(7, zone, day_starts_at)
        yield [stack.enter_context(asked(made, on, SEGMENTS)) for on in days]


@either
def test_what_is_known_of_people_is_what_the_book_says(moments: list[tuple[World, Shop]]) -> None:
    compared = 0
    for world, twin in moments:
        rows = world.read.run(world.attributes()).to_pylist()
        assert {each["person"] for each in rows} == twin.population
        for row in rows:
            told = {name: twin.attributes[row["person"]][name] for name in TOLD}
            known = {name: row[name] for name in TOLD}
            assert known == told, {n: (known[n], told[n]) for n in TOLD if known[n] != told[n]}
            compared += sum(each is not None for each in told.values())
    assert compared > 200


RANDOM = settings(
    deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.generate]
)


@shifting
@settings(RANDOM, max_examples=2)
@given(data=st.data())
def test_a_rule_has_whom_plain_python_finds(
    moments: list[tuple[World, Shop]], data: st.DataObject
) -> None:
    people = sorted(moments[0][1].population)
    made = rules(
        WORDS,
        on=NOW.date(),
        texts=TEXTS,
        numbers=NUMBERS,
        minors=[0, 500, 1250, 9900],
        people=people,
        most_leaves=4,
    )
    drawn = [data.draw(made) for _ in range(6)]
    for world, twin in moments:
        _same(world, twin, drawn)


@either
@settings(RANDOM, max_examples=2)
@given(seed=st.integers(0, 10**6))
def test_leaves_that_tell_people_apart_have_whom_plain_python_finds(
    moments: list[tuple[World, Shop]], seed: int
) -> None:
    drawn = Likely(WORDS, TEXTS, NUMBERS).leaves(seed, 12)
    for world, twin in moments:
        _same(world, twin, drawn)


def _same(world: World, twin: Shop, drawn: Sequence[tree.Rule]) -> None:
    named = {f"rule_{at}": rule for at, rule in enumerate(drawn)}
    answer = _one_by_one(world, named)
    assert {each["person"] for each in answer} == twin.population
    for name, rule in named.items():
        assert people_of(answer, name) == twin.people(rule), (world.on, rule)


def _one_by_one(world: World, named: Mapping[str, tree.Rule]) -> list[dict[str, Any]]:
    """Rows of (person, truths): of many leaves in one question most of the time would go into writing it."""
    found: dict[int, dict[str, Any]] = {}
    for name, rule in named.items():
        for row in world.read.run(leaf_table(world, {name: rule})).to_pylist():
            found.setdefault(row["person"], {}).update(row)
    return list(found.values())


@shifting
def test_several_rules_are_answered_at_once_as_one_by_one(
    moments: list[tuple[World, Shop]],
) -> None:
    # Given
    world, _twin = moments[0]
    drawn = {
        f"rule_{at}": rule for at, rule in enumerate(Likely(WORDS, TEXTS, NUMBERS).leaves(1, 4))
    }
    # When
    whole = world.read.run(leaf_table(world, drawn).order_by("person")).to_pylist()
    # Then
    assert whole == sorted(_one_by_one(world, drawn), key=lambda each: each["person"])


@shifting
def test_few_people_are_answered_as_among_everybody(moments: list[tuple[World, Shop]]) -> None:
    # Given: of a join, and others.
    world, twin = moments[0]
    few = [*sorted(set(twin.person_of.values())), *sorted(twin.population)[:3]]
    drawn = {
        f"rule_{at}": rule for at, rule in enumerate(Likely(WORDS, TEXTS, NUMBERS).leaves(3, 6))
    }
    # When
    some = world.only(few)
    answer = _one_by_one(some, drawn)
    # Then
    assert {each["person"] for each in answer} == set(few)
    for name, rule in drawn.items():
        assert people_of(answer, name) == twin.people(rule) & set(few), rule


# ---------------------------------------------------------------- carried on


@shifting
@settings(RANDOM, max_examples=1)
@given(seed=st.integers(0, 10**6))
def test_what_came_later_is_added_to_what_was_known(
    moments: list[tuple[World, Shop]], seed: int
) -> None:
    # Given: the facts in two parts, some of whose people are in both.
    world, _twin = moments[-1]
    drawn = [
        each
        for each in Likely(WORDS, TEXTS, NUMBERS).leaves(seed, 60)
        if additive.is_additive(each)
    ]
    leaves = {
        f"leaf_{at}": each for at, each in enumerate(drawn[:12]) if isinstance(each, tree.Measure)
    }
    facts = world.read.facts
    early = replace(world, facts=facts.filter(facts.key_hash % 3 == 0))
    late = replace(world, facts=facts.filter(facts.key_hash % 3 != 0))

    def keep(name: str, part: ir.Table) -> ir.Table:
        return world.read.register(f"kept_{seed}_{name}", world.read.run(part))

    # When
    one = keep("one", additive.accumulate(early, leaves))
    two = keep("two", additive.accumulate(late, leaves))
    whole = keep("whole", additive.accumulate(world, leaves))
    merged = keep("merged", additive.merge(one, two, leaves))
    # Then
    assert _values(world, merged, leaves) == _values(world, whole, leaves)


def _values(world: World, parts: ir.Table, leaves: dict[str, tree.Measure]) -> list[Any]:
    return world.read.run(additive.finalise(world, parts, leaves).order_by("person")).to_pylist()
