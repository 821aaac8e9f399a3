"""Rules read aloud, in both languages."""

from __future__ import annotations

import re

import pytest
from django.utils import translation
from hypothesis import HealthCheck, given, settings

from tests.segments.rules import rules
from tests.segments.vocabulary import CUSTOM, VOCABULARY
from xiaohe.segments.rules.tree import Rule, leaves
from xiaohe.segments.rules.vocabulary import Kind
from xiaohe.segments.sentence import (
    Names,
    clause,
    comparing,
    deeds,
    parts,
    sentence,
    times,
    truths,
    words,
)
from xiaohe.segments.sentence import leaves as said_leaves
from xiaohe.segments.text import parse

NAMES = Names({"regulars": "我的熟客"})
EXAMPLE = (
    'stage is regular and store is "东店" and did purchase.item where title contains "茶" in last 90 days at least 2 times '
    "and not did opened in last 30 days and not complaint_open and due_on in this week"
)


def said(source: str, language: str) -> str:
    with translation.override(language):
        return clause(parse(source, VOCABULARY), NAMES)


def test_the_example_reads_well_in_both_languages() -> None:
    rule = parse(EXAMPLE, VOCABULARY)
    with translation.override("zh-hans"):
        assert sentence(rule, NAMES) == (
            "同时满足这几条的人：阶段是熟客；门店是“东店”；最近 90 天里买过品名含“茶”的商品，至少 2 回；"
            "最近 30 天里没有看过我们的内容；没有未结的投诉；该再买的日子在本周。"
        )
    with translation.override("en"):
        assert sentence(rule, NAMES) == (
            "Everyone for whom all of this holds: their stage is “regular”; their store is “东店”; they bought goods whose "
            "title contains “茶” in the last 90 days, at least 2 times; they opened nothing of ours in the last 30 days; "
            "they have no open complaint; their due day is this week."
        )


@pytest.mark.parametrize(
    ("source", "en", "zh"),
    [
        ("everyone", "everybody the shop knows", "店里认识的所有人"),
        ("not everyone", "nobody", "没有人"),
        ("vip", "they are VIPs", "是 VIP"),
        ("linked is false", "they are not linked with us", "和我们没有联系"),
        ("not linked is false", "they are linked with us", "和我们有联系"),
        ("stage is not at_risk", "their stage is not “not seen lately”", "阶段不是好久没来"),
        ("stage in (at_risk, dormant)", "their stage is “not seen lately” or “gone for long”", "阶段是好久没来或很久没来"),
        ('store not in ("a", "b")', "their store is none of these: “a”, “b”", "门店不在这几个之中（“a”、“b”）"),
        ('store contains "东"', "their store contains “东”", "门店含“东”"),
        ('store starts with "东"', "their store starts with “东”", "门店以“东”开头"),
        ('store ends with "店"', "their store ends with “店”", "门店以“店”结尾"),
        ("store matches /^东/", "their store fits the pattern “^东”", "门店符合样式“^东”"),
        ("occasions < 3", "their number of purchases is less than 3", "购买次数小于 3"),
        ("net_365 >= ¥1200", "their net spending in 365 days is at least ¥1,200", "一年内净消费不低于 ¥1,200"),
        ("ratio between 0.8 and 1.2", "their overdue ratio is between 0.8 and 1.2", "逾期比在 0.8 到 1.2 之间"),
        ("last_on <= 2026-01-31", "their latest purchase is on 31 January 2026 or earlier", "最近一次购买不晚于 2026年1月31日"),
        ("occasions is 1", "their number of purchases is exactly 1", "购买次数正好是 1"),
        ("promo_share <= 0.6", "their share of purchases on offer is at most 60%", "活动价购买占比不超过 60%"),
        ("last_on 60 to 30 days ago", "their latest purchase is 60 to 30 days ago", "最近一次购买在距今 60 到 30 天里"),
        ("last_on from 2026-01-01 to 2026-01-31", "their latest purchase is between 1 January 2026 and 31 January 2026", "最近一次购买在 2026年1月1日 到 2026年1月31日 之间"),
        ("birthday in next 30 days", "their birthday is in the next 30 days", "生日在今后 30 天里"),
        ("birthday is not known", "their birthday is not known", "不知道生日"),
        ("did purchase", "they bought something", "买过东西"),
        ("not did purchase in same week last year", "they bought nothing in the same week last year", "去年的同一周没有买过东西"),
        ("did purchase at most 2 times", "they bought something at most 2 times or never", "买过东西，最多 2 回（一回没有也算）"),
        ("not did purchase in this month at least 2 times", "they bought something this month, but less than 2 times or never", "本月买过东西，不到 2 回（一回没有也算）"),
        ("did purchase exactly 1 time", "they bought something exactly 1 time", "买过东西，正好 1 回"),
        ("did cart.added in last 2 cycles", "they put goods into the cart within the last 2 own cycles", "最近 2 个自己的周期里把商品加进过购物车"),
        ('did "custom:Order Completed"', "they had “Order Completed”", "有过“Order Completed”"),
        ("count of purchase > 3", "the number of their purchases is more than 3", "购买的次数大于 3"),
        ("sum of net over purchase where (platform is \"天猫\" and not bulk) in last 1 month >= ¥5.50", "the total net amount of their purchases (platform is “天猫” and the purchase is no bulk one) in the last 1 month is at least ¥5.50", "最近 1 个月里购买（平台是“天猫”且不是大宗购买）的净额合计不低于 ¥5.50"),
        ("average of net over purchase < ¥5", "the average net amount of their purchases is less than ¥5", "购买的平均净额小于 ¥5"),
        ("min of quantity over purchase > 1", "the smallest quantity of their purchases is more than 1", "购买里最小的数量大于 1"),
        ("max of quantity over purchase > 1", "the largest quantity of their purchases is more than 1", "购买里最大的数量大于 1"),
        ("distinct of brand over purchase.item >= 2", "the number of different values of brand of their goods bought is at least 2", "买的商品里不同品牌的个数不低于 2"),
        ("last of store over purchase is \"东店\"", "store of the latest of their purchases is “东店”", "最近一次购买的门店是“东店”"),
        ("first of kind over link is friend", "kind of the first of their links with us is “friend”", "第一次和我们的联系的类型是好友"),
        ("days since last message.in > 30", "the number of days since the latest of their messages to us is more than 30", "距最近一次发来的消息的天数大于 30"),
        ("did content.clicked then purchase within 7 days in last 30 days", "they did this in order, beginning in the last 30 days and within 7 days: clicked on our content, then bought something", "最近 30 天里，在 7 天之内先后做到：点过我们的内容，再买过东西"),
        ("not did opened then signal within 1 hour", "they never did this in order within 1 hour: opened something of ours, then gave a sign of life", "没有在 1 小时之内依次做到：看过我们的内容，再主动来过"),
        ("stage has been regular for 30 days", "for 30 days without a break: their stage is “regular”", "已连续 30 天：阶段是熟客"),
        ("net_365 in top 20 percent of store", "by their net spending in 365 days they are among the top 20 percent of those with the same store", "一年内净消费在同一门店里排前 20%"),
        ("not net_365 in bottom 12.5 percent", "by their net spending in 365 days they are not among the last 12.5 percent", "一年内净消费不在全店后 12.5%"),
        ("trust in percentile 20 to 40", "by their trust they stand between 20 and 40 percent from below", "信任从低往高排在全店 20% 到 40% 之间"),
        ('in segment "regulars"', "they are in the segment “我的熟客”", "在人群“我的熟客”里"),
        ('not in segment "east-side"', "they are not in the segment “east-side”", "不在人群“east-side”里"),
        ('share 0 to 10 percent of "x"', "the lot “x” put them into its part from 0 to 10 percent", "按“x”抽签，落在 0% 到 10% 这一份"),
        ("listed (p1)", "they are the one person listed", "在点名的 1 位里"),
        ("not listed (p1, p2)", "they are not among the 2 people listed", "不在点名的 2 位里"),
        ("not (vip and (due or muted))", "(not all of: they are VIPs; (at least one of: they are due to buy again; they want to be left alone))", "（没有全部满足：是 VIP；（至少满足一条：到了该再买的时候；不想被打扰））"),
        ("not (vip or due)", "(none of: they are VIPs; they are due to buy again)", "（一条也不满足：是 VIP；到了该再买的时候）"),
        ('did tag where (group is "愿望" or not (by is hand and expires_on since 2026-01-01))', "they carry a tag (group is “愿望” or (by whom is not “hand” or day it expires is not on 1 January 2026 or later))", "带着标签（组是“愿望”或（由谁不是手工或到期日并非不早于 2026年1月1日））"),
    ],
)  # fmt: skip
def test_each_condition_has_its_sentence(source: str, en: str, zh: str) -> None:
    assert said(source, "en") == en
    assert said(source, "zh-hans") == zh


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(rule=rules(VOCABULARY))
def test_every_rule_can_be_read_aloud(rule: Rule) -> None:
    texts = {str(value) for leaf in leaves(rule) for value in re.findall(r"'([^']*)'", repr(leaf))}
    for language in ("en", "zh-hans"):
        with translation.override(language):
            whole, head = sentence(rule, NAMES), parts(rule, NAMES)
        assert whole
        assert head.text
        if not any("%" in text for text in texts):
            assert "%(" not in whole


def test_every_template_has_its_chinese() -> None:
    spoken = [
        *(each for pair in comparing.TEMPLATES.values() for each in pair),
        *(each for pair in comparing.DAYS.values() for each in pair),
        *(each for pair in comparing.NUMBERS.values() for each in pair),
        *(each for pair in said_leaves.OFTEN.values() for each in pair),
        *(each for pair in said_leaves.MADE.values() for each in pair),
        *(each for pair in said_leaves.RANKS.values() for each in pair),
        *(each for pair in (truths.OF_PEOPLE | truths.OF_RECORDS).values() for each in pair),
        *(getattr(deed, name) for deed in deeds.DEEDS.values() for name in deed.__dataclass_fields__),
        *deeds.AREAS.values(),
        *words.ATTRIBUTES.values(),
        *words.FIELDS.values(),
        *(label for labels in words.CHOICES.values() for label in labels.values()),
        *times._CALENDAR.values(),
        *times._SAME.values(),
    ]  # fmt: skip
    with translation.override("zh-hans"):
        english = [str(each) for each in spoken if not re.search("[\u4e00-\u9fff]", str(each))]
    # What is only placeholders in Chinese, and what every owner calls so.
    assert set(english) <= {"VIP", "RFM", "%(when)s%(did)s", "%(did)s"}


def test_everything_a_rule_may_name_has_a_label() -> None:
    records = {name: kind for name, kind in VOCABULARY.records.items() if name != CUSTOM.name}
    fields = [(each.name, each) for kind in records.values() for each in kind.fields.values()]
    attributes = VOCABULARY.attributes
    assert set(attributes) - set(words.ATTRIBUTES) == set()
    assert {name for name, _ in fields} - set(words.FIELDS) == set()
    assert [name for name in records if deeds.label(name) == name] == []
    choices = [
        (f.name, c) for f in [*attributes.values(), *(f for _, f in fields)] for c in f.choices
    ]
    assert [each for each in choices if words.choice(*each) is None] == []
    truth = {each.name for each in attributes.values() if each.kind is Kind.TRUTH}
    assert truth - set(truths.OF_PEOPLE) == set()
    assert {f.name for _, f in fields if f.kind is Kind.TRUTH} - set(truths.OF_RECORDS) == set()


def test_lines_lie_in_each_other_and_know_their_place() -> None:
    rule = parse("vip and not (due or muted) and not linked", VOCABULARY)
    with translation.override("en"):
        whole = parts(rule, NAMES)
    assert whole.text == "all of this holds"
    assert [(each.path, each.text) for each in whole.parts] == [
        ("/rules/0", "they are VIPs"),
        ("/rules/1", "none of these holds"),
        ("/rules/2", "they are not linked with us"),
    ]
    assert [each.path for each in whole.parts[1].parts] == [
        "/rules/1/rule/rules/0",
        "/rules/1/rule/rules/1",
    ]
