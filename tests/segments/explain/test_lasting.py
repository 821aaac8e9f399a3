"""Tier and VIP are written down when they change, with what it came from; so how long they have been so can be asked."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.segments.state.shop import NOW, afresh, event, put_away_the_library, save, tell
from tests.traits.facts import key
from xiaohe.kernel.workspace import Workspace
from xiaohe.ledger import engine
from xiaohe.ledger.engine import prop
from xiaohe.segments import state
from xiaohe.segments.rules.tree import InSegment
from xiaohe.segments.state import recording
from xiaohe.traits import state as traits

DAY = timedelta(days=1)
RULES = {
    "a-buyer": "tier has been buyer for 3 days",
    "a-vip": "vip has been true for 3 days",
    "no-vip": "vip has been false for 3 days",
    "a-prospect": "stage has been prospect for 3 days",
}


def passed(now: datetime) -> None:
    """Everybody is asked, and changes become facts."""
    traits.refresh(now)
    state.refresh(now)
    recording.record(now)


def words(what: str) -> list[tuple[int, str | None, str | None, str | None]]:
    with engine.reading() as read:
        told = read.facts.filter(read.facts.type == what).order_by("occurred_at", "subject")
        said = {name: prop(told.props, name) for name in ("from", "to", "because")}
        rows = read.run(told.select("subject", **said)).to_pylist()
    return [(each["subject"], each["from"], each["to"], each["because"]) for each in rows]


def test_tier_and_vip_have_been_so_since_it_was_written_down(place: Workspace) -> None:
    put_away_the_library()
    for slug, text in RULES.items():
        save(slug, text, NOW)
    many = [f"n{number}" for number in range(20)]
    tell(*(event(who, "message.in", NOW - 9 * DAY) for who in many), now=NOW)
    passed(NOW)

    paid = [
        event(who, "order.paid", NOW, amount=1000 + at, currency="CNY", order_key=at + 1)
        for at, who in enumerate(many)
    ]
    tell(*paid, event("late", "message.in", NOW), now=NOW)
    passed(NOW + DAY)
    assert words("vip.changed") == [(key("n19"), "false", "true", "a purchase")]
    assert {each[1:] for each in words("tier.changed") if each[0] != key("late")} == {
        ("potential", "buyer", "a purchase")
    }
    assert (key("late"), None, "potential", "a signal") in words("tier.changed")

    # Purchases count from the day after.
    held = afresh(NOW + 3 * DAY)
    assert (held["a-buyer"], held["a-vip"]) == (set(), set())
    # Who came meanwhile has been a prospect since then, not since it began to be written down.
    assert held["a-prospect"] == set()

    passed(NOW + 4 * DAY)
    held = afresh(NOW + 4 * DAY)
    assert (held["a-buyer"], held["a-vip"]) == ({key(each) for each in many}, {key("n19")})
    assert held["no-vip"] == {key(each) for each in many if each != "n19"} | {key("late")}
    assert held["a-prospect"] == {key("late")}
    made = state.refresh(NOW + 4 * DAY)
    assert made is not None
    standing = state.current(NOW + 4 * DAY)
    assert {slug: set(standing.ids(InSegment(slug)).tolist()) for slug in RULES} == held
