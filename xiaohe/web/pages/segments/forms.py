"""The builder's form: one field per control, named `place:part`; and what its buttons do to the draft.

Lines come with their place as `node`, in the order of the page: a form without scripts says the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from functools import partial
from typing import Any

from xiaohe.web.pages.segments import draft as drafts
from xiaohe.web.pages.segments.draft import ROOT, Draft, Is
from xiaohe.web.pages.segments.drafts import MARK

# Nobody taps together more; a form with more was not made by our page.
MOST_NODES = 1_000
MOST_DEEP = 12
Make = Callable[[str], Draft | None]


def draft_of(sent: Any) -> Draft:
    """The draft a posted form holds; an empty one where it holds none."""
    places = sent.getlist("node")[:MOST_NODES]
    fields: dict[str, dict[str, tuple[str, ...]]] = defaultdict(dict)
    for name in sent:
        place, colon, part = name.partition(":")
        if colon:
            fields[place][part] = tuple(sent.getlist(name))
    below: dict[str, list[str]] = defaultdict(list)
    for place in places:
        if place != ROOT and place.count("-") <= MOST_DEEP:
            below[place.rpartition("-")[0]].append(place)

    def made(place: str) -> Draft:
        told = dict(fields.get(place, {}))
        kind = told.pop("kind", ("",))[0]
        is_not = bool(told.pop("not", ()))
        # Boxes come in the order of the page; what was chosen before stays in the order it was written in.
        if order := told.pop("order", ("",))[0].split():
            told["v"] = tuple(sorted(told.get("v", ()), key=partial(_place, order)))
        # A number that was typed into a list of what may be text.
        if numbers := [f"{MARK}{each.strip()}" for each in told.pop("vn", ()) if each.strip()]:
            told["v"] = (*told.get("v", ()), *numbers)
        known = Is(kind) if kind in set(Is) else Is.GROUP
        return Draft(known, told, is_not, tuple(made(each) for each in below[place]))

    root = made(ROOT)
    return root if root.kind is Is.GROUP else drafts.group()


def _place(order: list[str], value: str) -> int:
    return order.index(value) if value in order else len(order)


def edited(draft: Draft, do: str, ready: Make, written: Make) -> Draft:
    """What a button does: `add:place:name`, `group:place`, `where:place`, `some:place`, `step:place`, `drop:place`,
    `put:place:2:text`, `again:place::text`.

    `ready(name)` gives the line of a ready-made condition, `written(text)` that of a text form. An unknown order
    changes nothing.
    """
    order, _colon, rest = do.partition(":")
    place, _colon, what = rest.partition(":")
    node = drafts.at(draft, place)
    if node is None:
        return draft
    if order == "add" and node.kind is Is.GROUP:
        new = ready(what)
        return draft if new is None else drafts.added(draft, place, new)
    other = "all" if node.one("join") == "any" else "any"
    if order == "group" and node.kind is Is.GROUP:
        return drafts.added(draft, place, drafts.group(join=other))
    if order == "step" and node.kind is Is.SEQUENCE:
        return drafts.added(draft, place, Draft(Is.STEP))
    if order == "where" and _has_details(draft, place):
        return drafts.added(draft, place, Draft(Is.VALUE))
    if order == "some" and _has_details(draft, place):
        return drafts.added(draft, place, drafts.group(Draft(Is.VALUE), join=other))
    if order == "drop" and place != ROOT:
        return drafts.dropped(draft, place)
    if order in ("put", "again"):
        number, _colon, text = what.partition(":")
        new = written(text)
        if new is None:
            return draft
        if order == "again":
            return drafts.replaced(draft, place, new)
        return drafts.added(draft, place, new, int(number) if number.isdecimal() else 0)
    return draft


def _has_details(draft: Draft, place: str) -> bool:
    """Something that happened, or a bracket around some of its details."""
    line = drafts.at(draft, drafts.line_place(draft, place))
    node = drafts.at(draft, place)
    if line is None or node is None or line.kind not in (Is.MEASURE, Is.SEQUENCE):
        return False
    return node.kind in (Is.MEASURE, Is.STEP, Is.GROUP)
