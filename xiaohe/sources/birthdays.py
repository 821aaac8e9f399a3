"""A birthday as files and programs write it. Pure.

1990-05-20 · 1990/5/20 · 1990年5月20日 · 19900520 · 05-20 · 5月20日 · --05-20 · 1990-05-20T00:00:00.000Z
农历八月十五 · 农历1990年八月十五 · 阴历8-15 · (农)1990-8-15 · 八月十五（农历） · lunar 08-15
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, timedelta

from django.utils.translation import gettext_lazy as _

from xiaohe.kernel.errors import BadInput
from xiaohe.people.days import Calendar, Day, checked
from xiaohe.sources.cells import EXCEL_DAYS, EXCEL_EPOCH, text

# What programs write where nobody said.
PLACEHOLDERS = frozenset({(1, 1, 1), (1900, 1, 1), (1970, 1, 1), (1899, 12, 30), (1899, 12, 31)})
# Without a year: what stands in its place.
NO_YEAR = frozenset({0, 1, 1604, 9999})
LONGEST = 60

_LUNAR = re.compile(r"农历|阴历|旧历|\(农\)|\[农\]|^农|lunar", re.IGNORECASE)
_SOLAR = re.compile(r"公历|阳历|新历|\(公\)|\[公\]|^公|solar|gregorian", re.IGNORECASE)
_BETWEEN = r"\s*[-/.年月]\s*"
_WHOLE = re.compile(rf"(\d{{1,4}}){_BETWEEN}(\d{{1,2}}){_BETWEEN}(\d{{1,2}})\s*[日号]?(?:[T\s].*)?")
_SHORT = re.compile(rf"(?:--)?(\d{{1,2}}){_BETWEEN}(\d{{1,2}})\s*[日号]?")
_COMPACT = re.compile(r"(\d{4})?(\d{2})(\d{2})")
_SERIAL = re.compile(r"(\d{5})(?:\.\d+)?")
_INSTANT = re.compile(
    r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?(?:Z|[+-]\d{2}:\d{2})"
)
_IN_WORDS = re.compile(
    r"(?:(\d{4})\s*年?\s*)?闰?([正一二三四五六七八九十冬腊]{1,2})月(初?[一二三四五六七八九十廿卅]{1,3})[日号]?"
)
_DIGITS = "零一二三四五六七八九"
_MONTHS = {"正": 1, "冬": 11, "腊": 12}


def read(written: str, today: date) -> Day | None:
    """The day that is written; None where nobody said one. Raises BadInput for what is none."""
    cleaned = unicodedata.normalize("NFKC", text(written)).strip()
    if not cleaned:
        return None
    day = _day(cleaned[:LONGEST], today) if len(cleaned) <= LONGEST else None
    if day is None:
        raise BadInput(
            "unreadable_day", _("That is no day; write 1990-05-20, 05-20, or 农历八月十五.")
        )
    if (day.year, day.month, day.day) in PLACEHOLDERS:
        return None
    return checked(day, today)


def _day(cleaned: str, today: date) -> Day | None:
    if _INSTANT.fullmatch(cleaned):
        return _of_instant(cleaned)
    calendar = Calendar.LUNAR if _LUNAR.search(cleaned) else Calendar.SOLAR
    bare = _SOLAR.sub("", _LUNAR.sub("", cleaned)).strip(" ()[]:,-，：") or ""
    if found := _IN_WORDS.fullmatch(bare):
        # Days in words are the moon's.
        year = int(found[1]) if found[1] else None
        month, day = _month_in_words(found[2]), _day_in_words(found[3])
        return Day(month, day, year, Calendar.LUNAR) if month and day else None
    if found := _WHOLE.fullmatch(bare):
        return _of_parts(
            int(found[1]), int(found[2]), int(found[3]), len(found[1]), calendar, today
        )
    if found := _SHORT.fullmatch(bare):
        return Day(int(found[1]), int(found[2]), None, calendar)
    if found := _COMPACT.fullmatch(bare):
        year = int(found[1]) if found[1] else None
        return Day(int(found[2]), int(found[3]), None if year in NO_YEAR else year, calendar)
    if (found := _SERIAL.fullmatch(bare)) and int(found[1]) in EXCEL_DAYS:
        solar = EXCEL_EPOCH + timedelta(int(found[1]))
        return Day(solar.month, solar.day, solar.year, calendar)
    return None


def _of_parts(
    first: int, second: int, third: int, digits: int, calendar: Calendar, today: date
) -> Day | None:
    if digits == 3:
        return None
    if digits <= 2:
        # `90-5-20`: of two digits the latest year that has been.
        first += 2000 if 2000 + first <= today.year else 1900
    if (first, second, third) in PLACEHOLDERS:
        return Day(second, third, first, calendar)
    return Day(second, third, None if first in NO_YEAR else first, calendar)


def _of_instant(cleaned: str) -> Day | None:
    """The day whose midnight in UTC is nearest: programs write a day as midnight of their own zone."""
    try:
        at = datetime.fromisoformat(cleaned.replace("Z", "+00:00"))
    except ValueError:
        return None
    # With an offset of its own the day is the one that is written.
    local = at if at.utcoffset() else at + timedelta(hours=12)
    return Day(local.month, local.day, None if local.year in NO_YEAR else local.year)


def _month_in_words(word: str) -> int:
    return _MONTHS.get(word) or _number(word, 12)


def _day_in_words(word: str) -> int:
    return _number(word.removeprefix("初"), 30)


def _number(word: str, most: int) -> int:
    """一 to 三十, 廿一; 0 for anything else."""
    word = word.replace("廿", "二十").replace("卅", "三十").replace("十十", "十")
    tens, ten, units = word.rpartition("十")
    if len(tens) > 1 or len(units) > 1:
        return 0
    found = max(_DIGITS.find(units), 0) if units else 0
    if ten:
        found += 10 * (_DIGITS.find(tens) if tens else 1)
    return found if 1 <= found <= most else 0
