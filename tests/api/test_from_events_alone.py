"""A shop that only ever told events has the same numbers, rhythm and due list as one that imports files."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from xiaohe.autopilot import due
from xiaohe.kernel.workspace import Workspace
from xiaohe.measures.registry import measure
from xiaohe.shop.models import Shop
from xiaohe.shop.queries import the_shop
from xiaohe.sources import writekeys
from xiaohe.sources.segment import taking
from xiaohe.traits import state

ON = date(2025, 6, 30)
NOW = datetime(2025, 6, 30, 5, 0, tzinfo=UTC)  # 13:00 in Shanghai


@pytest.fixture
def tell(place: Workspace) -> Any:
    shop: Shop = the_shop()
    shop.clock_on = ON
    shop.save()
    writer = writekeys.writer_for(writekeys.add("segment", "site", NOW)[0])
    numbers = iter(range(1, 100))

    def told(event: str, user: str, day: date, **properties: Any) -> None:
        at = datetime.combine(day, time(3), tzinfo=UTC)
        message = {
            "type": "track", "event": event, "userId": user, "messageId": f"m{next(numbers)}",
            "timestamp": at.isoformat(), "properties": properties,
        }  # fmt: skip
        assert taking.take([message], writer, NOW).unreadable == 0

    return told


def test_orders_told_as_events_make_a_rhythm_a_due_list_and_money(tell: Any) -> None:
    days = [ON - timedelta(days=back) for back in (90, 60, 30)]
    for number, day in enumerate(days):
        tell("Order Completed", "ann", day, order_id=f"a{number}", total="10.50", currency="CNY")
    tell(
        "Order Completed",
        "bob",
        days[2],
        order_id="b0",
        products=[{"product_id": "tea", "price": 2.25, "quantity": 4}],
    )
    tell("Order Completed", "cid", days[2], order_id="c0", total=50)
    tell("Order Refunded", "cid", days[2], order_id="c0", total=20)
    tell("Order Completed", "dan", days[2], order_id="d0", total=70)
    tell("Order Cancelled", "dan", days[2], order_id="d0")

    now = state.as_of(ON)
    state.refresh(NOW)
    rows = {row.keys[0].value: row for row in due.evaluate(ON)}

    # ann 3 × 10.50, bob 4 × 2.25, cid 50 − 20; dan's is called off.
    assert measure("M24b").read(now, days=365).value == (3150 + 900 + 3000) / 5
    assert measure("M24a").read(now, days=365).denominator == 3
    assert (rows["ann"].gaps, rows["ann"].ratio, rows["ann"].cycle) == (2, 1.0, 30.0)
    assert "dan" not in rows


def test_an_order_told_as_an_event_asks_for_new_numbers_once_an_hour(tell: Any) -> None:
    from xiaohe.jobs.models import Job

    for number in range(3):
        tell("Order Completed", "ann", ON, order_id=f"a{number}", total=1)

    assert Job.objects.filter(name="traits.refresh", state="ready").count() == 1
