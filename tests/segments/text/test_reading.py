"""What may be written, and what is said about what may not."""

from __future__ import annotations

import re

import pytest
from django.utils import translation

from tests.segments.vocabulary import VOCABULARY
from xiaohe.segments.rules import tree
from xiaohe.segments.rules.errors import SENTENCES
from xiaohe.segments.rules.vocabulary import Vocabulary
from xiaohe.segments.text import RuleError, parse, print_rule

EXAMPLE = (
    'stage is regular and store is "东店" and count of purchase.item where title contains "茶" in last 90 days >= 2 '
    "and not did opened in last 30 days and not complaint_open and due_on in this week"
)


def written(source: str) -> str:
    return print_rule(parse(source, VOCABULARY), "CNY", VOCABULARY)


def test_the_example_is_read_and_written_in_one_way() -> None:
    assert written(EXAMPLE) == (
        'stage is regular and store is "东店" and did purchase.item where title contains "茶" in last 90 days at least 2 '
        "times and not did opened in last 30 days and not complaint_open and due_on in this week"
    )


@pytest.mark.parametrize(
    ("source", "plain"),
    [
        # Signs of Chinese keyboards, of SQL and of programming languages.
        ("（stage is regular） and occasions ≥ ３", "stage is regular and occasions >= 3"),
        ("store is “东店” or store = '东店'", 'store is "东店" or store is "东店"'),
        ("store is 「东店」 && tier != heavy", 'store is "东店" and tier is not heavy'),
        ("!vip || linked", "not vip or linked"),
        ("net_365 >= ￥500.50", "net_365 >= ¥500.50"),
        ("net_365 >= 500 元", "net_365 >= ¥500"),
        ("net_365 >= 12.5 money", "net_365 >= ¥12.50"),
        ("stage in （regular，new、growing）", "stage in (regular, new, growing)"),
        # Words that may stand or not, and their short forms.
        ("STAGE IS regular AND NOT vip", "stage is regular and not vip"),
        ("did purchase once in last 5 days", "did purchase in last 5 days"),
        ("did purchase at most 3 times since 2026-01-01", "did purchase since 2026-01-01 at most 3 times"),
        ("did purchase in last 5 days twice", "did purchase in last 5 days at least 2 times"),
        ("did purchase exactly once", "did purchase exactly 1 time"),
        ("did purchase in last 1 week 3 times", "did purchase in last 1 week at least 3 times"),
        ("did not purchase in last 30 days", "not did purchase in last 30 days"),
        ("count of purchase >= 1", "did purchase"),
        ("count of purchase is 2", "did purchase exactly 2 times"),
        ("last_on is in last 7 days", "last_on in last 7 days"),
        ("last_on since 2026/1/5", "last_on since 2026-01-05"),
        ("last_on until 2026-01-31", "last_on before 2026-02-01"),
        ("last_on 2 weeks ago", "last_on 14 days ago"),
        ("due_on is unknown", "due_on is not known"),
        ("rfm does not start with \"5\"", 'not rfm starts with "5"'),
        ("stage has not been regular for 2 weeks", "not stage has been regular for 14 days"),
        ("net_365 in top 20% of each store", "net_365 in top 20 percent of store"),
        ("in segment east-side", 'in segment "east-side"'),
        ("listed (p2, 1, p2)", "listed (p1, p2)"),
        ("listed (9223372036854775807)", "listed (p9223372036854775807)"),
        ("days since last link where (live) is 3", "days since last link where (live) is 3"),
        ("not not (vip)", "vip"),
        ("vip and (linked and (due or muted))", "vip and linked and (due or muted)"),
        ("vip # the best ones\nand linked", "vip and linked"),
        ("last of on over purchase in this week", "last of on over purchase ever in this week"),
    ],
)  # fmt: skip
def test_several_ways_of_writing_are_one_rule(source: str, plain: str) -> None:
    assert written(source) == plain


@pytest.mark.parametrize(
    ("source", "code", "marked", "suggestion"),
    [
        ("stge is regular", "unknown_attribute", "stge", "stage"),
        ("stage is regulr", "unknown_choice", "regulr", "regular"),
        ('stage is "regulr"', "unknown_choice", '"regulr"', "regular"),
        ("did purchse", "unknown_record", "purchse", "purchase"),
        ("did purchase where nett > ¥5", "unknown_field", "nett", "net"),
        ("sum of nett over purchase > ¥5", "unknown_field", "nett", "net"),
        ("in segment regular", "unknown_segment", "regular", '"regulars"'),
        ("purchase >= 2", "record_as_attribute", "purchase", "count of purchase"),
        ("vip ad linked", "more", "ad", "and"),
        ("store is 东店", "unquoted", "东店", '"东店"'),
        ("net_365 > 500", "plain_money", "500", "¥500"),
        ("last_on in last 9 dayz", "unknown_unit", "dayz", "days"),
        ("did purchase at leest 2 times", "expected_word", "leest", "least"),
        ("did purchase in lst 3 days", "expected_window", "lst", "last"),
        ("did purchase in last days", "expected_number", "days", ""),
        ("store containz \"x\"", "expected_operator", "containz", "contains"),
        ("store is 5", "text_needed", "is 5", ""),
        ("occasions is \"x\"", "number_needed", 'is "x"', ""),
        ("store > \"a\"", "operator_unfit", '> "a"', ""),
        ("(vip and linked", "unclosed", "(", ""),
        ("vip and linked)", "never_opened", ")", ""),
        ("stage in (regular, new", "unclosed", "(", ""),
        ('store is "东', "unclosed_text", '"东', ""),
        ("store matches /东", "unclosed_pattern", "/东", ""),
        ("store matches /(?=a)/", "pattern_unsafe", "matches /(?=a)/", ""),
        ("store matches /(a/", "pattern_wrong", "matches /(a/", ""),
        ("vip and", "ended", "", ""),
        ("last_on in last 9", "ended", "", ""),
        ('last title over purchase.item is "x"', "unknown_attribute", "last", "last of"),
        ('did purchase where title is "x"', "unknown_field", "purchase", "purchase.item"),
        ('last of title over purchase is "x"', "unknown_field", "purchase", "purchase.item"),
        ("", "empty", "", ""),
        ("vip and ☃", "unknown_sign", "☃", ""),
        ("first_on is 2026-02-30", "no_day", "2026-02-30", ""),
        ("did purchase in next 5 days", "window_ahead", "in next 5 days", ""),
        ("last_on in last 5 hours", "window_of_day", "in last 5 hours", ""),
        ("birthday since 2026-01-01", "window_of_recurring", "since 2026-01-01", ""),
        ("last_on 5 to 30 days ago", "ends_swapped", "5 to 30 days ago", ""),
        ("occasions between 5 and 2", "ends_swapped", "between 5 and 2", ""),
        ("value has been high for 30 days", "not_logged", "value has been high for 30 days", ""),
        ("stage in top 20 percent", "rank_unfit", "stage in top 20 percent", ""),
        ("share 10 to 5 percent of \"x\"", "percent", 'share 10 to 5 percent of "x"', ""),
        ("did purchase then purchase within 2 months", "sequence_unit", None, ""),
        ("sum of title over purchase.item > 1", "fold_unfit", None, ""),
        ("count of purchase >= 1.5", "whole_needed", ">= 1.5", ""),
    ],
)  # fmt: skip
def test_a_refusal_points_at_the_place_and_says_what_was_meant(
    source: str, code: str, marked: str | None, suggestion: str
) -> None:
    with pytest.raises(RuleError) as refused:
        parse(source, VOCABULARY)
    place = refused.value.place
    assert (refused.value.code, refused.value.suggestion) == (code, suggestion)
    if marked is not None:
        assert source[place.start : place.start + place.length] == marked


def test_what_is_suggested_makes_a_rule_when_put_in_its_place() -> None:
    for source in (
        "stge is regular",
        "net_365 > 500",
        "store is 东店",
        "in segment regular",
        "purchase >= 2",
    ):
        with pytest.raises(RuleError) as refused:
            parse(source, VOCABULARY)
        place, fix = refused.value.place, refused.value.suggestion
        parse(source[: place.start] + fix + source[place.start + place.length :], VOCABULARY)


def test_a_refusal_is_a_sentence_in_both_languages() -> None:
    with pytest.raises(RuleError) as refused:
        parse("vip and\n  stge is regular", VOCABULARY)
    with translation.override("en"):
        assert str(refused.value) == (
            "Line 2, column 3: “stge” is nothing that is known of people. Did you mean stage?"
        )
    with translation.override("zh-hans"):
        assert (
            str(refused.value) == "第 2 行第 3 个字：客人身上没有“stge”这一项。你是不是想写 stage？"
        )


def test_money_is_written_as_the_shop_writes_it() -> None:
    dollars = Vocabulary(VOCABULARY.attributes, VOCABULARY.records, currency="USD")
    rule = parse("net_365 >= 12.50 money", dollars)
    assert rule.test == tree.Test(rule.test.op, (tree.Money(1250),))  # type: ignore[union-attr]
    assert print_rule(rule, "USD") == "net_365 >= 12.50 money"
    with pytest.raises(RuleError) as refused:
        parse("net_365 >= ¥12.50", dollars)
    assert refused.value.suggestion == "12.50 money"


def test_names_of_a_shops_own_choice_stand_in_quotation_marks() -> None:
    source = (
        'did "custom:Order Completed" where ("not" is "x" and "Größe" >= 38 and "é\\"x" is true)'
    )
    assert written(source) == source


def test_half_a_sign_is_refused_in_words_that_can_be_written() -> None:
    for source in ("vip and \ud800", 'store is "\ud800"', "\ud800stge is 1", 'in segment "\ud800"'):
        with pytest.raises(RuleError) as refused:
            parse(source, VOCABULARY)
        str(refused.value).encode()


def test_every_refusal_has_its_chinese() -> None:
    with translation.override("zh-hans"):
        plain = {
            code for code, told in SENTENCES.items() if not re.search("[\u4e00-\u9fff]", str(told))
        }
    assert plain == set()
