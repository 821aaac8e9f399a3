"""What time it is in the current workspace: the real clock, or the sample shop's own date."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

from xiaohe.kernel import clock
from xiaohe.kernel.clock import ShopCalendar
from xiaohe.shop.queries import the_shop

_set_by = timedelta(0)


@contextmanager
def set_to(at: datetime) -> Iterator[None]:
    """Every shop's clock shows `at` and goes on from there while the block runs, in all threads of this process.

    For rehearsals and tests: what they are told must not depend on the hour at which they ask.
    """
    global _set_by
    before, _set_by = _set_by, at - clock.utc_now()
    try:
        yield
    finally:
        _set_by = before


def now() -> datetime:
    """This moment in UTC; with `clock_on` set, the same time of the shop day on that date."""
    shop = the_shop()
    wall = clock.utc_now() + _set_by
    if shop.clock_on is None or _set_by:
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
    if shop.clock_on is not None and not _set_by:
        return shop.clock_on
    return ShopCalendar(shop.time_zone, shop.day_starts_at).day_of(clock.utc_now() + _set_by)
