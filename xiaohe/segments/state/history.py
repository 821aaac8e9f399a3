"""How large segments were, a number per shop day: the day's last generation says it."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from xiaohe.kernel import store as control
from xiaohe.segments.rules.tree import InSegment
from xiaohe.segments.state import store
from xiaohe.segments.state.generation import Generation
from xiaohe.segments.state.standing import Standing


class Size(NamedTuple):
    """`is_first`: the day it was first filled; nobody entered it then, they were found in it."""

    on: date
    people: int
    is_first: bool


def note(one: Generation) -> None:
    """Put down how large every segment is; safe to repeat."""
    standing = Standing(one, one.at)
    sizes = [(slug, int(standing.count(InSegment(slug)))) for slug in one.rules]
    with control.write():
        store.put_sizes(one.on, sizes)


def sizes(slug: str) -> list[Size]:
    """Of every day on which it was kept, oldest first."""
    rows = store.sizes_of(slug)
    return [Size(on, people, number == 0) for number, (on, people) in enumerate(rows)]
