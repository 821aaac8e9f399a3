"""The shop day of an instant, as an expression any engine can run.

Engines disagree on how to move an instant into a zone, so the zone's offsets are written into the expression: one
branch per period (`traits.offsets`), newest first. A zone without summer time is one addition; one that keeps its rule
of summer time for years has one branch for all of them.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import ibis
import ibis.expr.types as ir

from xiaohe.kernel.clock import ShopCalendar
from xiaohe.ledger.engine import micros, timestamp
from xiaohe.ledger.instants import to_us
from xiaohe.traits.offsets import periods


def shop_day(instant: Any, date_only: Any, calendar: ShopCalendar) -> ir.DateValue:
    """The shop day of each instant; a date without a time belongs to that very day, whenever days start."""
    return shop_time(instant, date_only, calendar).date()


def shop_time(instant: Any, date_only: Any, calendar: ShopCalendar) -> ir.TimestampValue:
    """Each instant on the shop's clock set so that days begin at midnight; its date is the shop day.

    The earliest shop time of several facts is on the earliest shop day, and cheaper to find than days. Reckoned in
    microseconds: an instant to which time is added goes through the engine's calendar, which takes twenty times as long.
    """
    local = _local(micros(instant), calendar.time_zone)
    if not calendar.start_shift:
        return timestamp(local)
    shift = _micros(calendar.start_shift)
    return timestamp(ibis.ifelse(date_only, local, local - shift))


def happened_before(facts: ir.Table, calendar: ShopCalendar, on: date) -> ir.BooleanValue:
    """Whether each fact lies before the start of shop day `on`; compares instants, so files can be skipped."""
    start = calendar.start_of(on)
    midnight = start - calendar.start_shift
    if midnight == start:
        return facts.occurred_at < start
    return ibis.ifelse(facts.date_only, facts.occurred_at < midnight, facts.occurred_at < start)


def _local(instant: Any, zone: str) -> Any:
    """Microseconds since 1970 in UTC as those of the zone's clock."""
    oldest, *later = periods(zone)
    branches: list[tuple[Any, Any]] = []
    for each in reversed(later):
        begun = instant >= to_us(each.since)
        if each.summer is not None:
            branches.append((begun & each.summer.holds(instant), instant + _micros(each.summer.offset)))  # fmt: skip
        branches.append((begun, instant + _micros(each.offset)))
    last = instant + _micros(oldest.offset)
    return ibis.cases(*branches, else_=last) if branches else last


def _micros(span: timedelta) -> int:
    return span // timedelta(microseconds=1)
