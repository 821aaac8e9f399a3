"""Windows of time, read."""

from __future__ import annotations

from datetime import date, timedelta

from xiaohe.segments.rules.windows import (
    EVER,
    Ago,
    Between,
    Calendar,
    Last,
    Next,
    Period,
    SameLastYear,
    Unit,
    Window,
)
from xiaohe.segments.text.lexer import Sort
from xiaohe.segments.text.reader import Reader, nearest
from xiaohe.segments.text.words import PERIODS, STARTS_WINDOW, UNITS

_DAYS = {"yesterday": -1, "today": 0, "tomorrow": 1}
_TURNS = {"last": -1, "this": 0, "next": 1}


def begins(reader: Reader) -> bool:
    """Does a window stand here? A list `in (…)` is none, nor is a rank `in top …`."""
    here, after = reader.now, reader.ahead()
    if here.is_word("in"):
        return not (after.is_sign("(") or after.is_word("top", "bottom", "percentile", "segment"))
    if here.sort is Sort.NUMBER:
        return is_ago(reader)
    return here.is_word(*STARTS_WINDOW)


def optional(reader: Reader) -> Window:
    return read(reader) if begins(reader) else EVER


def read(reader: Reader) -> Window:
    start = reader.at
    return reader.mark(_read(reader), start)


def _read(reader: Reader) -> Window:
    reader.takes_word("in")
    token = reader.now
    if reader.takes_word("ever"):
        return EVER
    if token.is_word(*_DAYS):
        reader.take()
        return Calendar(Period.DAY, _DAYS[str(token.value).casefold()])
    if reader.takes_word("since"):
        return Between(day(reader), None)
    if reader.takes_word("until"):
        return Between(None, day(reader))
    if reader.takes_word("before"):
        return Between(None, _day_before(reader))
    if reader.takes_word("from"):
        first = day(reader)
        reader.need_word("to")
        return Between(first, day(reader))
    if reader.takes_word("on"):
        only = day(reader)
        return Between(only, only)
    if reader.takes_words("same"):
        return _same_last_year(reader)
    if token.is_word(*_TURNS):
        return _turn(reader)
    if token.sort is Sort.NUMBER:
        return _ago(reader)
    raise reader.wrong("expected_window", suggestion=_near_window(reader))


def length(reader: Reader) -> tuple[int, Unit]:
    """`7 days`."""
    count = reader.whole()
    return count, unit(reader)


def unit(reader: Reader) -> Unit:
    found = UNITS.get(str(reader.now.value).casefold()) if reader.now.sort is Sort.NAME else None
    if found is None:
        near = nearest(str(reader.now.value), map(str, Unit))
        raise reader.wrong("unknown_unit", suggestion=near)
    reader.take()
    return found


def days(reader: Reader) -> int:
    """`30 days`; weeks are seven."""
    start = reader.at
    count, found = length(reader)
    if found is Unit.WEEKS:
        return count * 7
    if found is not Unit.DAYS:
        raise reader.wrong("expected_word", reader.tokens[start + 1], word="days")
    return count


def day(reader: Reader) -> date:
    value = reader.now.value
    if reader.now.sort is not Sort.DAY or not isinstance(value, date):
        raise reader.wrong("expected_day")
    reader.take()
    return value


def _day_before(reader: Reader) -> date:
    token = reader.now
    found = day(reader)
    if found == date.min:
        raise reader.wrong("day_too_far", token)
    return found - timedelta(1)


def _turn(reader: Reader) -> Window:
    """`last 90 days`, `this week`, `next month`."""
    turn = str(reader.take().value).casefold()
    if turn != "this" and reader.now.sort is Sort.NUMBER:
        count, of = length(reader)
        return Last(count, of) if turn == "last" else Next(count, of)
    if turn != "this" and reader.now.is_word(*UNITS) and not reader.now.is_word(*PERIODS):
        # "in last days" says not how many; "in last week" is a period.
        raise reader.wrong("expected_number")
    return Calendar(_period(reader), _TURNS[turn])


def _same_last_year(reader: Reader) -> Window:
    period = _period(reader)
    reader.need_word("last")
    reader.need_word("year")
    return SameLastYear(period)


def _period(reader: Reader) -> Period:
    found = PERIODS.get(str(reader.now.value).casefold()) if reader.now.sort is Sort.NAME else None
    if found is None:
        near = nearest(str(reader.now.value), PERIODS)
        raise reader.wrong("unknown_unit", suggestion=near)
    reader.take()
    return found


def _ago(reader: Reader) -> Window:
    """`60 to 30 days ago`, `5 days ago`; weeks are seven days."""
    far = reader.whole()
    near = reader.whole() if reader.takes_word("to") else far
    of = unit(reader)
    if of not in (Unit.DAYS, Unit.WEEKS):
        raise reader.wrong("expected_word", reader.tokens[reader.at - 1], word="days")
    reader.need_word("ago")
    each = 7 if of is Unit.WEEKS else 1
    return Ago(far * each, near * each)


def goes_on(reader: Reader) -> bool:
    """After `last` or `first`: is it a time and no value of records?"""
    return reader.ahead().sort is Sort.NUMBER or reader.ahead().is_word(*UNITS, *PERIODS)


def is_ago(reader: Reader) -> bool:
    """Do days ago stand here?"""
    if reader.ahead().is_word("to"):
        return True
    return reader.ahead().is_word(*UNITS) and reader.ahead(2).is_word("ago")


def _near_window(reader: Reader) -> str:
    return nearest(str(reader.now.value), STARTS_WINDOW)
