"""Days that come back every year, by the sun or the moon: the next one, and the one before.

The 29th of February is the 28th in common years, the 30th of a short lunar month its last day, a day of a leap lunar
month the ordinary month's. One that no month has (the 31st of April) is the month's last day.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from xiaohe.ledger.engine import prop
from xiaohe.segments.attributes.acts import latest
from xiaohe.segments.attributes.registry import RECURRING, before
from xiaohe.segments.records.stated import number
from xiaohe.stats import yearly

if TYPE_CHECKING:
    from xiaohe.segments.query.world import World

TOLD = "date.told"
LUNAR = "lunar"
# Days of the longest month, by the sun and by the moon.
LONGEST = {False: 31, True: yearly.LONGEST_LUNAR}
AROUND = pa.schema(
    [
        ("lunar", pa.bool_()),
        ("month", pa.int64()),
        ("day", pa.int64()),
        ("ahead", pa.date32()),
        ("behind", pa.date32()),
    ]
)


def recurring(world: World) -> ir.Table:
    """(person, X, X_before …) for each of `registry.RECURRING`; null where none was told, or beyond the lunar table."""
    facts = world.of_people(world.seen([TOLD]))
    facts = facts.mutate(called=prop(facts.props, "name"))
    facts = facts.filter(facts.called.isin(RECURRING))
    last = latest(facts, facts.person, facts.called)
    last = last.mutate(
        month=_whole(prop(last.props, "month"), 12),
        day=_whole(prop(last.props, "day"), 31),
        lunar=(prop(last.props, "calendar") == LUNAR).fill_null(False),
    )
    near = world.read.register(f"days_around_{world.on:%Y%m%d}", around(world.on))
    days = last.select("person", "called", "lunar", "month", "day")
    days = days.inner_join(near, ["lunar", "month", "day"])
    return days.group_by("person").aggregate(
        **{name: days.ahead.max(where=days.called == name) for name in RECURRING},
        **{before(name): days.behind.max(where=days.called == name) for name in RECURRING},
    )


def _whole(text: ir.StringValue, most: int) -> Any:
    value = number(text)
    is_one = (value >= 1) & (value <= most) & (value == value.floor())
    return ibis.ifelse(is_one, value, ibis.null("float64")).cast("int64")


def around(on: date) -> pa.Table:
    """(lunar, month, day, ahead, behind) of every day a year may hold: the next one on or after `on`, the last before."""
    rows = [
        (is_lunar, month, day, *found)
        for is_lunar, longest in LONGEST.items()
        for month in range(1, yearly.MONTHS + 1)
        for day in range(1, longest + 1)
        if (found := near(is_lunar, month, day, on)) is not None
    ]
    return pa.table([list(column) for column in zip(*rows, strict=True)], schema=AROUND)


def near(is_lunar: bool, month: int, day: int, on: date) -> tuple[date, date] | None:
    """Of one day of `around` the next one and the last before; None beyond the lunar table."""
    found = yearly.near(month, min(day, LONGEST[is_lunar]), on, is_lunar=is_lunar)
    return None if found is None else (found[1], found[0])
