"""The text form of rules: read, written, and the name under which equal conditions share their state.

parse(text, vocabulary) ──► tree ──► print_rule(tree, currency) ──► the same text again

The grammar only grows: what a version reads, every later one reads as the same tree.

    1.0   as docs/segments.md told it first
    1.1   Chinese words and names; a time in front of what was done; `at least` and `at most` of any number
"""

from __future__ import annotations

from xiaohe.segments.rules import checks
from xiaohe.segments.rules.errors import RuleError
from xiaohe.segments.rules.normal import normal
from xiaohe.segments.rules.tree import Leaf, Rule
from xiaohe.segments.rules.vocabulary import Vocabulary
from xiaohe.segments.text.parser import read
from xiaohe.segments.text.printer import Printer
from xiaohe.segments.text.reader import Reader
from xiaohe.segments.text.spoken import in_chinese, is_written_in_chinese

__all__ = ["VERSION", "RuleError", "canonical", "parse", "print_rule"]

VERSION = "1.1"


def parse(source: str, vocabulary: Vocabulary) -> Rule:
    """The rule a text says, checked and in normal form; raises RuleError, which points at the place."""
    try:
        reader = Reader(source, vocabulary)
        rule = read(reader)
        checks.check(rule, vocabulary, reader.place_of)
    except RuleError as refused:
        if is_written_in_chinese(source):
            refused.data = in_chinese(refused.data, vocabulary.called)
        raise
    return normal(rule)


def print_rule(rule: Rule, currency: str, vocabulary: Vocabulary | None = None) -> str:
    """The text of a rule in normal form; `parse` reads the same tree from it.

    With the vocabulary choices stand bare (`stage is regular`), without it in quotation marks, which reads the same.
    """
    return Printer(currency, vocabulary).rule(rule)


def canonical(leaf: Leaf, currency: str = "CNY") -> str:
    """The name of a condition: equal for equal conditions only, however they were written.

    Use it as a key rather than the leaf itself: Python holds `is true` and `is 1` for equal.
    """
    return Printer(currency).rule(normal(leaf))
