"""The words of the rule language in Chinese, and how what is written without blanks is parted. Pure.

    最近90天买过商品  ──►  最近 · 90 · 天 · 买过 · 商品  ──►  in last · 90 · days · did · 商品

A word here stands for one or several tokens of the language; names (商品) stay as they are and are looked up like others.
A run of letters is parted only if words, names and numbers fill it whole; of several ways the one of fewest parts counts.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import lru_cache

# Written ► the same in plain words and signs.
WORDS: dict[str, str] = {
    # Joining.
    "且": "and", "并且": "and", "而且": "and", "或": "or", "或者": "or", "非": "not", "不": "not", "所有人": "everyone",
    # Comparing.
    "是": "is", "等于": "is", "不是": "is not", "不等于": "is not", "属于": "in", "不属于": "not in", "含": "contains",
    "包含": "contains", "不含": "not contains", "不包含": "not contains", "开头是": "starts with", "结尾是": "ends with",
    "匹配": "matches", "已知": "is known", "未知": "is not known", "大于": ">", "超过": ">", "多于": ">", "小于": "<", "不到": "<",
    "少于": "<", "大于等于": ">=", "不小于": ">=", "不少于": ">=", "小于等于": "<=", "不大于": "<=", "不超过": "<=", "介于": "between",
    "真": "true", "假": "false",
    # Doing.
    "做过": "did", "有过": "did", "没做过": "did not", "没有": "did not", "没有过": "did not", "买过": "did purchase",
    "没买过": "did not purchase", "其中": "where", "然后": "then", "限": "within", "至少": "at least", "至多": "at most",
    "最多": "at most", "恰好": "exactly", "正好": "exactly", "次": "times", "一次": "once", "两次": "twice",
    # Made of records.
    "次数": "count of", "合计": "sum of", "平均": "average of", "最小": "min of", "最大": "max of", "种数": "distinct of",
    "首个": "first of", "末个": "last of", "来自": "over", "距首次": "days since first", "距上次": "days since last",
    # Times.
    "最近": "in last", "过去": "in last", "未来": "in next", "今后": "in next", "不限时间": "ever", "昨天": "yesterday",
    "今天": "today", "明天": "tomorrow", "上周": "in last week", "本周": "in this week", "这周": "in this week", "下周": "in next week",
    "上月": "in last month", "上个月": "in last month", "本月": "in this month", "这个月": "in this month", "下月": "in next month",
    "下个月": "in next month", "上季度": "in last quarter", "本季度": "in this quarter", "下季度": "in next quarter",
    "去年": "in last year", "今年": "in this year", "明年": "in next year", "去年同日": "in same day last year",
    "去年同周": "in same week last year", "去年同月": "in same month last year", "去年同季": "in same quarter last year",
    "自": "since", "早于": "before", "截至": "until", "从": "from", "到": "to", "前": "ago", "小时": "hours", "天": "days",
    "周": "weeks", "个月": "months", "个季度": "quarters", "年": "years", "个周期": "cycles",
    # Sets of people, places, lengths.
    "持续": "has been", "满": "for", "属于人群": "in segment", "人群": "in segment", "排在前": "in top", "排在后": "in bottom",
    "百分位": "in percentile", "同": "of", "抽样": "share", "名单": "listed",
}  # fmt: skip
# Say nothing by themselves.
FILLERS = frozenset({"的", "内", "里", "在"})
LONGEST_RUN = 200
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_HAN = re.compile(r"[\u3400-\u9fff]")
_BLANK = re.compile(r"[\s、]+|\([^()]*\)|（[^（）]*）")


def is_chinese(word: str) -> bool:
    return _HAN.search(word) is not None


def plain(label: str) -> str:
    """A label as it is written in a rule: without blanks and what stands in brackets."""
    return _BLANK.sub("", label)


def parted(run: str, names: Collection[str]) -> list[tuple[int, int]] | None:
    """Where the parts of a run of letters begin and end; None if it is no such run."""
    if len(run) > LONGEST_RUN:
        return None
    longest = max(_longest(), max(map(len, names), default=0) if len(names) < 5_000 else 40)
    # From the end: the fewest parts that fill the rest, and the first of them.
    best: list[tuple[int, int] | None] = [None] * len(run) + [(0, 0)]
    for start in range(len(run) - 1, -1, -1):
        for end in _ends(run, start, names, longest):
            rest = best[end]
            found = best[start]
            if rest is not None and (found is None or rest[0] + 1 < found[0]):
                best[start] = (rest[0] + 1, end)
    if best[0] is None:
        return _begun(run, names, longest)
    parts, at = [], 0
    while at < len(run):
        step = best[at]
        assert step is not None
        parts.append((at, step[1]))
        at = step[1]
    return parts


def _begun(run: str, names: Collection[str], longest: int) -> list[tuple[int, int]] | None:
    """A run that begins like a comparison and goes on with something unknown: that is pointed at, not the whole."""
    parts, at = [], 0
    while at < len(run) and (end := next(_ends(run, at, names, longest), 0)):
        parts.append((at, end))
        at = end
    if len(parts) < 2 or run[: parts[0][1]] not in names or run[slice(*parts[1])] not in WORDS:
        return None
    return [*parts, (at, len(run))]


def _ends(run: str, start: int, names: Collection[str], longest: int) -> Iterator[int]:
    """Where a part that begins here may end, the longest first."""
    if found := _NUMBER.match(run, start):
        yield found.end()
        return
    for end in range(min(len(run), start + longest), start, -1):
        word = run[start:end]
        if word in WORDS or word in FILLERS or word in names:
            yield end


@lru_cache(maxsize=1)
def _longest() -> int:
    return max(map(len, WORDS))
