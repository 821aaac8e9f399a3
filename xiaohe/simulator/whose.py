"""Two files about the same people, and the truth of who is who: for judging the join, certain and likely.

    truth = whose.truth(seed, persons)     people, their orders, and how the shop's staff noted them
    truth.write(folder)                    orders.csv (Taobao) and contacts.csv (WeCom), with their noise
    truth.member[name], truth.contact[…]   the person behind each

| noise | how much |
|---|---|
| receiver and phone masked (王**, 138****8000) | six parcels in ten of the buyers |
| a number that changed between two orders | 4 % of people |
| one phone, two buyers: a couple; one phone, eight buyers: a reception desk | 3 %; 2 % |
| a second member name of the same person | 3 % |
| parcels to somebody else: a gift | 8 % of orders |
| one wrong digit where staff typed a phone or an order number | 3 % |
| a wrong character in a name | 3 % |
| friends who never bought and look alike | six for ten buyers |

A household of which only one ever bought is one customer here, as it is to the shop: no file tells them apart.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from xiaohe.simulator import people as sample
from xiaohe.simulator.goods import SHELVES
from xiaohe.simulator.taobao_file import ENCODING
from xiaohe.simulator.taobao_file import HEADER as ORDER_HEADER
from xiaohe.simulator.wecom_file import HEADER as CONTACT_HEADER
from xiaohe.simulator.wecom_file import STAFF

# The shop's own clock, as files write it.
FIRST = datetime(2024, 1, 8, 9)  # noqa: DTZ001
DAYS = 520
# Roughly as frequent as in the country: 王 and 李 seven in a hundred each, the hundredth one in a thousand.
_SURNAMES = sample._SURNAMES
_SURNAME_WEIGHTS = [1 / (rank + 4) for rank in range(len(_SURNAMES))]
_CITIES = (
    "浙江省 杭州市", "上海 上海市", "广东省 深圳市", "北京 北京市", "广东省 广州市", "四川省 成都市", "江苏省 苏州市",
    "湖北省 武汉市", "浙江省 宁波市", "江苏省 南京市", "重庆 重庆市", "陕西省 西安市", "湖南省 长沙市", "山东省 青岛市",
    "河南省 郑州市", "福建省 厦门市", "安徽省 合肥市", "广东省 佛山市", "辽宁省 大连市", "云南省 昆明市", "浙江省 温州市",
    "江苏省 无锡市", "广东省 东莞市", "山东省 济南市", "福建省 福州市", "广西 南宁市", "河北省 石家庄市", "江西省 南昌市",
    "辽宁省 沈阳市", "贵州省 贵阳市", "浙江省 金华市", "浙江省 绍兴市", "江苏省 常州市", "山东省 烟台市", "福建省 泉州市",
    "山西省 太原市", "吉林省 长春市", "黑龙江省 哈尔滨市", "海南省 海口市", "甘肃省 兰州市",
)  # fmt: skip
_CITY_WEIGHTS = [1 / (rank + 3) for rank in range(len(_CITIES))]
_SPOKEN = (("猫粮", "罐头", "猫砂", "冻干"), ("咖啡豆", "挂耳", "冷萃", "手冲"), ("花茶", "白茶", "红茶", "龙井"))  # fmt: skip


@dataclass
class Person:
    """One human, with what the files may know of them."""

    number: int
    surname: str
    given: str
    city: str
    phones: tuple[str, ...]  # the later one counts from `changed_on` on
    changed_on: int
    nick: str
    members: tuple[str, ...]
    masks: bool
    shelf: int

    @property
    def name(self) -> str:
        return self.surname + self.given

    def phone(self, day: int) -> str:
        return self.phones[-1] if day >= self.changed_on else self.phones[0]


@dataclass(frozen=True)
class Bought:
    person: int
    number: str
    day: int
    at: datetime
    amount: int
    row: tuple[str, ...]


@dataclass(frozen=True)
class Noted:
    """One row of the contact export."""

    person: int
    staff: int
    added_at: datetime
    name: str
    description: str
    mobile: str


@dataclass
class Truth:
    """Who is who, and what the files say."""

    orders: list[Bought] = field(default_factory=list)
    contacts: list[Noted] = field(default_factory=list)
    member: dict[str, int] = field(default_factory=dict)

    @property
    def contact(self) -> dict[tuple[str, datetime], int]:
        """The person of each contact row, by staff account and the time they were added."""
        return {(STAFF[each.staff][1], each.added_at): each.person for each in self.contacts}

    def write(self, folder: Path) -> tuple[Path, Path]:
        orders, contacts = folder / "orders.csv", folder / "contacts.csv"
        with open(orders, "w", encoding=ENCODING, newline="") as file:
            writer = csv.writer(file)
            writer.writerow(ORDER_HEADER)
            writer.writerows(one.row for one in self.orders)
        with open(contacts, "w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(CONTACT_HEADER)
            writer.writerows(_contact_cells(one) for one in self.contacts)
        return orders, contacts


def truth(seed: int, persons: int) -> Truth:
    """`persons` buyers, about half of them in the chat list, and six strangers there for ten buyers."""
    dice = Random(seed)
    found = Truth()
    everybody = [_person(dice, number, number >= persons) for number in range(persons * 16 // 10)]
    _share_phones(dice, everybody[:persons])
    taken: set[tuple[int, datetime]] = set()
    for person in everybody[:persons]:
        bought = _orders(dice, person)
        found.orders += bought
        found.member |= dict.fromkeys(person.members, person.number)
        if dice.random() < 0.5:
            found.contacts += _noted(dice, person, bought, taken)
    for person in everybody[persons:]:
        found.contacts += _noted(dice, person, [], taken)
    dice.shuffle(found.orders)
    dice.shuffle(found.contacts)
    return found


def _person(dice: Random, number: int, is_stranger: bool) -> Person:
    surname = dice.choices(_SURNAMES, _SURNAME_WEIGHTS)[0]
    given = "".join(dice.choices(sample._GIVEN, k=1 if dice.random() < 0.2 else 2))
    nick = dice.choice(sample._NICKS) if dice.random() < 0.5 else dice.choice(sample._CATS) + dice.choice(sample._KIN)  # fmt: skip
    stem = nick if dice.random() < 0.12 else dice.choice(sample._MEMBER)
    code = (number * 4_271_903 + 77) % 10_000_000
    members = [f"{stem}{code:07d}"]
    if dice.random() < 0.03:
        members.append(f"{dice.choice(sample._MEMBER)}b{code:07d}")
    phones = [_phone(2 * number)]
    changed_on = DAYS + 1
    if dice.random() < 0.04:
        phones.append(_phone(2 * number + 1))
        changed_on = dice.randrange(DAYS)
    return Person(
        number, surname, given, dice.choices(_CITIES, _CITY_WEIGHTS)[0], tuple(phones), changed_on, nick,
        () if is_stranger else tuple(members), dice.random() < 0.6, dice.choices((0, 1, 2), (46, 30, 24))[0],
    )  # fmt: skip


def _phone(number: int) -> str:
    return f"{sample._SEGMENTS[number % 15]}{(number * 48_271_337 + 12_345_678) % 100_000_000:08d}"


def _share_phones(dice: Random, buyers: list[Person]) -> None:
    """Couples, and reception desks: everybody there buys under one number."""
    rest = dice.sample(buyers, k=len(buyers) // 20)
    couples, desks = rest[: len(rest) * 6 // 10], rest[len(rest) * 6 // 10 :]
    for one, other in zip(couples[::2], couples[1::2], strict=False):
        other.phones, other.city = one.phones, one.city
        one.changed_on = other.changed_on = DAYS + 1
        one.masks = other.masks = False
    for start in range(0, len(desks) - 7, 8):
        for each in desks[start : start + 8]:
            each.phones, each.masks = desks[start].phones, False


def _orders(dice: Random, person: Person) -> list[Bought]:
    found = []
    count = 1 + min(int(dice.expovariate(0.7)), 7)
    # Who has two member names uses both.
    count = max(count, len(person.members))
    days = sorted(dice.randrange(DAYS) for _ in range(count))
    for ordinal, day in enumerate(days):
        at = FIRST + timedelta(days=day, seconds=dice.randrange(12 * 3600))
        number = (
            f"19{day:05d}{(person.number * 6_364_137 + 1_299_709) % 10_000_000:07d}{ordinal:05d}"
        )
        goods = dice.choice(SHELVES[person.shelf])
        amount = goods.price * dice.choice((1, 1, 1, 2)) + dice.choice((0, 0, -500, 600))
        member = person.members[ordinal % len(person.members)]
        gift = dice.random() < 0.08
        surname = dice.choices(_SURNAMES, _SURNAME_WEIGHTS)[0] if gift else person.surname
        name = surname + "".join(dice.choices(sample._GIVEN, k=2)) if gift else person.name
        if not gift and dice.random() < 0.03:
            name = name[:-1] + dice.choice(sample._GIVEN)
        city = dice.choices(_CITIES, _CITY_WEIGHTS)[0] if gift else person.city
        # A gift goes to the phone of whom it is for, whom we do not know.
        phone = _phone(900_000_000 + dice.randrange(10**6)) if gift else person.phone(day)
        masks = person.masks or gift
        row = {
            "订单编号": f'="{number}"', "买家会员名": member, "买家应付货款": f"{amount / 100:.2f}",
            "总金额": f"{amount / 100:.2f}", "买家实际支付金额": f"{amount / 100:.2f}", "订单状态": "交易成功",
            "收货人姓名": surname + "**" if masks else name,
            "收货地址": f"{city} ****" if masks else f"{city} {dice.choice(('人民路', '学院路', '文一路'))}{dice.randrange(1, 300)}号",
            "联系手机": "'" + (sample.masked(phone) if masks else phone),
            "订单创建时间": f"{at:%Y-%m-%d %H:%M:%S}",
            "订单付款时间": f"{at + timedelta(minutes=3):%Y-%m-%d %H:%M:%S}",
            "宝贝标题": goods.title, "宝贝种类": "1", "宝贝总数量": "1",
        }  # fmt: skip
        cells = tuple(row.get(name, "") for name in ORDER_HEADER)
        found.append(Bought(person.number, number, day, at, amount, cells))
    return found


def _noted(
    dice: Random, person: Person, orders: list[Bought], taken: set[tuple[int, datetime]]
) -> list[Noted]:
    """The person's rows in the chat list; one in twenty was added by both of our accounts."""
    staffs = [0, 1] if dice.random() < 0.05 else [dice.randrange(2)]
    return [_note(dice, person, orders, staff, taken) for staff in staffs]


def _note(
    dice: Random, person: Person, orders: list[Bought], staff: int, taken: set[tuple[int, datetime]]
) -> Noted:
    after = dice.choice(orders) if orders else None
    if after is not None and dice.random() < 0.75:
        added = after.at + timedelta(days=2 + dice.randrange(6), seconds=dice.randrange(36_000))
    else:
        added = FIRST + timedelta(days=dice.randrange(DAYS), seconds=dice.randrange(43_200))
    while (staff, added) in taken:
        added += timedelta(seconds=1)
    taken.add((staff, added))
    name = _called(dice, person)
    words, mobile = [], ""
    how = dice.random()
    if after is not None and how < 0.22:
        words.append(_mistyped(dice, after.number))
    elif how < 0.42:
        phone = _mistyped(dice, person.phones[-1])
        if dice.random() < 0.7:
            mobile = phone
        else:
            words.append(phone)
    if dice.random() < 0.40:
        name += " " + person.city.split()[1][:-1]
    if dice.random() < 0.25:
        words.append(dice.choice(_SPOKEN[person.shelf]))
    if after is not None and dice.random() < 0.10:
        words.append(f"¥{after.amount / 100:g}")
    dice.shuffle(words)
    return Noted(person.number, staff, added, name, " ".join(words), mobile)


def _called(dice: Random, person: Person) -> str:
    throw = dice.random()
    if throw < 0.30:
        return person.surname + dice.choice(sample._CALLS)
    if throw < 0.50:
        name = person.name
        return name[:-1] + dice.choice(sample._GIVEN) if dice.random() < 0.03 else name
    if throw < 0.60:
        return dice.choice(_SPOKEN[person.shelf]) + dice.choice("老小") + person.surname
    return person.nick


def _mistyped(dice: Random, digits: str) -> str:
    if dice.random() >= 0.03:
        return digits
    at = dice.randrange(3, len(digits))
    return f"{digits[:at]}{(int(digits[at]) + dice.randrange(1, 10)) % 10}{digits[at + 1 :]}"


def _contact_cells(one: Noted) -> list[str]:
    staff, account = STAFF[one.staff]
    told = {
        "客户名称": one.name, "描述": one.description, "添加人": staff, "添加人账号": account, "添加人所属部门": "小河杂货铺",
        "添加时间": f"{one.added_at:%Y-%m-%d %H:%M:%S}", "来源": "扫描二维码", "手机": one.mobile,
    }  # fmt: skip
    return [told.get(name, "") for name in CONTACT_HEADER]
