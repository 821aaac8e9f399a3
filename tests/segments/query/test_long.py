"""A rule of many conditions is asked about a past day and explained as any other."""

from __future__ import annotations

from datetime import timedelta

from tests.segments.state.shop import NOW, bring, event, key, order, tell
from xiaohe.kernel.workspace import Workspace
from xiaohe.segments.asking import Asked
from xiaohe.traits import state as traits

TYPES = ("page.viewed", "message.in", "cart.added", "content.clicked", "product.viewed")


def test_a_long_rule(place: Workspace) -> None:
    # Given: more than is compiled as one question
    never = [
        f"did {TYPES[at % 5]} then {TYPES[(at + 2) % 5]} within {at + 1} days" for at in range(25)
    ]
    never += [f"count of {TYPES[at % 5]} in last {at + 9} days >= {at + 3}" for at in range(25)]
    text = " or ".join([*never, "did voucher.applied in last 30 days"])
    before = NOW - timedelta(days=3)
    bring(order("o-1", before, "bob"))
    tell(event("ann", "voucher.applied", before), now=before)
    traits.refresh(NOW)
    # When
    then = Asked.of(text, NOW, NOW.date())
    told = Asked.of(text, NOW, NOW.date()).explain(key("ann"))
    # Then
    assert [row["person"] for row in then.page().rows] == [key("ann")]
    assert then.count() == 1
    assert told.fits
