"""Conditions joined by and, or, not and brackets; of people and, after `where`, of records alike."""

from __future__ import annotations

from collections.abc import Callable

from xiaohe.segments.rules.tree import All, AnyOf, Not, Rule
from xiaohe.segments.text.reader import DEEPEST, Reader


def joined(reader: Reader, one: Callable[[Reader], Rule]) -> Rule:
    """Conditions under and, or, not and brackets; `one` reads a single condition."""
    start = reader.at
    rules = [_all_of(reader, one)]
    while reader.takes_word("or"):
        rules.append(_all_of(reader, one))
    return reader.mark(AnyOf(tuple(rules)), start) if len(rules) > 1 else rules[0]


def _all_of(reader: Reader, one: Callable[[Reader], Rule]) -> Rule:
    start = reader.at
    rules = [unary(reader, one)]
    while reader.takes_word("and"):
        rules.append(unary(reader, one))
    return reader.mark(All(tuple(rules)), start) if len(rules) > 1 else rules[0]


def unary(reader: Reader, one: Callable[[Reader], Rule]) -> Rule:
    """`not` and brackets."""
    start = reader.at
    if not (reader.now.is_word("not") or reader.now.is_sign("(")):
        return one(reader)
    if reader.depth >= DEEPEST:
        raise reader.wrong("too_deep", limit=DEEPEST)
    reader.depth += 1
    if reader.takes_word("not"):
        rule: Rule = reader.mark(Not(unary(reader, one)), start)
    else:
        opened = reader.take()
        rule = joined(reader, one)
        if not reader.takes_sign(")"):
            raise reader.unclosed(opened)
    reader.depth -= 1
    return rule
