"""The tills of the sample's three stores, as one table: visits of members who are known by their phone.

They are people whose parcels show the phone, so a visit and a parcel are one person's; everybody goes to one store.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from xiaohe.simulator import people
from xiaohe.simulator.dice import Dice
from xiaohe.simulator.plan import LAST_DAY, Plan

HEADER = (
    "账单号", "结账时间", "门店", "收银员", "会员手机号", "会员姓名", "商品编码", "品名", "数量", "实收金额", "支付方式",
)  # fmt: skip


@dataclass(frozen=True)
class Shop:
    """A store and who stands at its till."""

    name: str
    staff: str
    # Of a hundred people who come by, so many come here.
    weight: int


STORES = (Shop("东店", "阿禾", 45), Shop("西湖店", "小满", 33), Shop("老街店", "阿宽", 22))


@dataclass(frozen=True)
class Sold:
    """What a till calls an article; price in fen."""

    code: str
    title: str
    price: int
    group: str


TEA, COFFEE, CATS, SNACKS = "茶", "咖啡", "猫粮", "零食"
COUNTER = (
    Sold("M01", "茉莉花茶散称50g", 2600, TEA),
    Sold("M02", "老白茶一泡装", 1500, TEA),
    Sold("M03", "桂花乌龙茶50g", 3200, TEA),
    Sold("M04", "正山小种红茶50g", 2800, TEA),
    Sold("M11", "手冲咖啡一杯", 2200, COFFEE),
    Sold("M12", "挂耳咖啡5包", 2900, COFFEE),
    Sold("M21", "猫条尝鲜装5支", 1200, CATS),
    Sold("M31", "桂花糕6枚", 1800, SNACKS),
    Sold("M32", "山核桃仁150g", 3600, SNACKS),
    Sold("M33", "芝麻酥一盒", 2400, SNACKS),
)
# By the shelf somebody orders from: cat people take something along for themselves, too.
_TAKES = (
    ((0, 20), (4, 16), (6, 30), (7, 18), (8, 16)),
    ((4, 44), (5, 26), (7, 16), (9, 14)),
    ((0, 34), (1, 16), (2, 18), (3, 14), (7, 12), (9, 6)),
)
_OPENED = date(2024, 9, 2)
_PAID_BY = (("微信", 70), ("支付宝", 20), ("现金", 10))
_HOURS = tuple(zip(range(10, 21), (4, 6, 8, 7, 9, 12, 12, 10, 10, 12, 10), strict=True))
# Of a thousand people whose phone is known, so many come by.
_COMES_BY = 620


def visitors(plan: Plan) -> Iterator[tuple[int, Shop, Dice]]:
    """Who comes by, where they go, and the dice of their visits; nobody whose parcels have a rhythm already."""
    for person in range(plan.buyers):
        if person in plan.chains:
            continue
        buyer = people.buyer(plan.seed, person)
        dice = Dice(plan.seed, 20, person)
        if buyer.shows_phone and not buyer.shares_phone and dice.happens(_COMES_BY):
            yield person, dice.weighted([(store, store.weight) for store in STORES]), dice


def rows(plan: Plan) -> list[list[str]]:
    """All visits, oldest first: one article per bill."""
    found: list[tuple[datetime, list[str]]] = []
    for person, store, dice in visitors(plan):
        buyer = people.buyer(plan.seed, person)
        pace, day = 9 + dice.below(40), _OPENED + timedelta(days=dice.below(250))
        for _visit in range(dice.weighted(((1, 40), (2, 22), (3, 16), (5, 14), (8, 8)))):
            if day > LAST_DAY:
                break
            minute = dice.weighted(_HOURS) * 60 + dice.below(60)
            at = datetime.combine(day, datetime.min.time()) + timedelta(minutes=minute)
            sold = COUNTER[dice.weighted(_TAKES[buyer.shelf])]
            pieces = dice.weighted(((1, 76), (2, 20), (3, 4)))
            total = sold.price * pieces
            found.append(
                (
                    at,
                    [
                        f"{day:%Y%m%d}{person:05d}{_visit:02d}", f"{at:%Y-%m-%d %H:%M:%S}", store.name, store.staff,
                        buyer.phone, buyer.receiver, sold.code, sold.title, str(pieces),
                        f"{total // 100}.{total % 100:02d}", dice.weighted(_PAID_BY),
                    ],
                )
            )  # fmt: skip
            day += timedelta(days=max(3, pace * (70 + dice.below(70)) // 100))
    return [row for _at, row in sorted(found, key=lambda pair: (pair[0], pair[1][0]))]


def write(path: Path, plan: Plan) -> None:
    with open(path, "w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        writer.writerows(rows(plan))
