"""What the query says of one person, put together into an explanation.

Truths are the query's own (`query.compile`). Since when and until when is told by `timeline`, from the person's records and
from asking the query for days ahead; where neither can tell, it is said to be unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import reduce
from typing import Any

import ibis
import pyarrow as pa

from xiaohe.kernel.errors import NotFound
from xiaohe.ledger import engine
from xiaohe.ledger.timeline import MANY
from xiaohe.people import overlay as overlays
from xiaohe.segments import queries
from xiaohe.segments.attributes import cuts, moving
from xiaohe.segments.attributes.registry import ATTRIBUTES
from xiaohe.segments.attributes.table import evidence
from xiaohe.segments.explain import citing
from xiaohe.segments.explain.citing import Cited
from xiaohe.segments.explain.folding import (
    Clock,
    Row,
    counted,
    days_it_turns,
    folded,
    passes,
    turns,
)
from xiaohe.segments.explain.timeline import Line, Span, Truths, steady, unknown
from xiaohe.segments.query.additive import counts, fields_of
from xiaohe.segments.query.compile import atoms, leaf_table
from xiaohe.segments.query.world import PERSON, SUBJECT, World, at_moment, at_start_of
from xiaohe.segments.records.registry import LINK, TAG, kind_named
from xiaohe.segments.records.stated import number
from xiaohe.segments.rules.tree import (
    All,
    AnyOf,
    Compare,
    Everyone,
    Fold,
    InSegment,
    Leaf,
    Listed,
    Measure,
    Not,
    Op,
    Rank,
    Records,
    Rule,
    Sequence,
    Share,
)
from xiaohe.segments.rules.vocabulary import Kind
from xiaohe.segments.text import canonical
from xiaohe.traits import state as traits

# What stays as it is while nothing happens.
STAYING = frozenset({
    "occasions", "net_total", "usual_net", "first_on", "last_on", "due_on", "last_signal_on", "linked", "friend",
    "in_group", "follows", "ever_linked", "linked_since", "ended_by", "account", "staff", "store", "consent",
    "muted", "complaint_open", "source_first_on", "was_referred", "referrals", "chain_depth", "cycle", "basis",
    "shop_habit", "hour_habit", "first_source_type", "first_platform", "first_entry", "first_code",
    "last_source_type", "last_platform", "last_entry", "last_code",
})  # fmt: skip
# Fields of a link that are of the moment asked; so is which tags are held.
OF_NOW = {LINK: {"live", "days", "ended_on", "ended_by"}}
# Days ahead that the query is asked of at most, and how far ahead.
MOST_DAYS = 20
HORIZON = timedelta(days=400)
MOST_CITED = 20


@dataclass(frozen=True)
class Why:
    """One node of a rule. `value`: of a leaf what it was compared with; `cited`: facts that decide it, latest first."""

    rule: Rule
    fits: bool
    span: Span
    value: Any = None
    cited: tuple[Cited, ...] = ()
    parts: tuple[Why, ...] = ()
    # Of InSegment: its name.
    name: str = ""


@dataclass(frozen=True)
class Explanation:
    person: int
    on: date
    at: datetime
    why: Why

    @property
    def fits(self) -> bool:
        return self.why.fits


class NobodyKnown(NotFound):
    def __init__(self, person: int) -> None:
        from django.utils.translation import gettext_lazy as _

        super().__init__("no_such_person", _("Nobody has the number %(person)s."), person=person)


def explain(person: int, rule: Rule, now: datetime, *, on: date | None = None) -> Explanation:
    """Why somebody (by id, an older one too) fits now, or did before shop day `on`; raises NobodyKnown."""
    rules = queries.rules()
    person = overlays.current().person(person)
    with engine.reading() as read:
        if on is None:
            world = at_moment(read, traits.current(), now, segment=rules.__getitem__)
        else:
            world = at_start_of(read, traits.as_of(on), on, segment=rules.__getitem__)
        return explained(world, person, rule)


def explained(world: World, person: int, rule: Rule) -> Explanation:
    """The same for a caller who stands on a world already."""
    return _Asked(world, person, rule).explanation()


@dataclass
class _Asked:
    whole: World
    person: int
    rule: Rule
    world: World = field(init=False)
    leaves: dict[str, Leaf] = field(init=False)
    now: dict[str, bool] = field(init=False)
    values: dict[str, Any] = field(default_factory=dict)
    rows: dict[str, list[Row]] = field(default_factory=dict)
    lines: dict[str, Line] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.leaves = {canonical(each): each for each in atoms(self.whole, self.rule)}
        self.world = self._of_one()
        self.now = self._truths()
        self.row = self._row()
        self.clock = Clock(
            self.world.calendar.day_of, self.world.calendar.start_of, self.row.get("shop_cycle")
        )

    def explanation(self) -> Explanation:
        ahead: dict[str, Leaf] = {}
        for key, leaf in self.leaves.items():
            line = self._line(key, leaf)
            if line is None:
                ahead[key] = leaf
            else:
                self.lines[key] = line
        self.lines |= self._asked_ahead(ahead)
        self.truths = Truths(self.lines, canonical, self.world.segment, self.world.at)
        return Explanation(self.person, self.world.on, self.world.at, self._why(self.rule))

    # ------------------------------------------------------------ what the query says

    def _of_one(self) -> World:
        """The world of the one person; under names that are always the same, so that questions are compiled once."""
        whole, read = self.whole, self.whole.read
        people = read.register(
            "explained_people", pa.table([pa.array([self.person])], schema=PERSON)
        )
        theirs = read.run(whole.table("persons").semi_join(people, "person").select("subject"))
        subjects = sorted({self.person, *theirs["subject"].to_pylist()})
        shown = read.register("explained_subjects", pa.table([pa.array(subjects)], schema=SUBJECT))
        kept = {}
        if any(isinstance(each, Compare | Rank) for each in self.leaves.values()):
            # The shop's cuts are everybody's.
            kept[cuts.KEPT] = cuts.of(whole)
        return replace(whole, people=people, subjects=shown, few=len(subjects) < MANY, kept=kept)

    def _truths(self) -> dict[str, bool]:
        named = {f"leaf_{at}": leaf for at, leaf in enumerate(self.leaves.values())}
        found = self.world.read.run(leaf_table(self.world, named)).to_pylist()
        if not found:
            raise NobodyKnown(self.person)
        return {key: found[0][name] for key, name in zip(self.leaves, named, strict=True)}

    def _row(self) -> dict[str, Any]:
        """The person's attributes, and what they were reckoned from."""
        if not any(isinstance(each, Compare | Rank) for each in self.leaves.values()):
            return {}
        found = self.world.read.run(evidence(self.world)).to_pylist()
        return dict(found[0]) if found else {}

    def _records(self, leaf: Measure | Sequence, some: Records, name: str = "") -> list[Row]:
        """The person's records that pass the conditions, of all times."""
        kind = kind_named(some.of)
        assert kind is not None
        fields = sorted(fields_of(some.where) | ({name} if name else set()))
        # Facts dated ahead come true by themselves.
        at = self.world.at + HORIZON if kind.types else self.world.at
        told = replace(self.world, at=at).records(some.of, fields)
        passed = counts(self.world, told, kind, Records(some.of, some.where))
        told = told if passed is None else told.filter(passed)
        value: Any = ibis.null("string")
        if name:
            value = told[name]
            as_number = kind.fields[name].kind is Kind.STATED and isinstance(leaf, Measure)
            if as_number and leaf.fold not in (Fold.FIRST, Fold.LAST, Fold.DISTINCT):  # type: ignore[union-attr]
                value = number(value)
        times = told.times if "times" in told.columns else ibis.null("int64")
        told = told.select("at", "on", "row_no", "key_hash", counted=times, value=value)
        return [
            Row(
                row["at"],
                row["on"],
                row["row_no"] if row["row_no"] is not None else -1,
                row["key_hash"],
                at if row["counted"] is None else row["counted"],
                _exact(row["value"]),
            )
            for at, row in enumerate(self.world.read.run(told).to_pylist())
        ]

    # ------------------------------------------------------------ over time

    def _line(self, key: str, leaf: Leaf) -> Line | None:
        """The leaf over time; None: the query must be asked of days ahead."""
        is_now = self.now[key]
        match leaf:
            case Everyone() | Listed() | Share():
                return steady(is_now)
            case Measure():
                return self._measured(key, leaf)
            case Sequence():
                self.rows[key] = [row for step in leaf.steps for row in self._records(leaf, step)]
                return unknown(is_now)
            case Compare():
                self.values[key] = self.row.get(leaf.field)
                return self._compared(key, leaf)
            case Rank():
                self.values[key] = self.row.get(leaf.field)
        return unknown(is_now)

    def _measured(self, key: str, leaf: Measure) -> Line:
        rows = self.rows[key] = self._records(leaf, leaf.records, leaf.field)
        at, clock, is_now = self.world.at, self.clock, self.now[key]
        window = leaf.records.window
        value = folded(leaf, counted(rows, window, at, clock), self.world.on)
        self.values[key] = value
        if self._is_of_now(leaf.records) or passes(value, leaf.test, self.world.on) is not is_now:
            return unknown(is_now)

        def truth(instant: datetime) -> bool | None:
            on = clock.day_of(instant)
            return passes(folded(leaf, counted(rows, window, instant, clock), on), leaf.test, on)

        return Line(is_now, truth, frozenset(turns(leaf, rows, at, clock)))

    def _is_of_now(self, records: Records) -> bool:
        """Whether the conditions on a record may come out otherwise on another day."""
        if records.of == TAG or fields_of(records.where) & OF_NOW.get(records.of, set()):
            return True
        return any(each.test.op is Op.WITHIN for each in _comparisons(records.where))

    def _compared(self, key: str, leaf: Compare) -> Line | None:
        is_now, value = self.now[key], self.values[key]
        kind = ATTRIBUTES[leaf.field].kind
        began = self._began(leaf, is_now)
        if leaf.field not in STAYING:
            return (
                None if leaf.field in moving.MOVING or kind is Kind.RECURRING else unknown(is_now)
            )
        if leaf.test.op is not Op.WITHIN or leaf.test.window is None:
            return Line(is_now, lambda at: is_now if began and at >= began else None, _turn(began))
        if value is None:
            return Line(is_now, lambda at: is_now if at >= self.world.at else None)
        test, clock = leaf.test, self.clock
        if passes(value, test, self.world.on) is not is_now:
            return unknown(is_now)
        days = days_it_turns(test.window or Everyone(), value)  # type: ignore[arg-type]
        return Line(
            is_now,
            lambda at: passes(value, test, clock.day_of(at)) if at >= self.world.at else None,
            frozenset(clock.start_of(each) for each in days),
        )

    def _began(self, leaf: Compare, is_now: bool) -> datetime:
        """From when on an attribute that stays is known to have been as it is now."""
        since = self.row.get("linked_since") if leaf.field == "linked" and is_now else None
        return self.clock.start_of(since) if since else self.world.at

    def _asked_ahead(self, leaves: Mapping[str, Leaf]) -> dict[str, Line]:
        """Attributes that move with the days: the query is asked of each day on which one may turn."""
        if not leaves:
            return {}
        last = self.world.on + HORIZON
        days = sorted(each for each in self._days_ahead(leaves.values()) if each <= last)
        is_whole = len(days) <= MOST_DAYS
        days = days[:MOST_DAYS]
        named = {f"leaf_{at}": leaf for at, leaf in enumerate(leaves.values())}
        told: dict[date, dict[str, Any]] = {}
        if days:
            asked = [
                leaf_table(self._world_of(day), named).mutate(day=ibis.literal(day)) for day in days
            ]
            every = reduce(lambda one, two: one.union(two), asked)
            told = {row["day"]: row for row in self.world.read.run(every).to_pylist()}
        ends = self.clock.start_of(last if is_whole or not days else days[-1] + timedelta(1))
        starts = frozenset(self.clock.start_of(day) for day in days) | {ends}
        found = {}
        for key, name in zip(leaves, named, strict=True):
            answers = [(self.clock.start_of(day), told[day][name]) for day in days if day in told]
            found[key] = self._answered(self.now[key], answers, ends, starts)
        return found

    def _answered(
        self,
        is_now: bool,
        answers: list[tuple[datetime, bool]],
        ends: datetime,
        starts: frozenset[datetime],
    ) -> Line:
        def truth(at: datetime) -> bool | None:
            if at < self.world.at or at >= ends:
                return None
            known = [answer for begins, answer in answers if begins <= at]
            return known[-1] if known else is_now

        return Line(is_now, truth, starts)

    def _world_of(self, day: date) -> World:
        return replace(self.world, on=day, at=self.clock.start_of(day), kept=dict(self.world.kept))

    def _days_ahead(self, leaves: Iterable[Leaf]) -> set[date]:
        found = set(moving.turns(self.row, self.world.on))
        lasts = [self.row.get(each) for each in ("last_on", "shop_last_on", "linked_since")]
        cycles = [self.row.get(each) for each in ("cycle", "shop_cycle")]
        for leaf in leaves:
            assert isinstance(leaf, Compare)
            value = self.values.get(canonical(leaf))
            if isinstance(value, date) and leaf.test.window is not None:
                found |= days_it_turns(leaf.test.window, value) | {value + timedelta(1)}
            for line in leaf.test.values:
                if isinstance(line, Decimal):
                    found |= _lines(leaf.field, float(line), lasts, cycles)
        return {each for each in found if each > self.world.on}

    # ------------------------------------------------------------ put together

    def _why(self, rule: Rule) -> Why:
        keys = [canonical(each) for each in atoms(self.world, rule)]
        fits = bool(self.truths.fits(rule, self.world.at))
        span = self.truths.span(rule, keys)
        match rule:
            case All(rules) | AnyOf(rules):
                return Why(rule, fits, span, parts=tuple(self._why(each) for each in rules))
            case Not(inner):
                return Why(rule, fits, span, parts=(self._why(inner),))
            case InSegment(slug):
                inside = self._why(self.world.segment(slug))
                return Why(rule, fits, span, parts=(inside,), name=queries.segment(slug).name)
        key = canonical(rule)
        return Why(rule, fits, span, self.values.get(key), self._cited(key, self.leaves[key]))

    def _cited(self, key: str, leaf: Leaf) -> tuple[Cited, ...]:
        if isinstance(leaf, Measure):
            rows = counted(self.rows[key], leaf.records.window, self.world.at, self.clock)
            alone = {row.key: self._turns_alone(key, leaf, rows, row) for row in rows[-MOST_CITED:]}
            return citing.of_records(self.world, leaf.records.of, rows[-MOST_CITED:], alone)
        if isinstance(leaf, Sequence):
            rows = sorted(self.rows[key], key=lambda row: row.place)[-MOST_CITED:]
            return citing.of_records(self.world, leaf.steps[0].of, rows, {})
        if isinstance(leaf, Compare):
            return citing.of_attribute(self.world, leaf.field)
        return ()

    def _turns_alone(self, key: str, leaf: Measure, rows: list[Row], row: Row) -> bool:
        """Whether the person's membership is another without this one record."""
        line = self.lines[key]
        rest = [each for each in rows if each is not row]
        without = passes(folded(leaf, rest, self.world.on), leaf.test, self.world.on)
        if without is None or without is line.now:
            return False
        flipped = replace(self.truths, flipped=frozenset([key]))
        at = self.world.at
        return flipped.fits(self.rule, at) is not self.truths.fits(self.rule, at)


def _comparisons(where: Any) -> list[Compare]:
    match where:
        case Compare():
            return [where]
        case Not(inner):
            return _comparisons(inner)
        case All(rules) | AnyOf(rules):
            return [found for each in rules for found in _comparisons(each)]
    return []


def _turn(began: datetime) -> frozenset[datetime]:
    return frozenset([began])


def _lines(
    field: str, line: float, lasts: list[date | None], cycles: list[float | None]
) -> set[date]:
    """Days on which a number that grows by the day passes a line of the rule's own."""
    found: set[date] = set()
    for last in filter(None, lasts):
        days = [line] if field != "ratio" else [line * each for each in cycles if each]
        found |= {
            last + timedelta(int(each) + more) for each in days for more in (0, 1) if each < 4000
        }
    return found


def _exact(value: Any) -> Any:
    return Decimal(repr(value)) if isinstance(value, float) else value
