"""Refusals of a rule that is written in Chinese: names and comparisons as they may be written there, too."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from xiaohe.segments.rules.vocabulary import Called
from xiaohe.segments.text.chinese import is_chinese

_TEXTS = re.compile(r"\"[^\"]*\"|“[^”]*”|「[^」]*」|#.*")
_COMPARISONS = {
    "is": "是", "in": "属于", "contains": "含", "starts with": "开头是", "ends with": "结尾是", "matches": "匹配",
    "is known": "已知", "<": "小于", "<=": "至多", ">": "大于", ">=": "至少", "between": "介于", "in next 30 days": "未来 30 天",
}  # fmt: skip
_FOLDS = {
    "count": "次数", "sum": "合计", "average": "平均", "min": "最小", "max": "最大", "distinct": "种数", "first": "首个",
    "last": "末个", "days since first": "距首次", "days since last": "距上次",
}  # fmt: skip


def is_written_in_chinese(source: str) -> bool:
    """Are its words Chinese, whatever its texts are?"""
    return is_chinese(_TEXTS.sub("", source))


def in_chinese(data: Mapping[str, Any], called: Called) -> dict[str, Any]:
    """What a refusal names, by the names its writer uses; what has no Chinese name stays."""
    names = _turned(called.fields) | _turned(called.attributes)
    by_slot = {
        "name": names,
        "record": _turned(called.records),
        "operator": _COMPARISONS,
        "fold": _FOLDS,
        "known": names | _COMPARISONS,
    }
    return {
        slot: _said(told, by_slot[slot]) if slot in by_slot else told for slot, told in data.items()
    }


def _said(told: Any, words: Mapping[str, str]) -> str:
    return ", ".join(dict.fromkeys(words.get(each, each) for each in str(told).split(", ")))


def _turned(spellings: Mapping[str, str]) -> dict[str, str]:
    """By name the spelling that comes first: what pages call it."""
    found: dict[str, str] = {}
    for written, name in spellings.items():
        found.setdefault(name, written)
    return found
