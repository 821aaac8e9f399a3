"""One row per person with every attribute of the registry, as one question.

population ─┬─ bought (records), rhythm (state)          purchases before D
            ├─ links, sources, stores                    where they came from, with whom they are linked
            ├─ signals, wishes, reviews, complaints …    what they did, one aggregation per kind
            ├─ referrals, recurring days
            └─► evidence ─► readiness, stage, tier, overlays ─► table

For one person, a preview, or any engine; what is kept of everybody is asked part by part (`kept`), to the same end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis.expr.types as ir

from xiaohe.segments.attributes import cuts
from xiaohe.segments.attributes import evidence as parts
from xiaohe.segments.attributes.conclude import COLUMNS, concluded

if TYPE_CHECKING:
    from xiaohe.segments.query.world import World


def table(world: World) -> ir.Table:
    """(person, every attribute of `registry.ATTRIBUTES`, `X_before` per recurring day): the population, once each."""
    return evidence(world).select("person", *COLUMNS)


def evidence(world: World) -> ir.Table:
    """`table` with what readiness was reckoned from (`ready.EVIDENCE`) and what stays (`moving.STAYING`) beside."""
    return concluded(parts.table(world), cuts.of(world), world.on)
