"""Facts of small shops written by hand, and the tables built from them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.traits.facts import no_links, reading_of
from xiaohe.kernel.clock import ShopCalendar
from xiaohe.shop.goods import Groups
from xiaohe.traits.build import PERSONS_SCHEMA, Moment, Terms, build


@pytest.fixture
def built(place: Any, tmp_path: Path) -> Callable[..., dict[str, pa.Table]]:
    """Build every table of a version from facts, as seen at the start of a day."""
    made = 0

    def run(
        facts: pa.Table,
        on: date,
        *,
        calendar: ShopCalendar | None = None,
        links: pa.Table | None = None,
        persons: pa.Table | None = None,
        currency: str = "CNY",
        at: datetime | None = None,
        closed: tuple[tuple[date, date], ...] = (),
        groups: Groups | None = None,
    ) -> dict[str, Any]:
        nonlocal made
        made += 1
        folder = tmp_path / f"version-{made}"
        folder.mkdir()
        calendar = calendar or ShopCalendar("UTC")
        moment = Moment(on, at.astimezone(UTC)) if at else Moment.start_of(on, calendar)
        with reading_of(facts) as read:
            build(
                read,
                folder,
                moment=moment,
                terms=Terms(calendar, currency, 30, closed=closed, groups=groups),
                persons=PERSONS_SCHEMA.empty_table() if persons is None else persons,
                links=no_links() if links is None else links,
            )
        return {path.stem: pq.read_table(path) for path in folder.glob("*.parquet")}

    return run
