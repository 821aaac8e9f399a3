"""What the words of a rule mean: each definition with its cut values, in both languages, as the code reckons."""

from __future__ import annotations

import re

import pytest
from django.utils.translation import override

from tests.segments.vocabulary import VOCABULARY
from xiaohe.segments import library
from xiaohe.segments.sentence import meanings
from xiaohe.segments.text import parse
from xiaohe.stats import stages

CUTS = {"worth": (30_000.0, 120_000.0), "heavy_days": (4.0,), "heavy_net": (99_950.0,), "vip": (500_000.0,),
        "money": (1_000.0, 2_000.0, 3_000.0, 40_000.0), "recency": (9.0, 20.0, 45.5, 90.0)}  # fmt: skip


def told(text: str, cuts: meanings.Cuts | None = None) -> list[tuple[str, str, str]]:
    found = meanings.meanings(parse(text, VOCABULARY), cuts)
    return [(each.name, each.means, each.here) for each in found]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("name", ["stage", "tier", "value", "hour_habit"])
def test_every_choice_that_is_reckoned_is_defined(language: str, name: str) -> None:
    with override(language):
        for choice in VOCABULARY.attributes[name].choices:
            ((label, means, _here),) = told(f"{name} is {choice}")
            assert label
            assert "%" not in means.replace("5%", "")
            assert (re.search("[\u4e00-\u9fff]", means) is not None) == (language == "zh-hans")


def test_the_numbers_of_the_code_and_of_the_shop_are_said() -> None:
    with override("en"):
        ((_name, lost, _here),) = told("stage is lost")
        for number in (
            stages.LOST_RATIO,
            stages.LOST_RATIO_REGULAR,
            stages.DAYS_TO_LOST,
            stages.DORMANT_UP_TO,
        ):
            assert f"{number:g}" in lost
        rule = "value is high and tier is heavy and vip and money_score >= 4 and not value is high and recency_score is 5"
        assert [here for _name, _means, here in told(rule, CUTS)] == [
            "In this shop now from ¥1,200 on.", "In this shop now from 4 days or ¥999.50 on.", "In this shop now from ¥5,000 on.",
            "In this shop now cut at ¥10, ¥20, ¥30, ¥400.", "In this shop now cut at 9 days, 20 days, 45.5 days, 90 days.",
        ]  # fmt: skip
    assert [here for _name, _means, here in told("value is high")] == [""]


def test_a_word_is_defined_once_and_one_without_a_definition_not_at_all() -> None:
    assert (
        len(
            told(
                "stage in (lost, dormant) and not stage is lost and stage has been lost for 3 days"
            )
        )
        == 2
    )
    assert told('store is "东店" and did purchase') == []
    assert len(told("ratio > 1 and ratio in top 20 percent")) == 1


def test_every_stage_overlay_and_score_of_the_library_is_defined(place: object) -> None:
    known = [
        each
        for each in library.shipped().values()
        if re.match("stage-|overlay-|ready-|rfm-|tag-tier|tag-value", each.slug)
    ]
    assert len(known) == 28
    assert [each.slug for each in known if not meanings.meanings(each.rule)] == []
