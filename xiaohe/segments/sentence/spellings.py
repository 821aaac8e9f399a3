"""Names in rules as people read them in Chinese: whatever a sentence calls them may be written in a rule, and shorter ones."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from django.utils.translation import override

from xiaohe.ledger.catalogue import TYPES
from xiaohe.segments.rules.vocabulary import Called
from xiaohe.segments.sentence import deeds, words
from xiaohe.segments.text.chinese import plain

CHINESE = "zh-hans"
# Beside the labels: what is shorter, and what other pages say.
ATTRIBUTES = {
    "最弱项": "weakest", "复购周期": "cycle", "贵宾": "vip", "静默": "muted", "羊毛嫌疑": "bargain_hunter", "投诉未结": "complaint_open",
    "老带新": "was_referred", "购买天数": "days_365", "未购天数": "days_since", "活动占比": "promo_share", "年净消费": "net_365",
    "客单价": "usual_net", "上次购买": "last_on", "四层": "tier", "该买日": "due_on", "该买了": "due", "品类": "category_1",
}  # fmt: skip
RECORDS = {"商品": "purchase.item", "买的东西": "purchase.item", "打开": "opened", "动静": "signal", "联系": "link",
           "来信": "message.in", "去信": "message.out"}  # fmt: skip
FIELDS = {"标题": "title", "品类": "category", "类目": "category", "件数": "quantity", "日期": "on"}
CHOICES = {
    "stage": {"潜客": "prospect", "将流失": "at_risk", "沉睡": "dormant", "流失": "lost"},
    "consent": {"不打扰": "withdrawn"},
}


@lru_cache(maxsize=1)
def called() -> Called:
    """The Chinese spellings of every name; the same whatever language is on."""
    with override(CHINESE):
        return Called(
            attributes=_turned(words.ATTRIBUTES.items()) | ATTRIBUTES,
            records=_turned(_records()) | RECORDS,
            fields=_turned(words.FIELDS.items()) | FIELDS,
            choices={
                name: _turned(labels.items()) | CHOICES.get(name, {})
                for name, labels in words.CHOICES.items()
            },
        )


def _records() -> Iterable[tuple[str, Any]]:
    yield from ((each.name, each.zh) for each in TYPES.values())
    yield from deeds.AREAS.items()
    # What is asked often has the word: of two records with one name it is meant.
    yield from ((name, deed.name) for name, deed in deeds.DEEDS.items())


def _turned(labels: Iterable[tuple[str, Any]]) -> dict[str, str]:
    return {plain(str(label)): name for name, label in labels}
