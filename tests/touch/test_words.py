"""The ready sentences: all of them obey the rules, and nobody hears one twice."""

from __future__ import annotations

import pytest

from xiaohe.touch.words import LANGUAGES, Reason, Template, choose, templates
from xiaohe.touch.words.check import check_one, check_words


def test_every_sentence_obeys_the_rules() -> None:
    assert check_words() == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("亲，您的复购周期已到，专属优惠限时领取！", "a word we never use"),
        ("距上次买已经四十一天了，要不要看看？", "counts days"),
        ("【姓名】你好，要不要再看看？", "brackets"),
        ("还够用吗？要不要给你装一份？", "more than one question"),
        ("家里那份还够用吗，" * 8 + "？", "characters"),
        ("{stock}还有，要不要？", "unknown slot"),
    ],
)
def test_the_linter_sees_what_we_never_say(text: str, problem: str) -> None:
    template = Template("restock.99", Reason.RESTOCK, text, "刚买过就当我没说。")

    assert any(problem in found for found in check_one(template, "zh"))


def test_one_purchase_is_asked_not_sold_to() -> None:
    selling = Template("ask.99", Reason.ASK, "上回那份还行吗？要的话我今天一起发。", "买过就算了。")

    assert check_one(selling, "zh") == ["offers goods where it should only ask"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reason", list(Reason))
def test_a_person_never_hears_the_same_words_twice(reason: Reason, language: str) -> None:
    used: list[str] = []
    heard: list[str] = []
    while ready := choose(reason, person=7, language=language, used=used, slots={"me": "阿禾"}):
        used.append(ready[0].template)
        heard.append(ready[0].text)

    assert len(heard) >= 3
    assert len(set(heard)) == len(heard)
    assert not [text for text in heard if "{" in text]


def test_a_missing_slot_takes_the_sentence_without_it() -> None:
    without = choose(Reason.RESTOCK, person=1, language="zh", slots={"goods": ""})
    with_goods = choose(Reason.RESTOCK, person=1, language="zh", slots={"goods": "鸡肉猫粮"})

    assert not [sentence for sentence in without if "{goods}" in sentence.text]
    assert "鸡肉猫粮" in with_goods[0].text
    assert len(with_goods) > len(without)


def test_old_data_adds_a_way_out() -> None:
    fresh = choose(Reason.RESTOCK, person=1, language="zh", data_age_days=3)
    old = choose(Reason.RESTOCK, person=1, language="zh", data_age_days=4)

    ways_out = {t.id: t.way_out for t in templates("zh")[Reason.RESTOCK]}
    assert [s.template for s in fresh] == [s.template for s in old]
    assert [s.text + ways_out[s.template] for s in fresh] == [s.text for s in old]


def test_people_are_given_different_words() -> None:
    first = {choose(Reason.RESTOCK, person=n, language="zh")[0].template for n in range(40)}

    assert len(first) >= 4
