from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.segments.state.shop import bring
from tests.traits.facts import key, order
from xiaohe.kernel.errors import BadInput, Conflict
from xiaohe.ledger import engine
from xiaohe.segments import actions, queries, state, tags
from xiaohe.segments.models import TagReason
from xiaohe.segments.query.world import at_moment
from xiaohe.segments.text import parse
from xiaohe.traits import state as traits

NOW = datetime(2025, 6, 30, 4, tzinfo=UTC)
ANN, BOB = key("ann"), key("bob")


@pytest.fixture
def shop(place: Any) -> None:
    bring([*order("1", NOW - timedelta(9), "ann"), *order("2", NOW - timedelta(9), "bob")], NOW)
    traits.refresh(NOW)


def held(now: datetime = NOW) -> set[tuple[int, str]]:
    with engine.reading() as read:
        told = at_moment(read, traits.current(), now).records("tag", ["tag"])
        rows = read.run(told).to_pylist()
    return {(row["person"], row["tag"]) for row in rows}


def test_people_are_tagged_and_the_tap_is_taken_back(shop: None) -> None:
    tags.define("role", "gifts", 3, NOW)

    done = tags.give([ANN, BOB], "role", "gifts", 3, NOW)
    assert held() == {(ANN, "gifts"), (BOB, "gifts")}
    taken = tags.take([BOB], "role", "gifts", 3, NOW + timedelta(minutes=1))
    later = NOW + timedelta(minutes=2)
    assert held(later) == {(ANN, "gifts")}

    tags.undo(taken.facts, later)
    assert held(later) == {(ANN, "gifts"), (BOB, "gifts")}
    tags.undo(done.facts, later)
    assert held(later) == set()


def test_a_tag_ends_by_itself(shop: None) -> None:
    tags.define("size", "M", 3, NOW, days=30)
    tags.give([ANN], "size", "M", 3, NOW)
    assert held(NOW + timedelta(30)) == {(ANN, "M")}
    assert held(NOW + timedelta(31)) == set()


def test_what_is_sensitive_needs_a_reason_that_no_fact_holds(shop: None) -> None:
    tags.define("health", "allergic", 3, NOW, sensitive=True)
    with pytest.raises(BadInput):
        tags.give([ANN], "health", "allergic", 3, NOW)
    assert held() == set()

    done = tags.give([ANN], "health", "allergic", 3, NOW, reason="Ann told us in May")

    assert list(tags.reasons(done.facts).values()) == ["Ann told us in May"]
    assert b"Ann" not in bytes(TagReason.objects.get().sealed)
    with pytest.raises(BadInput):
        tags.define("health", "pregnant", 3, NOW, sensitive=True, slug="g12")


def test_a_tag_of_a_rule_follows_it_and_is_not_given_by_hand(shop: None) -> None:
    text = "did purchase in last 10 days"
    slug = actions.save("Just bought", parse(text, queries.vocabulary()), 3, NOW).saved.slug
    tags.define("fresh", "just bought", 3, NOW, slug=slug, days=5)
    with pytest.raises(Conflict):
        tags.give([ANN], "fresh", "just bought", 3, NOW)

    assert tags.follow(state.current(NOW), NOW) == 2
    assert held() == {(ANN, "just bought"), (BOB, "just bought")}
    assert tags.follow(state.current(NOW), NOW) == 0

    later = NOW + timedelta(2)
    traits.refresh(later)
    state.refresh(later)
    assert tags.follow(state.current(later), later) == 2
    assert held(later + timedelta(minutes=1)) == set()


def test_one_of_the_library_writes_nothing_until_somebody_answers_for_it(shop: None) -> None:
    known = [each for each in tags.every() if each.slug == "tag-price-full"]
    assert [(each.owner, each.days) for each in known] == [(None, 180)]
    assert tags.followed() == []
    tags.take_on(known[0].group, known[0].tag, 3, NOW)
    assert [(each.slug, each.owner) for each in tags.followed()] == [("tag-price-full", 3)]
