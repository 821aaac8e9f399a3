"""Whatever a client sends, the door answers: it never breaks, and one strange event never costs the others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.test_segment import NOW, facts, post, track
from xiaohe.kernel.workspace import Workspace
from xiaohe.sources import writekeys
from xiaohe.sources.segment.table import ROWS

KINDS = ("identify", "track", "page", "screen", "group", "alias")
FIELDS = (
    "type", "event", "name", "userId", "anonymousId", "previousId", "groupId", "messageId", "timestamp",
    "originalTimestamp", "sentAt", "context", "properties", "traits", "category", "integrations",
)  # fmt: skip
PROPERTIES = (
    "order_id", "total", "revenue", "currency", "products", "price", "quantity", "value", "coupon", "product_id",
    "sku", "name", "email", "phone", "shipping", "tax",
)  # fmt: skip
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), st.text(max_size=12),
    st.sampled_from(["2026-11-22T08:00:00Z", "0", "1e400", "-1", "CNY", "12.345"]),
)  # fmt: skip
anything = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=6,
)  # fmt: skip
properties = st.dictionaries(st.sampled_from(PROPERTIES), anything, max_size=6)
messages = st.builds(
    lambda kind, event, given, props, odd: {
        "type": kind, "event": event, "userId": "u1", "properties": props, "traits": props, **given, **odd,
    },
    st.sampled_from(KINDS),
    st.sampled_from([*(row.event for row in ROWS), "Quiz"]),
    st.fixed_dictionaries({}, optional={"anonymousId": st.just("d1"), "messageId": scalars}),
    properties,
    st.dictionaries(st.sampled_from(FIELDS), anything, max_size=3),
)  # fmt: skip


@pytest.fixture
def key(place: Workspace) -> str:
    return writekeys.add("segment", "site", NOW)[1]


@pytest.fixture
def numbers() -> Iterator[int]:
    return iter(range(10_000))


@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(strange=st.lists(st.one_of(messages, anything), max_size=4), around=anything)
def test_a_strange_event_breaks_nothing_and_costs_nobody_else(
    key: str, numbers: Iterator[int], strange: list[Any], around: Any
) -> None:
    number = next(numbers)
    batch = [*strange, track("Good", number)]

    answer = post("/v1/batch", {"batch": batch, "sentAt": around}, key)
    alone = post("/v1/track", strange[0] if strange else around, key)

    assert answer.status == 200
    assert alone.status in (200, 400)
    assert len(facts("custom:Good")) == number + 1
