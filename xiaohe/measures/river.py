"""The river: who was in which water at the start and the end of each week, to the person.

    start + Σ inflow − Σ outflow = end        for every water, every week

    outside ──► public ──► mixed ──► private ──► first order ──► repeat
                  ◄── and back, or out ──►

Each person is in exactly one water on the eve of a day, from the facts before it: private while a private link is
live (by their purchase days so far: none, one, more), else mixed while a follow is live or once they bought at a
mixed place, else public once they bought at all, else outside: not known yet, or gone. Orders count as known today,
so a refund takes its order out of earlier weeks too. Weeks begin on Monday.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

import ibis
import ibis.expr.types as ir

from xiaohe.measures import kept
from xiaohe.measures.definition import Tables
from xiaohe.measures.purchases import named, plain_platform, valid_orders
from xiaohe.shop import zones
from xiaohe.shop.taxonomy import TRAFFIC, Zone
from xiaohe.traits.state import State

WEEK = timedelta(days=7)


class Water(StrEnum):
    """Where a person stands; `new` and `gone` are outside."""

    NEW = "new"
    GONE = "gone"
    PUBLIC = "public"
    MIXED = "mixed"
    PRIVATE = "private"
    FIRST = "first"
    REPEAT = "repeat"


WATERS = (Water.PUBLIC, Water.MIXED, Water.PRIVATE, Water.FIRST, Water.REPEAT)
OUTSIDE = (Water.NEW, Water.GONE)


@dataclass(frozen=True)
class Level:
    """One water over one week; `inflow` and `outflow` by the water on the other side."""

    water: Water
    start: int
    inflow: Mapping[Water, int]
    outflow: Mapping[Water, int]

    @property
    def end(self) -> int:
        return self.start + sum(self.inflow.values()) - sum(self.outflow.values())


@dataclass(frozen=True)
class Week:
    """One week: the flows (before, after) → people, and the level of each water."""

    monday: date
    flows: Mapping[tuple[Water, Water], int]
    levels: tuple[Level, ...]

    def flow(self, before: Water, after: Water) -> int:
        return self.flows.get((before, after), 0)

    def level(self, water: Water) -> Level:
        return next(each for each in self.levels if each.water is water)


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def weeks(state: State) -> tuple[Week, ...]:
    """Every week from the first that told anything to that of the state's day, oldest first."""
    asked = ("river", _zones_asked())
    return kept.once(state, asked, lambda: _weeks(state))


def people(state: State, monday: date, before: Water, after: Water) -> list[int]:
    """Who flowed from `before` to `after` in the week of that Monday, by person."""
    with state.reading() as read:
        turns = changes(Tables(read, state))
        found = turns.filter(
            (turns.week == ibis.literal(monday))
            & (turns.before == before.value)
            & (turns.after == after.value)
        )
        persons: list[int] = read.run(found.select("person").order_by("person"))[
            "person"
        ].to_pylist()
    return persons


def standing(state: State, day: date, water: Water) -> list[int]:
    """Who stood in a water at the start of a Monday, by person."""
    with state.reading() as read:
        found = _standing(changes(Tables(read, state)), day, water)
        persons: list[int] = read.run(found.select("person").order_by("person"))[
            "person"
        ].to_pylist()
    return persons


def _weeks(state: State) -> tuple[Week, ...]:
    with state.reading() as read:
        turns = changes(Tables(read, state))
        counted = turns.group_by("week", "before", "after").aggregate(people=turns.count())
        rows = read.run(counted.order_by("week", "before", "after")).to_pylist()
    if not rows:
        return ()
    flows: dict[date, dict[tuple[Water, Water], int]] = {}
    for row in rows:
        pair = (Water(row["before"]), Water(row["after"]))
        flows.setdefault(row["week"], {})[pair] = row["people"]
    stands = dict.fromkeys(WATERS, 0)
    told = []
    monday, last = min(flows), max(max(flows), monday_of(state.on - timedelta(days=1)))
    while monday <= last:
        week = _week(monday, flows.get(monday, {}), stands)
        stands = {each.water: each.end for each in week.levels}
        told.append(week)
        monday += WEEK
    return tuple(told)


def _week(
    monday: date, flows: Mapping[tuple[Water, Water], int], stands: Mapping[Water, int]
) -> Week:
    levels = tuple(
        Level(
            water=water,
            start=stands[water],
            inflow={before: n for (before, after), n in flows.items() if after is water},
            outflow={after: n for (before, after), n in flows.items() if before is water},
        )
        for water in WATERS
    )
    return Week(monday, flows, levels)


def _zones_asked() -> tuple[str, ...]:
    """The platforms of the mixed zone: an edit asks anew."""
    found = (key for key, zone in zones.table().items() if zone is not Zone.PUBLIC)
    return tuple(sorted(key for key in found if key.startswith(f"{TRAFFIC}:")))


# ---------------------------------------------------------------- expressions


def changes(tables: Tables) -> ir.Table:
    """(person, week, before, after): one row per person and week in which their water changed."""
    moved = _events(tables)
    moved = moved.mutate(week=moved.on.truncate("W").cast("date"))
    weekly = moved.group_by("person", "week").aggregate(
        **{name: moved[name].sum().cast("int64") for name in ("private", "mixed", "bought", "days")}
    )
    upto = ibis.window(group_by=weekly.person, order_by=weekly.week, preceding=None, following=0)
    sums = {name: weekly[name].sum().over(upto) for name in ("private", "mixed", "bought", "days")}
    stood = weekly.select("person", "week", **sums)
    after = stood.mutate(after=_water(stood))
    in_time = ibis.window(group_by=after.person, order_by=after.week)
    turns = after.mutate(before=after.after.lag().over(in_time).fill_null(Water.NEW.value))
    return turns.filter(turns.before != turns.after).select("person", "week", "before", "after")


def _water(stood: ir.Table) -> ir.Value:
    return ibis.cases(
        ((stood.private > 0) & (stood.days >= 2), Water.REPEAT.value),
        ((stood.private > 0) & (stood.days == 1), Water.FIRST.value),
        (stood.private > 0, Water.PRIVATE.value),
        (stood.mixed > 0, Water.MIXED.value),
        (stood.bought > 0, Water.PUBLIC.value),
        else_=Water.GONE.value,
    )


def _events(tables: Tables) -> ir.Table:
    """What moves people: links begun (+1) and ended (−1), the first order in public or mixed water, purchase days."""
    spells = tables.spells
    begun = _event(spells, spells.on, _link(spells, 1))
    over = spells.filter(spells.off.notnull())
    ended = _event(over, over.off, _link(over, -1))
    orders = named(valid_orders(tables))
    orders = orders.select("person", "on", platform=plain_platform(orders))
    bought = orders.group_by("person").aggregate(on=orders.on.min())
    bought = _event(bought, bought.on, {"bought": 1})
    mixed = orders.filter(orders.platform.isin(_mixed_platforms()))
    mixed = mixed.group_by("person").aggregate(on=mixed.on.min())
    mixed = _event(mixed, mixed.on, {"mixed": 1})
    days = orders.select("person", "on").distinct()
    days = _event(days, days.on, {"days": 1})
    return begun.union(ended).union(bought).union(mixed).union(days)


def _link(spells: ir.Table, step: int) -> Mapping[str, Any]:
    private = (spells.zone == Zone.PRIVATE.value).cast("int64")
    # A follow on what the shop calls public water is no hold on anybody.
    mixed = (spells.zone == Zone.MIXED.value).cast("int64")
    return {"private": private * step, "mixed": mixed * step}


def _event(table: ir.Table, on: ir.Value, moves: Mapping[str, Any]) -> ir.Table:
    none = dict.fromkeys(("private", "mixed", "bought", "days"), 0)
    values = {
        name: value if isinstance(value, ir.Value) else ibis.literal(value)
        for name, value in {**none, **moves}.items()
    }
    return table.select(
        "person", on=on, **{name: value.cast("int64") for name, value in values.items()}
    )


def _mixed_platforms() -> list[str]:
    """Platforms whose buyers count as mixed; private traffic is no link, so it is mixed at best."""
    found = zones.table().items()
    start = f"{TRAFFIC}:"
    held = [key.removeprefix(start) for key, zone in found if zone is not Zone.PUBLIC and key.startswith(start)]  # fmt: skip
    return sorted(held) or [""]


def _standing(turns: ir.Table, day: date, water: Water) -> ir.Table:
    earlier = turns.filter(turns.week < ibis.literal(day))
    latest = ibis.window(group_by=earlier.person, order_by=earlier.week.desc())
    placed = earlier.mutate(place=ibis.row_number().over(latest))
    found = placed.filter(placed.place == 0)
    return found.filter(found.after == water.value)
