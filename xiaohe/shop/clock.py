"""What time it is in the current workspace: the real clock, or the sample shop's own date."""

from __future__ import annotations

from datetime import date, datetime

from xiaohe.kernel import clock
from xiaohe.kernel.clock import ShopCalendar
from xiaohe.shop.queries import the_shop


def now() -> datetime:
    """This moment in UTC; with `clock_on` set, the same time of the shop day on that date."""
    shop = the_shop()
    wall = clock.utc_now()
    if shop.clock_on is None:
        return wall
    return moved(wall, shop.clock_on, ShopCalendar(shop.time_zone, shop.day_starts_at))


def moved(wall: datetime, to: date, calendar: ShopCalendar) -> datetime:
    """The instant of shop day `to` that is as far into its day as `wall` is into its own."""
    return calendar.start_of(to) + (wall - calendar.start_of(calendar.day_of(wall)))


def today() -> date:
    """The shop day of `now()`."""
    shop = the_shop()
    if shop.clock_on is not None:
        return shop.clock_on
    return ShopCalendar(shop.time_zone, shop.day_starts_at).day_of(clock.utc_now())
