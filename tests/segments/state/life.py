"""A shop to which anything may happen in any order: told through the real doors, kept as plain lists for the twin."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

from tests.segments.query.likely import Likely
from tests.segments.query.made import PEOPLE, Teller, bring, logged, streamed, with_attributes
from tests.segments.query.test_against_twin import NUMBERS, TEXTS, WORDS
from tests.traits.facts import key
from tests.twin.segment_attributes import TOLD
from tests.twin.segments import Fact, Shop
from xiaohe.kernel import workspace
from xiaohe.ledger import drain, engine, imports, stream
from xiaohe.people import actions as people
from xiaohe.people import marks, overlay
from xiaohe.people.marks import As, On
from xiaohe.segments import actions, queries
from xiaohe.segments.query.compile import leaf_table
from xiaohe.segments.query.world import World
from xiaohe.segments.rules.checks import check
from xiaohe.segments.rules.errors import RuleError
from xiaohe.segments.rules.normal import normal
from xiaohe.segments.rules.tree import (
    All,
    AnyOf,
    Compare,
    InSegment,
    Listed,
    Money,
    Not,
    Op,
    Rule,
    Test,
)
from xiaohe.segments.rules.windows import Calendar, Last, Period, Unit
from xiaohe.segments.state import asking, generation
from xiaohe.shop import queries as shop
from xiaohe.shop.accounts import account_named, register
from xiaohe.shop.actions import update_shop
from xiaohe.traits import state as traits

SLUGS = ("g01", "g02")
OF_PEOPLE: tuple[Compare, ...] = (
    Compare("stage", Test(Op.IN, ("new", "growing", "prospect"))),
    Compare("stage", Test(Op.IS, ("at_risk",))),
    Compare("linked", Test(Op.TRUE)),
    Compare("days_since", Test(Op.AT_LEAST, (Decimal(2),))),
    Compare("net_total", Test(Op.MORE, (Money(900),))),
    Compare("net_365", Test(Op.KNOWN)),
    Compare("last_on", Test(Op.WITHIN, window=Last(7, Unit.DAYS))),
    Compare("due_on", Test(Op.WITHIN, window=Calendar(Period.MONTH))),
    Compare("store", Test(Op.CONTAINS, ("店",))),
    Compare("account", Test(Op.STARTS, ("li",))),
    Compare("link_days", Test(Op.AT_MOST, (Decimal(31),))),
    Compare("occasions", Test(Op.BETWEEN, (Decimal(1), Decimal(3)))),
)


class Life:
    """What was told and still holds; `now` only goes on. The same for the same seed."""

    def __init__(self, seed: int, zone: str, day_starts_at: str, now: datetime) -> None:
        self.seed, self.now = seed, now
        update_shop(time_zone=zone, day_starts_at=time.fromisoformat(day_starts_at))
        accounts = [account_named("wecom", "Li").id, account_named("official_account", "小号").id]
        self.subjects = [key("life", seed, number) for number in range(PEOPLE)]
        self.teller = Teller(random.Random(seed), self.subjects, accounts, now)
        self.told: dict[int, Fact] = {}
        self.imports: list[tuple[int, list[Fact]]] = []
        self.joined: list[people.Done] = []
        self.filled: dict[str, datetime] = {}
        self.began = now
        self._bring(60)
        self._tell(30)
        traits.refresh(now)

    # ------------------------------------------------------------ what may happen

    def happen(self, what: str, seed: int) -> None:
        dice = random.Random(f"{self.seed} {what} {seed}")
        self.teller.dice, self.teller.now = dice, self.now
        getattr(self, what)(dice)

    def facts(self, dice: random.Random) -> None:
        self._tell(dice.randint(1, 4))

    def lately(self, dice: random.Random) -> None:
        self._tell(dice.randint(1, 3), "late")

    def ahead(self, dice: random.Random) -> None:
        then = self.now + timedelta(minutes=dice.randrange(1, 60 * 30))
        self._stream([replace(self.teller.look("ahead", "xiaohe")[0], at=then, date_only=False)])

    def again(self, dice: random.Random) -> None:
        """The same facts once more."""
        streamed_ = [each for each in self.told.values() if each.source == "xiaohe"]
        self._stream(dice.sample(streamed_, min(3, len(streamed_))))

    def take_back(self, dice: random.Random) -> None:
        streamed_ = sorted(each.key_hash for each in self.told.values() if each.source == "xiaohe")
        if streamed_ and stream.take_back(gone := dice.choice(streamed_), self.now):
            del self.told[gone]

    def import_(self, dice: random.Random) -> None:
        self._bring(dice.randint(1, 8))

    def undo(self, dice: random.Random) -> None:
        if self.imports:
            number, facts = self.imports.pop(dice.randrange(len(self.imports)))
            imports.undo(number, now=self.now, wait_seconds=1.0)
            for each in facts:
                del self.told[each.key_hash]

    def join(self, dice: random.Random) -> None:
        one, two = dice.sample(self.subjects, 2)
        self.joined.append(people.join(one, two, self.now))

    def part(self, dice: random.Random) -> None:
        if self.joined:
            people.undo(self.joined.pop().facts, self.now)

    def mark(self, dice: random.Random) -> None:
        marks.mark(
            dice.choice(self.subjects), dice.choice([As.STAFF, As.TEST]), On.PERSON, self.now
        )

    def drained(self, dice: random.Random) -> None:
        drain.drain(self.now, force=True)

    def hour(self, dice: random.Random) -> None:
        later = self.now + timedelta(minutes=dice.choice([1, 30, 60, 90, 240]))
        if shop.calendar().day_of(later) == shop.calendar().day_of(self.now):
            self.now = later

    def day(self, dice: random.Random) -> None:
        """Often its very first instant."""
        first = shop.calendar().start_of(shop.calendar().day_of(self.now) + timedelta(1))
        self.now = first + timedelta(minutes=dice.choice([0, 0, 1, 700]))

    def edit(self, dice: random.Random) -> None:
        self.save(dice.choice([each for each in self.filled if each not in SLUGS]), dice)

    # ------------------------------------------------------------ rules

    def save(self, slug: str, dice: random.Random, rule: Rule | None = None) -> None:
        rule = rule or self.rule(dice)
        # Two of the library's names are used for rules of ours.
        known = slug in self.filled or slug in SLUGS
        done = actions.save(slug, rule, None, self.now, slug=slug if known else None)
        assert done.saved.slug == slug
        self.filled.setdefault(slug, self.now)

    def rule(self, dice: random.Random) -> Rule:
        """Drawn until it is one that may be saved."""
        words = queries.vocabulary()
        while True:
            drawn = normal(self._drawn(dice, dice.choice([0, 1, 1, 2])))
            try:
                check(drawn, words)
            except RuleError:
                continue
            return drawn

    def _drawn(self, dice: random.Random, deep: int) -> Rule:
        if deep:
            parts = tuple(self._drawn(dice, deep - 1) for _ in range(dice.choice([1, 2, 2, 3])))
            both = dice.choice([All, AnyOf])
            return both(parts) if len(parts) > 1 else Not(parts[0])
        chance = dice.random()
        if chance < 0.2:
            return dice.choice(OF_PEOPLE)
        if chance < 0.3:
            listed = Listed(tuple(dice.sample(self.subjects, 3)))
            return dice.choice([InSegment("g01"), InSegment("g02"), listed])
        return Likely(WORDS, TEXTS, NUMBERS).leaves(dice.randrange(10**6), 1)[0]

    # ------------------------------------------------------------ telling

    def _tell(self, count: int, name: str = "told") -> None:
        self._stream(self._past(self.teller.facts(count, name, source="xiaohe")))

    def _stream(self, facts: Sequence[Fact]) -> None:
        names = self.teller.names
        stream.record([streamed(each, names[each.key_hash]) for each in facts], now=self.now)
        self.told |= {each.key_hash: each for each in facts}

    def _bring(self, count: int) -> None:
        facts = self._past(self.teller.facts(count, "file"))
        if facts:
            self.imports.append((bring(facts, self.now), facts))
            self.told |= {each.key_hash: each for each in facts}

    def _past(self, facts: list[Fact]) -> list[Fact]:
        """Links are as of the derived state, which looks at no later hour of its day; who was where nobody invents."""
        ours = ("segment.entered", "segment.left")
        return [
            each
            for each in facts
            if each.type not in ours and not (each.type.startswith("link.") and each.at > self.now)
        ]

    # ------------------------------------------------------------ the same asked twice more

    def asked(self) -> tuple[dict[str, set[int]], dict[str, set[int]]]:
        """Who is in every segment by all facts there are: as a base anew finds it, and as plain Python does."""
        one, rules = generation.newest(), queries.rules()
        assert one is not None
        with engine.reading() as read:
            began_us = int(one.about["began_us"])
            world = asking.world_at(read, traits.current(), self.now, one.rules, began_us)
            known = read.run(world.attributes())
            world = replace(
                world,
                known_population=read.register("fresh_people", known.select(["person"])),
                known_attributes=read.register("fresh_attributes", known),
            )
            found = read.run(leaf_table(world, {slug: InSegment(slug) for slug in rules}))
            twin = self._twin(world, known.to_pylist(), rules)
        for each in known.to_pylist():
            own = twin.attributes.get(each["person"], {})
            differ = {
                name: (each[name], own.get(name)) for name in TOLD if each[name] != own.get(name)
            }
            assert not differ, (each["person"], self.now, differ)
        persons = found["person"].to_pylist()
        assert set(persons) == twin.population
        fits: dict[str, Callable[[], list[bool]]] = {slug: found[slug].to_pylist for slug in rules}
        anew = {
            slug: {each for each, is_in in zip(persons, told(), strict=True) if is_in}
            for slug, told in fits.items()
        }
        return anew, {slug: twin.people(InSegment(slug)) for slug in rules}

    def _twin(self, world: World, attributes: list[dict[str, Any]], rules: Any) -> Shop:
        read = world.read
        rows = {each["key_hash"]: each for each in read.run(read.facts).to_pylist()}
        # Facts that wait to be compared with the lake are not to be seen yet; no other may be missing.
        told = [each for each in self.told.values() if each.key_hash in rows]
        told += logged(rows.values(), self.told)
        person = overlay.overlay_of(read).person
        state, calendar = world.state, shop.calendar()
        left_out = read.run(read.register("twin_left_out", state.path("left_out")))
        began = {slug: calendar.day_of(at) for slug, at in self.filled.items()}
        began["stage"] = calendar.day_of(self.began)
        gone = frozenset(left_out["person"].to_pylist())
        people_of = {each.subject: person(each.subject) for each in told}
        accounts = register()
        return with_attributes(
            Shop(
                facts=[replace(each, row_no=_row(rows[each.key_hash]["row_no"])) for each in told],
                now=world.at,
                on=calendar.day_of(self.now),
                calendar=calendar,
                population=set(),
                person_of={who: other for who, other in people_of.items() if who != other},
                left_out=gone,
                accounts={each.id: each.name for each in accounts},
                private=frozenset(each.id for each in accounts if each.is_private),
                segments=rules,
                key=workspace.current().secret("salt"),
                logged_from=began.get,
            ),
            attributes,
        )


def _row(told: int | None) -> int:
    return -1 if told is None else told
