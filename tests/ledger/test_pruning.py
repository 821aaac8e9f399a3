"""Pruning opens fewer files and never changes an answer: random questions over random files, with it and without."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xiaohe.kernel.workspace import Workspace
from xiaohe.ledger import files, snapshot
from xiaohe.ledger.engine import FACTS, Reading
from xiaohe.ledger.engine.demand import Demand, Span, Words
from xiaohe.ledger.engine.duck import Duck
from xiaohe.ledger.engine.pruning import pruned
from xiaohe.ledger.instants import to_us
from xiaohe.ledger.models import FileRole
from xiaohe.ledger.schema import FACT_SCHEMA
from xiaohe.ledger.snapshot import Snapshot
from xiaohe.ledger.store import FileRow

START = datetime(2025, 1, 1, tzinfo=UTC)
TYPES = ["order.paid", "order.item", "page.viewed", "custom:order", "link.started"]
DAYS = 120

# ---------------------------------------------------------------- what is asked for


def demands(question: ibis.Expr) -> set[Demand]:
    return set(pruned(question)[1])


def exactly(*types: str) -> Words:
    return Words(exact=frozenset(types))


def test_each_use_of_facts_asks_for_its_own_types_and_times() -> None:
    paid = FACTS.filter(FACTS.type == "order.paid", FACTS.occurred_at >= START)
    seen = FACTS.filter(FACTS.type.isin(["page.viewed", "custom:order"]))
    question = paid.semi_join(seen, "subject").group_by("subject").agg(n=ibis._.count())

    assert demands(question) == {
        Demand(exactly("order.paid"), Span(low=to_us(START))),
        Demand(exactly("page.viewed", "custom:order")),
    }


def test_conditions_reach_facts_through_columns_groups_and_the_joined_side() -> None:
    renamed = FACTS.select("subject", kind="type", at="occurred_at")
    grouped = renamed.group_by("kind").agg(n=ibis._.count())
    assert demands(grouped.filter(grouped.kind == "order.paid")) == {Demand(exactly("order.paid"))}

    other = FACTS.view()
    late = START + timedelta(days=9)
    after = FACTS.join(
        other,
        [FACTS.subject == other.subject, other.type == "order.item", other.occurred_at < late],
        how="left",
    )
    assert demands(after) == {Demand(), Demand(exactly("order.item"), Span(high=to_us(late)))}


def test_either_condition_widens_and_an_unknown_one_forgets() -> None:
    orders = FACTS.type.startswith("order.") | (FACTS.type == "link.started")
    assert demands(FACTS.filter(orders)) == {
        Demand(Words(frozenset({"link.started"}), frozenset({"order."})))
    }
    assert demands(FACTS.filter((FACTS.type == "order.paid") | (FACTS.amount > 5))) == {Demand()}
    assert demands(FACTS.filter(FACTS.type != "order.paid")) == {Demand()}


def test_what_looks_at_other_rows_keeps_them() -> None:
    numbered = FACTS.mutate(place=ibis.row_number().over(order_by=FACTS.occurred_at))
    first = FACTS.order_by("occurred_at").limit(3)
    for question in (numbered, first):
        assert demands(question.filter(question.type == "order.paid")) == {Demand()}


# ---------------------------------------------------------------- the answers


@pytest.fixture
def lake(place: Workspace) -> Snapshot:
    """Files of one type and month, of several types, with and without bounds; some facts still waiting."""
    place.lake.mkdir(parents=True, exist_ok=True)
    chance = random.Random(5)
    facts = [_fact(number, chance) for number in range(600)]
    parts: dict[tuple[str | None, int], list[dict[str, object]]] = {}
    for fact in facts[:-20]:
        many = chance.random() < 0.2
        month = fact["occurred_at"].month  # type: ignore[attr-defined]
        parts.setdefault((None if many else str(fact["type"]), month), []).append(fact)
    listed = [
        _file(place, f"{number}.parquet", part, of_type, bounded=number % 5 != 0)
        for number, ((of_type, _month), part) in enumerate(parts.items())
    ]
    empty = snapshot.take()
    return Snapshot(place.lake, 1, 1, tuple(listed), _table(facts[-20:]), empty.retracted)


def _fact(number: int, chance: random.Random) -> dict[str, object]:
    return {
        "key_hash": number,
        "source": "table",
        "type": chance.choice(TYPES),
        "occurred_at": START + timedelta(days=chance.randrange(DAYS), seconds=number),
        "date_only": False,
        "recorded_at": START,
        "subject": chance.randrange(40),
        "amount": chance.choice([None, *range(9)]),
    }


def _table(facts: list[dict[str, object]]) -> pa.Table:
    return pa.Table.from_pylist(facts, schema=FACT_SCHEMA)


def _file(
    place: Workspace,
    name: str,
    part: list[dict[str, object]],
    of_type: str | None,
    *,
    bounded: bool,
) -> FileRow:
    written = files.write(_table(part), place.lake, FileRole.FACT, None)
    written.path.rename(place.lake / name)
    size = (place.lake / name).stat().st_size
    bounds = (written.occurred_min_us, written.occurred_max_us) if bounded else (None, None)
    return FileRow(0, None, name, "fact", 0, len(part), size, *bounds, type=of_type)


CONDITIONS = st.recursive(
    st.one_of(
        st.sampled_from(TYPES).map(lambda name: lambda t: t.type == name),
        st.lists(st.sampled_from(TYPES), min_size=1).map(lambda few: lambda t: t.type.isin(few)),
        st.sampled_from(["order.", "custom:", "p"]).map(lambda said: lambda t: t.type.startswith(said)),
        st.integers(0, DAYS).map(lambda n: lambda t: t.occurred_at >= START + timedelta(days=n)),
        st.integers(0, DAYS).map(lambda n: lambda t: ibis.literal(START + timedelta(days=n)) > t.occurred_at),
        st.tuples(st.integers(0, DAYS), st.integers(0, DAYS)).map(
            lambda ends: lambda t: t.occurred_at.between(
                START + timedelta(days=ends[0]), START + timedelta(days=ends[1])
            )
        ),
        st.integers(0, 9).map(lambda n: lambda t: t.amount > n),
        st.just(lambda t: t.amount.isnull()),
    ),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda two: lambda t: two[0](t) & two[1](t)),
        st.tuples(inner, inner).map(lambda two: lambda t: two[0](t) | two[1](t)),
        inner.map(lambda one: lambda t: ~one(t)),
    ),
    max_leaves=4,
)  # fmt: skip
HOWS = ["inner", "left", "right", "outer", "semi", "anti"]
Condition = Callable[[ibis.Table], ibis.Value]


def questions(
    facts: ibis.Table, one: Condition, two: Condition, three: Condition, how: str
) -> Iterator[ibis.Table]:
    """Shapes that questions have, with conditions below, beside and above."""
    left, right = facts.filter(one(facts)), facts.filter(two(facts)).view()
    joined = left.join(right, [left.subject == right.subject, two(right)], how=how)
    yield joined.filter(three(joined))
    yield left.union(facts.filter(two(facts))).filter(three)
    by_type = left.group_by("subject", "type", "occurred_at").agg(amount=left.amount.sum())
    yield by_type.filter(three(by_type))
    window = left.mutate(last=left.amount.max().over(group_by=left.subject))
    yield window.filter(three(window))
    yield left.order_by("key_hash").limit(50).filter(three)
    yield facts.filter(one(facts), facts.subject.isin(left.filter(two(left)).subject)).filter(three)
    yield left.select("key_hash", "amount", type="source", kind="type", occurred_at="recorded_at")
    swapped = left.select(
        "key_hash", "amount", "occurred_at", type=two(left).ifelse("p", left.type)
    )
    yield swapped.filter(three(swapped))


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(CONDITIONS, CONDITIONS, CONDITIONS, st.sampled_from(HOWS), st.booleans())
def test_pruned_answers_are_the_unpruned_ones(
    lake: Snapshot, one: Condition, two: Condition, three: Condition, how: str, few: bool
) -> None:
    everything = pa.concat_tables(
        [*(pq.read_table(path).cast(FACT_SCHEMA) for path in lake.paths(lake.files)), lake.inbox]
    )
    with Reading(Duck(memory=None, threads=None), lake) as read:
        if few:
            read.expect_few_rows()
        plain = read.register("everything", everything)
        for ours, theirs in zip(
            questions(FACTS, one, two, three, how),
            questions(plain, one, two, three, how),
            strict=True,
        ):
            assert rows(read, ours) == rows(read, theirs)


def rows(read: Reading, question: ibis.Table) -> list[tuple[object, ...]]:
    table = read.run(question)
    return sorted(
        zip(*(table[name].to_pylist() for name in table.column_names), strict=True), key=repr
    )


def test_only_files_that_can_hold_the_answer_are_opened(lake: Snapshot) -> None:
    march = START + timedelta(days=59)
    paid = FACTS.filter(
        FACTS.type == "order.paid",
        FACTS.occurred_at >= march,
        FACTS.occurred_at < march + timedelta(days=10),
    )
    wanted = next(iter(demands(paid)))
    kept = {each.path for each in lake.files if wanted.may_hold(each)}
    # A file that is not needed may even be gone.
    for each in lake.files:
        if each.path not in kept:
            Path(lake.lake / each.path).unlink()

    assert 0 < len(kept) < len(lake.files) / 2
    with Reading(Duck(memory=None, threads=None), lake) as read:
        assert read.scalar(paid.count()) > 0


def test_who_asks_often_opens_no_file_of_several_types_without_the_one_wanted(
    place: Workspace, lake: Snapshot
) -> None:
    others = [
        {**_fact(number, random.Random(number)), "type": "page.viewed"} for number in range(9)
    ]
    more = _file(place, "more.parquet", others, None, bounded=False)
    seen = replace(lake, files=(*lake.files, more))
    paid, viewed = (FACTS.filter(FACTS.type == each) for each in ("order.paid", "page.viewed"))
    told = []
    for taken in (lake, seen):
        with Reading(Duck(memory=None, threads=None), taken) as read:
            read.expect_few_rows()
            told += [read.scalar(each.count()) for each in (paid, viewed)]
    (place.lake / "more.parquet").unlink()

    assert told == [told[0], told[1], told[0], told[1] + 9]
    with Reading(Duck(memory=None, threads=None), seen) as read:
        read.expect_few_rows()
        assert read.scalar(paid.count()) == told[0]
