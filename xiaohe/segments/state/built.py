"""Questions about few people, put together once: what they name has the same meaning in every delta of a day."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ibis.expr.types as ir
from ibis.expr import operations as ops

from xiaohe.segments.query.world import World
from xiaohe.segments.state.asking import SAME_NAMES, end_of_day

# Tables of what measures have added up.
SUMS = "sums_"
_questions: dict[tuple[Any, ...], ir.Table] = {}
# What every delta has under the same name. Of other tables there may be none the next time, or others: records that are
# folded again with what came make another question of it.
_ALWAYS_THERE = frozenset(
    [
        "touched_people", "touched_subjects", "touched_known", "touched_attributes", "news",
        "state_persons", "state_left_out", "state_rhythm",
    ]
)  # fmt: skip


def built(world: World, what: tuple[str, ...], build: Callable[[], ir.Table]) -> ir.Table:
    """A question as it was put together before: names of tables, the day's end and what a state is like are the same."""
    if world.at != end_of_day(world):
        return build()
    names = world.kept.get(SAME_NAMES, frozenset())
    key = (world.state.id, world.on, world.calendar, world.currency, world.few, names, what)
    found = _questions.get(key)
    if found is None:
        found = build()
        if _stays(world, found):
            if len(_questions) > 500:
                _questions.clear()
            _questions[key] = found
    return found


def _stays(world: World, question: ir.Table) -> bool:
    named = {each.name for each in question.op().find(ops.UnboundTable)}
    same = _ALWAYS_THERE | world.kept.get(SAME_NAMES, frozenset())
    return not any(
        each in world.read.tables and each not in same and not each.startswith(SUMS)
        for each in named
    )
