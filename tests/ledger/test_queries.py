"""The benchmark's questions, small: Xiaohe's expressions and hand-written SQL give the same answers."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from benchmarks import queries_engines
from benchmarks.queries_asked import QUESTIONS
from benchmarks.queries_data import MONTHS, Shop, prepare
from xiaohe.kernel.workspace import Workspace
from xiaohe.ledger import engine, snapshot
from xiaohe.ledger.engine import FACTS, micros, prop
from xiaohe.ledger.schema import INSTANT

PEOPLE, MANY = 100, 100_000


@pytest.fixture
def shop(place: Workspace) -> dict[str, queries_engines.Ask]:
    """A seeded shop that lies in the folder as a compacted lake."""
    prepare(place.home, Shop(PEOPLE, MANY))
    for each in (queries_engines._files_for, queries_engines._subject_files):
        each.cache_clear()
    return queries_engines.engines(PEOPLE, threads=1, memory="1GB")


def test_every_question_has_the_answer_of_its_sql(shop: dict[str, queries_engines.Ask]) -> None:
    for question in QUESTIONS:
        found = {name: queries_engines.rows_of(ask(question.name)) for name, ask in shop.items()}
        assert found["xiaohe"], question.name
        assert all(rows == found["duckdb"] for rows in found.values()), question.name


def test_the_last_facts_of_a_person_are_those_of_its_sql(
    shop: dict[str, queries_engines.Ask],
) -> None:
    for subject in queries_engines.active_people(PEOPLE, 10):
        ours, theirs = (shop[name](f"f:{subject}") for name in ("xiaohe", "duckdb"))
        assert ours.to_pylist() == theirs.to_pylist()


def test_the_shop_is_the_same_in_both_layouts_and_is_not_written_twice(
    shop: dict[str, queries_engines.Ask], place: Workspace
) -> None:
    before = sorted(Path(place.lake).rglob("*.parquet"))
    prepare(place.home, Shop(PEOPLE, MANY))
    assert sorted(Path(place.lake).rglob("*.parquet")) == before
    with engine.reading() as read:
        assert read.scalar(read.facts.count()) == MANY
        assert read.scalar(read.by_subject.count()) == MANY
        assert read.scalar(FACTS.occurred_at.truncate("M").nunique()) == MONTHS
    assert all(each.covered for each in snapshot.take().files)


def test_a_property_is_text_or_nothing(place: Workspace) -> None:
    told = ['{"a":"x"}', '{"a":1}', '{"b":"x"}', '{"a":null}', None]
    with engine.over({"told": pa.table({"props": pa.array(told, pa.string())})}) as read:
        asked = read.table("told").select(a=prop(read.table("told").props, "a"))
        assert read.run(asked)["a"].to_pylist() == ["x", "1", None, None, None]
    with pytest.raises(ValueError, match="not a property"):
        prop(FACTS.props, "a.b")


def test_an_instant_is_a_number(place: Workspace) -> None:
    at = pa.array([0, 1_750_000_000_123_456, None], pa.int64()).cast(INSTANT)
    with engine.over({"told": pa.table({"at": at})}) as read:
        asked = read.table("told").select(us=micros(read.table("told").at))
        assert read.run(asked)["us"].to_pylist() == [0, 1_750_000_000_123_456, None]
