"""Sizes of segments by day, for SQLite and PostgreSQL alike."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from xiaohe.kernel import store


def put_sizes(on: date, sizes: Iterable[tuple[str, int]]) -> None:
    """The latest word of a day counts."""
    store.execute_many(
        'INSERT INTO segments_segmentday (slug, "on", people) VALUES (%s, %s, %s)'
        ' ON CONFLICT (slug, "on") DO UPDATE SET people = excluded.people',
        [(slug, on, people) for slug, people in sizes],
    )


def sizes_of(slug: str) -> list[tuple[date, int]]:
    """Oldest first."""
    found = store.rows(
        'SELECT "on", people FROM segments_segmentday WHERE slug = %s ORDER BY "on"', [slug]
    )
    return [(_day(on), int(people)) for on, people in found]


def _day(told: date | str) -> date:
    return told if isinstance(told, date) else date.fromisoformat(told)
