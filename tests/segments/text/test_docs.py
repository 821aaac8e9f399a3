"""What docs/segments.md shows is run: every rule is read, every refusal is the one that is shown."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from django.utils import translation

from tests.segments.vocabulary import VOCABULARY
from xiaohe.segments.rules import jsonform, tree
from xiaohe.segments.rules.tree import Fold, Op
from xiaohe.segments.rules.windows import Period, Unit
from xiaohe.segments.sentence.spellings import called
from xiaohe.segments.text import VERSION, RuleError, parse, print_rule
from xiaohe.segments.text.chinese import WORDS

UNITS_AND_PERIODS = {*map(str, Unit), *map(str, Period)}
PAGE = (Path(__file__).parents[3] / "docs" / "segments.md").read_text()


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def shown_rules() -> list[str]:
    """A rule goes on in lines that are set in."""
    return [each for block in blocks("rule") for each in re.split(r"\n(?!\s)", block.strip())]


@pytest.mark.parametrize("source", shown_rules())
def test_a_rule_that_is_shown_is_one(source: str) -> None:
    rule = parse(source, VOCABULARY)
    assert parse(print_rule(rule, "CNY"), VOCABULARY) == rule


def test_every_kind_of_condition_and_comparison_is_shown() -> None:
    leaves = [leaf for source in shown_rules() for leaf in tree.leaves(parse(source, VOCABULARY))]
    assert {type(each) for each in leaves} == set(tree.Leaf.__args__)  # type: ignore[attr-defined]
    folds = {each.fold for each in leaves if isinstance(each, tree.Measure)}
    ops = {each.test.op for each in leaves if isinstance(each, tree.Compare | tree.Measure)}
    assert folds == set(Fold)
    assert ops == set(Op)


def test_what_is_shown_in_chinese_is_the_rule_below_it() -> None:
    lines = "".join(blocks("chinese")).splitlines()
    shown = list(zip(lines[::2], lines[1::2], strict=True))
    assert len(shown) == 6
    for source, meant in shown:
        rule = parse(source, replace(VOCABULARY, called=called()))
        assert print_rule(rule, "CNY", VOCABULARY) == meant.removeprefix("= ")


def test_every_chinese_word_that_is_shown_is_one_and_the_version_is_told() -> None:
    table = PAGE.partition("## In Chinese")[2].partition("\n## ")[0].partition("|---|---|")[2]
    words = {
        each
        for said in re.findall(r"`([^`]+)`", table.partition("\n\n")[0])
        for each in re.findall(r"[\u4e00-\u9fff]+", said)
    }
    assert words - {*WORDS, "门店"} == set()
    assert f"This is version {VERSION}." in PAGE


def test_a_refusal_that_is_shown_is_the_one_that_comes() -> None:
    lines = "".join(blocks("refused")).splitlines()
    shown = list(zip(lines[::2], lines[1::2], strict=True))
    assert len(shown) == 5
    for source, told in shown:
        with pytest.raises(RuleError) as refused, translation.override("en"):
            parse(source, VOCABULARY)
        with translation.override("en"):
            assert f"= {refused.value}" == told


def test_the_document_that_is_shown_is_the_text_below_it() -> None:
    document = json.loads(blocks("json")[-1])
    rule = jsonform.from_json(document, VOCABULARY)
    assert print_rule(rule, "CNY", VOCABULARY) == shown_rules()[-1]
    assert jsonform.to_json(rule) == document


def test_every_name_a_rule_may_use_stands_on_the_page() -> None:
    folded = [VOCABULARY.records[each] for each in ("purchase", "purchase.item", "link", "tag")]
    names = {
        *VOCABULARY.attributes,
        *(field for kind in folded for field in kind.fields),
        *UNITS_AND_PERIODS,
    }
    missing = {each for each in names if f"`{each}`" not in PAGE and f'"{each}"' not in PAGE}
    assert missing == set()
