"""What the owner reads follows how much is known of a person's rhythm."""

from __future__ import annotations

import pytest
from django.utils import translation

from xiaohe.autopilot import sentences
from xiaohe.touch.governor import Rule
from xiaohe.touch.programs import Program
from xiaohe.touch.rules import GROUPS, REASONS, group_sentence, rule_sentence


@pytest.mark.parametrize(
    ("program", "known", "said"),
    [
        (Program.RESTOCK, {"gaps": 2, "cycle": 38.2, "days": 41}, "一般 38 天来一回，今天第 41 天"),
        (Program.RESTOCK, {"gaps": 1, "gap": 38.0, "cycle": 32.0, "days": 33}, "上次隔了 38 天，今天第 33 天"),
        (Program.RESTOCK, {"gaps": 0, "cycle": 104.0, "days": 100}, "别人一般 104 天再来，这位今天第 100 天"),
        (Program.LATE_DUE, {"gaps": 3, "cycle": 14.0, "days": 20}, "一般 14 天来一回，已经 20 天没来"),
        (Program.AT_RISK, {"gaps": 0, "cycle": None, "days": 120}, "有 120 天没来了"),
        (Program.JUST_LINKED, {"days": 1}, "昨天加上的，还没说过话"),
        (Program.FIRST_ARRIVED, {"days": 2}, "头一单 2 天前到了"),
    ],
)  # fmt: skip
def test_the_reason_follows_what_is_known(program: Program, known: dict, said: str) -> None:
    with translation.override("zh-hans"):
        assert sentences.why(program, known) == said


def test_money_is_told_as_expected_and_in_tenths() -> None:
    with translation.override("zh-hans"):
        told = sentences.expected([(100_000, 0.3), (24_000, 0.3)], "CNY")

    assert told == "他们平时一单合计 ¥1,240，按往常约三成会自己回来。"
    assert sentences.expected([], "CNY") == ""


def test_the_first_line_says_how_many_and_how_long() -> None:
    with translation.override("zh-hans"):
        assert sentences.first_line(9) == "今天 9 位，大约 10 分钟。"
        assert sentences.first_line(0) == "今天没有要联系的人。"


def test_every_rule_has_its_two_sentences_in_both_languages() -> None:
    assert set(GROUPS) == set(REASONS) == set(Rule)
    for rule in Rule:
        with translation.override("en"):
            english = (group_sentence(rule, 2), rule_sentence(rule))
        with translation.override("zh-hans"):
            chinese = (group_sentence(rule, 2), rule_sentence(rule))
        assert not {*english} & {*chinese}
        assert "2" in english[0]
        assert "2" in chinese[0]
