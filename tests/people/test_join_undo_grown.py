"""The join after a few more statements is the whole one's: people, keys of too many, conflicts, who was first."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.people.test_joined import HOLDERS, WORDS, bought, edge, hand, phones
from tests.people.test_overlay import _rows, friend, sale, tap
from xiaohe.ledger import compaction, drain, engine
from xiaohe.people import actions, marks
from xiaohe.people.joined import kept, reading, stored
from xiaohe.people.joined.growing import grow
from xiaohe.people.joined.rule import resolve
from xiaohe.people.joined.stated import Stated, graph_of
from xiaohe.people.overlay import _all_conflicts, conflicts_in, overlay_of

edges = st.lists(edge, max_size=14, unique=True)
orders = st.lists(bought, max_size=5, unique=True)


def _stated(edges, bought, hand=None, own=()):
    told = [(a, b, kind, HOLDERS[holder], scope) for a, b, kind, holder, scope in edges]
    said = [(a, b, WORDS[word]) for (a, b), word in (hand or {}).items()]
    return Stated.of(told, bought, said, list(own))


def _groups(nodes, label):
    found: dict[int, set[int]] = {}
    for node, root in zip(nodes.tolist(), label.tolist(), strict=True):
        found.setdefault(root, set()).add(node)
    return {frozenset(group) for group in found.values() if len(group) > 1}


@settings(max_examples=500, deadline=None)
@given(
    edges,
    orders,
    edges.map(lambda some: some[:4]),
    orders.map(lambda some: some[:2]),
    hand,
    st.lists(phones, max_size=1),
)
def test_what_is_resolved_anew_is_what_all_together_give(
    old, old_orders, new, new_orders, hand, own
):
    files = _stated(old, old_orders)
    more = _stated(new, new_orders, hand, own)
    whole = graph_of(reading.together(files, more))
    expected = resolve(whole)
    with TemporaryDirectory() as place:
        graph = graph_of(files)
        none = np.full(len(graph.nodes), stored.NEVER), np.full(len(graph.nodes), stored.NEVER)
        base = stored.keep(Path(place), graph, resolve(graph), none, {})
        grown = grow(base, more)
        anew = set(np.union1d(base.nodes[grown.region], grown.named).tolist())
        rest = {each for each in _groups(base.nodes, base.person) if not each & anew}
        label = grown.joined.labels.person
        fresh = _groups(grown.graph.nodes, label)
        found = _all_conflicts(base, grown.region, conflicts_in(grown.graph, grown.joined))
    assert all(each <= anew for each in fresh)
    assert rest | fresh == _groups(whole.nodes, expected.labels.person)
    assert found == conflicts_in(whole, expected)


step = st.one_of(
    st.tuples(st.just("bring"), st.lists(st.one_of(sale, friend), min_size=1, max_size=4)),
    st.tuples(st.just("undo"), st.integers(0, 5)),
    st.tuples(st.just("tap"), tap),
    st.tuples(st.just("back"), st.integers(0, 5)),
    st.tuples(st.just("own"), st.sampled_from(["13800138000", "13900139000"])),
    st.tuples(st.just("file"), st.booleans()),
)


def _seen(town, stored_from):
    least, kept.LEAST_FACTS = kept.LEAST_FACTS, stored_from
    try:
        with engine.reading() as read:
            found = overlay_of(read)
        table = found.table
    finally:
        kept.LEAST_FACTS = least
    subjects = [*table["subject"].to_pylist(), *table["person"].to_pylist()]
    both = [(found.person(each), found.subjects(found.person(each))) for each in subjects]
    return table, found.quarantined, found.conflicts, [(p, sorted(s)) for p, s in both]


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(step, min_size=2, max_size=8))
def test_a_stored_join_follows_imports_taps_undo_and_folding(place, steps):
    from tests.people.conftest import Town

    town = Town()
    ids = [town.member("wang"), town.member("li"), town.contact("a"), town.contact("b")]
    ids += [town.phone("13800138000"), town.order("1930123456780000001"), town.phone("13900139000")]
    ids += [town.order("1930123456780000002")]
    made, done = [], []
    for what, how in steps:
        if what == "bring":
            made.append(town.bring(*_rows(town, how)))
        elif what == "undo" and made:
            town.undo(made.pop(how % len(made)))
        elif what == "tap" and how[1] != how[2]:
            do = actions.join if how[0] == "join" else actions.split
            done.append(do(ids[how[1]], ids[how[2]], town.now))
        elif what == "own":
            done.append(marks.mark_value(marks.On.PHONE, how, marks.As.OWN, town.now))
        elif what == "back" and done:
            actions.undo(done.pop(how % len(done)).facts, town.now)
        elif what == "file":
            drain.drain(town.now, force=True)
            if how:
                compaction.compact_all()
        assert _seen(town, 0) == _seen(town, 1 << 60)
    actions.undo([fact for each in done for fact in each.facts], town.now)
    for each in made:
        town.undo(each)
    assert _seen(town, 0)[0].num_rows == 0
