"""Single controls of a line: what a select offers, what is typed, which boxes there are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from xiaohe.segments.rules.kinds import result
from xiaohe.segments.rules.tree import Fold, Op
from xiaohe.segments.rules.vocabulary import Field, Kind
from xiaohe.web.pages.segments import called, windows
from xiaohe.web.pages.segments.controls import Option, Options, Part, Tag
from xiaohe.web.pages.segments.draft import Draft
from xiaohe.web.pages.segments.drafts import IS_FALSE, IS_NUMBER, IS_TRUE, MARK
from xiaohe.web.pages.segments.words import OPS

TYPED_AS = {Kind.NUMBER: Tag.NUMBER, Kind.MONEY: Tag.NUMBER, Kind.DAY: Tag.DATE}
NUMERIC_OPS = frozenset(
    each.value for each in (Op.LESS, Op.AT_MOST, Op.MORE, Op.AT_LEAST, Op.BETWEEN)
)


def listed_as(name: str, value: str) -> str:
    """What a value of a list is called: a number without its mark, a place people come from by its name."""
    rest = value.removeprefix(MARK)
    if rest != value and rest in (IS_TRUE, IS_FALSE):
        return str(OPS[Kind.STATED][rest])
    return called.choice(name, rest)


def both_ways() -> dict[str, Any]:
    return {**windows.PAST, **windows.AHEAD}


def listed(fields: Mapping[str, Field], chosen: str) -> dict[str, Field]:
    """The fields there are, and the one that is asked for: a property of the shop's own events is in no list."""
    return {name: fields[name] for name in (*fields, chosen) if name in fields}


def foldable(fold: Fold, fields: Mapping[str, Field]) -> dict[str, Field]:
    return {name: each for name, each in fields.items() if result(fold, each) is not None}


def select(
    place: str, name: str, label: str, groups: tuple[Options, ...], *, shapes: bool = False
) -> Part:
    return Part(Tag.SELECT, f"{place}:{name}", label, groups=groups, shapes=shapes)


def choices(place: str, told: Field, given: tuple[str, ...]) -> Iterable[Part]:
    options = [Option(each, called.choice(told.name, each), each in given) for each in told.choices]
    yield Part(Tag.CHECKS, f"{place}:v", _("Which"), groups=(Options(tuple(options)),))
    if list(given) != [each for each in told.choices if each in given]:
        # As it was written: the boxes stand in an order of their own.
        yield Part(Tag.HIDDEN, f"{place}:order", value=" ".join(given))


def op_shown(kind: Kind, op: str) -> str:
    """Comparisons that taps do not tell apart have one option."""
    if kind is Kind.CHOICE and op == Op.IS.value:
        return Op.IN.value
    return Op.IS.value if op == IS_NUMBER and kind is not Kind.STATED else op


def number(place: str, name: str, label: str, draft: Draft) -> Part:
    return Part(Tag.NUMBER, f"{place}:{name}", label, draft.one(name))


def date(place: str, name: str, label: str, draft: Draft) -> Part:
    return Part(Tag.DATE, f"{place}:{name}", label, draft.one(name))


def options(words: Mapping[str, Any], chosen: str) -> tuple[Options, ...]:
    return (Options(tuple(Option(name, said, name == chosen) for name, said in words.items())),)


def chosen(groups: Iterable[Options], chosen: str) -> tuple[Options, ...]:
    """The groups with one option chosen; in front a choice of none, while nothing is chosen."""
    found = tuple(
        Options(
            tuple(Option(o.value, o.label, o.value == chosen) for o in group.options), group.label
        )
        for group in groups
    )
    if any(option.chosen for group in found for option in group.options):
        return found
    return (Options((Option("", _("choose …"), True),)), *found)
