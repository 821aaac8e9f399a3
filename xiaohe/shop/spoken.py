"""A short name proposed from a listing's title: 【包邮】XX无谷全价猫粮鸡肉5kg → 鸡肉猫粮. Rules, no model; pure.

title ─► brackets ─► selling words ─► numbers with units ─► Latin brands ─► the part that names a thing ─► its kind last

A proposal is never used by itself: the merchant takes it, corrects it, or leaves the goods without a name.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from importlib.resources import files

LONGEST = 16
LONGEST_CHINESE = 8
# A name is put into sentences: nothing that a listing would shout, and nothing that breaks a line.
NOT_SPOKEN = frozenset("【】[]<>{}（）()%\n\r\t\u200b￥¥$")
_SIGNS = re.compile("[" + re.escape("".join(sorted(NOT_SPOKEN))) + "]")
_BRACKETS = re.compile(r"【[^】]*】|\[[^\]]*\]|\([^)]*\)|〔[^〕]*〕|「[^」]*」|《[^》]*》|<[^>]*>")
_NUMBER = r"(?:\d+(?:\.\d+)?|[一二两三四五六七八九十半]{1,2})"
_UNIT = (
    r"(?:kg|g|mg|ml|l|cm|mm|m|oz|lb|w|v|pcs|千克|公斤|毫升|克|升|斤|两|片装|片|袋装|袋|包装|包|盒装|盒|罐装|罐|瓶装|瓶|支装|支"
    r"|只装|只|条装|条|双装|双|件套|件装|件|个装|个|枚装|枚|粒装|粒|抽|卷|箱装|箱|桶装|桶|组|套装|套|份|块|寸|码|米|号)"
)
_AMOUNT = re.compile(rf"{_NUMBER}\s*(?:[*x×]\s*{_NUMBER}\s*)?{_UNIT}(?![a-z])", re.IGNORECASE)
_TIMES = re.compile(rf"[*x×+]\s*{_NUMBER}|{_NUMBER}\s*[*x×]", re.IGNORECASE)
_YEAR = re.compile(r"20\d\d年?")


def _any_of(words: str) -> re.Pattern[str]:
    """Longer words first, so that none leaves a piece behind."""
    ordered = sorted(words.split(), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, ordered)), re.IGNORECASE)


_WORDS = tomllib.loads(files(__package__).joinpath("spoken.toml").read_text("utf-8"))
# What sells and says nothing of the thing; and kinds of things, which are said last.
_SOLD, _KIND = _any_of(_WORDS["selling"]), _any_of(_WORDS["kinds"])
_PARTS = re.compile(r"[\s,，、/|｜·•:：;；~～—\-_!！。.…+＋*\"'“”]+")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_LATIN = re.compile(r"[A-Za-z][A-Za-z0-9&'’.]*")
_EDGES = "的之和及与款型装味道 "


def propose(title: str) -> str:
    """A name of at most 16 characters one could say aloud; empty if nothing of the title is left."""
    text = unicodedata.normalize("NFKC", title)
    # NFKC turns full-width signs into plain ones, 【】 stay as they are.
    text = _SIGNS.sub(" ", _BRACKETS.sub(" ", text))
    if not _CHINESE.search(text):
        return _latin(text)
    for noise in (_SOLD, _YEAR, _AMOUNT, _TIMES):
        text = noise.sub(" ", text)
    parts = [part for each in _PARTS.split(text) if (part := _without_brand(each))]
    if not parts:
        return ""
    named = next((part for part in parts if _KIND.search(part)), parts[0])
    return _kind_last(named).strip(_EDGES)[:LONGEST_CHINESE]


def _without_brand(part: str) -> str:
    """Without the Latin letters of a brand; T恤 and the like are words of their own."""
    kept = _KIND.search(part)
    if kept and _LATIN.search(kept.group()):
        return part
    return re.sub(r"[A-Za-z0-9&'’.%#°℃]+", "", part).strip(_EDGES)


def _kind_last(part: str) -> str:
    """猫粮鸡肉 → 鸡肉猫粮; of a long part, the few characters that stand before its kind."""
    found = list(_KIND.finditer(part))
    if not found:
        return part
    kind = found[-1]
    before, after = part[: kind.start()], part[kind.end() :].strip(_EDGES)
    if 0 < len(after) <= 4 and not before:
        return after + kind.group()
    if 0 < len(after) <= 4 and len(before) > 4:
        return after + kind.group()
    room = LONGEST_CHINESE - len(kind.group())
    return before[-room:] + kind.group() if room > 0 else kind.group()


def _latin(text: str) -> str:
    """The last words of an English title, as many as one says in a breath."""
    for noise in (_YEAR, _AMOUNT, _TIMES):
        text = noise.sub(" ", text)
    words = [word for word in re.split(r"[\s,;|/_]+", text.lower()) if re.search(r"[a-z]", word)]
    said = ""
    for word in reversed(words[-3:]):
        longer = f"{word} {said}".strip()
        if len(longer) > LONGEST:
            break
        said = longer
    return said
