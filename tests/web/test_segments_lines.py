"""Lines of the builder: every kind of condition has one, says the same rule again, and lets go of what means nothing any more."""

from __future__ import annotations

from typing import Any

import pytest

from tests.segments.vocabulary import VOCABULARY
from xiaohe.segments import text
from xiaohe.segments.rules import checks
from xiaohe.web.pages.segments import menu
from xiaohe.web.pages.segments.built import Building, Built
from xiaohe.web.pages.segments.draft import Draft, Is, group, walk
from xiaohe.web.pages.segments.drafts import Drafting
from xiaohe.web.pages.segments.fitting import fitted

RULES = (
    'did tag where (tag is "茶" and by in (hand, import))',
    "did link where (kind is friend and live and staff is \"阿禾\" and on in last 30 days)",
    "did link where ended_by is customer in last 2 months",
    'first_platform is "taobao" or last_entry contains "卡" or not consent is withdrawn',
    "sum of net over purchase in last 90 days >= ¥500",
    "first of on over purchase in last month in last 30 days",
    'last of title over purchase.item contains "茶"',
    "distinct of title over purchase.item in last 2 cycles >= 3",
    'did message.out then purchase where (net >= ¥100 or store is "东店") within 7 days in last 90 days',
    "not did opened in last 24 hours",
    "did purchase where (hour between 14 and 16 and weekday in (sat, sun)) in same month last year",
    "stage has been in (regular, growing) for 30 days and muted has been false for 7 days",
    'has been in segment "regulars" for 10 days and not in segment "east-side"',
    "net_365 in top 20 percent of store and ratio in bottom 10 percent",
    "birthday in next 7 days or baby in this month",
    "referrals >= 1 and was_referred",
    'share 0 to 10 percent of "salt"',
    "listed (p12, p7)",
    "did purchase 100 to 30 days ago and not (vip or (linked and not due))",
)  # fmt: skip


def _built(draft: Draft) -> tuple[Built, Building]:
    building = Building(
        VOCABULARY,
        lambda source: text.parse(source, VOCABULARY),
        lambda rule: checks.check(rule, VOCABULARY),
    )
    return building.whole(draft), building


@pytest.mark.parametrize("source", RULES)
def test_a_rule_of_every_kind_is_lines_and_the_same_rule_again(source: str) -> None:
    rule = text.parse(source, VOCABULARY)
    draft = Drafting(lambda each: text.print_rule(each, "CNY", VOCABULARY), "CNY").whole(rule)
    assert Is.TEXT not in {each.kind for _place, each in walk(draft)}
    built, _building = _built(draft)
    assert dict(built.problems) == {}
    assert built.rule == rule


def test_every_ready_made_condition_is_whole_or_waits_for_one_choice() -> None:
    for each in menu.every():
        ready: Any = menu.ready(each.name)
        built, building = _built(group(ready))
        assert len(built.problems) <= 1, each.name
        assert not building.refused, (each.name, built.problems)


def test_another_choice_lets_go_of_what_was_filled_in_for_the_one_before() -> None:
    line = Draft(Is.VALUE, {"field": ("net_365",), "op": ("contains",), "v": ("茶",)})
    assert dict(fitted(group(line), VOCABULARY).children[0].fields) == {"field": ("net_365",)}
    kept = Draft(Is.VALUE, {"field": ("store",), "op": ("contains",), "v": ("东",)})
    detail = Draft(Is.VALUE, {"field": ("title",), "op": ("is",), "v": ("茶",)})
    bought = Draft(Is.MEASURE, {"of": ("message.in",)}, children=(detail,))
    after = fitted(group(kept, bought), VOCABULARY).children
    assert after == (kept, Draft(Is.MEASURE, {"of": ("message.in",)}))
