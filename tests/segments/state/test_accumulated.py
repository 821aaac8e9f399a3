"""What measures have added up is kept and carried on; two bases are compared as their people one by one would be."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pyarrow as pa

from tests.segments.state.shop import (
    NOW,
    bring,
    event,
    key,
    order,
    put_away_the_library,
    save,
    tell,
)
from xiaohe.kernel.workspace import Workspace
from xiaohe.ledger import engine
from xiaohe.segments import state
from xiaohe.segments.query import additive
from xiaohe.segments.state import accumulated, asking, generation
from xiaohe.segments.state.compared import PairOfAll, PairOfFew
from xiaohe.traits import state as traits

RULES = (
    "count of page.viewed in last 30 days >= 2",
    "did page.viewed",
    "first of path over page.viewed is \"x\"",
    "last of path over page.viewed in last 90 days is \"x\"",
    "days since first page.viewed > 3",
    "sum of amount over order.paid >= 20 money",
    "average of amount over order.paid >= 20 money",
    "min of amount over order.paid in last 30 days >= 20 money",
    "max of amount over order.paid >= 20 money",
)  # fmt: skip


def _opened(place: Workspace) -> None:
    bring(
        [
            *order("a", NOW - timedelta(days=20), "ann"),
            *order("b", NOW - timedelta(days=40), "bob"),
        ]
    )
    tell(
        *(event("ann", "page.viewed", NOW - timedelta(days=n), n, {"path": "x"}) for n in (1, 40)),
        event("cyd", "page.viewed", NOW - timedelta(days=5), props={"path": "y"}),
    )
    traits.refresh(NOW)
    put_away_the_library()
    for number, text in enumerate(RULES):
        save(f"rule-{number}", text, NOW)


def test_what_came_later_is_added_to_what_was_kept(place: Workspace) -> None:
    _opened(place)
    before = state.refresh(NOW)
    assert before is not None
    later = [
        event("ann", "page.viewed", NOW, 9, {"path": "y"}),
        event("dan", "page.viewed", NOW, props={"path": "x"}),
        event("bob", "order.paid", NOW, order_key=key("c"), amount=9000, currency="CNY"),
    ]
    tell(*later)

    with engine.reading() as read:
        world = asking.world_at(read, before.traits, NOW, before.rules, 0)
        said = read.register("said", read.run(read.facts.filter(read.facts.occurred_at == NOW)))
        for name, group in accumulated.groups(before).items():
            leaves = accumulated.keepable({each: before.leaves[each] for each in group.keys})
            kept = accumulated.kept_of(
                before, name, np.array([key(x) for x in ("ann", "bob", "dan", "eve")])
            )
            kept_table = read.register("kept", kept)
            carried = read.run(additive.carried_on(replace(world, facts=said), kept_table, leaves))
            anew = additive.with_truths(world, additive.accumulate(world, leaves), leaves)
            wanted = {row["person"]: row for row in read.run(anew).to_pylist()}
            assert carried.num_rows >= 2
            assert all(row == wanted[row["person"]] for row in carried.to_pylist())


def test_what_is_laid_over_counts_instead(place: Workspace) -> None:
    _opened(place)
    before = state.refresh(NOW)
    assert before is not None
    groups = accumulated.groups(before)
    name = next(each for each in groups if groups[each].of == "page.viewed")
    everybody = accumulated.whole_of(before, name)
    ann = accumulated.kept_of(before, name, np.array([key("ann")]))
    nothing = pa.table(
        {each.name: pa.nulls(1, each.type) for each in ann.schema}, schema=ann.schema
    )
    gone = nothing.set_column(0, "person", pa.array([key("cyd")]))

    laid = accumulated.lay_over(
        before, name, pa.concat_tables([gone, ann]), before.folder, before.name
    )
    after = replace(before, about={**before.about, "accumulated": {name: laid.told()}})

    found = accumulated.whole_of(after, name)
    assert found.num_rows == everybody.num_rows
    assert accumulated.kept_of(after, name, np.array([key("cyd")])).to_pylist() == gone.to_pylist()
    assert accumulated.kept_of(after, name, np.array([key("ann")])).to_pylist() == ann.to_pylist()


def test_two_bases_differ_as_their_people_do(place: Workspace) -> None:
    _opened(place)
    before = state.refresh(NOW)
    tell(
        event("bob", "page.viewed", NOW, 1, {"path": "x"}),
        *(event(f"new{n}", "page.viewed", NOW, n, {"path": "x"}) for n in range(9)),
    )
    state.refresh(NOW)
    tell(event("eve", "page.viewed", NOW, 2), event("cyd", "page.viewed", NOW, 3))
    middle, after = generation.newest(), state.refresh(NOW, anew=True)
    assert before is not None
    assert middle is not None
    assert after is not None

    for old, new in ((before, after), (middle, after), (after, middle)):
        every = PairOfAll(old, new)
        few = PairOfFew(old, new, every.persons)
        for slug in new.rules:
            mine, theirs = every.flipped(slug), few.flipped(slug)
            assert mine[0].tolist() == theirs[0].tolist()
            assert mine[1].tolist() == theirs[1].tolist()
        at = np.arange(len(every.persons))
        assert every.gone(at).tolist() == few.gone(at).tolist()
        for leaf in new.leaves.values():
            assert every.turned(leaf, at).tolist() == few.turned(leaf, at).tolist()
    assert len(PairOfAll(before, after).flipped("rule-1")[0]) == 11
