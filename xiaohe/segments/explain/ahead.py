"""Days that come back over time: from the day they were told on, the next and the latest one of any day."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from xiaohe.segments.attributes.recurring import LONGEST, LUNAR, TOLD, near
from xiaohe.segments.explain.folding import Clock, Row, passes
from xiaohe.segments.explain.person import HORIZON, Person, seen_at
from xiaohe.segments.explain.timeline import Gap, Line, Truth, unknown
from xiaohe.segments.query.world import World
from xiaohe.segments.rules.tree import Compare, Op


@dataclass(frozen=True)
class Said:
    """A day as it was told, and the fact that told it."""

    row: Row
    is_lunar: bool
    month: int
    day: int

    @property
    def seen(self) -> datetime:
        return self.row.seen

    @property
    def is_day(self) -> bool:
        return 1 <= self.month <= 12 and 1 <= self.day <= 31


def of_recurring(
    leaf: Compare, is_now: bool, said: Sequence[Said], world: World, clock: Clock
) -> Line:
    """A leaf of a day that comes back, so many days (`HORIZON`) back and ahead; `said`: `tellings` of it."""
    now = world.at

    def truth(at: datetime) -> Truth:
        on = world.on if at == now else clock.day_of(at)
        if abs(on - world.on) > HORIZON:
            return is_now if leaf.test.op is Op.KNOWN and said and at >= said[-1].seen else None
        return fits(leaf, [each for each in said if each.seen <= at], on)

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


def fits(leaf: Compare, told: Sequence[Said], on: date) -> bool | None:
    """Whether the day that was told last passes on a day; None where only a query of that day could tell."""
    around = _near(told[-1], on) if told else None
    found = [passes(day, leaf.test, on) for day in around or ()]
    return None if None in found else True in found


def _near(told: Said, on: date) -> tuple[date, date] | None:
    if not told.is_day or told.day > LONGEST[told.is_lunar]:
        return None
    return near(told.is_lunar, told.month, told.day, on)


def tellings(name: str, of: Person, world: World) -> list[Said]:
    """Every telling of a day, oldest first; as `attributes.recurring` reads them."""
    found = []
    for row in of.rows:
        props = json.loads(row["props"] or "{}") if row["type"] == TOLD else {}
        if props.get("name") == name:
            is_lunar = props.get("calendar") == LUNAR
            month, day = (_whole(props.get(each)) for each in ("month", "day"))
            found.append(Said(_row(row, world), is_lunar, month, day))
    return sorted(found, key=lambda each: each.row.place)


def _row(row: dict[str, Any], world: World) -> Row:
    at, seen, key = row["occurred_at"], seen_at(world, row), row["key_hash"]
    place = -1 if row["row_no"] is None else row["row_no"]
    return Row(at, world.calendar.day_of(seen), place, key, key, seen)


def _whole(told: Any) -> int:
    """0: it is no number of a month or a day."""
    try:
        value = float(told)
    except (TypeError, ValueError):
        return 0
    return int(value) if value == int(value) else 0
