"""Addresses as order files hold them: a city to compare, a whole address as a key that describes, a line unpacked.

浙江省 杭州市 西湖区 文三路1号      →  浙江杭州
姓名，86-手机号，省 市 区 详细       →  name, phone, address
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from xiaohe.sources.cells import text

PROVINCES = frozenset([
    "北京", "天津", "上海", "重庆", "河北", "山西", "辽宁", "吉林", "黑龙江", "江苏", "浙江", "安徽",
    "福建", "江西", "山东", "河南", "湖北", "湖南", "广东", "海南", "四川", "贵州", "云南", "陕西",
    "甘肃", "青海", "台湾", "内蒙古", "广西", "西藏", "宁夏", "新疆", "香港", "澳门",
])  # fmt: skip
_PROVINCE_TAIL = re.compile(r"(?:特别行政区|(?:壮族|回族|维吾尔)?自治区|(?:维吾尔)?自治区|省|市)$")
_CITY_TAIL = re.compile(r"(?:市|地区|盟|自治州)$")
_BEGINNING = re.compile(
    r"(?P<province>[^\s,，/]{2,8}?(?:特别行政区|自治区|省|市)|(?:北京|天津|上海|重庆))"
    r"[\s,，/]*(?P<city>[^\s,，/]{1,10}?(?:自治州|地区|市|盟))?"
)
# Tmall's address-only form; what stands second must be a phone, be it masked, or it is a mere address with commas.
_LINE = re.compile(
    r"^\s*(?P<name>[^,，]{1,40})[,，]\s*(?:\+?86-?)?(?P<phone>1[\d*]{10}(?:-\d{1,6})?|[\d*]{2,4}-?[\d*]{7,8})"
    r"[,，]\s*(?P<address>.+)$",
    re.DOTALL,
)
# Longer than the names of any province and city together.
ENOUGH = 24
NO_CITY = frozenset({"", "市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"})


class Line(NamedTuple):
    """What one cell of the address-only form holds."""

    name: str
    phone: str
    address: str


def unpack(cell: str) -> Line | None:
    """Name, phone and address of `姓名，86-手机号，省 市 区 详细`; None for any other cell."""
    if "，" not in cell and "," not in cell:
        return None
    found = _LINE.match(text(cell))
    if found is None:
        return None
    return Line(
        found["name"].strip(),
        unicodedata.normalize("NFKC", found["phone"]),
        found["address"].strip(),
    )


def city_of(province: str, city: str, address: str) -> str:
    """Province and city in one short word (浙江杭州, 北京); "" unless it is certain."""
    province, city = text(province), text(city)
    if province:
        return _spoken(province, city)
    beginning = text(address)[:ENOUGH]
    words = beginning.split()
    if len(words) > 2:
        return _spoken(words[0], words[1])
    found = _BEGINNING.match(beginning)
    return _spoken(found["province"], found["city"] or "") if found else ""


def _spoken(province: str, city: str) -> str:
    short = _PROVINCE_TAIL.sub("", province)
    if short not in PROVINCES:
        return ""
    if city in NO_CITY or city.endswith(("区", "县")):
        return short
    named = _CITY_TAIL.sub("", city)
    return short if named == short or "*" in named else short + named
