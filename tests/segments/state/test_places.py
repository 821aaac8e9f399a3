"""Places among others: who is moved by what happened to somebody else, and that what moves nobody moves nobody."""

from __future__ import annotations

from datetime import timedelta

from tests.segments.state.shop import (
    NOW,
    afresh,
    bring,
    event,
    key,
    order,
    put_away_the_library,
    save,
    tell,
)
from tests.segments.state.test_follows import members_of
from xiaohe.kernel.workspace import Workspace
from xiaohe.ledger.stream import Fact
from xiaohe.segments import state
from xiaohe.traits import state as traits


def test_a_place_is_free_when_somebody_else_gives_goods_back(place: Workspace) -> None:
    # Given
    put_away_the_library()
    before = NOW - timedelta(days=20)
    for who, paid in (("ann", 9000), ("bob", 8000), ("cid", 3000), ("dan", 1000)):
        bring(order(f"of-{who}", before, who, paid=paid))
    traits.refresh(NOW)
    save("best", "net_365 in top 25 percent", NOW)
    state.refresh(NOW)
    assert members_of(NOW) == {"best": {key("ann")}}
    # When: what changes nobody's number, and then what changes ann's
    tell(event("dan", "page.viewed", NOW))
    state.refresh(NOW)
    looked = members_of(NOW)
    back = {"order_key": key("of-ann"), "amount": 5000, "currency": "CNY"}
    tell(Fact("segment:1", "back", "order.refunded", NOW, key("ann"), **back))
    made = state.refresh(NOW)
    # Then
    assert made is not None
    assert not made.is_base
    assert looked == {"best": {key("ann")}}
    assert members_of(NOW) == afresh(NOW) == {"best": {key("bob")}}
