"""Records of one kind, as a table: who, when, in which order, and the fields asked for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING

import ibis.expr.types as ir

from xiaohe.segments.records import facts, held, purchases, registry

if TYPE_CHECKING:
    from xiaohe.segments.query.world import World

_FOLDED = {
    registry.PURCHASE: purchases.purchases,
    registry.LINE: purchases.lines,
    registry.LINK: held.links,
    registry.TAG: held.tags,
}


def table(
    world: World, name: str, fields: Iterable[str] | None = None, *, since: date | None = None
) -> ir.Table:
    """(person, on, at, row_no, key_hash, fields…) of everybody the world is about, `times` beside for lines.

    `since`: earlier shop days may be left out. Raises KeyError for an unknown kind or field.
    """
    kind = registry.kind_named(name)
    if kind is None:
        raise KeyError(name)
    wanted = [
        kind.fields[each].name
        for each in dict.fromkeys(fields if fields is not None else kind.fields)
    ]
    if folded := _FOLDED.get(name):
        return folded(world, wanted, since)
    return facts.records(world, kind, wanted, since)
