"""An order whose facts name two people is one's: who had it before is asked again, too."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.segments.state.shop import NOW, afresh, event, key, put_away_the_library, save, tell
from tests.segments.state.test_follows import members_of
from xiaohe.kernel.workspace import Workspace
from xiaohe.ledger import stream
from xiaohe.ledger.stream import Fact
from xiaohe.segments import state
from xiaohe.segments.state import orders
from xiaohe.traits import state as traits

# The smaller number is the buyer.
LATER, FIRST = sorted(("ann", "bob"), key=key)
ORDER = key("order")


def of_order(who: str, what: str, day: int, **more: int | str) -> Fact:
    return event(who, f"order.{what}", NOW - timedelta(days=day), order_key=ORDER, **more)


@pytest.mark.parametrize("is_remembered", [True, False])
@pytest.mark.parametrize("is_in_state", [True, False])
def test_the_former_buyer_of_an_order_is_asked_again(
    place: Workspace, is_in_state: bool, is_remembered: bool
) -> None:
    put_away_the_library()
    save("bought", "did purchase in last 30 days", NOW)
    save("sold-to", "net_total > ¥1", NOW)
    tell(*(event(who, "message.in", NOW - timedelta(days=9)) for who in (FIRST, LATER)))
    paid = of_order(FIRST, "paid", 5, amount=5000, currency="CNY")
    if is_in_state:
        tell(paid)
    traits.refresh(NOW)
    state.refresh(NOW)
    soon, then, back = (NOW + timedelta(minutes=each) for each in (1, 2, 3))
    if not is_in_state:
        tell(paid, now=soon)
    state.refresh(soon)
    assert members_of(soon)["bought"] == {key(FIRST)}

    named = of_order(LATER, "shipped", 4), of_order(LATER, "created", 5)
    tell(*named, now=then)
    if not is_remembered:
        orders._kept.clear()
    state.refresh(then)
    assert members_of(then) == afresh(then)
    assert members_of(then)["bought"] == {key(LATER)}

    for each in named:
        stream.take_back(stream.key_hash(each), now=back)
    state.refresh(back)
    assert members_of(back) == afresh(back)
    assert members_of(back)["bought"] == {key(FIRST)}
