"""The join after a few more statements is the whole one's: people, keys of too many, conflicts, who was first."""

from __future__ import annotations

from tempfile import TemporaryDirectory
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.people.test_joined import HOLDERS, WORDS, bought, edge, hand, phones
from xiaohe.people.joined import reading, stored
from xiaohe.people.joined.growing import grow
from xiaohe.people.joined.rule import resolve
from xiaohe.people.joined.stated import Stated, graph_of
from xiaohe.people.overlay import _all_conflicts, conflicts_in

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
        fresh = {each for each in _groups(grown.graph.nodes, label)}
        found = _all_conflicts(base, grown.region, conflicts_in(grown.graph, grown.joined))
    assert all(each <= anew for each in fresh)
    assert rest | fresh == _groups(whole.nodes, expected.labels.person)
    assert found == conflicts_in(whole, expected)
