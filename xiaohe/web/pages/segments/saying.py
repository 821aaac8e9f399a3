"""Rules read aloud, with the names this shop has given."""

from __future__ import annotations

from collections.abc import Mapping

from xiaohe.kernel.errors import BadInput
from xiaohe.segments import queries
from xiaohe.segments import sentence as spoken
from xiaohe.segments.rules.tree import Rule
from xiaohe.segments.sentence import Names
from xiaohe.segments.sentence.meanings import Meaning
from xiaohe.segments.sentence.meanings import meanings as meant
from xiaohe.segments.state import Standing
from xiaohe.segments.text import parse, print_rule
from xiaohe.shop.queries import the_shop


def sentence(rule: Rule, segments: Mapping[str, str]) -> str:
    """One whole sentence in the language that is on."""
    return spoken.sentence(rule, Names(segments, the_shop().currency))


def written(source: str, segments: Mapping[str, str]) -> str:
    """A text form read aloud; as it is written where it can no longer be read."""
    try:
        return sentence(parse(source, queries.vocabulary()), segments)
    except BadInput:
        return source


def text(rule: Rule) -> str:
    """Its text form."""
    return print_rule(rule, the_shop().currency)


def clause(rule: Rule, segments: Mapping[str, str]) -> str:
    """The same as a part of another sentence: a line, a step."""
    return spoken.clause(rule, Names(segments, the_shop().currency))


def meanings(rule: Rule, standing: Standing) -> tuple[Meaning, ...]:
    """What its words mean, with where they begin in this shop as the standing reckons it."""
    told = standing.generation.about.get("cuts", {}).get("cuts", {})
    cuts = {name: cut["values"] for name, cut in told.items()}
    return tuple(meant(rule, cuts, the_shop().currency))
