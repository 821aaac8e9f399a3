"""Segments that name segments, pure: who stands on whom, what would go round in a circle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches

from xiaohe.segments.rules.tree import All, AnyOf, Been, InSegment, Not, Rule, Share, leaves


def stands_on(rule: Rule) -> list[str]:
    """The slugs a rule names itself, each once, left to right."""
    found: dict[str, None] = {}
    for leaf in leaves(rule):
        match leaf:
            case InSegment(slug) | Been(rule=InSegment(slug)):
                found.setdefault(slug)
    return list(found)


def used_by(slug: str, rules: Mapping[str, Rule]) -> list[str]:
    """The slugs of those that name this one themselves."""
    return [other for other, rule in rules.items() if slug in stands_on(rule)]


def circle(slug: str, rule: Rule, rules: Mapping[str, Rule]) -> list[str]:
    """The way from `slug` back to itself if it had this rule, both ends included; empty if there is none."""
    waiting = [[slug, each] for each in stands_on(rule)]
    seen: set[str] = set()
    while waiting:
        way = waiting.pop(0)
        if way[-1] == slug:
            return way
        if way[-1] in seen or way[-1] not in rules:
            continue
        seen.add(way[-1])
        waiting += [[*way, each] for each in stands_on(rules[way[-1]])]
    return []


def like(slug: str, known: Mapping[str, str]) -> str:
    """The slug somebody may have meant; `known` are names by slug. Empty if none comes near."""
    by_name = {name.casefold(): each for each, name in known.items()}
    if slug.casefold() in by_name:
        return by_name[slug.casefold()]
    near = get_close_matches(slug.casefold(), [*known, *by_name], n=1, cutoff=0.6)
    return by_name.get(near[0], near[0]) if near else ""


def salted(rule: Rule, salt: str) -> Rule:
    """The rule with `salt` in every random share that names none."""
    match rule:
        case Share(salt="") as share:
            return replace(share, salt=salt)
        case All(rules):
            return All(tuple(salted(each, salt) for each in rules))
        case AnyOf(rules):
            return AnyOf(tuple(salted(each, salt) for each in rules))
        case Not(inner):
            return Not(salted(inner, salt))
    return rule
