"""Instants as whole microseconds since 1970: what both stores, Arrow and Parquet agree on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
DAY_US = 86_400_000_000


def to_us(instant: datetime) -> int:
    """An aware instant; a naive one raises TypeError."""
    return (instant - _EPOCH) // _MICROSECOND


def from_us(us: int) -> datetime:
    return _EPOCH + timedelta(microseconds=us)
