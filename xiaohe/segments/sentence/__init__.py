"""Rules read aloud, in the language that is on: one sentence, or lines that lie in each other.

words   labels of attributes, fields, choices     times      windows and lengths
deeds   what people did                           comparing  is, contains, at least …
truths  what is so or not                         leaves     one condition, and it turned around
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from xiaohe.segments.rules.tree import All, AnyOf, Everyone, Not, Rule
from xiaohe.segments.sentence.leaves import said
from xiaohe.segments.sentence.names import Names

__all__ = ["Names", "Part", "clause", "parts", "sentence"]

# (all of them, at least one, not all, none): for the whole rule, for a part of it, and as the head of its lines.
WHOLE = (
    gettext_lazy("Everyone for whom all of this holds: %(list)s."),
    gettext_lazy("Everyone for whom at least one of these holds: %(list)s."),
    gettext_lazy("Everyone for whom not all of this holds: %(list)s."),
    gettext_lazy("Everyone for whom none of these holds: %(list)s."),
)
INSIDE = (
    gettext_lazy("(all of: %(list)s)"),
    gettext_lazy("(at least one of: %(list)s)"),
    gettext_lazy("(not all of: %(list)s)"),
    gettext_lazy("(none of: %(list)s)"),
)
HEADS = (
    gettext_lazy("all of this holds"),
    gettext_lazy("at least one of these holds"),
    gettext_lazy("not all of this holds"),
    gettext_lazy("none of these holds"),
)


@dataclass(frozen=True)
class Part:
    """A line of a rule: a condition, or the head of the `parts` below it.

    `path` is the JSON pointer of what it says in the JSON form without its envelope (`/rules/0`); of `not`, of the
    whole, since the line says both.
    """

    path: str
    text: str
    rule: Rule
    parts: tuple[Part, ...] = ()


def sentence(rule: Rule, names: Names | Mapping[str, str] | None = None) -> str:
    """The rule in one sentence. `names` may be the segments' names by slug alone, in a shop of yuan."""
    known = _known(names)
    match _turned(rule):
        case (All(rules) | AnyOf(rules) as inner, is_not):
            return str(WHOLE[_which(inner, is_not)]) % {"list": _list(rules, known)}
        case (Everyone(), False):
            return _("Everybody the shop knows.")
        case (Everyone(), True):
            return _("Nobody.")
    return _("Everyone for whom this holds: %(clause)s.") % {"clause": clause(rule, known)}


def clause(rule: Rule, names: Names | Mapping[str, str] | None = None) -> str:
    """The rule as a part of a sentence; conditions that are joined stand in brackets, so that nothing is left open."""
    known = _known(names)
    inner, is_not = _turned(rule)
    if isinstance(inner, All | AnyOf):
        return str(INSIDE[_which(inner, is_not)]) % {"list": _list(inner.rules, known)}
    return said(inner, known, is_not=is_not)  # type: ignore[arg-type]


def parts(rule: Rule, names: Names | Mapping[str, str] | None = None, path: str = "") -> Part:
    """The rule line by line."""
    known = _known(names)
    inner, is_not = _turned(rule)
    if not isinstance(inner, All | AnyOf):
        return Part(path, clause(rule, known), rule)
    below = path
    turned = rule
    while isinstance(turned, Not):
        below, turned = f"{below}/rule", turned.rule
    lines = [parts(each, known, f"{below}/rules/{n}") for n, each in enumerate(inner.rules)]
    return Part(path, str(HEADS[_which(inner, is_not)]), rule, tuple(lines))


def _turned(rule: Rule) -> tuple[Rule, bool]:
    """What stands under the `not`s, and whether it is turned around."""
    is_not = False
    while isinstance(rule, Not):
        rule, is_not = rule.rule, not is_not
    return rule, is_not


def _which(rule: All | AnyOf, is_not: bool) -> int:
    return (2 if isinstance(rule, All) else 3) if is_not else 0 if isinstance(rule, All) else 1


def _list(rules: tuple[Rule, ...], names: Names) -> str:
    return pgettext("between conditions", "; ").join(clause(each, names) for each in rules)


def _known(names: Names | Mapping[str, str] | None) -> Names:
    return names if isinstance(names, Names) else Names(names or {})
