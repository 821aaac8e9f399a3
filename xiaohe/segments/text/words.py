"""Words with a meaning of their own, and when a name may stand without quotation marks."""

from __future__ import annotations

import re

from xiaohe.segments.rules.windows import Period, Unit

# A conservative view: what looks like this is read as one name on every machine.
PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:[.:][A-Za-z0-9_]+)*(?:\.\*)?")
BARE_VALUE = re.compile(r"[a-z][a-z0-9_]*")
# Words that begin a condition, so that an attribute of that name stands in quotation marks.
STARTS_LEAF = frozenset(
    [
        "everyone",
        "did",
        "count",
        "sum",
        "average",
        "min",
        "max",
        "distinct",
        "first",
        "last",
        "days",
        "in",
        "has",
        "share",
        "listed",
    ]
)
# Words that are never a name or a value.
NEVER_BARE = frozenset({"and", "or", "not", "true", "false", "known", "unknown"})

UNITS: dict[str, Unit] = {}
for _unit in Unit:
    UNITS[str(_unit)] = UNITS[str(_unit).removesuffix("s")] = _unit
UNITS |= {
    "小时": Unit.HOURS,
    "天": Unit.DAYS,
    "周": Unit.WEEKS,
    "个月": Unit.MONTHS,
    "年": Unit.YEARS,
}
PERIODS = {str(each): each for each in Period}
# Words that begin a time.
STARTS_WINDOW = frozenset(
    [
        "in",
        "ever",
        "today",
        "yesterday",
        "tomorrow",
        "since",
        "before",
        "until",
        "from",
        "on",
        "this",
        "last",
        "next",
        "same",
    ]
)
