"""A small shop told through the import's door, and what is known of its people at a moment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pyarrow as pa

from tests.traits.facts import fact, key, order, table
from xiaohe.ledger import bulk, engine
from xiaohe.ledger.catalogue import as_json
from xiaohe.ledger.schema import STAGED_SCHEMA
from xiaohe.segments.attributes import table as attributes
from xiaohe.segments.query.world import World, at_moment, at_start_of
from xiaohe.traits import state as states

# Noon in Shanghai, a Monday.
NOW = datetime(2025, 6, 30, 4, tzinfo=UTC)
TODAY = date(2025, 6, 30)


def ago(days: int, hour: int = 12) -> datetime:
    """That hour of the shop's clock, so many days ago."""
    return datetime.combine(TODAY, time(hour), UTC) - timedelta(days=days, hours=8)


def did(who: str, what: str, at: datetime, /, **more: Any) -> dict[str, Any]:
    """A fact about somebody; properties by their names, columns too."""
    columns = {name: more.pop(name) for name in ("account_id", "order_key", "item_key", "amount", "other") if name in more}  # fmt: skip
    return fact(what, at, subject=key(who), props=as_json(more), **columns)


def bought(
    who: str, *days: int, paid: int = 10_000, hour: int = 12, **props: Any
) -> list[dict[str, Any]]:
    """An order on each of these days ago."""
    found = []
    for day in days:
        made = order(f"{who}-{day}", ago(day, hour), who, paid=paid)
        made[0]["props"] = as_json(props)
        found += made
    return found


def bring(facts: Iterable[dict[str, Any]], now: datetime = NOW) -> int:
    """Import facts; the number of the import."""
    staged = table(facts).drop_columns(["import_id", "recorded_at", "row_no"])
    staged = staged.append_column("row_no", pa.array(range(staged.num_rows), pa.int64()))
    staged = staged.append_column("in_file_ordinal", pa.array([False] * staged.num_rows))
    with bulk.open_import(kind="orders", source="table", label=None, now=now) as door:
        door.stage(staged.select(STAGED_SCHEMA.names).cast(STAGED_SCHEMA))
        for _rows in door.settle():
            pass
        door.commit({}, now=now)
        return door.id


@contextmanager
def asked(now: datetime = NOW, on: date | None = None) -> Iterator[World]:
    """The world at `now`, from a state that knows all; or as `--on` sees day `on`."""
    if on is None:
        states.refresh(now)
    state = states.current() if on is None else states.as_of(on)
    with engine.reading() as read:
        yield at_moment(read, state, now) if on is None else at_start_of(read, state, on)


def known(*facts: Iterable[dict[str, Any]], now: datetime = NOW) -> dict[int, dict[str, Any]]:
    """What is known of everybody once these facts are in, with what readiness was reckoned from."""
    bring([each for some in facts for each in some], now)
    with asked(now) as world:
        return rows_of(world)


def rows_of(world: World) -> dict[int, dict[str, Any]]:
    rows = world.read.run(attributes.evidence(world)).to_pylist()
    assert len({row["person"] for row in rows}) == len(rows)
    return {row["person"]: row for row in rows}


__all__ = ["NOW", "TODAY", "ago", "asked", "bought", "bring", "did", "key", "known", "rows_of"]
