"""The shop day of an instant, as an expression any engine can run.

Engines disagree on how to move an instant into a zone, so the zone's offsets are written into the expression:
one branch per change of the clocks, newest first. A zone without summer time is one addition.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

import ibis
import ibis.expr.types as ir

from xiaohe.kernel.clock import ShopCalendar

# Order files of earlier years exist in nobody's hands; before it the zone's offset of that day holds.
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
LATEST = datetime(2060, 1, 1, tzinfo=UTC)


def shop_day(instant: Any, date_only: Any, calendar: ShopCalendar) -> ir.DateValue:
    """The shop day of each instant; a date without a time belongs to that very day, whenever days start."""
    return shop_time(instant, date_only, calendar).date()


def shop_time(instant: Any, date_only: Any, calendar: ShopCalendar) -> ir.TimestampValue:
    """Each instant on the shop's clock set so that days begin at midnight; its date is the shop day.

    The earliest shop time of several facts is on the earliest shop day, and cheaper to find than days.
    """
    local = _local(instant, calendar.time_zone)
    if not calendar.start_shift:
        return local
    minutes = int(calendar.start_shift.total_seconds() // 60)
    return ibis.ifelse(date_only, local, local - ibis.interval(minutes=minutes))


def happened_before(facts: ir.Table, calendar: ShopCalendar, on: date) -> ir.BooleanValue:
    """Whether each fact lies before the start of shop day `on`; compares instants, so files can be skipped."""
    start = calendar.start_of(on)
    midnight = start - calendar.start_shift
    if midnight == start:
        return facts.occurred_at < start
    return ibis.ifelse(facts.date_only, facts.occurred_at < midnight, facts.occurred_at < start)


def _local(instant: Any, zone: str) -> Any:
    changes = _offset_changes(zone)
    if len(changes) == 1:
        return _shifted(instant, changes[0][1])
    branches = [
        (instant >= since, _shifted(instant, offset)) for since, offset in reversed(changes[1:])
    ]
    return ibis.cases(*branches, else_=_shifted(instant, changes[0][1]))


def _shifted(instant: Any, offset: timedelta) -> Any:
    seconds = int(offset.total_seconds())
    return instant + ibis.interval(seconds=seconds)


@lru_cache(maxsize=8)
def _offset_changes(zone: str) -> tuple[tuple[datetime, timedelta], ...]:
    """(since, offset from UTC) of a zone, oldest first, each change found to the second by halving."""
    local = ShopCalendar(zone).zone

    def offset(at: datetime) -> timedelta:
        return at.astimezone(local).utcoffset() or timedelta(0)

    changes = [(EARLIEST, offset(EARLIEST))]
    step = timedelta(days=20)
    at = EARLIEST
    while at < LATEST:
        ahead = at + step
        if offset(ahead) != offset(at):
            low, high = at, ahead
            while high - low > timedelta(seconds=1):
                middle = (low + (high - low) / 2).replace(microsecond=0)
                low, high = (middle, high) if offset(middle) == offset(at) else (low, middle)
            changes.append((high, offset(high)))
        at = ahead
    return tuple(changes)
