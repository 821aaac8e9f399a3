"""The contact export of the shop's two WeCom accounts: one row per friend and account.

Buyers are recognised by an order number in 描述 (most), a phone in 手机, or an order number in 客户名称. The
other friends look alike and are nobody's: an order number of another shop, a phone the platform masks, the
phone of a household with two member names, the same name under both accounts.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from xiaohe.simulator import people
from xiaohe.simulator.dice import Dice
from xiaohe.simulator.orders import Kind, Placed
from xiaohe.simulator.plan import FIRST_DAY, FRIENDS, JUST_LINKED, RECOGNISED, TODAY, Plan

HEADER = (
    "客户名称", "描述", "添加人", "添加人账号", "添加人所属部门", "添加时间", "来源", "手机", "企业", "邮箱", "地址",
    "职务", "电话", "标签组1(来源)", "标签组2(喜好)",
)  # fmt: skip
STAFF = (("阿禾", "店铺号1"), ("小满", "店铺号2"))
_SHELF_TAGS = ("猫粮", "咖啡", "茶")
_VIA = (("扫描二维码", 70), ("微信联系人", 12), ("名片分享", 10), ("搜索手机号", 8))
_PLAIN = (
    "",
    "",
    "",
    "",
    "老客",
    "朋友介绍",
    "问过挂耳",
    "想要小样",
    "两只猫",
    "只喝红茶",
    "手冲新手",
    "嫌快递慢",
    "要发票",
)
_AFTER = ("", "", " 包裹卡", " 老客", " 一只猫挑嘴", " 送过滤纸", " 喝浅烘")
_EXPORTED_AT = datetime.combine(TODAY - timedelta(days=1), datetime.min.time()) + timedelta(
    hours=22
)


class How(StrEnum):
    """How a friend can be recognised, or why they only look so."""

    DESCRIPTION = "description"
    PHONE = "phone"
    NAME = "name"
    NOT = "not"


@dataclass(frozen=True)
class Friend:
    """One row of the contact export."""

    name: str
    description: str
    staff: int
    added_at: datetime
    via: str
    mobile: str
    source_tag: str
    liking_tag: str


def friends(plan: Plan, quoted: dict[int, Placed]) -> list[Friend]:
    """All friends, newest first; `quoted`: the order each recognised buyer sent a picture of."""
    taken: set[tuple[int, datetime]] = set()
    found = [
        _recognised(plan.seed, person, quoted[person], taken) for person in sorted(plan.linked)
    ]
    strangers = plan.scaled(FRIENDS) - plan.scaled(RECOGNISED)
    fresh = plan.scaled(JUST_LINKED)
    twin: Friend | None = None
    for number in range(strangers):
        twin = _unrecognised(plan, number, number < fresh, twin, taken)
        found.append(twin)
    return sorted(found, key=lambda friend: (friend.added_at, friend.staff), reverse=True)


def how_recognised(seed: int, person: int) -> How:
    """By which key a buyer is recognised: a phone only where the platform shows it whole."""
    dice = Dice(seed, 10, person)
    buyer = people.buyer(seed, person)
    if buyer.shows_phone and not buyer.shares_phone and dice.happens(850):
        return How.PHONE
    return How.NAME if dice.happens(45) else How.DESCRIPTION


def _recognised(seed: int, person: int, order: Placed, taken: set[tuple[int, datetime]]) -> Friend:
    dice = Dice(seed, 11, person)
    buyer, how = people.buyer(seed, person), how_recognised(seed, person)
    name, description, mobile = people.nickname(dice, buyer.shelf), dice.one_of(_PLAIN), ""
    if how is How.PHONE:
        mobile = buyer.phone
    elif how is How.NAME:
        name = f"{name.split()[0]} {order.number}"
    else:
        before = dice.one_of(("订单", "订单号：", "淘宝 ", "", "单号"))
        description = f"{before}{order.number}{dice.one_of(_AFTER)}"
    midnight = datetime.combine(order.created_at.date(), datetime.min.time())
    added = midnight + timedelta(days=2 + dice.below(5), hours=9, seconds=dice.below(12 * 3600))
    if added > _EXPORTED_AT:
        # The order is younger than its parcel's way: the friend wrote first.
        added = _EXPORTED_AT - timedelta(seconds=dice.below(10 * 3600))
    staff, added = _free(dice.below(2), added, taken)
    return Friend(
        name, description, staff, added, "扫描二维码", mobile, "包裹卡", _SHELF_TAGS[buyer.shelf]
    )


def _unrecognised(
    plan: Plan, number: int, fresh: bool, before: Friend | None, taken: set[tuple[int, datetime]]
) -> Friend:
    """A friend no key leads anywhere; every fortieth was added by the other account too."""
    dice = people.friend_dice(plan.seed, number)
    shelf = dice.below(3)
    name, description, mobile = people.nickname(dice, shelf), dice.one_of(_PLAIN), ""
    trap = dice.below(100)
    if trap < 3:
        description = f"订单18{99_000_000_000_000_000 + number:017d}"
    elif trap < 9:
        other = people.buyer(plan.seed, dice.below(plan.buyers))
        mobile = "" if other.shows_phone and not other.shares_phone else other.phone
    elif trap < 11:
        description = (
            f"{people.masked(people.buyer(plan.seed, dice.below(plan.buyers)).phone)} 催过货"
        )
    staff = dice.below(2)
    if before is not None and number % 40 == 39:
        name, staff = before.name, 1 - before.staff
    if fresh:
        days = 1 + dice.below(6)
        added = datetime.combine(TODAY - timedelta(days=days), datetime.min.time())
    else:
        added = _some_day(dice)
    added += timedelta(hours=9, seconds=dice.below(12 * 3600))
    staff, added = _free(staff, added, taken)
    via = dice.weighted(_VIA)
    tag = "包裹卡" if via == "扫描二维码" else "未知"
    return Friend(
        name,
        description,
        staff,
        added,
        via,
        mobile,
        tag,
        _SHELF_TAGS[shelf] if dice.happens(300) else "",
    )


def _some_day(dice: Dice) -> datetime:
    """A day the shop already had a WeCom account, later ones likelier; not within the last ten."""
    span = (TODAY - FIRST_DAY).days - 70
    while True:
        day = dice.below(span)
        if dice.below(span) < day + span // 6:
            return datetime.combine(FIRST_DAY + timedelta(days=60 + day), datetime.min.time())


def _free(staff: int, added: datetime, taken: set[tuple[int, datetime]]) -> tuple[int, datetime]:
    """Nobody is added to one account twice in one second."""
    while (staff, added) in taken:
        added -= timedelta(seconds=1)
    taken.add((staff, added))
    return staff, added


def quoted_orders(plan: Plan, orders: Iterable[Placed]) -> dict[int, Placed]:
    """Which order each linked buyer named: one of their paid ones."""
    linked, quoted = set(plan.linked), dict[int, Placed]()
    for one in orders:
        if one.person not in linked or one.kind is not Kind.VALID:
            continue
        if one.person not in quoted or Dice(plan.seed, 12, one.person, one.ordinal).happens(350):
            quoted[one.person] = one
    return quoted


def cells(friend: Friend) -> list[str]:
    staff, account = STAFF[friend.staff]
    return [
        friend.name, friend.description, staff, account, "小河杂货铺", f"{friend.added_at:%Y-%m-%d %H:%M:%S}",
        friend.via, friend.mobile, "", "", "", "", "", friend.source_tag, friend.liking_tag,
    ]  # fmt: skip


def write(path: Path, rows: Iterable[Friend]) -> None:
    with open(path, "w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        writer.writerows(cells(friend) for friend in rows)
