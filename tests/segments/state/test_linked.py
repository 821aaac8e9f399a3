"""A link that begins or ends is known as soon as it is told, as if the state had been built of it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.segments.state.shop import (
    NOW,
    afresh,
    event,
    key,
    put_away_the_library,
    save,
    tell,
)
from tests.segments.state.test_follows import members_of
from xiaohe.kernel.workspace import Workspace
from xiaohe.ledger import drain, stream
from xiaohe.ledger.stream import Fact
from xiaohe.segments import state
from xiaohe.shop.accounts import account_named
from xiaohe.traits import state as traits

RULES = {
    "linked": "linked",
    "friends": "friend and linked_since is known",
    "of-lily": 'account is "小李"',
    "left-us": "ended_by is customer",
    "met": "did link in last 7 days",
    "from-shop": 'did link where platform is "taobao"',
    "came-from-shop": 'first_platform is "taobao" and last_platform is "taobao"',
    "not-for-long": "linked has been false for 30 days and not ever_linked",
}
SOON = NOW + timedelta(minutes=5)


def link(who: str, what: str, at: datetime, **props: str) -> Fact:
    told = {"kind": "friend", **props}
    return event(who, f"link.{what}", at, props=told, account_id=account_named("wecom", "小李").id)


@pytest.fixture
def shop(place: Workspace) -> None:
    """A friend of a month, one of a week, and two prospects, in a state built just now."""
    tell(
        link("friend", "started", NOW - timedelta(days=40)),
        link("newer", "started", NOW - timedelta(days=5)),
        *(
            event(who, "message.in", NOW - timedelta(days=9))
            for who in ("prospect", "other", "newer")
        ),
    )
    drain.drain(NOW, force=True)
    traits.refresh(NOW)
    put_away_the_library()
    for slug, text in RULES.items():
        save(slug, text, NOW)
    state.refresh(NOW)


def as_told(at: datetime) -> dict[str, set[int]]:
    """Members by the deltas, after making sure that everything says the same."""
    made = state.refresh(at)
    assert made is not None
    assert not made.is_base
    live = members_of(at)
    assert live == afresh(at)
    state.refresh(at, anew=True)
    assert members_of(at) == live
    traits.refresh(at)
    state.refresh(at)
    assert members_of(at) == live == afresh(at)
    return live


def test_links_that_begin_and_end_are_known_at_once(shop: None) -> None:
    # Given: who is asked anything at all before a link is told.
    tell(event("other", "message.in", NOW))
    state.refresh(NOW)
    # When
    tell(
        link("prospect", "started", SOON),
        link("friend", "ended", SOON, ended_by="customer"),
        now=SOON,
    )
    # Then
    live = as_told(SOON)
    assert live["linked"] == live["friends"] == live["of-lily"] == {key("prospect"), key("newer")}
    assert live["left-us"] == {key("friend")}
    assert live["met"] == {key("prospect"), key("newer")}
    assert live["not-for-long"] == {key("other")}


def test_one_link_after_another_is_known(shop: None) -> None:
    for who, at in (("prospect", SOON), ("other", SOON + timedelta(minutes=1))):
        tell(link(who, "started", at), now=at)
        state.refresh(at)
        assert key(who) in members_of(at)["linked"]
    assert {key("prospect"), key("other")} <= as_told(SOON + timedelta(minutes=2))["met"]


def test_a_link_told_late_takes_its_source_from_the_scan_before_it(shop: None) -> None:
    ago = NOW - timedelta(days=2)
    scanned = event("other", "link.scanned", ago, props={"platform": "taobao"})
    tell(link("prospect", "started", ago, platform="taobao"), link("other", "started", ago), now=SOON)  # fmt: skip
    state.refresh(SOON)
    tell(scanned, now=SOON)

    live = as_told(SOON)
    assert live["from-shop"] == live["came-from-shop"] == {key("prospect"), key("other")}


def test_a_link_taken_back_never_was(shop: None) -> None:
    stream.take_back(stream.key_hash(link("newer", "started", NOW - timedelta(days=5))), SOON)

    live = as_told(SOON)
    assert live["linked"] == {key("friend")}
    assert key("newer") not in live["met"]
