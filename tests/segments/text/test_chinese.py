"""Rules written in Chinese: every name people see is a name, every word has one, and the tree is the same."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.utils.translation import override
from hypothesis import HealthCheck, Phase, given, settings

from tests.segments.rules import rules
from tests.segments.vocabulary import VOCABULARY
from xiaohe.segments.records.registry import RECORDS
from xiaohe.segments.rules.tree import Rule
from xiaohe.segments.rules.vocabulary import Kind
from xiaohe.segments.sentence import deeds, words
from xiaohe.segments.sentence.spellings import called
from xiaohe.segments.text import RuleError, parse, print_rule
from xiaohe.segments.text.chinese import WORDS, parted, plain
from xiaohe.segments.text.lexer import Sort, tokens
from xiaohe.segments.text.words import UNITS

CHINESE = replace(VOCABULARY, called=called())


def same(written: str, meant: str) -> bool:
    return parse(written, CHINESE) == parse(meant, VOCABULARY)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ('阶段是熟客且最近90天内买过商品其中品名含“茶”至少2次', 'stage is regular and did purchase.item where title contains "茶" in last 90 days at least 2 times'),
        ('最近 90 天 购买 商品 其中 品名 含 "茶" >= 2 次', 'did purchase.item where title contains "茶" in last 90 days at least 2 times'),
        ("不 投诉未结 且 该再买的日子 本周", "not complaint_open and due_on in this week"),
        ("没买过 最近365天 或 非（VIP且已建联）", "not did purchase in last 365 days or not (vip and linked)"),
        ("年净消费 ≥ ￥1200 或 客单价 不到 99.5元", "net_365 >= ¥1200 or usual_net < ¥99.50"),
        ("阶段 属于（熟客，成长客） 且 门店 不是 “东店”", 'stage in (regular, growing) and store is not "东店"'),
        ("次数 购买 最近90天 介于 3 到 6", "count of purchase in last 90 days between 3 and 6"),
        ("合计 净额 来自 购买 最近 3 个月 至少 ¥1000", "sum of net over purchase in last 3 months >= ¥1000"),
        ("距上次 发来的消息 大于 30", "days since last message.in > 30"),
        ("生日 未来 30 天 且 阶段 持续 熟客 满 30 天", "birthday in next 30 days and stage has been regular for 30 days"),
        ("年净消费 排在前 20 % 同 门店", "net_365 in top 20 percent of store"),
        ("属于人群 regulars 且 抽样 0 到 10 % 同 “春”", 'in segment "regulars" and share 0 to 10 percent of "春"'),
        ("做过 点击 然后 购买 限 7 天", "did content.clicked then purchase within 7 days"),
        ("60 到 30 天 前 购买 且 没有 打开 今天", "did purchase 60 to 30 days ago and not did opened today"),
        ("in last 90 days did purchase at least 2 times", "did purchase in last 90 days at least 2 times"),
        ("net_365 at least ¥5", "net_365 >= ¥5"),
        ("所有人", "everyone"),
    ],
)  # fmt: skip
def test_what_is_written_in_chinese_is_the_same_rule(written: str, meant: str) -> None:
    assert same(written, meant)


def test_every_name_that_people_read_is_a_name() -> None:
    with override("zh-hans"):
        for name, label in words.ATTRIBUTES.items():
            test = "" if CHINESE.attributes[name].kind is Kind.TRUTH else "已知"
            assert same(f"{plain(str(label))} {test}", f"{name} {test and 'is known'}"), label
        for name, labels in words.CHOICES.items():
            for value, label in labels.items() if name in CHINESE.attributes else ():
                assert same(f"{name} 是 {plain(str(label))}", f"{name} is {value}"), label
        for record in RECORDS:
            assert same(f"做过 {plain(deeds.label(record))}", f"did {record}"), record
        for kind in RECORDS.values():
            for field in kind.fields:
                # A name that is a word of the language stands in quotation marks.
                written = f'做过 "{kind.name}" 其中 "{plain(words.field(field))}" 已知'
                assert same(written, f'did "{kind.name}" where "{field}" is known'), written


# English ► Chinese, the longest first.
SAID = dict(sorted(((en, zh) for zh, en in WORDS.items()), key=lambda pair: -len(pair[0].split())))
# Called differently, or no name at all, in another place.
ELSEWHERE = {
    *words.FIELDS,
    *UNITS,
    *(value for labels in words.CHOICES.values() for value in labels),
}
NAMES = {
    name: label
    for names in (called().attributes, called().records)
    for label, name in names.items()
    if name not in SAID and name not in ELSEWHERE and label not in WORDS
}


def in_chinese(text: str) -> str:
    """The same rule, each word and name that has a Chinese one written so."""
    found, at = [], 0
    told = tokens(text)
    while told[at].sort is not Sort.END:
        for english, chinese in SAID.items():
            several = told[at : at + len(english.split())]
            plainly = all(each.sort is Sort.NAME for each in several)
            if plainly and [str(each.value) for each in several] == english.split():
                found.append(chinese)
                at += len(several)
                break
        else:
            each = told[at]
            raw = text[each.start : each.end]
            found.append(NAMES.get(raw, raw) if each.sort is Sort.NAME else raw)
            at += 1
    return " ".join(found)


@settings(
    max_examples=60,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
@given(rule=rules(VOCABULARY))
def test_any_rule_put_into_chinese_word_by_word_is_the_same(rule: Rule) -> None:
    text = print_rule(rule, "CNY", CHINESE)
    written = in_chinese(text)
    assert parse(written, CHINESE) == rule, written
    assert print_rule(parse(written, CHINESE), "CNY", CHINESE) == text


def test_no_two_names_of_one_kind_are_called_the_same() -> None:
    with override("zh-hans"):
        for labels in (words.ATTRIBUTES, *words.CHOICES.values()):
            assert len({plain(str(each)) for each in labels.values()}) == len(labels)
    for kind in RECORDS.values():
        spelled = [zh for zh, name in called().fields.items() if name in kind.fields]
        assert len(spelled) == len(set(spelled))


@pytest.mark.parametrize(
    ("written", "code", "place", "suggestion"),
    [
        ("阶断 是 熟客", "unknown_attribute", "阶断", "阶段"),
        ("VIP且阶段是熟可", "unknown_choice", "熟可", "熟客"),
        ("阶段 是 熟可", "unknown_choice", "熟可", "熟客"),
        ("做过 购卖", "unknown_record", "购卖", "购买"),
        ("门店 是 上周", "unquoted", "上周", '"上周"'),
        ("最近 90 天 购买 最近 30 天", "more", "最近", ""),
        ("属于人群 regular", "unknown_segment", "regular", '"regulars"'),
    ],
)  # fmt: skip
def test_a_refusal_points_at_the_chinese_word(
    written: str, code: str, place: str, suggestion: str | None
) -> None:
    with override("zh-hans"), pytest.raises(RuleError) as refused:
        parse(written, CHINESE)
    wrong = refused.value
    with override("zh-hans"):
        assert "第 1 行" in str(wrong)
    start, length = wrong.place.start, wrong.place.length
    assert (wrong.code, written[start : start + length]) == (code, place)
    assert suggestion is None or wrong.suggestion == suggestion


def test_a_run_is_parted_only_where_it_is_filled() -> None:
    names = called().every
    assert [run for run in ("东店", "茶叶天下", "客" * 300) if parted(run, names)] == []
    assert parted("最近90天", names) == [(0, 2), (2, 4), (4, 5)]
