"""The join as a pure function, against a union-find a child could check."""

import itertools
import time

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from xiaohe.people.components import Evidence, components, joined_pairs, quarantined_phones

BUYERS = range(1, 7)
CONTACTS = range(11, 17)
PHONES = range(101, 106)
ORDERS = {201: [1], 202: [2], 203: [3, 4], 204: [101], 205: [205]}  # order → its buyer subjects

buyer_phone = st.tuples(st.sampled_from(BUYERS), st.sampled_from(PHONES))
contact_phone = st.tuples(st.sampled_from(CONTACTS), st.sampled_from(PHONES))
mention = st.tuples(st.sampled_from(CONTACTS), st.sampled_from(sorted(ORDERS)))
anyone = st.sampled_from([*BUYERS, *CONTACTS, *PHONES, *ORDERS])
by_hand = st.dictionaries(
    st.tuples(anyone, anyone).filter(lambda pair: pair[0] < pair[1]), st.booleans(), max_size=4
)
world = st.tuples(
    st.lists(buyer_phone, max_size=10, unique=True),
    st.lists(contact_phone, max_size=8, unique=True),
    st.lists(mention, max_size=8, unique=True),
    by_hand,
)


def _evidence(bought, typed, mentioned, hand):
    orders = [(x, k, buyer) for x, k in mentioned for buyer in ORDERS[k]]
    column = lambda pairs, at: np.array([p[at] for p in pairs], dtype=np.int64)  # noqa: E731
    return Evidence(
        phone_subject=column(bought + typed, 0),
        phone=column(bought + typed, 1),
        phone_of_contact=np.array([False] * len(bought) + [True] * len(typed), dtype=bool),
        order_contact=column(orders, 0),
        order_key=column(orders, 1),
        order_buyer=column(orders, 2),
        hand_left=column(list(hand), 0),
        hand_right=column(list(hand), 1),
        hand_together=np.array(list(hand.values()), dtype=bool),
    )


def _brute_force(bought, typed, mentioned, hand):
    """The same answer, one edge at a time: a set of frozensets of ids."""
    apart = {pair for pair, together in hand.items() if not together}
    live = lambda a, b: (min(a, b), max(a, b)) not in apart  # noqa: E731
    bought = [edge for edge in bought if live(*edge)]
    typed = [edge for edge in typed if live(*edge)]
    shared = {p for p in PHONES if len({m for m, phone in bought if phone == p}) > 1}
    edges = [edge for edge in bought + typed if edge[1] not in shared]
    edges += [(x, b) for x, k in mentioned if live(x, k) for b in ORDERS[k]]
    edges += [pair for pair, together in hand.items() if together]
    groups = [{node} for edge in edges for node in edge]
    for a, b in edges:
        touched = [group for group in groups if a in group or b in group]
        groups = [group for group in groups if group not in touched] + [set().union(*touched)]
    return {frozenset(group) for group in groups}


def _groups(evidence):
    nodes, root = components(*joined_pairs(evidence))
    found = {}
    for node, top in zip(nodes.tolist(), root.tolist(), strict=True):
        found.setdefault(top, set()).add(node)
    return {frozenset(group) for group in found.values()}


@settings(max_examples=300, deadline=None)
@given(world)
def test_the_join_is_what_one_edge_at_a_time_gives(world):
    assert _groups(_evidence(*world)) == _brute_force(*world)


@settings(max_examples=100, deadline=None)
@given(world, st.randoms(use_true_random=False))
def test_the_order_of_edges_changes_nothing(world, random):
    bought, typed, mentioned, hand = world
    before = _groups(_evidence(*world))
    for edges in (bought, typed, mentioned):
        random.shuffle(edges)
    assert _groups(_evidence(bought, typed, mentioned, hand)) == before


def test_a_phone_of_two_buyers_joins_nobody():
    evidence = _evidence([(1, 101), (2, 101)], [(11, 101)], [], {})
    assert quarantined_phones(evidence).tolist() == [101]
    assert _groups(evidence) == set()


def test_a_phone_becomes_certain_again_when_the_owner_takes_one_buyer_off_it():
    evidence = _evidence([(1, 101), (2, 101)], [(11, 101)], [], {(2, 101): False})
    assert _groups(evidence) == {frozenset({1, 101, 11})}


def test_two_contacts_and_a_buyer_with_one_phone_are_one_person():
    assert _groups(_evidence([(1, 101)], [(11, 101), (12, 101)], [], {})) == {
        frozenset({1, 101, 11, 12})
    }


def test_long_chains_and_wide_stars_come_out_whole():
    line = np.arange(50_000)
    nodes, root = components(line[:-1], line[1:])
    assert len(nodes) == 50_000
    assert not root.any()
    shuffled = np.random.default_rng(7).permutation(50_000)
    _nodes, root = components(shuffled[:-1], shuffled[1:])
    assert not root.any()


def test_a_million_edges_take_seconds():
    rng = np.random.default_rng(1)
    left, right = rng.integers(0, 1 << 62, (2, 1_000_000))
    right[::3] = left[np.roll(np.arange(1_000_000), 1)][::3]
    began = time.perf_counter()
    components(left, right)
    assert time.perf_counter() - began < 8


def test_permutations_of_a_small_world_agree():
    edges = [(1, 101), (2, 102), (1, 102)]
    answers = {
        frozenset(_groups(_evidence(list(order), [(11, 101), (12, 102)], [], {})))
        for order in itertools.permutations(edges)
    }
    assert len(answers) == 1
