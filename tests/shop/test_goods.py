"""Goods: learned from facts and forgotten with them, named once by the merchant; groups; proposals of names."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xiaohe.kernel.errors import BadInput, NotFound
from xiaohe.shop import goods, spoken
from xiaohe.shop.goods import Stated
from xiaohe.shop.selling import LONGEST_SPOKEN, Goods

NOW = datetime(2025, 6, 30, 4, tzinfo=UTC)
TODAY = date(2025, 6, 30)
CAT_FOOD = Stated(7, "【包邮】XX无谷全价猫粮鸡肉5kg", 40, date(2025, 6, 28))
BEANS = Stated(8, "云南小粒咖啡豆 中深烘 454g", 90, date(2025, 6, 1))


def test_the_most_sold_are_asked_for_once_and_keeping_counts_as_an_answer(any_place: Any) -> None:
    assert goods.learn([CAT_FOOD, BEANS]) == 2

    assert [each.pk for each in goods.to_ask()] == [8, 7]
    goods.name(7, " 鸡肉 猫粮 ", NOW)
    goods.keep(8, NOW)

    assert goods.to_ask() == []
    assert goods.spoken_names([7, 8, 9]) == {7: "鸡肉 猫粮"}
    goods.name(7, "", NOW)
    assert [each.pk for each in goods.to_ask()] == [7]


def test_learning_again_changes_nothing_and_a_newer_title_takes_over(any_place: Any) -> None:
    goods.learn([CAT_FOOD, BEANS])

    assert goods.learn([CAT_FOOD, BEANS]) == 0
    assert goods.learn([Stated(7, "猫粮新包装", 41, TODAY), BEANS]) == 1
    assert (goods.one(7).title, goods.one(7).lines) == ("猫粮新包装", 41)


def test_what_nothing_states_any_more_is_forgotten_but_not_what_the_merchant_said(
    any_place: Any,
) -> None:
    goods.learn([CAT_FOOD, BEANS])
    goods.name(7, "猫粮", NOW)

    goods.learn([])

    row = goods.one(7)
    assert (row.title, row.lines, row.last_sold_on, row.spoken) == ("", 0, None, "猫粮")
    assert not Goods.objects.filter(pk=8).exists()
    assert goods.most_sold() == []
    goods.learn([CAT_FOOD])
    assert (goods.one(7).title, goods.one(7).spoken) == (CAT_FOOD.title, "猫粮")


@pytest.mark.parametrize("name", ["长" * (LONGEST_SPOKEN + 1), "【猫粮】", "5折¥猫粮", "{me}"])
def test_a_name_nobody_says_is_refused_and_nothing_changes(any_place: Any, name: str) -> None:
    goods.learn([CAT_FOOD])
    with pytest.raises(BadInput):
        goods.name(7, name, NOW)
    assert goods.one(7).named_at is None


def test_groups_give_their_goods_a_rhythm_and_are_gone_without_a_trace(any_place: Any) -> None:
    goods.learn([CAT_FOOD, BEANS])
    assert goods.grouping() is None
    beans = goods.add_group("咖啡豆", cycle_days=21, is_consumable=True)
    goods.put_in_group([8], beans.pk)

    found = goods.grouping()
    assert found is not None
    assert (found.of_item, found.preset_days, found.consumable) == (
        {8: beans.pk},
        {beans.pk: 21.0},
        {beans.pk},
    )
    assert (goods.one(8).cycle_days, goods.one(8).is_consumable) == (21, True)
    assert goods.drop_group(beans.pk) == (8,)
    assert goods.grouping() is None


def test_terms_that_make_no_sense_are_refused(any_place: Any) -> None:
    goods.learn([CAT_FOOD])
    with pytest.raises(BadInput):
        goods.add_group("猫", cycle_days=2)
    with pytest.raises(BadInput):
        goods.tell(7, group_id=None, margin=1.2, launched_on=None)
    with pytest.raises(NotFound):
        goods.tell(7, group_id=99, margin=0.3, launched_on=TODAY)
    with pytest.raises(NotFound):
        goods.name(99, "茶", NOW)
    assert goods.one(7).margin is None


def test_stock_is_confirmed_for_one_day(any_place: Any) -> None:
    goods.learn([CAT_FOOD, BEANS])
    goods.confirm_stock(7, TODAY)

    assert goods.stock_confirmed([7, 8], TODAY) == {7}
    assert goods.stock_confirmed([7, 8], date(2025, 7, 1)) == frozenset()


@pytest.mark.parametrize(
    ("title", "name"),
    [
        (CAT_FOOD.title, "鸡肉猫粮"),
        ("【官方旗舰店】阿禾手工 云南小粒咖啡豆 中深烘 454g*2袋", "云南小粒咖啡豆"),
        ("【第二件半价】茉莉花茶特级浓香型2024新茶500g", "茉莉花茶"),
        ("XX氨基酸洗面奶男女士专用 控油120ml", "氨基酸洗面奶"),
        ("红色小码连衣裙2024夏季新款", "红色小码连衣裙"),
        ("WHITE HANGING HEART T-LIGHT HOLDER", "t-light holder"),
        ("现货 抽纸整箱24包家用", "抽纸"),
        ("补差价专拍链接", ""),
    ],
)
def test_a_name_is_proposed_from_a_listing(title: str, name: str) -> None:
    assert spoken.propose(title) == name


@given(st.text(max_size=120))
def test_a_proposal_fits_where_a_name_goes(title: str) -> None:
    found = spoken.propose(title)

    assert len(found) <= LONGEST_SPOKEN
    assert found == found.strip()
    assert not spoken.NOT_SPOKEN & set(found)
