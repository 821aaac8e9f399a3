"""A rule while somebody puts it together: any of its values may still be missing. Pure.

group   join (all, any)                      children: its lines
value   field, op, v…, window                an attribute; inside a measure a record's field
measure of, fold, field, op, v…, window      children: what must hold of a record, join (all, any) of them; a group
                                             there is a bracket around some of it
sequence within, unit, window                children: its steps
step    of                                   children: what must hold of a record, join (all, any) of them
been    field, v, days                       or slug, days; v of a truth: true, false
rank    field, side, low, high, per
segment slug
share   low, high, salt
list    p…                                   people by id; q: whom to look for
text    text                                 what no line can show, in its text form
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

ROOT = "r"


class Is(StrEnum):
    GROUP = "group"
    EVERYONE = "everyone"
    VALUE = "value"
    MEASURE = "measure"
    SEQUENCE = "sequence"
    STEP = "step"
    BEEN = "been"
    RANK = "rank"
    SEGMENT = "segment"
    SHARE = "share"
    LIST = "list"
    TEXT = "text"


@dataclass(frozen=True)
class Draft:
    kind: Is
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    is_not: bool = False
    children: tuple[Draft, ...] = ()

    def one(self, name: str, default: str = "") -> str:
        return next(iter(self.fields.get(name, ())), default)

    def all(self, name: str) -> tuple[str, ...]:
        return self.fields.get(name, ())


def group(*children: Draft, join: str = "all") -> Draft:
    return Draft(Is.GROUP, {"join": (join,)}, children=children)


def line_place(draft: Draft, place: str) -> str:
    """The line in which a detail stands, or the line itself: the first on the way down that is no group."""
    steps = place.split("-")
    for number in range(1, len(steps) + 1):
        above = "-".join(steps[:number])
        found = at(draft, above)
        if found is not None and found.kind is not Is.GROUP:
            return above
    return place


def child_id(parent: str, number: int) -> str:
    return f"{parent}-{number}"


def walk(draft: Draft, place: str = ROOT) -> Iterator[tuple[str, Draft]]:
    """Every node with its place, in the order of the page."""
    yield place, draft
    for number, each in enumerate(draft.children):
        yield from walk(each, child_id(place, number))


def at(draft: Draft, place: str) -> Draft | None:
    return dict(walk(draft)).get(place)


def new_place(before: Draft, after: Draft) -> str:
    """Where a node is that was not there before: the first that has more below it, its last; empty if there is none."""
    for place, node in walk(before):
        then = at(after, place)
        if then is not None and len(then.children) > len(node.children):
            number = next(
                (n for n, each in enumerate(node.children) if then.children[n] != each),
                len(node.children),
            )
            return child_id(place, number)
    return ""


def _way(place: str) -> list[int]:
    return [int(each) for each in place.split("-")[1:]]


def added(draft: Draft, place: str, new: Draft, number: int | None = None) -> Draft:
    """With one more child of the node at `place`; at the end, or as child `number`."""

    def put(node: Draft) -> Draft:
        at_ = len(node.children) if number is None else min(number, len(node.children))
        return replace(node, children=(*node.children[:at_], new, *node.children[at_:]))

    return _changed(draft, _way(place), put)


def dropped(draft: Draft, place: str) -> Draft:
    *way, last = _way(place)
    return _changed(
        draft,
        way,
        lambda node: replace(
            node, children=tuple(each for n, each in enumerate(node.children) if n != last)
        ),
    )


def replaced(draft: Draft, place: str, new: Draft) -> Draft:
    """With another node in its place."""
    return _changed(draft, _way(place), lambda _node: new)


def _changed(node: Draft, way: list[int], change: object) -> Draft:
    if not way:
        return change(node)  # type: ignore[operator, no-any-return]
    first, *rest = way
    return replace(
        node,
        children=tuple(
            _changed(each, rest, change) if number == first else each
            for number, each in enumerate(node.children)
        ),
    )
