"""An app that tells of its orders, one after the other: in this process, or in one of its own that says how far it is.

`python -m tests.acceptance.orders_app FIRST END`
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

SOURCE = "app"
FIRST_ORDER = 10**13
START = datetime(2025, 5, 1, 4, tzinfo=UTC)
TYPES = ("order.created", "order.paid")


def key(number: int, type: str) -> str:
    return f"{number}.{type}"


def tell(first: int, end: int) -> Iterator[int]:
    """Record the orders from `first` on, both facts of each in one call; yields how many are acknowledged."""
    from xiaohe.kernel.clock import utc_now
    from xiaohe.ledger import stream
    from xiaohe.ledger.stream import Fact

    def one(number: int, type: str) -> Any:
        return Fact(
            source=SOURCE,
            key=key(number, type),
            type=type,
            occurred_at=START + timedelta(hours=number % 1000),
            subject=10**12 + number % 50,
            order_key=FIRST_ORDER + number,
            amount=1000 + number,
            currency="CNY",
        )

    for number in range(first, end):
        stream.record([one(number, type) for type in TYPES], now=utc_now())
        yield number + 1


if __name__ == "__main__":
    from xiaohe.cli import inside

    inside.enter()
    inside.quietly()
    for told in tell(int(sys.argv[1]), int(sys.argv[2])):
        print(told, flush=True)
