"""What the query says of one person, put together into an explanation.

Truths of now are the query's own (`query.compile`), asked of a small world that holds nobody else (`person`). Since when
and until when:

| leaf | how it is told |
|------|----------------|
| of attributes | rows of the person at every instant at which they may be another (`days`, `attributes`); days that come back by themselves (`ahead`) |
| of records | their records, folded at every instant at which one comes in or falls out (`folding`) |
| one after the other | the same, as chains of records |
| has been | the words written down, and what turns by itself (`lasting`) |
| place among others | until when: others stay where they are (`places`); since when is not known |
| lots, lists, everybody | they never change |

Where none can tell, it is said why (`timeline.Gap`). The past is told by what is known now: orders as they stand, who is
who today. Ahead nothing happens to anybody.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeAlias

from xiaohe.people.spells import WORDS
from xiaohe.segments import queries
from xiaohe.segments.attributes import cuts
from xiaohe.segments.attributes.recurring import TOLD
from xiaohe.segments.attributes.registry import ATTRIBUTES
from xiaohe.segments.explain import (
    ahead,
    alone,
    attributes,
    citing,
    deciding,
    lasting,
    places,
    said,
)
from xiaohe.segments.explain.days import Days, of_days
from xiaohe.segments.explain.folding import (
    Clock,
    Row,
    chain_turns,
    chained,
    counted,
    folded,
    passes,
    passing,
    turns,
    where_turns,
)
from xiaohe.segments.explain.person import (
    Person,
    first_ahead,
    read_of,
    small,
)
from xiaohe.segments.explain.recorded import Wanted, is_of_now, rows_of
from xiaohe.segments.explain.timeline import Gap, Line, Truth, Truths, steady, unknown
from xiaohe.segments.explain.told import Explanation, NobodyKnown, Why
from xiaohe.segments.query.compile import atoms
from xiaohe.segments.query.logged import CHANGED
from xiaohe.segments.query.world import World
from xiaohe.segments.records.registry import LINK, TAG
from xiaohe.segments.rules.tree import (
    All,
    AnyOf,
    Been,
    Compare,
    Everyone,
    InSegment,
    Leaf,
    Listed,
    Measure,
    Not,
    Rank,
    Records,
    Rule,
    Sequence,
    Share,
)
from xiaohe.segments.rules.vocabulary import Kind
from xiaohe.segments.rules.windows import is_of_cycles
from xiaohe.segments.text import canonical

Rows: TypeAlias = list[list[Row]]


def explained(world: World, person: int, rule: Rule) -> Explanation:
    """Why somebody (by id) fits at the moment of a world; raises NobodyKnown."""
    return _Asked(world, person, rule).explanation()


@dataclass
class _Asked:
    whole: World
    person: int
    rule: Rule
    # The small world of this person alone.
    world: World = field(init=False)
    of: Person = field(init=False)
    leaves: dict[str, Leaf] = field(init=False)
    now: dict[str, bool] = field(init=False)
    days: Days | None = None
    row: dict[str, Any] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    rows: dict[str, list[Row]] = field(default_factory=dict)
    lines: dict[str, Line] = field(default_factory=dict)
    looked: dict[str, deciding.Looked] = field(default_factory=dict)
    # Leaves of the rule, and those that tell how long something lasts.
    behind: dict[str, Leaf] = field(init=False)

    def __post_init__(self) -> None:
        self.leaves = {canonical(each): each for each in atoms(self.whole, self.rule)}
        self.behind = dict(self.leaves)
        for leaf in self.leaves.values():
            if isinstance(leaf, Been):
                self.behind |= {canonical(each): each for each in atoms(self.whole, leaf.rule)}
        self.of = read_of(self.whole, self.person)
        if not self.of.is_known:
            raise NobodyKnown(self.person)
        if self._wants(Compare, Rank):
            # The shop's cuts are everybody's.
            cuts.of(self.whole)
        self.world = small(self.whole, self.of)
        rhythm = self.of.tables["rhythm"].to_pylist()
        calendar = self.world.calendar
        cycle = rhythm[0]["cycle"] if rhythm else None
        self.clock = Clock(calendar.day_of, calendar.start_of, cycle)
        self.steps = self._records()
        self.tried = alone.tried(self.world, self.of, self.leaves, self.steps, self.clock)
        if self._wants(Compare, Rank, Been):
            less = alone.without_each(self.whole, self.world, self.of, self.leaves, self.tried)
            self.days = of_days(self.world, self.of, less)
            self.row = self._today()
        self.now = said.truths(self.world, self.behind)

    def explanation(self) -> Explanation:
        at = self.world.at
        self.truths = Truths(self.lines, canonical, self.world.segment, at, self.of.known_from)
        # Of each leaf of an attribute what it is without each of the facts tried.
        self.lacking: dict[str, list[Truth]] = {}
        self._compared()
        for key, leaf in self.behind.items():
            if not isinstance(leaf, Compare | Been):
                self.lines[key] = self._line(key, leaf)
        for key, leaf in self.behind.items():
            if isinstance(leaf, Been):
                self.lines[key] = self._lasting(key, leaf)
        self.alone = alone.deciding(
            self.world, self.of, self.rule, self.truths, self.now, self.tried,
            {key: each for key, each in self.looked.items() if key in self.leaves},
            {key: each for key, each in self.lacking.items() if key in self.leaves},
            self.days.less if self.days else (),
        )  # fmt: skip
        return Explanation(self.person, self.world.on, at, self._why(self.rule))

    # ------------------------------------------------------------ what the query says

    def _wants(self, *kinds: type) -> bool:
        return any(isinstance(each, kinds) for each in self.behind.values())

    def _today(self) -> dict[str, Any]:
        """Today's row of attributes, put into the small world for whatever looks at them."""
        assert self.days is not None
        table = self.days.table.slice(self.days.today, 1)
        place = table.schema.get_field_index("person")
        table = table.set_column(place, "person", [[self.person]])
        self.world = replace(
            self.world, known_attributes=self.world.read.register("attributes_of_one", table)
        )
        return dict(table.to_pylist()[0])

    def _records(self) -> dict[str, list[list[Row]]]:
        """What each leaf of records looks at, of all times: of a sequence the records of each step."""
        some = {
            key: Wanted.of(each)
            for key, each in self.behind.items()
            if isinstance(each, Measure | Sequence)
        }
        rows = rows_of(self.world, self.of, [one for wanted in some.values() for one in wanted])
        return {key: [next(rows) for _each in wanted] for key, wanted in some.items()}

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
                return self._chained(key, leaf)
            case Rank():
                return self._placed(key, leaf)
        return unknown(is_now)

    def _measured(self, key: str, leaf: Measure) -> Line:
        (rows,) = self.steps[key]
        self.rows[key] = rows
        at, clock, is_now = self.world.at, self.clock, self.now[key]
        window, where = leaf.records.window, leaf.records.where
        by_day = leaf.records.of == TAG or is_of_now(leaf.records)

        def some(instant: datetime) -> list[Row] | None:
            passed = passing(rows, where, instant, clock) if by_day else rows
            return None if passed is None else counted(passed, window, instant, clock)

        def truth(instant: datetime) -> bool | None:
            on, held = clock.day_of(instant), some(instant)
            return None if held is None else passes(folded(leaf, held, on), leaf.test, on)

        held = some(at)
        self.rows[key] = held if held is not None else counted(rows, window, at, clock)
        self.values[key] = None if held is None else folded(leaf, held, self.world.on)
        on = self.world.on
        self._looks(
            key,
            leaf,
            [self.rows[key]],
            lambda rows: passes(folded(leaf, rows[0], on), leaf.test, on),
        )
        if held is None or passes(self.values[key], leaf.test, self.world.on) is not is_now:
            return unknown(is_now)
        found = turns(leaf, rows, at, clock)
        if by_day:
            found |= where_turns(where, rows, clock)
        line = self._by_links([leaf.records], Line(is_now, truth, frozenset(found)))
        return self._by_cycle([window], line)

    def _chained(self, key: str, leaf: Sequence) -> Line:
        steps = self.steps[key]
        self.rows[key] = [row for rows in steps for row in rows if row.seen <= self.world.at]
        is_now, clock = self.now[key], self.clock
        self._looks(key, leaf, steps, lambda rows: chained(leaf, rows, self.world.at, clock))
        if any(step.of == TAG or is_of_now(step) for step in leaf.steps):
            return unknown(is_now)
        if chained(leaf, steps, self.world.at, clock) is not is_now:
            return unknown(is_now)
        found = frozenset(chain_turns(leaf, steps, clock))
        line = Line(is_now, lambda at: chained(leaf, steps, at, clock), found)
        line = self._by_links(leaf.steps, line)
        return self._by_cycle([leaf.window], line)

    def _by_links(self, some: Iterable[Records], line: Line) -> Line:
        """A word about a link that is dated ahead only a question of that day can fold."""
        cut = first_ahead(self.world, self.of, WORDS)
        if cut is None or all(each.of != LINK for each in some):
            return line

        def truth(at: datetime) -> Truth:
            return line.truth(at) if at < cut else None

        return Line(line.now, truth, line.turns | {cut}, line.past, Gap.ASKED)

    def _by_cycle(self, windows: list[Any], line: Line) -> Line:
        """Windows in cycles before today: the person's cycle was another then."""
        if not any(is_of_cycles(each) for each in windows):
            return line
        today = min(self.clock.start_of(self.world.on), self.world.at)
        return Line(
            line.now,
            lambda at: line.truth(at) if at >= today else None,
            line.turns | {today},
            Gap.SHOP,
            line.ahead,
        )

    def _placed(self, key: str, leaf: Rank) -> Line:
        assert self.days is not None
        self.values[key] = self.row.get(leaf.field)
        table = self.days.table
        group = table[leaf.per].to_pylist() if leaf.per else [True] * table.num_rows
        rows = list(zip(table[leaf.field].to_pylist(), group, strict=True))
        less = self.days.without
        if less is not None:
            of_less = less[leaf.per].to_pylist() if leaf.per else [True] * less.num_rows
            rows += zip(less[leaf.field].to_pylist(), of_less, strict=True)
        known = places.others(self.whole, leaf, self.person, {each for _value, each in rows})
        every = places.truths(known, leaf, rows)
        told = every[: table.num_rows]
        self.now[key] = told[self.days.today]
        self.lacking[key] = alone.sure(self.days, every[table.num_rows :], leaf.field, leaf.per)
        line = attributes.line(
            Compare(leaf.field, attributes.KNOWN), self.now[key], told, self.days, self.of, self.clock, self.world
        )  # fmt: skip
        today = min(self.clock.start_of(self.world.on), self.world.at)
        return Line(
            line.now,
            lambda at: line.truth(at) if at >= today else None,
            line.turns | {today},
            Gap.OTHERS,
            line.ahead,
        )

    def _compared(self) -> None:
        """Every leaf of an attribute."""
        asked = {key: each for key, each in self.behind.items() if isinstance(each, Compare)}
        if not asked:
            return
        assert self.days is not None
        every = attributes.truths(self.world, self.days, asked)
        told = {key: found[: len(self.days.instants)] for key, found in every.items()}
        for key, leaf in asked.items():
            self.values[key] = self.row.get(leaf.field)
            if said.is_of_days(leaf):
                self.now[key] = bool(told[key][self.days.today])
            if ATTRIBUTES[leaf.field].kind is Kind.RECURRING:
                self.lines[key] = self._coming_back(key, leaf)
                continue
            self.lacking[key] = alone.sure(
                self.days, every[key][len(self.days.instants) :], leaf.field
            )
            line = attributes.line(
                leaf, self.now[key], told[key], self.days, self.of, self.clock, self.world
            )
            if leaf.field in CHANGED and line.past is Gap.SHOP:
                words = lasting.words_of(self.world, leaf)
                line = lasting.with_words(line, words, self.world)
            self.lines[key] = line

    def _coming_back(self, key: str, leaf: Compare) -> Line:
        tellings = ahead.tellings(leaf.field, self.of, self.world)
        seen = [each for each in tellings if each.seen <= self.world.at]

        def fits(rows: deciding.Rows) -> bool | None:
            left = [each for each in seen if each.row in rows[0]]
            return ahead.fits(leaf, left, self.world.on)

        self.looked[key] = deciding.Looked((TOLD,), ([each.row for each in seen],), fits)
        return ahead.of_recurring(leaf, self.now[key], tellings, self.world, self.clock)

    def _lasting(self, key: str, leaf: Been) -> Line:
        assert isinstance(leaf.rule, Compare | InSegment)
        keys = [canonical(each) for each in atoms(self.world, leaf.rule)]
        found = {each for one in keys for each in self.lines[one].turns}
        return lasting.line(
            leaf,
            self.now[key],
            lasting.words_of(self.world, leaf.rule),
            lambda at: self.truths.asked(leaf.rule, at),
            found,
            self.world.at,
            self.clock,
        )

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

    def _cited(self, key: str, leaf: Leaf) -> tuple[citing.Cited, ...]:
        world, of, decide = self.world, self.of, self.alone
        match leaf:
            case Measure():
                rows = self.rows[key][-alone.MOST_CITED :]
                return citing.of_records(world, of, leaf.records.of, rows, decide)
            case Sequence():
                return citing.of_steps(world, of, leaf, self.rows[key], alone.MOST_CITED, decide)
            case Compare() if ATTRIBUTES[leaf.field].kind is Kind.RECURRING:
                # What was told last holds.
                return citing.of_records(world, of, TOLD, self.looked[key].rows[0][-1:], decide)
            case Compare() | Rank():
                return citing.of_attribute(world, of, leaf.field, decide)
            case Been():
                return citing.of_words(world, of, leaf)
        return ()

    def _looks(self, key: str, leaf: Leaf, rows: Rows, fits: deciding.Fits) -> None:
        """Put down what a leaf of the rule looks at."""
        some = leaf.steps if isinstance(leaf, Sequence) else [leaf.records]  # type: ignore[union-attr]
        self.looked[key] = deciding.Looked(tuple(each.of for each in some), tuple(rows), fits)
