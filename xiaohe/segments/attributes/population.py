"""Everybody the shop knows: every person with a fact about a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis.expr.types as ir

if TYPE_CHECKING:
    from xiaohe.segments.query.world import World


def population(world: World) -> ir.Table:
    """(person): after joins, without those left out; of `world.people` only, where that is given."""
    raise NotImplementedError
