"""What a name, a remark or a receiver says of somebody, as parts that can be compared.

    猫粮老王 杭州 ¥186   ─►  name 王 · city 杭州 · amount 18600 · pieces 猫粮 …
    王**                 ─►  name 王, the rest hidden
    138****8000          ─►  138 and 8000 of a phone

Only what is told: a part that is not there is never guessed.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from xiaohe.kernel.ids import fold
from xiaohe.people.evidence import order_numbers, phones
from xiaohe.people.keys import is_masked
from xiaohe.people.likely import places

# The hundred and some names that cover more than nine people in ten (Ministry of Public Security, 2020).
SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔"
    "谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫雷龙黎史陶贺毛段郝顾龚邵覃武钱戴严莫孔向常汤康易乔赖庞樊兰殷施洪"
    "翟安颜倪牛温鲁葛俞章毕聂焦齐申辛管柳欧左关祝岳耿梅阎傅萧童柯詹路阮舒骆谷游凌成裴涂纪甘宁翁万"
)
DOUBLE_SURNAMES = (
    "欧阳", "上官", "司马", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐", "宇文", "长孙", "司徒", "夏侯", "端木", "轩辕",
)  # fmt: skip
_CALLED = "姐|哥|总|老师|女士|先生|小姐|太太|阿姨|叔|叔叔|大姐|大哥|姨|婶|嫂|老板|经理|医生|妹|弟|爷爷|奶奶|同学|工"
_BY_CALL = re.compile(rf"([一-龥]{{1,2}})(?:{_CALLED})(?![一-龥])")
_BY_HABIT = re.compile(r"(?:老|小|阿|大)([一-龥])(?![一-龥])")
_WHOLE = re.compile(r"[一-龥]{2,4}")
_AMOUNT = re.compile(
    r"[¥￥]\s?(\d{1,6}(?:\.\d{1,2})?)|(?<![\d.])(\d{1,6}(?:\.\d{1,2})?)\s?(?:元|块)"
)
_PIECE = re.compile(r"[一-龥]+|[a-z][a-z0-9_]{3,}|\d{5,}")
_BREAK = re.compile(r"[\s,，。;；、|/()（）【】\[\]·\-_+~!！?？:：“”\"']+")
_MASKED_PHONE = re.compile(r"(?<!\d)(1\d{0,6})[*＊•xX]{3,8}(\d{2,4})(?!\d)")
# What nearly everybody's text holds says nothing of anybody.
_EMPTY_WORDS = frozenset(
    ["客户", "老客", "微信", "淘宝", "订单", "包裹", "朋友", "介绍", "新客", "已加", "好友"]
)

# What a platform puts before a name it gives only as ciphertext.
_CIPHERS = ("##", "$$", "~~")

UNKNOWN, NONE = 0, -1
MOST_PIECES = 16
LONGEST = 120


class Name(NamedTuple):
    """A Chinese name as far as it is told: code points; 0 where hidden or unsaid, -1 where there is none."""

    surname: int
    first: int
    second: int

    @property
    def is_whole(self) -> bool:
        return self.first != UNKNOWN and self.second != UNKNOWN


class Said(NamedTuple):
    """What the texts of one contact tell."""

    names: tuple[Name, ...]
    cities: tuple[int, ...]
    phones: tuple[str, ...]
    amounts: tuple[int, ...]  # minor units
    words: tuple[str, ...]  # whole, folded
    pieces: tuple[str, ...]  # every two characters in a row, longer runs of letters and digits


def said_by(texts: list[str]) -> Said:
    """Read a contact's names, remarks and descriptions together, in the order given."""
    names: dict[Name, None] = {}
    cities: dict[int, None] = {}
    found_phones: dict[str, None] = {}
    amounts: dict[int, None] = {}
    words: dict[str, None] = {}
    pieces: dict[str, None] = {}
    for text in texts:
        text = fold(text)[:LONGEST]
        for phone in phones(text):
            found_phones[phone] = None
        for number in order_numbers(text):
            text = text.replace(number, " ")
        for match in _AMOUNT.finditer(text):
            amounts[round(float(match.group(1) or match.group(2)) * 100)] = None
        cities.update(dict.fromkeys(places.cities_in(text)))
        names.update(dict.fromkeys(names_in(text)))
        for word in _BREAK.split(text):
            if 2 <= len(word) <= 24:
                words[word] = None
        pieces.update(dict.fromkeys(pieces_of(text)))
    whole = sorted(names, key=lambda name: not name.is_whole)
    return Said(
        tuple(whole[:2]),
        tuple(cities)[:2],
        tuple(found_phones)[:2],
        tuple(amounts)[:3],
        tuple(words)[:8],
        tuple(pieces)[:MOST_PIECES],
    )


def names_in(text: str) -> list[Name]:
    """Names of persons a free text may hold: 李建国, 王姐, 老王, also behind other words (猫粮老王)."""
    found: dict[Name, None] = {}
    for word in _BREAK.split(text):
        word = re.sub(r"[^一-龥].*$", "", word) or re.sub(r"^[^一-龥]+", "", word)
        for match in _BY_CALL.finditer(word):
            for surname in _surnames_at_end(match.group(1)):
                found[Name(surname, UNKNOWN, UNKNOWN)] = None
        for match in _BY_HABIT.finditer(word):
            if match.group(1) in SURNAMES:
                found[Name(ord(match.group(1)), UNKNOWN, UNKNOWN)] = None
        if not found and _WHOLE.fullmatch(word) and (name := whole_name(word)):
            found[name] = None
    return list(found)


def whole_name(text: str) -> Name | None:
    """A text that is nothing but surname and given name; None if it does not look like one."""
    surname, given = _split(text)
    if not surname or not 1 <= len(given) <= 2 or text in places.NUMBER:
        return None
    return _name(surname, given)


def name_of_receiver(text: str) -> Name | None:
    """The receiver of a parcel, masked or whole: 王小明, 王**, 王*明, *小明, 王女士; None if it is no such name."""
    text = fold(text)
    if not text or text[:2] in _CIPHERS:
        return None
    called = _BY_CALL.fullmatch(text)
    if called:
        surnames = _surnames_at_end(called.group(1))
        return Name(surnames[0], UNKNOWN, UNKNOWN) if surnames else None
    if not is_masked(text):
        if not _WHOLE.fullmatch(text) and not _split(text)[0]:
            return None
        return whole_name(text)
    first, last = text[0], text[-1]
    surname = ord(first) if _is_letter(first) else UNKNOWN
    end = ord(last) if len(text) > 1 and _is_letter(last) else UNKNOWN
    return Name(surname, UNKNOWN, end) if surname or end else None


def masked_phone(text: str) -> tuple[int, int, int] | None:
    """(shown head, its number of digits, shown tail of four) of a masked mobile number; None if it shows too little."""
    match = _MASKED_PHONE.search(fold(text))
    if match is None or len(match.group(2)) < 4:
        return None
    head = match.group(1)[:3]
    return int(head), len(head), int(match.group(2)[-4:])


@lru_cache(maxsize=50_000)
def pieces_of(text: str) -> tuple[str, ...]:
    """Every two Chinese characters in a row, words of letters from four on, numbers from five digits on."""
    found: dict[str, None] = {}
    for run in _PIECE.findall(fold(text)[:LONGEST]):
        if run[0] >= "一":
            found.update(dict.fromkeys(run[at : at + 2] for at in range(len(run) - 1)))
        elif not (run.isdigit() and len(run) >= 11):
            found[run] = None
    return tuple(piece for piece in found if piece not in _EMPTY_WORDS)


def _name(surname: str, given: str) -> Name:
    return Name(
        sum(ord(letter) << 21 * at for at, letter in enumerate(surname)),
        ord(given[0]),
        ord(given[1]) if len(given) == 2 else NONE,
    )


def _split(text: str) -> tuple[str, str]:
    if text[:2] in DOUBLE_SURNAMES:
        return text[:2], text[2:]
    return (text[0], text[1:]) if text and text[0] in SURNAMES else ("", text)


def _surnames_at_end(text: str) -> list[int]:
    """Of 老王 or 王 before 姐: the surname right before how somebody is called."""
    if text in DOUBLE_SURNAMES:
        return [_name(text, "x").surname]
    return [ord(text[-1])] if text[-1] in SURNAMES else []


def _is_letter(letter: str) -> bool:
    return "一" <= letter <= "龥"
