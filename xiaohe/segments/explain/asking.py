"""What the query says of one person, put together into an explanation.

Truths are the query's own (`query.compile`). Since when and until when is told by `timeline`, from the person's records and
from asking the query for days ahead; where neither can tell, it is said to be unknown.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

import ibis
import pyarrow as pa

from xiaohe.kernel.errors import NotFound
from xiaohe.ledger import engine
from xiaohe.ledger.timeline import MANY
from xiaohe.people import overlay as overlays
from xiaohe.segments import queries
from xiaohe.segments.attributes import cuts, moving
from xiaohe.segments.attributes.registry import ATTRIBUTES, before
from xiaohe.segments.attributes.table import evidence
from xiaohe.segments.explain import ahead, citing
from xiaohe.segments.explain.ahead import HORIZON, exact
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
    # The same world before the attributes were kept; the one row of them; what moves of it on days ahead.
    bare: World = field(init=False)
    evidence: Any = None
    days: ahead.Days | None = None

    def __post_init__(self) -> None:
        self.leaves = {canonical(each): each for each in atoms(self.whole, self.rule)}
        self.world = self._of_one()
        self.row = self._row()
        self.now = self._truths()
        self.clock = Clock(
            self.world.calendar.day_of, self.world.calendar.start_of, self.row.get("shop_cycle")
        )

    def explanation(self) -> Explanation:
        self.lines = {key: self._line(key, leaf) for key, leaf in self.leaves.items()}
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
        """What the query says; places are among everybody, and asked of a world that knows no attributes yet."""
        found: dict[str, bool] = {}
        for world, is_place in ((self.world, False), (self.bare, True)):
            some = [key for key, leaf in self.leaves.items() if isinstance(leaf, Rank) is is_place]
            if not some and is_place:
                continue
            named = {f"leaf_{at}": self.leaves[key] for at, key in enumerate(some)}
            rows = world.read.run(leaf_table(world, named)).to_pylist()
            if not rows:
                raise NobodyKnown(self.person)
            found |= {key: rows[0][name] for key, name in zip(some, named, strict=True)}
        return found

    def _row(self) -> dict[str, Any]:
        """The person's attributes, and what they were reckoned from: once, for every question about them."""
        self.bare = self.world
        if not any(isinstance(each, Compare | Rank) for each in self.leaves.values()):
            return {}
        told = self.world.read.run(evidence(self.world))
        self.evidence = self.world.read.register("explained_attributes", told)
        self.world = replace(self.world, known_attributes=self.evidence)
        rows = told.to_pylist()
        return dict(rows[0]) if rows else {}

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
                max(row["at"], self.world.calendar.start_of(row["on"])),
                exact(row["value"]),
            )
            for at, row in enumerate(self.world.read.run(told).to_pylist())
        ]

    # ------------------------------------------------------------ over time

    def _line(self, key: str, leaf: Leaf) -> Line:
        """The leaf over time."""
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

    def _compared(self, key: str, leaf: Compare) -> Line:
        is_now, value = self.now[key], self.values[key]
        began = self._began(leaf, is_now)
        if ATTRIBUTES[leaf.field].kind is Kind.RECURRING:
            days = (self.row.get(before(leaf.field)), value)
            return ahead.of_recurring(leaf, is_now, days, self.world.at, self.clock)
        if leaf.field in moving.MOVING and leaf.test.op is not Op.WITHIN:
            return ahead.of_moving(leaf, is_now, self._days(), self.world.at, self.clock)
        if leaf.field not in STAYING:
            return unknown(is_now)
        if leaf.test.op is not Op.WITHIN or leaf.test.window is None:
            return Line(is_now, lambda at: is_now if began and at >= began else None, _turn(began))
        if value is None:
            return Line(is_now, lambda at: is_now if at >= self.world.at else None)
        test, window, clock = leaf.test, leaf.test.window, self.clock
        if passes(value, test, self.world.on) is not is_now:
            return unknown(is_now)
        return Line(
            is_now,
            lambda at: passes(value, test, clock.day_of(at)) if at >= self.world.at else None,
            frozenset(clock.start_of(each) for each in days_it_turns(window, value)),
        )

    def _days(self) -> ahead.Days:
        if self.days is None:
            self.days = ahead.days_ahead(self.world, self.evidence)
        return self.days

    def _began(self, leaf: Compare, is_now: bool) -> datetime:
        """From when on an attribute that stays is known to have been as it is now."""
        since = self.row.get("linked_since") if leaf.field == "linked" and is_now else None
        return self.clock.start_of(since) if since else self.world.at

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
