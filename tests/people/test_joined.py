"""The rule of the join as a pure function, beside its slow twin; and each sentence of the decision."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.twin import joining
from xiaohe.people.joined.rule import Reason, resolve
from xiaohe.people.joined.stated import Holder, Stated, Word, graph_of

HOLDERS = {each.name.lower(): each for each in Holder}
WORDS = {"together": Word.TOGETHER, "apart": Word.APART, "two": Word.TWO}
WANG, LI, ZHAO, CHAT, CHAT2, CHAT3 = 1, 2, 3, 11, 12, 13
P1, P2, O1, O2, U1, U2, E1, E2 = 101, 102, 201, 202, 301, 302, 401, 402
BOUGHT = ((O1, WANG, "taobao"), (O2, LI, "taobao"))


def _stated(edges, bought=(), hand=None, own=()):
    edges = [(a, b, kind, HOLDERS[holder], scope) for a, b, kind, holder, scope in edges]
    said = [(a, b, WORDS[word]) for (a, b), word in (hand or {}).items()]
    return Stated.of(edges, bought, said, list(own))


def _edges(*rows):
    return [(*row, "") if len(row) == 4 else row for row in rows]


def _groups(edges, bought=(), hand=None, own=()):
    graph = graph_of(_stated(edges, bought, hand, own))
    label = resolve(graph).labels.person
    found: dict[int, set[int]] = {}
    for node, root in zip(graph.nodes.tolist(), label.tolist(), strict=True):
        found.setdefault(root, set()).add(node)
    return {frozenset(group) for group in found.values() if len(group) > 1}


def _conflicts(edges, bought=(), hand=None):
    graph = graph_of(_stated(edges, bought, hand))
    found = resolve(graph).conflicts
    return [(each.reason, graph.nodes[each.nodes].tolist()) for each in found]


people = st.sampled_from([1, 2, 3, 4, 5])
contacts = st.sampled_from([11, 12, 13])
phones, orders = st.sampled_from([101, 102, 103]), st.sampled_from([201, 202, 203])
unions, ids = st.sampled_from([301, 302]), st.sampled_from([401, 402, 403])
users, devices = st.sampled_from([501, 502, 503]), st.sampled_from([601, 602])
nothing = st.just("")
edge = st.one_of(
    st.tuples(people, phones, st.just("phone"), st.just("buyer"), nothing),
    st.tuples(contacts, phones, st.just("phone"), st.just("contact"), nothing),
    st.tuples(contacts, orders, st.just("order_no"), st.just("contact"), nothing),
    st.tuples(contacts, st.just(251), st.just("claim"), st.just("contact"), nothing),
    st.tuples(people, st.just(251), st.just("claim"), st.just("buyer"), nothing),
    st.tuples(people | contacts, unions, st.just("unionid"), st.just("buyer"), nothing),
    st.tuples(contacts, ids, st.just("external_userid"), st.just("contact"), st.sampled_from("ab")),
    st.tuples(users, users, st.just("alias"), st.just("user"), nothing),
    st.tuples(users, devices | phones, st.just("device"), st.just("user"), nothing),
    st.tuples(devices, phones, st.just("device_phone"), st.just("device"), nothing),
    st.tuples(people, st.just(701), st.just("address"), st.just("buyer"), nothing),
)
bought = st.tuples(orders, people | phones | orders | unions, st.sampled_from(["taobao", "jd"]))
anyone = people | contacts | phones | orders | users
hand = st.dictionaries(
    st.tuples(anyone, anyone).filter(lambda pair: pair[0] < pair[1]),
    st.sampled_from(["together", "apart", "two"]),
    max_size=3,
)
world = st.tuples(
    st.lists(edge, max_size=14, unique=True),
    st.lists(bought, max_size=6, unique=True),
    hand,
    st.lists(phones, max_size=1),
)


@settings(max_examples=400, deadline=None)
@given(world)
def test_the_join_is_what_one_edge_at_a_time_gives(world):
    assert _groups(*world) == joining.join(*world)


@settings(max_examples=100, deadline=None)
@given(world, st.randoms(use_true_random=False))
def test_the_order_of_edges_changes_nothing(world, random):
    edges, bought, hand, own = world
    before, conflicts = _groups(*world), _conflicts(edges, bought, hand)
    for each in (edges, bought):
        random.shuffle(each)
    assert _groups(edges, bought, hand, own) == before
    assert sorted(map(str, _conflicts(edges, bought, hand))) == sorted(map(str, conflicts))


@settings(max_examples=200, deadline=None)
@given(world)
def test_nobody_has_two_ids_of_one_company_unless_the_owner_said_so(world):
    edges, bought, _hand, own = world
    scope = {e[1]: e[4] for e in edges if e[2] == "external_userid"}
    for group in _groups(edges, bought, {}, own):
        held = [scope[node] for node in group if node in scope]
        both = {e[1] for e in edges if e[2] == "external_userid" and e[4] != scope[e[1]]}
        assert len(held) == len(set(held)) or both


def test_one_unionid_joins_across_platforms_even_two_member_names():
    edges = _edges((WANG, U1, "unionid", "buyer"), (LI, U1, "unionid", "buyer"))
    assert _groups(edges, BOUGHT) == {frozenset({WANG, LI, U1})}


def test_a_phone_of_two_buyers_joins_nobody_and_is_certain_again_when_they_are_one():
    shared = _edges(
        (WANG, P1, "phone", "buyer"), (LI, P1, "phone", "buyer"), (CHAT, P1, "phone", "contact")
    )
    assert _groups(shared) == set()
    one = _edges((WANG, U1, "unionid", "buyer"), (LI, U1, "unionid", "buyer"))
    assert _groups(shared + one) == {frozenset({WANG, LI, U1, P1, CHAT})}
    assert _groups(shared, hand={(LI, P1): "apart"}) == {frozenset({WANG, P1, CHAT})}
    assert _groups(shared, hand={(WANG, LI): "together"}) == {frozenset({WANG, LI, P1, CHAT})}


def test_a_phone_in_the_texts_of_thirteen_contacts_is_not_theirs():
    def texts(count):
        return [(CHAT + n, P1, "phone", "contact", "") for n in range(count)]

    assert len(_groups(texts(12))) == 1
    assert _groups(texts(13)) == set()


def test_a_chain_that_glues_two_member_names_joins_neither_and_is_a_conflict():
    chain = _edges(
        (WANG, P1, "phone", "buyer"),
        (CHAT, P1, "phone", "contact"),
        (CHAT, O2, "order_no", "contact"),
    )
    beside = _edges((WANG, P2, "phone", "buyer"), (CHAT2, P2, "phone", "contact"))
    assert _groups(chain + beside, BOUGHT) == {frozenset({WANG, P2, CHAT2})}
    assert _conflicts(chain, BOUGHT) == [(Reason.CONTRADICTION, [WANG, LI])]


def test_a_contact_with_two_ids_of_one_company_is_a_conflict_and_of_two_companies_is_not():
    ids = [
        (CHAT, E1, "external_userid", "contact", "a"),
        (CHAT, E2, "external_userid", "contact", "a"),
    ]
    assert _groups(ids) == set()
    assert _conflicts(ids) == [(Reason.CONTRADICTION, [E1, E2])]
    ids[1] = (*ids[1][:4], "b")
    assert _groups(ids) == {frozenset({CHAT, E1, E2})}


def test_an_order_that_two_contacts_name_joins_neither_unless_they_are_one():
    named = _edges((CHAT, O1, "order_no", "contact"), (CHAT2, O1, "order_no", "contact"))
    assert _groups(named, BOUGHT) == set()
    assert _conflicts(named, BOUGHT) == [(Reason.ONE_ORDER, [CHAT, CHAT2])]
    phone = _edges((CHAT, P1, "phone", "contact"), (CHAT2, P1, "phone", "contact"))
    assert _groups(named + phone, BOUGHT) == {frozenset({CHAT, CHAT2, P1, O1, WANG})}


def test_a_claim_word_in_a_contacts_text_joins_the_buyer():
    edges = _edges((CHAT, 251, "claim", "contact"), (WANG, 251, "claim", "buyer"))
    assert _groups(edges) == {frozenset({CHAT, WANG, 251})}


def test_two_people_of_whom_the_owner_said_so_stay_two_whatever_evidence_comes():
    edges = _edges((WANG, P1, "phone", "buyer"), (CHAT, P1, "phone", "contact"))
    assert _groups(edges, hand={(WANG, CHAT): "two"}) == set()
    assert _conflicts(edges, hand={(WANG, CHAT): "two"}) == [(Reason.CONTRADICTION, [WANG, CHAT])]


def test_our_own_phone_joins_nobody():
    edges = _edges((WANG, P1, "phone", "buyer"), (CHAT, P1, "phone", "contact"))
    assert _groups(edges, own=[P1]) == set()


@pytest.mark.parametrize("count", [5])
def test_a_site_never_glues_people_whom_files_keep_apart(count):
    edges = _edges(
        (WANG, P1, "phone", "buyer"), (LI, P2, "phone", "buyer"), (501, P1, "device", "user")
    )
    edges += _edges((501, P2, "device", "user"))
    assert _groups(edges, BOUGHT) == {frozenset({WANG, P1}), frozenset({LI, P2})}


def test_many_edges_are_quick():
    rng = np.random.default_rng(1)
    size = 200_000
    stated = Stated.of([(1, 2, "phone", Holder.BUYER)])
    many = Stated(
        left=np.arange(size), right=rng.integers(size, 2 * size, size),
        told=np.zeros(size, np.uint16), sayings=stated.sayings,
    )  # fmt: skip
    assert len(resolve(graph_of(many)).quarantined) > 10_000
