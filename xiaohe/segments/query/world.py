"""What a question stands on: one reading of the ledger, the state's tables beside it, a shop day and an instant.

    with engine.reading() as read:
        world = at_moment(read, states.current(), now)
        found = read.run(members(world, rule))

Seen is what happened up to the instant `at` and, where only a day was told, on a shop day that has begun. Asked at the
last instant before day D begins, with `on` = D, that is exactly what was before D.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from hashlib import blake2b
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from xiaohe.kernel.clock import ShopCalendar
from xiaohe.ledger.engine import Reading
from xiaohe.ledger.engine.moment import MOMENT
from xiaohe.ledger.timeline import MANY
from xiaohe.segments.rules.tree import Rule
from xiaohe.shop import queries
from xiaohe.traits.build import TABLES
from xiaohe.traits.days import shop_time
from xiaohe.traits.people import persons_of, without
from xiaohe.traits.state import State

STATE = "state_"
# `left_out` is one of a version's files, but nobody's table.
STATE_TABLES = (*TABLES, "left_out")
PERSON = pa.schema([("person", pa.int64())])
SUBJECT = pa.schema([("subject", pa.int64())])


class UnknownSegment(LookupError):
    """A rule names a segment that nobody can look up; whoever saves or shows rules has refused it before."""


def _no_segments(slug: str) -> Rule:
    raise UnknownSegment(slug)


def _never_filled(name: str) -> date | None:
    return None


@dataclass(frozen=True)
class World:
    """One moment of the shop, asked again and again; build it with `at_moment`.

    `on`: the shop day D of windows and ages; `at`: nothing later is seen. `people` (person) and their `subjects`
    narrow every table to few people, and facts to theirs; None: everybody. `facts`: these instead of all facts of the
    reading, for records of facts alone. `segment`: slug → rule, for segments in rules. `logged_from`: the day on which
    a logged name (an attribute, a slug) was first filled, so that whoever fitted then needs no fact.
    """

    read: Reading
    on: date
    at: datetime
    calendar: ShopCalendar
    currency: str
    state: State
    people: ir.Table | None = None
    subjects: ir.Table | None = None
    few: bool = False
    # (how many, which): one of so many shares of the people, by their ids; without a table that says who they are.
    share: tuple[int, int] | None = None
    facts: ir.Table | None = None
    # Kept answers to `population()` and `attributes()` of everybody at this very moment, for whoever asks often.
    known_population: ir.Table | None = None
    known_attributes: ir.Table | None = None
    segment: Callable[[str], Rule] = field(default=_no_segments)
    logged_from: Callable[[str], date | None] = field(default=_never_filled)
    # What was looked up once, for whoever asks again; worlds made of one another share it.
    kept: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    # ------------------------------------------------------------ whose

    def only(self, people: Iterable[int]) -> World:
        """The same moment, of these people alone: facts are read by all of their subjects."""
        wanted = pa.table([pa.array(sorted(set(people)), pa.int64())], schema=PERSON)
        content = wanted["person"].combine_chunks().to_numpy().tobytes()
        digest = blake2b(content, digest_size=16).digest()
        table = self.read.register(self.read.name_for("people", digest), wanted)
        persons = self.read.table(f"{STATE}persons")
        theirs = persons.semi_join(table, "person").select("subject")
        own = pa.chunked_array(
            [*self.read.run(theirs)["subject"].chunks, *wanted["person"].chunks], pa.int64()
        )
        subjects = pa.table([own.unique()], schema=SUBJECT)
        shown = self.read.register(self.read.name_for("subjects", digest), subjects)
        return replace(self, people=table, subjects=shown, few=subjects.num_rows < MANY)

    def everybody(self) -> World:
        """The same moment, of the whole shop."""
        if self.people is None and self.share is None:
            return self
        return replace(self, people=None, subjects=None, few=False, share=None)

    def whose(self, table: ir.Table) -> ir.Table:
        """Rows of the people this world is about."""
        if self.share is not None:
            shares, which = self.share
            # Ids may be negative, and a remainder of those is so in some engines.
            table = table.filter((table.person % shares + shares) % shares == which)
        return table if self.people is None else table.semi_join(self.people, "person")

    # ------------------------------------------------------------ what

    def table(self, name: str) -> ir.Table:
        """A table of the state (`xiaohe.traits.build`), of these people where it names people."""
        found = self.read.table(f"{STATE}{name}")
        return self.whose(found) if "person" in found.columns and name != "persons" else found

    @property
    def until(self) -> ir.Value:
        """The instant `at` in a question: of the reading's own moment one value for all, so that questions stay the same."""
        return ibis.literal(MOMENT if self.read.moment == self.at else self.at)

    def seen(self, types: Iterable[str] | None = None, since: datetime | None = None) -> ir.Table:
        """Facts seen, of these types and from then on: FACT_SCHEMA, files pruned by both."""
        facts = self._source(None if types is None else sorted(types))
        facts = facts.filter(facts.occurred_at <= self.until)
        if since is not None:
            facts = facts.filter(facts.occurred_at >= ibis.literal(since))
        if not self.calendar.start_shift:
            return facts
        # A day without a time has begun with its shop day, not at its midnight.
        tomorrow = self.midnight(self.calendar.day_of(self.at) + timedelta(1))
        return facts.filter(~(facts.date_only & (facts.occurred_at >= ibis.literal(tomorrow))))

    def _source(self, types: list[str] | None) -> ir.Table:
        if self.facts is not None:
            facts = self.facts
        else:
            facts = self.read.by_subject if self.few else self.read.facts
        if types is not None:
            facts = facts.filter(facts.type.isin(types))
        return facts if self.subjects is None else facts.semi_join(self.subjects, "subject")

    def of_people(self, facts: ir.Table) -> ir.Table:
        """Facts with `person` beside, of customers alone, and without orders that name no buyer."""
        nameless = (facts.subject == facts.order_key).fill_null(False)
        told = persons_of(facts.filter(~nameless), self.read.table(f"{STATE}persons"))
        return self.whose(without(told, self.read.table(f"{STATE}left_out")))

    def midnight(self, day: date) -> datetime:
        """The first instant of which a fact may be of shop day `day`: of one told without a time."""
        return self.calendar.start_of(day) - self.calendar.start_shift

    def clock(self, facts: ir.Table) -> Any:
        """The instant of each fact on a clock that strikes midnight as shop days begin."""
        return shop_time(facts.occurred_at, facts.date_only, self.calendar)

    def population(self) -> ir.Table:
        """(person): everybody the shop knows."""
        if self.known_population is not None:
            # Distinct, so that it is a table of its own, not a join to which more could be added.
            found = self.whose(self.known_population).select("person")
            return found if self.people is None else found.distinct()
        from xiaohe.segments.attributes.population import population

        return population(self)

    def attributes(self) -> ir.Table:
        """One row per person of the population, every attribute as a column (`attributes.registry`)."""
        return self._attributes

    @cached_property
    def _attributes(self) -> ir.Table:
        if self.known_attributes is not None:
            return self.whose(self.known_attributes).select(*self.known_attributes.columns)
        from xiaohe.segments.attributes.table import table

        return table(self)

    def records(
        self, name: str, fields: Iterable[str] | None = None, *, since: date | None = None
    ) -> ir.Table:
        """Records of one kind as they stand (`segments.records`), with these fields, by default all of the kind.

        `since`: no earlier shop days are needed; fewer files are opened. Raises KeyError for an unknown kind.
        """
        from xiaohe.segments.records.tables import table

        return table(self, name, fields, since=since)


def at_moment(
    read: Reading,
    state: State,
    now: datetime,
    *,
    on: date | None = None,
    segment: Callable[[str], Rule] = _no_segments,
    logged_from: Callable[[str], date | None] = _never_filled,
) -> World:
    """The world at `now`, of shop day `on` (by default the day of `now`); the state's tables become `state_<name>`.

    A state of an earlier day, or of fewer facts, does: purchases since are folded from the facts.
    """
    for name in STATE_TABLES:
        read.register(f"{STATE}{name}", state.path(name))
    read.ask_at(now)
    calendar = queries.calendar()
    return World(
        read,
        on or calendar.day_of(now),
        now,
        calendar,
        state.currency,
        state,
        segment=segment,
        logged_from=logged_from,
    )


def at_start_of(read: Reading, state: State, on: date, **more: Any) -> World:
    """The world as `--on D` sees it: everything before shop day `on`, nothing of it."""
    before = queries.calendar().start_of(on) - timedelta(microseconds=1)
    return at_moment(read, state, before, on=on, **more)
