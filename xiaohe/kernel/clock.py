"""Shop days: a day of the shop starts at `day_starts_at` in the shop's own time zone.

Instants are aware and in UTC everywhere; only this module turns them into days.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def utc_now() -> datetime:
    """The system clock, read at the edge only; everything below takes `now` as an argument."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class ShopCalendar:
    """Turns instants into shop days and back."""

    time_zone: str = "Asia/Shanghai"
    day_starts_at: time = time(0, 0)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def start_shift(self) -> timedelta:
        """How long after local midnight a shop day begins."""
        return timedelta(hours=self.day_starts_at.hour, minutes=self.day_starts_at.minute)

    def day_of(self, instant: datetime) -> date:
        return (instant.astimezone(self.zone) - self.start_shift).date()

    def start_of(self, day: date) -> datetime:
        """The first instant of a shop day, in UTC."""
        return datetime.combine(day, self.day_starts_at, tzinfo=self.zone).astimezone(UTC)

    def local(self, instant: datetime) -> datetime:
        return instant.astimezone(self.zone)
