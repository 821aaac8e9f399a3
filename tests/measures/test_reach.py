"""Who is linked, who is awake, how many buyers are ours."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from tests.traits.facts import fact, key, link, links_of, order, table
from xiaohe.measures.registry import measure
from xiaohe.measures.result import Missing, NotYet

ON = date(2025, 6, 30)
LAST_YEAR = datetime(2024, 1, 1, tzinfo=UTC)
JUNE = datetime(2025, 6, 10, tzinfo=UTC)


def friends(count: int):
    return links_of([link(f"friend {number}", LAST_YEAR) for number in range(count)])


def replies(count: int, at: datetime = JUNE) -> list[dict]:
    return [fact("message.in", at, subject=key(f"friend {number}")) for number in range(count)]


@pytest.mark.parametrize(("linked", "awake", "share"), [(100, 100, 1.0), (1000, 50, 0.05)])
def test_effective_rate_of_the_two_shops_of_s30(state_of, linked, awake, share) -> None:
    state = state_of(table(replies(awake)), ON, links=friends(linked))
    found = measure("M03").read(state)
    assert (found.value, found.numerator, found.denominator) == (share, awake, linked)
    assert measure("M01").read(state).value == linked
    assert measure("M02").read(state).value == awake


def test_an_act_on_the_first_day_of_the_window_counts_and_the_day_before_does_not(state_of) -> None:
    edge = datetime(2025, 5, 31, 12, tzinfo=UTC)
    too_early = edge - timedelta(days=1)
    facts = [*replies(1, edge), fact("message.in", too_early, subject=key("friend 1"))]
    state = state_of(table(facts), ON, links=friends(2))
    assert measure("M03").read(state, days=30).people("numerator") == [key("friend 0")]


def test_a_purchase_is_an_act_too(state_of) -> None:
    facts = replies(1) + order("one", JUNE, "friend 1")
    state = state_of(table(facts), ON, links=friends(4))
    assert measure("M02").read(state).value == 2


def test_effective_rate_is_not_said_before_a_reply_was_ever_recorded(state_of) -> None:
    state = state_of(table(order("one", JUNE, "friend 1")), ON, links=friends(4))
    assert measure("M03").read(state).value == NotYet(Missing.NO_SIGNALS)


def test_ownership_share_opens_to_its_people(state_of) -> None:
    facts = table(
        [
            *order("one", JUNE, "friend 0"),
            *order("two", JUNE, "stranger"),
            *order("old", datetime(2023, 1, 1, tzinfo=UTC), "friend 1"),
            *order("nobody", JUNE, None),
        ]
    )
    state = state_of(facts, ON, links=friends(3))
    year, ever = measure("M04").read(state), measure("M04a").read(state)
    assert (year.value, year.numerator, year.denominator) == (0.5, 1, 2)
    assert year.people("numerator") == [key("friend 0")]
    assert year.people("denominator") == sorted([key("friend 0"), key("stranger")])
    assert (ever.numerator, ever.denominator) == (2, 3)
    assert (year.window.start, year.window.end) == (date(2024, 6, 30), ON)


def test_a_file_without_buyers_gives_no_share_instead_of_zero(state_of) -> None:
    state = state_of(table(order("nobody", JUNE, None)), ON, links=friends(1))
    assert measure("M04").read(state).value == NotYet(Missing.NO_BUYERS)
    assert measure("M25").read(state).value == NotYet(Missing.NO_BUYERS)
    assert measure("M24b").read(state).value == 1000


def test_a_follow_and_an_ended_link_are_not_linked(state_of) -> None:
    links = links_of(
        [
            link("ann", LAST_YEAR, private=False),
            link("bob", LAST_YEAR, ended_at=datetime(2025, 6, 29, tzinfo=UTC)),
            link("cat", LAST_YEAR, ended_at=datetime(2025, 6, 30, 1, tzinfo=UTC)),
            link("dan", datetime(2025, 6, 30, tzinfo=UTC).replace(tzinfo=None)),
        ]
    )
    found = measure("M01").read(state_of(table([]), ON, links=links))
    assert found.people("numerator") == [key("cat")]
