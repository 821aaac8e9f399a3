"""One person's attributes at many instants, past and ahead, by the very questions that tell today's.

As many people are made of the one as there are instants to ask about: each has the facts seen by then, moved by whole
days so that the day asked about lies where today lies. One answer to each part of evidence then tells all of them.
Between instants at which a fact comes in or falls out of a window evidence stays; what ages by the day is concluded of
every day by itself.

    facts, orders, links ─► moved copies ─► evidence of instants ─► of every day ─► concluded

Held as they are today, whichever day is asked about: orders (what they come to now), who is who, the shop's cuts, the
person's rhythm, where they came from, whom they brought. Which attributes hang on those, and so are not told of other
days, says `TOLD`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa

from xiaohe.kernel.clock import ShopCalendar
from xiaohe.ledger import engine
from xiaohe.ledger.schema import FACT_SCHEMA
from xiaohe.people.spells import WORDS
from xiaohe.segments.attributes import cuts, evidence
from xiaohe.segments.attributes.acts import LOOKS_DAYS
from xiaohe.segments.attributes.conclude import concluded
from xiaohe.segments.attributes.cuts import HALF_YEAR, YEAR
from xiaohe.segments.explain.person import HORIZON, Person, first_ahead, seen_at
from xiaohe.segments.query.world import PERSON, STATE, World
from xiaohe.segments.records.purchases import FOLDED_TYPES
from xiaohe.segments.records.spells import as_stated

# Evidence of the state and of other people: today's, whichever day is asked about.
HELD = frozenset({"rhythm", "sources", "referrals"})
# Days that come back do not move with the others; `ahead.of_recurring` tells of them.
APART = frozenset({"recurring"})
WINDOWS = (LOOKS_DAYS, HALF_YEAR, YEAR)
# Instants asked about at most, latest ones of the past first; copies of facts at most.
MOST_INSTANTS, MOST_COPIES = 400, 200_000
ORDERED = ("order.item", "order.created")


@dataclass(frozen=True)
class Days:
    """Rows of attributes and evidence by instant, ascending; each holds until the next, nothing is told outside.

    `whole`: the first is when the person was first known. `today`: which row is of the moment asked. `cut_at`: a word
    about an order or a link that is dated ahead, which only a question of that day can fold.
    """

    instants: tuple[datetime, ...]
    table: pa.Table
    today: int
    whole: bool
    cut_at: datetime | None = None

    @property
    def row(self) -> dict[str, Any]:
        """Today's."""
        found: dict[str, Any] = self.table.slice(self.today, 1).to_pylist()[0]
        return found

    @property
    def ends(self) -> datetime:
        """From here on nothing is told."""
        return self.cut_at or self.instants[-1]

    def place(self, at: datetime) -> int | None:
        """The row that holds at an instant."""
        found = bisect_right(self.instants, at) - 1
        return found if found >= 0 and at < self.ends else None


def of_days(world: World, of: Person) -> Days:
    """All of them, one table; `world` is the person's own small one."""
    days = _Days(world, of)
    return days.found()


class _Days:
    def __init__(self, world: World, of: Person) -> None:
        self.world, self.of, self.calendar = world, of, world.calendar
        # Instants on the shop's own clock, as if it were UTC: moved by whole days they stay what they were.
        self.plain = ShopCalendar("UTC", self.calendar.day_starts_at)
        read = {name for part in evidence.PARTS for name in (*part.reads, *part.needs)} | {*ORDERED}
        self.facts = [
            {**row, "seen": seen_at(world, row), "us": self._clock(row["occurred_at"])}
            for row in of.rows
            if row["type"] in read
        ]
        self.orders = [{**row, "seen": _seen(world, row)} for row in of.orders.to_pylist()]
        self.every = [{**row, "seen": _seen(world, row)} for row in of.every.to_pylist()]
        self.spells = of.tables["spells"].to_pylist()

    def found(self) -> Days:
        world, calendar = self.world, self.calendar
        asked, whole = self._instants()
        known = self._evidence(asked)
        start = calendar.start_of(world.on)
        nights = [
            calendar.start_of(world.on + timedelta(ahead)) for ahead in range(1, HORIZON.days + 2)
        ]
        nights += [
            each
            for back in range(1, HORIZON.days)
            if (each := calendar.start_of(world.on - timedelta(back))) >= asked[0]
        ]
        instants = sorted({*asked, *nights, *([start] if start >= asked[0] else [])})
        rows = []
        for at in instants:
            row = known[bisect_right(asked, at) - 1]
            rows.append(_aged(row, (self._day(at) - world.on).days))
        table = self._concluded(rows)
        return Days(tuple(instants), table, instants.index(world.at), whole, self._cut_at())

    def _cut_at(self) -> datetime | None:
        return first_ahead(self.world, self.of, (*FOLDED_TYPES, *WORDS))

    def _day(self, at: datetime) -> date:
        # Asked as it was before a day began, that day is the one asked about.
        return self.world.on if at == self.world.at else self.calendar.day_of(at)

    # ------------------------------------------------------------ which instants

    def _instants(self) -> tuple[list[datetime], bool]:
        """Where evidence may be another than just before, the moment asked among them; whether that is all of them."""
        now, calendar = self.world.at, self.calendar
        seen = {each["seen"] for each in (*self.facts, *self.orders)}
        seen |= {at for each in self.spells for at in (each["started_at"], each["ended_at"]) if at}
        days = {calendar.day_of(at) for at in seen}
        turns = {
            calendar.start_of(day + timedelta(later))
            for day in days
            for later in (1, *(each + 1 for each in WINDOWS))
        }
        last = calendar.start_of(self.world.on + HORIZON)
        ahead = sorted(at for at in seen | turns if now < at <= last)
        first = self.of.known_from or now
        past = sorted(at for at in seen | turns | {first} if first <= at < now)
        rows = len(self.facts) + len(self.orders) + len(self.every) + len(self.spells) + 1
        most = max(20, min(MOST_INSTANTS, MOST_COPIES // rows))
        ahead = ahead[:most]
        kept = past[-(most - len(ahead)) :] if most > len(ahead) else []
        return [*kept, now, *ahead], len(kept) == len(past)

    # ------------------------------------------------------------ evidence of each

    def _evidence(self, asked: list[datetime]) -> list[dict[str, Any]]:
        world = self._many(asked)
        parts = [each for each in evidence.asked_for(world) if each.name not in HELD | APART]
        types = {row["type"] for row in self.facts}
        nothing = dict.fromkeys(evidence.COLUMNS)
        found = [dict(nothing) for _ in asked]
        for part in parts:
            if part.needs and not types & {*part.needs} and part.name != "links":
                continue
            if part.name == "links" and not self.spells:
                continue
            for row in world.read.run(part.make(world)).to_pylist():
                at = row.pop("person") - 1
                by = (self._day(asked[at]) - self.world.on).days
                found[at] |= {name: _moved(row[name], by) for name in part.columns}
        for part in evidence.PARTS:
            if part.name in HELD or part.name in APART:
                for row in self.world.read.run(part.make(self.world)).to_pylist():
                    for each in found:
                        each |= {name: row[name] for name in part.columns}
        return found

    def _many(self, asked: list[datetime]) -> World:
        """A world of as many people as there are instants, all of them today."""
        names = _Names()
        facts, spells = [], []
        for at, instant in enumerate(asked):
            by = (self.world.on - self._day(instant)).days
            for row in self.facts:
                if row["seen"] <= instant:
                    facts.append(self._copy(row, at, by, names))
            spells += [
                self._spell(each, at, by, instant, names)
                for each in self.spells
                if each["started_at"] and each["started_at"] <= instant
            ]
        read = engine.over({}, threads=1, timeout=None)
        for name, table in self.of.tables.items():
            read.register(f"{STATE}{name}", table.slice(0, 0))
        read.register(
            f"{STATE}spells", pa.Table.from_pylist(spells, schema=self.of.tables["spells"].schema)
        )
        # Every copy has its own subjects.
        persons = pa.table(
            {"subject": list(names.subjects), "person": list(names.subjects.values())},
            schema=self.of.tables["persons"].schema,
        )
        read.register(f"{STATE}persons", persons)
        self.names = names
        end = datetime.combine(
            self.world.on + timedelta(1), self.calendar.day_starts_at, UTC
        ) - timedelta(microseconds=1)
        read.ask_at(end)
        world = replace(
            self.world,
            read=read,
            at=end,
            calendar=self.plain,
            facts=read.register("facts_of_days", pa.Table.from_pylist(facts, schema=FACT_SCHEMA)),
            known_population=read.register(
                "days", pa.table([pa.array(range(1, len(asked) + 1), pa.int64())], schema=PERSON)
            ),
            known_attributes=None,
            kept={cuts.KEPT: cuts.of(self.world), f"touched {end}": None, **as_stated(end)},
        )
        self._register_orders(world, asked)
        return world

    def _register_orders(self, world: World, asked: list[datetime]) -> None:
        rows = []
        for at, instant in enumerate(asked):
            by = (self.world.on - self._day(instant)).days
            rows += [
                {
                    **row,
                    "order_key": self.names.of(at, row["order_key"]),
                    "person": at + 1,
                    "at": self._clock(row["at"]) + timedelta(by),
                    "on": row["on"] + timedelta(by),
                }
                for row in self.every
                if row["seen"] <= instant
            ]
        world.read.register(
            f"{STATE}orders", pa.Table.from_pylist(rows, schema=self.of.orders.schema)
        )

    def _copy(self, row: Mapping[str, Any], at: int, by: int, names: _Names) -> dict[str, Any]:
        return {
            **row,
            "occurred_at": row["us"] + timedelta(by),
            "subject": names.subject(at, row["subject"]),
            "order_key": names.of(at, row["order_key"]),
        }

    def _spell(
        self, row: Mapping[str, Any], at: int, by: int, instant: datetime, names: _Names
    ) -> dict[str, Any]:
        over = row["ended_at"] is not None and row["ended_at"] <= instant
        return {
            **row,
            "person": at + 1,
            "subject": names.subject(at, row["subject"]),
            "started_at": self._clock(row["started_at"]) + timedelta(by),
            "on": row["on"] + timedelta(by),
            "ended_at": self._clock(row["ended_at"]) + timedelta(by) if over else None,
            "off": row["off"] + timedelta(by) if over else None,
        }

    def _clock(self, at: datetime) -> datetime:
        return self.calendar.local(at).replace(tzinfo=UTC)

    # ------------------------------------------------------------ conclusions of every day

    def _concluded(self, rows: Iterable[dict[str, Any]]) -> pa.Table:
        kinds = {name: _ARROW[kind] for name, kind in evidence.COLUMNS.items()}
        schema = pa.schema([("person", pa.int64()), *kinds.items()])
        numbered = [{"person": at, **row} for at, row in enumerate(rows)]
        told = self.world.read.register(
            "evidence_of_days", pa.Table.from_pylist(numbered, schema=schema)
        )
        known = concluded(told, cuts.of(self.world), self.world.on)
        return self.world.read.run(known.order_by("person"))


_ARROW = {
    "int64": pa.int64(),
    "float64": pa.float64(),
    "date": pa.date32(),
    "string": pa.string(),
    "boolean": pa.bool_(),
}


class _Names:
    """Numbers of what belongs to one copy alone."""

    def __init__(self) -> None:
        self.known: dict[tuple[int, int], int] = {}
        self.subjects: dict[int, int] = {}

    def of(self, at: int, key: int | None) -> int | None:
        # Above every number of a person.
        return (
            None
            if key is None
            else self.known.setdefault((at, key), MOST_INSTANTS * 4 + len(self.known))
        )

    def subject(self, at: int, key: int) -> int:
        named = self.of(at, key)
        assert named is not None
        self.subjects[named] = at + 1
        return named


def _seen(world: World, row: Mapping[str, Any]) -> datetime:
    found: datetime = max(row["at"], world.calendar.start_of(row["on"]))
    return found


def _moved(value: Any, by: int) -> Any:
    return value + timedelta(by) if isinstance(value, date) else value


def _aged(row: Mapping[str, Any], by: int) -> dict[str, Any]:
    """A row of evidence with its days as they look from today, so many days before the one it is of."""
    return {name: _moved(each, -by) for name, each in row.items()}


__all__ = ["Days", "of_days"]
