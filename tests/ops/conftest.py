"""A prepared data folder for real servers, with a door that takes signed messages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.ops.serving import Serving
from xiaohe.channels.webhook import endpoints
from xiaohe.channels.webhook.endpoints import Added
from xiaohe.kernel.workspace import Workspace
from xiaohe.ledger import engine


@pytest.fixture
def door(place: Workspace) -> Added:
    return endpoints.add_inbound("shop", datetime.now(UTC))


@pytest.fixture
def serve(place: Workspace, door: Added, tmp_path: Path) -> Iterator[Callable[..., Serving]]:
    """`serve("web")`: running until the test ends."""
    started: list[Serving] = []

    def begin(what: str = "web", **environment: str) -> Serving:
        log = tmp_path / f"{what}-{len(started)}.log"
        started.append(Serving(place.home, what, log, **environment))
        return started[-1].__enter__()

    yield begin
    for each in started:
        each.__exit__(None, None, None)


def payments() -> list[int]:
    """How often each payment stands in the ledger."""
    with engine.reading() as read:
        paid = read.facts.filter(read.facts.type == "order.paid")
        counted = read.run(paid.group_by("order_key").agg(times=paid.count()))
    return sorted(counted["times"].to_pylist())
