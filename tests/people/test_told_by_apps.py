"""What sites and apps tell about who is who: it joins a user's own keys, and never two users by a shared one."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from xiaohe.people import identifiers, search
from xiaohe.people.joined.rule import resolve
from xiaohe.people.joined.stated import Holder, Stated, graph_of
from xiaohe.people.keys import Kind
from xiaohe.people.names import display


class Told(StrEnum):
    """Who a site or an app names in an edge."""

    ALIAS = "alias"
    USER = "device"
    DEVICE = "device_phone"


U1, U2, U3 = 1, 2, 3
TABLET, LAPTOP, MAIL, PHONE = 11, 12, 21, 22


def evidence(*edges: tuple[int, int, Told]) -> Stated:
    """Users have a key of theirs; a device nobody is signed in on has one, too."""
    told = [
        (left, key, kind.value, Holder.DEVICE if kind is Told.DEVICE else Holder.USER)
        for left, key, kind in edges
    ]
    return Stated.of(told)


def groups(found: Stated) -> list[set[int]]:
    graph = graph_of(found)
    by_root: dict[int, set[int]] = {}
    label = resolve(graph).labels.person
    for node, at in zip(graph.nodes.tolist(), label.tolist(), strict=True):
        by_root.setdefault(at, set()).add(node)
    return sorted((group for group in by_root.values() if len(group) > 1), key=min)


def test_a_user_is_one_with_their_devices_and_their_mail() -> None:
    told = evidence((U1, TABLET, Told.USER), (U1, LAPTOP, Told.USER), (U1, MAIL, Told.USER))

    assert groups(told) == [{U1, TABLET, LAPTOP, MAIL}]


def test_a_shared_device_and_a_shared_mail_join_nobody() -> None:
    told = evidence(
        (U1, TABLET, Told.USER), (U2, TABLET, Told.USER), (U1, MAIL, Told.USER), (U3, MAIL, Told.USER),
        (U1, LAPTOP, Told.USER),
    )  # fmt: skip

    assert groups(told) == [{U1, LAPTOP}]


def test_a_chain_of_keys_does_not_glue_two_users() -> None:
    told = evidence((U1, TABLET, Told.USER), (TABLET, MAIL, Told.DEVICE), (U2, MAIL, Told.USER))

    assert groups(told) == []


def test_an_alias_says_that_two_ids_are_one_user_and_then_their_mail_is_not_shared() -> None:
    told = evidence((U2, U1, Told.ALIAS), (U1, MAIL, Told.USER), (U2, MAIL, Told.USER))

    assert groups(told) == [{U1, U2, MAIL}]


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(1, 5), st.integers(11, 17), st.sampled_from([Told.USER, Told.DEVICE])),
        min_size=1, max_size=20, unique=True,
    )
)  # fmt: skip
def test_without_an_alias_no_two_users_are_ever_one(edges: list[tuple[int, int, Told]]) -> None:
    # A device is a subject of its own: its number is among the keys.
    told = [
        (s + 10 if t is Told.DEVICE else s, k + 10 if t is Told.DEVICE else k, t)
        for s, k, t in edges
    ]
    users = {s for s, _k, t in told if t is Told.USER}

    for group in groups(evidence(*told)):
        assert len(group & users) <= 1
    # Whoever shares nothing with anybody keeps what is theirs.
    for subject, key, t in told:
        alone = all(k != key and key != s for s, k, _t in told if (s, k) != (subject, key))
        if t is Told.USER and alone:
            assert any({subject, key} <= group for group in groups(evidence(*told))) or any(
                _reach(told, subject) & users - {subject} for _ in [0]
            )


def _reach(told: list[tuple[int, int, Told]], start: int) -> set[int]:
    seen, changed = {start}, True
    while changed:
        changed = False
        for left, right in [(s, k) for s, k, _t in told]:
            if (left in seen) != (right in seen):
                seen |= {left, right}
                changed = True
    return seen


def test_the_order_of_edges_does_not_matter() -> None:
    edges = [
        (U1, TABLET, Told.USER),
        (U2, TABLET, Told.USER),
        (U2, MAIL, Told.USER),
        (U3, U2, Told.ALIAS),
    ]
    answers = {
        str(groups(evidence(*part, *[e for e in edges if e not in part])))
        for part in combinations(edges, 2)
    }

    assert len(answers) == 1


def test_a_phone_an_app_tells_joins_its_user_with_the_contact_who_has_it(town) -> None:
    town.bring(town.friend("f1", "Wang", phone="13800138000"))
    user = town.hash("customer", "segment:u1")
    town.bring(([_told(town, user, town.phone("13800138000"), "phone")], []))

    assert town.same(user, town.contact("f1"))


def test_two_users_with_one_phone_do_not_part_the_contact_from_the_buyer(town) -> None:
    town.bring(
        town.friend("f1", "Wang", phone="13800138000"),
        town.sale("1", member="tea", phone="13800138000"),
    )
    users = [town.hash("customer", f"segment:{name}") for name in ("u1", "u2")]
    town.bring(([_told(town, user, town.phone("13800138000"), "phone") for user in users], []))

    assert town.same(town.member("tea"), town.contact("f1"))
    assert not town.same(*users)
    assert not town.same(users[0], town.contact("f1"))


def _told(town, subject, other, kind):
    from tests.people.conftest import _seen

    fact = _seen("segment:1", subject, other, kind)
    return {**fact, "source": "segment:1"}


def test_what_an_event_told_counts_at_once_and_the_latest_name_shows(any_town) -> None:
    subject = any_town.hash("customer", "segment:u1")
    any_town.bring(any_town.sale("1", member="tea"))
    first, later = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC)

    identifiers.remember(
        [(subject, Kind.RECEIVER, "Wang"), (subject, Kind.EMAIL, "w@example.com")], first
    )
    identifiers.remember([(subject, Kind.RECEIVER, "王小明")], later)
    identifiers.remember([(subject, Kind.EMAIL, "w@example.com")], later)

    assert display([subject])[subject].name == "王小明"
    assert [found.person for found in search.find("W@Example.com")] == [subject]
    assert identifiers.sweep() == 0
    identifiers.remember([(subject, Kind.RECEIVER, "Wang")], later.replace(day=3))
    assert display([subject])[subject].name == "Wang"
