"""One person's attributes at many instants, past and ahead, by the very questions that tell today's.

As many people are made of the one as there are instants to ask about: each has the facts seen by then, moved by whole
days so that the day asked about lies where today lies. One answer to each part of evidence then tells all of them.
Between instants at which a fact comes in or falls out of a window evidence stays; what ages by the day is concluded of
every day by itself.

    facts, orders, links ─► moved copies ─► evidence of instants ─► of every day ─► concluded

Copies of today that lack one fact each (`without`) stand among them, so what a fact decides is asked in the same questions.

Held as they are today, whichever day is asked about: orders (what they come to now), who is who, the shop's cuts, the
person's rhythm, where they came from, whom they brought. Which attributes hang on those, and so are not told of other
days, says `TOLD`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from xiaohe.kernel.clock import ShopCalendar
from xiaohe.ledger import engine
from xiaohe.ledger.schema import FACT_SCHEMA
from xiaohe.people.spells import WORDS
from xiaohe.segments.attributes import cuts, evidence
from xiaohe.segments.attributes.acts import LOOKS_DAYS
from xiaohe.segments.attributes.conclude import concluded
from xiaohe.segments.attributes.cuts import HALF_YEAR, YEAR
from xiaohe.segments.explain.person import HORIZON, Person, first_ahead, seen_at
from xiaohe.segments.explain.without import Less
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
EPOCH, DAY_US = datetime(1970, 1, 1, tzinfo=UTC), 86_400_000_000


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
    # Today's row without each of these facts, in their order.
    less: tuple[Less, ...] = ()
    without: pa.Table | None = None

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


def of_days(world: World, of: Person, less: Sequence[Less] = ()) -> Days:
    """All of them, one table; `world` is the person's own small one. Beside them today's row without some facts."""
    days = _Days(world, of, less)
    return days.found()


@dataclass(frozen=True)
class _Copy:
    """The person at an instant, `by` days moved to lie where today lies; or today without a fact."""

    instant: datetime
    by: int
    less: Less | None = None


class _Days:
    def __init__(self, world: World, of: Person, less: Sequence[Less]) -> None:
        self.world, self.of, self.calendar, self.less = world, of, world.calendar, less
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
        today = known[asked.index(world.at)]
        rows += [
            self._lacking(today, each, row)
            for each, row in zip(self.less, known[len(asked) :], strict=True)
        ]
        table = self._concluded(rows)
        return Days(
            tuple(instants), table.slice(0, len(instants)), instants.index(world.at), whole, self._cut_at(),
            tuple(self.less), table.slice(len(instants)),
        )  # fmt: skip

    def _lacking(
        self, today: Mapping[str, Any], less: Less, asked: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Today's evidence without a fact: only what looks at such facts is another."""
        parts = [part for part in evidence.PARTS if part.name in less.parts - HELD - APART]
        again = {name: asked[name] for part in parts for name in part.columns}
        return {**today, **again, **less.told}

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
        """Of each instant, then of today without each fact."""
        copies = [_Copy(at, (self.world.on - self._day(at)).days) for at in asked]
        copies += [_Copy(self.world.at, 0, each) for each in self.less]
        world = self._many(copies)
        parts = [each for each in evidence.asked_for(world) if each.name not in HELD | APART]
        types = {row["type"] for row in self.facts}
        nothing = dict.fromkeys(evidence.COLUMNS)
        found = [dict(nothing) for _ in copies]
        for part in parts:
            if part.needs and not types & {*part.needs} and part.name != "links":
                continue
            if part.name == "links" and not self.spells:
                continue
            for row in world.read.run(part.make(world)).to_pylist():
                at = row.pop("person") - 1
                found[at] |= {name: _moved(row[name], -copies[at].by) for name in part.columns}
        for part in evidence.PARTS:
            if part.name in HELD or part.name in APART:
                for row in self.world.read.run(part.make(self.world)).to_pylist():
                    for each in found:
                        each |= {name: row[name] for name in part.columns}
        return found

    def _many(self, copies: list[_Copy]) -> World:
        """A world of as many people as there are copies, all of them today."""
        names = _Names([*self.facts, *self.every, *self.spells])
        read = engine.over({}, threads=1, timeout=None)
        for name, table in self.of.tables.items():
            read.register(f"{STATE}{name}", table.slice(0, 0))
        spells = [
            self._spell(row, at, each, names)
            for at, each in enumerate(copies)
            for row in (self.spells if each.less is None else each.less.spells)
            if row["started_at"] and row["started_at"] <= each.instant
        ]
        read.register(
            f"{STATE}spells", pa.Table.from_pylist(spells, schema=self.of.tables["spells"].schema)
        )
        facts = self._facts(copies, names)
        # Every copy has its own subjects.
        subjects = np.unique(facts["subject"].to_numpy())
        persons = pa.table(
            {"subject": subjects, "person": names.copy_of(subjects) + 1},
            schema=self.of.tables["persons"].schema,
        )
        read.register(f"{STATE}persons", persons)
        end = datetime.combine(
            self.world.on + timedelta(1), self.calendar.day_starts_at, UTC
        ) - timedelta(microseconds=1)
        read.ask_at(end)
        world = replace(
            self.world,
            read=read,
            at=end,
            calendar=self.plain,
            facts=read.register("facts_of_days", facts),
            known_population=read.register(
                "days", pa.table([pa.array(range(1, len(copies) + 1), pa.int64())], schema=PERSON)
            ),
            known_attributes=None,
            kept={cuts.KEPT: cuts.of(self.world), f"touched {end}": None, **as_stated(end)},
        )
        read.register(f"{STATE}orders", self._orders(copies, names))
        return world

    def _facts(self, copies: list[_Copy], names: _Names) -> pa.Table:
        """The facts of every copy, FACT_SCHEMA."""
        table = pa.Table.from_pylist(self.facts, schema=FACT_SCHEMA)
        seen = np.array([_micros(row["seen"]) for row in self.facts], np.int64)
        clock = np.array([_micros(row["us"]) for row in self.facts], np.int64)
        keys = table["key_hash"].to_numpy()
        rows = []
        for each in copies:
            there = seen <= _micros(each.instant)
            if each.less is not None:
                there &= keys != each.less.key
            rows.append(np.flatnonzero(there))
        counts = [len(each) for each in rows]
        taken = np.concatenate(rows) if rows else np.empty(0, np.int64)
        at = np.repeat(np.arange(len(copies)), counts)
        moved = np.repeat([each.by * DAY_US for each in copies], counts)
        own = table.take(pa.array(taken))
        instant = own.schema.field("occurred_at").type
        columns = {
            "occurred_at": pa.array(clock[taken] + moved, pa.int64()).cast(pa.timestamp("us", "UTC")).cast(instant),
            "subject": names.of_copies(at, own["subject"]),
            "order_key": names.of_copies(at, own["order_key"]),
        }  # fmt: skip
        for name, column in columns.items():
            own = own.set_column(own.schema.get_field_index(name), own.schema.field(name), column)
        return own

    def _orders(self, copies: list[_Copy], names: _Names) -> pa.Table:
        rows = [
            {
                **row,
                "order_key": names.of(at, row["order_key"]),
                "person": at + 1,
                "at": self._clock(row["at"]) + timedelta(each.by),
                "on": row["on"] + timedelta(each.by),
            }
            for at, each in enumerate(copies)
            for row in (self.every if each.less is None else each.less.orders)
            if each.less is not None or row["seen"] <= each.instant
        ]
        return pa.Table.from_pylist(rows, schema=self.of.orders.schema)

    def _spell(self, row: Mapping[str, Any], at: int, copy: _Copy, names: _Names) -> dict[str, Any]:
        over = row["ended_at"] is not None and row["ended_at"] <= copy.instant
        by = timedelta(copy.by)
        return {
            **row,
            "person": at + 1,
            "subject": names.of(at, row["subject"]),
            "started_at": self._clock(row["started_at"]) + by,
            "on": row["on"] + by,
            "ended_at": self._clock(row["ended_at"]) + by if over else None,
            "off": row["off"] + by if over else None,
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
    """Numbers of what belongs to one copy alone, above every number of a copy."""

    FIRST = 1_000_000

    def __init__(self, rows: Iterable[Mapping[str, Any]]) -> None:
        names = ("subject", "order_key")
        keys = {row[each] for row in rows for each in names if row.get(each) is not None}
        self.keys: NDArray[np.int64] = np.array(sorted(keys), np.int64)
        self.place = {int(key): at for at, key in enumerate(self.keys)}

    def of(self, at: int, key: int | None) -> int | None:
        return None if key is None else self.FIRST + at * len(self.keys) + self.place[key]

    def of_copies(self, at: NDArray[np.int64], column: pa.ChunkedArray) -> pa.Array:
        """The numbers of a column of keys, each of the copy it belongs to."""
        known = column.is_valid().to_numpy()
        places = np.searchsorted(self.keys, column.fill_null(0).to_numpy())
        return pa.array(self.FIRST + at * len(self.keys) + places, pa.int64(), mask=~known)

    def copy_of(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        return (numbers - self.FIRST) // max(len(self.keys), 1)


def _micros(at: datetime) -> int:
    return (at - EPOCH) // timedelta(microseconds=1)


def _seen(world: World, row: Mapping[str, Any]) -> datetime:
    found: datetime = max(row["at"], world.calendar.start_of(row["on"]))
    return found


def _moved(value: Any, by: int) -> Any:
    return value + timedelta(by) if isinstance(value, date) else value


def _aged(row: Mapping[str, Any], by: int) -> dict[str, Any]:
    """A row of evidence with its days as they look from today, so many days before the one it is of."""
    return {name: _moved(each, -by) for name, each in row.items()}


__all__ = ["Days", "of_days"]
