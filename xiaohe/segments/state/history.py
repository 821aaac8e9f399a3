"""How large segments were, a number per shop day: the day's last generation says it."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from xiaohe.kernel import store as control
from xiaohe.segments.rules.tree import InSegment
from xiaohe.segments.state import generation, store
from xiaohe.segments.state.changes import ENTERED, LEFT
from xiaohe.segments.state.generation import Generation
from xiaohe.segments.state.standing import Standing


class Size(NamedTuple):
    """`is_first`: the day it was first filled; nobody entered it then, they were found in it."""

    on: date
    people: int
    is_first: bool


def after(one: Generation, before: Generation | None, changed: pa.Table) -> dict[str, int]:
    """How large every segment is: as large as before, with who entered and without who left; new ones are counted."""
    turned = pc.value_counts(pc.binary_join_element_wise(changed["segment"], changed["type"], " "))
    counts = {row["values"]: row["counts"] for row in turned.to_pylist()}
    known = before.sizes if before is not None else {}
    standing = Standing(one, one.at)
    return {
        slug: known[slug] + counts.get(f"{slug} {ENTERED}", 0) - counts.get(f"{slug} {LEFT}", 0)
        if slug in known
        else int(standing.count(InSegment(slug)))
        for slug in one.rules
    }


def note(one: Generation) -> None:
    """Put down how large every segment is; safe to repeat."""
    with control.write():
        store.put_sizes(one.on, sorted(one.sizes.items()))


def sizes(slug: str) -> list[Size]:
    """Of every day on which it was kept, oldest first."""
    days = dict(store.sizes_of(slug))
    newest = generation.newest()
    if newest is not None and slug in newest.sizes:
        # Put down when its day is over.
        days[newest.on] = newest.sizes[slug]
    rows = sorted(days.items())
    return [Size(on, people, number == 0) for number, (on, people) in enumerate(rows)]
