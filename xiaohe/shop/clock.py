"""What time it is in the current workspace: the real clock, or the sample shop's own date."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

from xiaohe.kernel import clock
from xiaohe.kernel.clock import ShopCalendar
from xiaohe.shop.queries import the_shop

# Seconds by which every clock is moved; in the environment, so that processes begun meanwhile go along.
MOVED_BY = "XIAOHE_CLOCK_MOVED_BY"


@contextmanager
def set_to(at: datetime) -> Iterator[None]:
    """Every shop's clock shows `at` and goes on from there while the block runs, here and in processes begun in it.

    For rehearsals and tests: what they are told must not depend on the hour at which they ask.
    """
    before = os.environ.get(MOVED_BY)
    os.environ[MOVED_BY] = str((at - clock.utc_now()).total_seconds())
    try:
        yield
    finally:
        if before is None:
            del os.environ[MOVED_BY]
        else:
            os.environ[MOVED_BY] = before


def now() -> datetime:
    """This moment in UTC; with `clock_on` set, the same time of the shop day on that date."""
    shop = the_shop()
    wall, is_set = _wall()
    if shop.clock_on is None or is_set:
        return wall
    return moved(wall, shop.clock_on, ShopCalendar(shop.time_zone, shop.day_starts_at))


def moved(wall: datetime, to: date, calendar: ShopCalendar) -> datetime:
    """The instant of shop day `to` at which the shop's clocks show what they show at `wall`."""
    local = calendar.local(wall)
    # Not as far into the day as `wall` is: where clocks change, a day has 23 or 25 hours.
    days = (local.date() - calendar.day_of(wall)).days
    shown = datetime.combine(to + timedelta(days=days), local.timetz())
    return shown.replace(fold=local.fold).astimezone(UTC)


def today() -> date:
    """The shop day of `now()`."""
    shop = the_shop()
    wall, is_set = _wall()
    if shop.clock_on is not None and not is_set:
        return shop.clock_on
    return ShopCalendar(shop.time_zone, shop.day_starts_at).day_of(wall)


def _wall() -> tuple[datetime, bool]:
    """The clock on the wall, and whether somebody set it."""
    moved_by = os.environ.get(MOVED_BY)
    if not moved_by:
        return clock.utc_now(), False
    return clock.utc_now() + timedelta(seconds=float(moved_by)), True
