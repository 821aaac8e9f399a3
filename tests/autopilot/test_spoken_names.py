"""Sentences name goods as the shop calls them, never by the listing; stock is spoken of only on the day it was seen."""

from __future__ import annotations

from datetime import date, timedelta

from tests.autopilot.conftest import NOW, ON, Store, days_before, linked_buyer, settings
from xiaohe.autopilot import due, today
from xiaohe.ledger.catalogue import as_json
from xiaohe.shop import goods, stores
from xiaohe.shop.goods import Stated
from xiaohe.touch import taps
from xiaohe.touch.words import LONGEST, Reason, choose
from xiaohe.traits import state

TITLE = "【包邮】XX无谷全价猫粮鸡肉5kg"
ITEM = 77


def somebody_due(shop: Store) -> None:
    """One regular whose every order holds the same article."""
    settings(language="zh-hans")
    # Somebody bought yesterday: the data is fresh.
    shop.buys("bo", ON - timedelta(days=1))
    linked_buyer(shop, "maomao", days_before(ON, 30, 30, 30, 29))
    for paid in [fact for fact in shop.facts if fact["type"] == "order.paid"]:
        order = paid["order_key"]
        shop._fact(
            "taobao",
            f"i:{order}",
            "order.item",
            order,
            paid["occurred_at"],
            order_key=order,
            item_key=ITEM,
            props=as_json({"title": TITLE}),
        )
    shop.bring()
    goods.learn([Stated(ITEM, TITLE, 4, ON)])


def words(on: date = ON) -> list[str]:
    card = today.listing(on, NOW).cards[0]
    return [each.text for each in (card.sentence, *card.others) if each]


def test_without_a_spoken_name_nothing_is_named(sqlite_shop: Store) -> None:
    somebody_due(sqlite_shop)
    today.prepare(ON, NOW)

    assert not any("猫粮" in text or "【" in text for text in words())


def test_the_spoken_name_is_said_and_the_listing_never(sqlite_shop: Store) -> None:
    somebody_due(sqlite_shop)
    goods.name(ITEM, "鸡肉猫粮", NOW)
    today.prepare(ON, NOW)

    first, *others = words()
    assert "鸡肉猫粮" in first
    assert not any("包邮" in text or "有货" in text for text in [first, *others])


def test_stock_is_spoken_of_on_the_day_somebody_looked(sqlite_shop: Store) -> None:
    somebody_due(sqlite_shop)
    goods.name(ITEM, "鸡肉猫粮", NOW)
    today.prepare(ON, NOW)

    goods.confirm_stock(ITEM, ON)
    assert any("有货" in text for text in words())
    goods.confirm_stock(ITEM, ON - timedelta(days=1))
    assert not any("有货" in text for text in words())


def test_a_name_too_long_for_a_sentence_picks_another() -> None:
    long_name = {"goods": "特级浓香型茉莉花茶罐装礼盒大份" * 4}
    ready = choose(Reason.RESTOCK, person=1, language="zh", slots=long_name)

    assert ready
    assert all(len(each.text) <= LONGEST["zh"] for each in ready)


def test_the_due_list_says_which_group(sqlite_shop: Store) -> None:
    somebody_due(sqlite_shop)
    assert [row.as_json()["group"] for row in due.evaluate(ON)] == [None]

    cat_food = goods.add_group("猫粮", cycle_days=28)
    goods.put_in_group([ITEM], cat_food.pk)
    state.refresh(NOW)

    (row,) = due.evaluate(ON)
    # Three gaps of 30 days and the group's preset of 28: (3·30 + 3·28) ÷ 6.
    assert (row.as_json()["group"], row.cycle) == ("猫粮", 29.0)


def test_a_name_told_during_the_day_is_said_that_day_and_what_was_touched_stays(
    sqlite_shop: Store,
) -> None:
    somebody_due(sqlite_shop)
    today.prepare(ON, NOW)
    first = words()
    goods.name(ITEM, "鸡肉猫粮", NOW)
    assert not today.is_prepared(ON)
    today.prepare(ON, NOW)
    assert "鸡肉猫粮" in words()[0]

    taps.copied(today.listing(ON, NOW).cards[0].task, NOW)
    goods.name(ITEM, "", NOW)
    today.prepare(ON, NOW)
    (card,) = today.listing(ON, NOW).cards
    assert card.task
    assert first[0] != ""


def test_a_group_or_closed_days_told_during_the_day_make_the_list_anew(sqlite_shop: Store) -> None:
    somebody_due(sqlite_shop)
    today.prepare(ON, NOW)
    slow = goods.add_group("大件", cycle_days=300)
    for told in (
        lambda: goods.put_in_group([ITEM], slow.pk),
        lambda: stores.close_days(ON - timedelta(days=20), ON - timedelta(days=1)),
    ):
        assert today.is_prepared(ON)
        told()
        state.refresh(NOW)
        assert not today.is_prepared(ON)
        assert today.prepare(ON, NOW).fresh
    # Closed for twenty of the twenty-nine days: nobody is due yet.
    assert today.listing(ON, NOW).cards == ()
