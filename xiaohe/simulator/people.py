"""The people of the sample shop: everything about person n follows from the seed and n.

Member names, phones and order numbers are unique by construction (each is a permutation of n), so files of
any size can be written without remembering who was named before.
"""

from __future__ import annotations

from dataclasses import dataclass

from xiaohe.simulator.dice import Dice
from xiaohe.simulator.goods import CITIES, STREETS, shelf_of

_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉萍红玲芬燕彬辉建波宁雪琴云飞鹏琳晶倩婷宇浩凯欣怡梓涵子轩诗雨思晨佳慧"
_CATS = (
    "毛毛",
    "豆豆",
    "咪咪",
    "球球",
    "年糕",
    "布丁",
    "可乐",
    "奶茶",
    "花卷",
    "团子",
    "橘子",
    "小黑",
    "元宝",
    "汤圆",
    "芝麻",
    "土豆",
)
_KIN = ("妈", "爸", "家", "他妈", "铲屎官", "姐")
_CALLS = ("姐", "哥", "老师", "阿姨", "女士", "先生", "小姐", "太太")
_NICKS = (
    "一杯清茶", "慢慢来", "山里人", "向日葵", "小确幸", "南方有嘉木", "咖啡不加糖", "早睡早起", "在路上", "春天的风",
    "听雨", "阿木", "小满", "知足常乐", "半夏", "云淡风轻", "大头鱼", "西柚", "七月", "青柠", "木木", "阿宽",
)  # fmt: skip
_MEMBER = (
    "tb",
    "猫咪",
    "tea",
    "coffee",
    "清风",
    "小鱼",
    "mimi",
    "阿狸",
    "lucky",
    "茶语",
    "sunny",
    "云朵",
)
# Segments of the three carriers; no virtual-operator or test segments.
_SEGMENTS = (
    "135",
    "136",
    "137",
    "138",
    "139",
    "150",
    "151",
    "152",
    "158",
    "159",
    "182",
    "183",
    "187",
    "188",
    "189",
)
_PHONE_STEP, _MEMBER_STEP, _NUMBER_STEP = 48_271_337, 4_271_903, 6_364_137
_FRIENDS_FROM = 1 << 34
# One pair of accounts in 400 is one household.
_HOUSEHOLD = 400


@dataclass(frozen=True)
class Buyer:
    """What a platform knows of somebody who orders."""

    member: str
    phone: str
    receiver: str
    address: str
    alipay: str
    shelf: int
    favourite: int
    # Whether this person's parcels show the whole phone number (seven in a hundred do).
    shows_phone: bool
    uses_virtual_number: bool
    # Two accounts of one household order to the same phone: it tells nothing about who it is.
    shares_phone: bool


def buyer(seed: int, number: int) -> Buyer:
    """Person `number` of the shop with this seed."""
    dice = Dice(seed, 1, number)
    surname, given = dice.one_of(_SURNAMES), dice.one_of(_GIVEN)
    province, city, district = dice.one_of(CITIES)
    street = f"{dice.one_of(STREETS)}{1 + dice.below(400)}号"
    code = (number * _MEMBER_STEP + seed) % 10_000_000
    shelf = shelf_of(dice)
    shares = number % _HOUSEHOLD in (6, 7)
    # Drawn for everybody, so that a household changes nobody else's looks.
    shows = dice.happens(68) or shares
    holder = number - 1 if number % _HOUSEHOLD == 7 else number
    return Buyer(
        member=f"{dice.one_of(_MEMBER)}{code:07d}",
        phone=f"{_SEGMENTS[holder % len(_SEGMENTS)]}{(holder * _PHONE_STEP + seed) % 100_000_000:08d}",
        receiver=surname + given if shows else f"{surname}**",
        address=f"{province} {city} {district} {street}"
        if shows
        else f"{province} {city} {district} ****",
        alipay=f"{dice.one_of(_SEGMENTS)}****{dice.below(10_000):04d}",
        shelf=shelf,
        favourite=dice.weighted(((0, 40), (1, 14), (2, 16), (3, 14), (4, 9), (5, 7))),
        shows_phone=shows,
        uses_virtual_number=not shows and dice.happens(8),
        shares_phone=shares,
    )


def masked(phone: str) -> str:
    return f"{phone[:3]}****{phone[7:]}"


def nickname(dice: Dice, shelf: int) -> str:
    """What somebody calls themselves, or is called by the shop, in WeChat."""
    throw = dice.below(100)
    if shelf == 0 and throw < 45:
        return dice.one_of(_CATS) + dice.one_of(_KIN)
    if throw < 65:
        name = dice.one_of(_SURNAMES) + dice.one_of(_CALLS)
    elif throw < 80:
        name = dice.one_of(_SURNAMES) + dice.one_of(_GIVEN) + dice.one_of(_GIVEN)
    else:
        name = dice.one_of(_NICKS)
    if dice.happens(350):
        name += f" {dice.one_of(CITIES)[1][:-1]}"
    return name


def order_number(minute: int, number: int, ordinal: int) -> str:
    """A 19-digit order number: minute of the shop's life, person, their how-manieth; unique."""
    hidden = (number * _NUMBER_STEP + 1_299_709) % 10_000_000
    return f"18{minute:07d}{hidden:07d}{ordinal:03d}"


def friend_dice(seed: int, number: int) -> Dice:
    """The dice of friend `number`, who need not be a buyer."""
    return Dice(seed, 2, _FRIENDS_FROM + number)
