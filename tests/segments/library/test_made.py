"""Tags made of the shop's goods and codes, and tags that people give."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils.translation import override

from tests.segments.state.shop import bring
from tests.traits.facts import fact, key, order
from xiaohe.ledger import engine
from xiaohe.ledger.catalogue import as_json
from xiaohe.segments import library, made, queries, tags
from xiaohe.segments.models import MadeOf, Tag
from xiaohe.segments.query.compile import leaf_table
from xiaohe.segments.query.world import at_moment
from xiaohe.segments.rules.tree import leaves
from xiaohe.segments.text import parse
from xiaohe.traits import state as traits

NOW = datetime(2025, 6, 30, 4, tzinfo=UTC)


def bought(who: str, category: str, days: int = 9) -> list[dict[str, Any]]:
    at, number = NOW - timedelta(days), f"{who}-{category}"
    line = fact(
        "order.item", at, subject=key(who), order_key=key(number), item_key=key(category), amount=5, quantity=1.0,
        currency="CNY", props=as_json({"category": category}),
    )  # fmt: skip
    return [*order(number, at, who), line]


def scanned(who: str, code: str) -> dict[str, Any]:
    props = as_json({"kind": "friend", "entry": "parcel_card", "code": code, "platform": "taobao"})
    return fact("link.started", NOW - timedelta(19), subject=key(who), account_id=1, props=props)


@pytest.fixture
def shop(place: Any) -> None:
    bring(
        [
            *bought("ann", "茶"),
            *bought("bob", "茶"),
            *bought("bob", '杯 "大"'),
            scanned("ann", "K7Q2"),
        ],
        NOW,
    )
    traits.refresh(NOW)


def test_each_category_and_code_has_a_tag_whose_members_are_those_who_have_it(shop: None) -> None:
    assert made.learn(NOW)
    assert not made.learn(NOW)
    with override("zh-hans"):
        told = {(each.group, each.tag): each for each in tags.every()}
    tea, cup = told["品类偏好", "茶"], told["品类偏好", '杯 "大"']
    entry = told["入口", "K7Q2"]

    assert (tea.days, entry.days) == (365, None)
    for each in (tea, cup, entry):
        saved = queries.segment(each.slug)
        assert parse(saved.text, queries.vocabulary()) == saved.rule
    with engine.reading() as read:
        world = at_moment(read, traits.current(), NOW)
        rules = {each.slug: queries.segment(each.slug).rule for each in (tea, cup, entry)}
        named = {
            f"{slug}/{n}": leaf
            for slug, rule in rules.items()
            for n, leaf in enumerate(leaves(rule))
        }
        rows = read.run(leaf_table(world, named)).to_pylist()
    ids = {
        slug: {
            row["person"]
            for row in rows
            if any(row[each] for each in named if each.startswith(slug))
        }
        for slug in rules
    }
    assert ids == {
        tea.slug: {key("ann"), key("bob")},
        cup.slug: {key("bob")},
        entry.slug: {key("ann")},
    }


def test_only_the_most_usual_are_made_and_what_somebody_took_on_stays(
    shop: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    made.learn(NOW)
    cup = next(each for each in tags.every() if each.tag == '杯 "大"')
    monkeypatch.setattr(made, "MOST", 1)
    tags.take_on(cup.group, cup.tag, 3, NOW)
    assert not made.learn(NOW)
    Tag.objects.all().delete()
    assert made.learn(NOW)

    assert sorted(row.value for row in MadeOf.objects.all()) == ["K7Q2", "茶"]
    later = NOW + timedelta(days=500)
    traits.refresh(later)
    made.learn(later)
    assert [row.value for row in MadeOf.objects.all()] == ["K7Q2"]


def test_tags_that_people_give_are_there_and_whoever_gives_one_answers_for_it(shop: None) -> None:
    known = {(each.group, each.tag): each for each in tags.every()}
    gifts = known["关系角色", "送礼"]
    assert (gifts.is_auto, gifts.owner, gifts.days) == (False, None, 365)
    tags.give([key("ann")], gifts.group, gifts.tag, 3, NOW)
    assert tags.one(gifts.group, gifts.tag).owner == 3
    assert "规格" in tags.groups()
    assert tags.define("规格", "大码", 3, NOW).days == 365
    assert tags.define("需求愿望", "奶粉", 3, NOW).days is None


# Of domain.md 3.4: group ► its values, or nothing where they are of the shop's own data or words.
GROUPS = {
    "来源": "包裹卡 门店码 直播 短信外呼 公众号 老带新 活动 未知", "四层": "重度用户 购买用户 潜在用户 关注用户",
    "阶段": "潜客 新客 成长客 熟客 将流失 沉睡 流失 路人", "价值": "高 中 低", "规格": "", "价格敏感": "正价型 活动型",
    "购买时段": "早 午 晚 深夜", "渠道习惯": "线上 门店 两者", "需求愿望": "", "关系角色": "自用 送礼 企业采购 团长 同行",
    "触达偏好": "可电话 只文字 少打扰 不打扰", "服务": "投诉未结 退款多 好评客", "风险": "羊毛嫌疑 职业索赔嫌疑",
    "社群": "发言者 潜水 管理员", "推荐": "已推荐 愿推荐",
}  # fmt: skip


@pytest.mark.parametrize("group", GROUPS)
def test_every_group_of_tags_is_there_with_its_values(place: Any, group: str) -> None:
    with override("zh-hans"):
        auto = [(each.group, each.name) for each in library.shipped().values()]
        hand = [(each.group, each.tag) for each in library.by_hand()]
    known = {tag for name, tag in auto + hand if name == group}
    assert known >= set(GROUPS[group].split())
    assert known
