"""Days that come back over time: from the day they were told on, the next and the latest one of any day."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from xiaohe.segments.attributes.recurring import LONGEST, LUNAR, TOLD, near
from xiaohe.segments.explain.folding import Clock, passes
from xiaohe.segments.explain.person import HORIZON, Person, seen_at
from xiaohe.segments.explain.timeline import Gap, Line, Truth, unknown
from xiaohe.segments.query.world import World
from xiaohe.segments.rules.tree import Compare, Op


@dataclass(frozen=True)
class _Said:
    """A day as it was told, and from when on that counts."""

    seen: datetime
    is_lunar: bool
    month: int
    day: int

    @property
    def is_day(self) -> bool:
        return 1 <= self.month <= 12 and 1 <= self.day <= 31


def of_recurring(leaf: Compare, is_now: bool, of: Person, world: World, clock: Clock) -> Line:
    """A leaf of a day that comes back, so many days (`HORIZON`) back and ahead."""
    said = list(_said(leaf.field, of, world))
    now = world.at

    def truth(at: datetime) -> Truth:
        on = world.on if at == now else clock.day_of(at)
        if abs(on - world.on) > HORIZON:
            return is_now if leaf.test.op is Op.KNOWN and said and at >= said[-1].seen else None
        told = [each for each in said if each.seen <= at]
        around = _near(told[-1], on) if told else None
        return around is not None and any(passes(day, leaf.test, on) for day in around)

    if leaf.test.op not in (Op.WITHIN, Op.KNOWN) or truth(now) is not is_now:
        return unknown(is_now)
    if not said:
        return Line(is_now, lambda _at: is_now)
    days = [world.on + timedelta(by) for by in range(-HORIZON.days, HORIZON.days + 1)]
    instants = sorted({clock.start_of(day) for day in days} | {each.seen for each in said})
    found, former = {each.seen for each in said}, None
    for at in instants:
        if (held := truth(at)) is not former:
            found.add(at)
        former = held
    found.add(clock.start_of(days[-1] + timedelta(1)))
    if said[0].seen < instants[0]:
        return Line(is_now, truth, frozenset(found), Gap.HORIZON, Gap.HORIZON)

    def since_told(at: datetime) -> Truth:
        return False if at < said[0].seen else truth(at)

    return Line(is_now, since_told, frozenset(found), Gap.HORIZON, Gap.HORIZON)


def _near(told: _Said, on: date) -> tuple[date, date] | None:
    if not told.is_day or told.day > LONGEST[told.is_lunar]:
        return None
    return near(told.is_lunar, told.month, told.day, on)


def _said(name: str, of: Person, world: World) -> Iterator[_Said]:
    """Every telling, oldest first; as `attributes.recurring` reads them."""
    rows = [row for row in of.rows if row["type"] == TOLD]
    order = sorted(
        rows,
        key=lambda row: (
            row["occurred_at"],
            -1 if row["row_no"] is None else row["row_no"],
            row["key_hash"],
        ),
    )
    for row in order:
        props = json.loads(row["props"] or "{}")
        if props.get("name") == name:
            is_lunar = props.get("calendar") == LUNAR
            month, day = (_whole(props.get(each)) for each in ("month", "day"))
            yield _Said(seen_at(world, row), is_lunar, month, day)


def _whole(told: Any) -> int:
    """0: it is no number of a month or a day."""
    try:
        value = float(told)
    except (TypeError, ValueError):
        return 0
    return int(value) if value == int(value) else 0
