"""One row per person with every attribute of the registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis.expr.types as ir

if TYPE_CHECKING:
    from xiaohe.segments.query.world import World


def table(world: World) -> ir.Table:
    """(person, every attribute of `registry.ATTRIBUTES`, `X_before` per recurring day): the population, once each."""
    raise NotImplementedError
