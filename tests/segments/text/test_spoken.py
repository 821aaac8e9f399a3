"""Refusals of rules that are written in Chinese say Chinese names, and a comparison without a field is told where it belongs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.segments.vocabulary import VOCABULARY
from xiaohe.segments.sentence.spellings import called
from xiaohe.segments.text import RuleError, parse

OURS = replace(VOCABULARY, called=called())


def _refusal(source: str) -> RuleError:
    with pytest.raises(RuleError) as refused:
        parse(source, OURS)
    return refused.value


@pytest.mark.parametrize(
    ("source", "slots"),
    [
        ("门店 大于 3", {"name": "门店", "operator": "大于", "known": "是, 属于, 含, 开头是, 结尾是, 匹配, 已知"}),
        ("合计 品名 来自 商品 大于 3", {"name": "品名", "fold": "合计"}),
        ("store > 3", {"name": "store", "operator": ">", "known": "is, in, contains, starts with, ends with, matches, is known"}),
        ('store > 3 and store is "东店"', {"name": "store", "operator": ">"}),
    ],
)  # fmt: skip
def test_names_are_those_of_whoever_wrote_the_rule(source: str, slots: dict[str, str]) -> None:
    told = _refusal(source).data
    assert {slot: told[slot] for slot in slots} == slots


@pytest.mark.parametrize(
    ("source", "place", "suggestion", "mended"),
    [
        ('did purchase.item contains "茶"', 18, "where title contains", 'did purchase.item where title contains "茶"'),
        ('did purchase.item where contains "茶"', 24, "title contains", 'did purchase.item where title contains "茶"'),
        ('买过 商品 其中 含 "茶"', 9, "品名 含", '买过 商品 其中 品名 含 "茶"'),
        ('买过 商品 含 "茶"', 6, "其中 品名 含", '买过 商品 其中 品名 含 "茶"'),
    ],
)  # fmt: skip
def test_a_comparison_without_a_field_says_where_it_belongs(
    source: str, place: int, suggestion: str, mended: str
) -> None:
    refused = _refusal(source)
    assert (refused.code, refused.place.start) == ("field_missing", place)
    assert refused.suggestion == suggestion
    there = refused.place
    fixed = source[: there.start] + suggestion + source[there.start + there.length :]
    assert parse(fixed, OURS) == parse(mended, OURS)
