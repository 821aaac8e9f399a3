"""How much each sender told lately: one question to the ledger for all of them, over the files of a week."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from xiaohe.ledger import engine

# What is stated beside an event of its own: who is who, and the parts of a whole order.
BESIDE = ("identity.seen", "order.item")


@dataclass(frozen=True)
class Lately:
    """What one sender told of since the beginning of the week."""

    last: datetime
    today: int
    week: int


def lately(
    sources: Sequence[str], *, today: datetime, week: datetime, timeout: float
) -> dict[str, Lately]:
    """Of each source that told anything: when last, and how many events since `today` and since `week` began.

    Only what also happened since then is looked at, so old months stay closed; raises TooSlow after `timeout` seconds.
    """
    if not sources:
        return {}
    with engine.reading(timeout=timeout) as read:
        facts = read.facts
        told = facts.filter(
            facts.occurred_at >= week,
            facts.recorded_at >= week,
            facts.source.isin(list(sources)),
            facts.type.notin(list(BESIDE)),
            # Paid is said together with an order of an SDK's event, by itself in a webhook's.
            (facts.type != "order.paid") | ~facts.source.startswith("segment:"),
        )
        counted = told.group_by("source").aggregate(
            last=told.recorded_at.max(),
            today=(told.recorded_at >= today).sum(),
            week=told.count(),
        )
        rows = read.run(counted).to_pylist()
    return {row["source"]: Lately(row["last"], int(row["today"]), int(row["week"])) for row in rows}
