"""M02 and G11 are M01, exactly, and so are the three parts of G11."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.segments.state.shop import bring
from tests.traits.facts import fact, key, order
from xiaohe.ledger import engine
from xiaohe.measures import registry
from xiaohe.segments import queries
from xiaohe.segments.query.compile import leaf_table
from xiaohe.segments.query.world import at_start_of
from xiaohe.segments.rules.tree import InSegment
from xiaohe.shop.accounts import account_named
from xiaohe.traits import state as traits

NOW = datetime(2025, 6, 30, 4, tzinfo=UTC)
DAY = NOW.date()
PARTS = ("g11-new", "g11-never", "g11-once")
# Days ago of the link, the purchase, the message; None: none.
PEOPLE = {
    "new": (3, None, None),
    "never": (40, None, None),
    "once": (90, 80, None),
    "asked": (90, None, 31),
    "buys": (90, 5, None),
    "edge": (90, None, 30),
    "writes": (3, None, 1),
    "unlinked": (None, 2, None),
}


def shop() -> None:
    account = account_named("wecom", "Li Lei").id
    facts: list[dict[str, Any]] = []
    for name, (linked, bought, wrote) in PEOPLE.items():
        if linked is not None:
            at, props = NOW - timedelta(linked), '{"kind":"friend"}'
            facts.append(
                fact("link.started", at, subject=key(name), account_id=account, props=props)
            )
        if bought is not None:
            facts += order(f"order of {name}", NOW - timedelta(bought), name)
        if wrote is not None:
            facts.append(fact("message.in", NOW - timedelta(wrote), subject=key(name)))
    bring(facts, NOW)


def test_awake_and_zombies_are_all_linked_customers(place: Any) -> None:
    shop()
    state = traits.as_of(DAY)
    rules = queries.rules()
    asked = {each.replace("-", "_"): InSegment(each) for each in ("g11", *PARTS)}
    with engine.reading() as read:
        world = at_start_of(read, state, DAY, segment=rules.__getitem__)
        rows = read.run(leaf_table(world, asked)).to_pylist()
    names = {key(name): name for name in PEOPLE}
    fits = {each: {names[r["person"]] for r in rows if r[each]} for each in asked}

    linked = registry.measure("M01").read(state)
    awake = registry.measure("M02").read(state)

    assert fits["g11"] == {"new", "never", "once", "asked"}
    assert (linked.value, awake.value) == (7, 3)
    assert awake.value + len(fits["g11"]) == linked.value
    assert [fits[each.replace("-", "_")] for each in PARTS] == [
        {"new"},
        {"never"},
        {"once", "asked"},
    ]
