"""Answers from one generation: how many, who, what each condition removes. Built with `segments.state.current`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property

import ibis.expr.types as ir
import numpy as np
import pyarrow as pa

from xiaohe.ledger import engine
from xiaohe.ledger.engine import Reading
from xiaohe.segments.rules.tree import All, InSegment, Leaf, Rule, leaves
from xiaohe.segments.state import bits, unseen, wanting
from xiaohe.segments.state.bits import Bits
from xiaohe.segments.state.generation import Generation, Ids, key_of_leaf


class Count(int):
    """How many people; `about`: reckoned from a sixteenth of them, the exact number follows."""

    about: bool = False

    @classmethod
    def of(cls, number: int, *, about: bool = False) -> Count:
        found = cls(number)
        found.about = about
        return found


@dataclass(frozen=True)
class Step:
    """One condition of several that all must hold."""

    rule: Rule
    # By itself; after this condition and those before it; taken out by this one alone if the others hold already.
    alone: Count
    left: Count
    removes: Count


@dataclass(frozen=True)
class Overlap:
    both: Count
    only_one: Count
    only_two: Count
    neither: Count


@dataclass
class Standing:
    """One moment of all people; not for several threads at once."""

    generation: Generation
    now: datetime
    _columns: dict[str, Bits] = field(default_factory=dict)
    _sampled: bool = False

    @property
    def on(self) -> date:
        """The shop day it is of."""
        return self.generation.on

    @property
    def at(self) -> datetime:
        """Up to when facts are in it."""
        return self.generation.at

    @cached_property
    def everyone(self) -> Count:
        return Count.of(bits.count(self.generation.everyone))

    # ------------------------------------------------------------ how many

    def count(self, rule: Rule) -> Count:
        self._prepare([rule])
        return self._counted(self._bits(rule))

    def funnel(self, rule: Rule) -> list[Step]:
        """What each condition leaves, in the order written; a rule that is no `and` is one condition."""
        parts: Sequence[Rule] = rule.rules if isinstance(rule, All) else (rule,)
        self._prepare(parts)
        every = [self._bits(each) for each in parts]
        left = self.generation.everyone
        found = []
        for number, (part, fits) in enumerate(zip(parts, every, strict=True)):
            left = left & fits
            others = self._everyone()
            for other, beside in enumerate(every):
                if other != number:
                    others = others & beside
            removes = self._counted(others & ~fits)
            found.append(Step(part, self._counted(fits), self._counted(left), removes))
        return found

    def overlap(self, one: Rule, two: Rule) -> Overlap:
        self._prepare([one, two])
        a, b, every = self._bits(one), self._bits(two), self._everyone()
        parts = (a & b, a & ~b, b & ~a, every & ~(a | b))
        return Overlap(*(self._counted(each) for each in parts))

    # ------------------------------------------------------------ who

    def contains(self, person: int, rule: Rule) -> bool:
        """Whether a person fits; False for whoever is not known."""
        place = self.generation.place_of(person)
        if place is None:
            return False
        found = self._exact(rule)
        return bool((found[place >> 3] >> (7 - (place & 7))) & 1)

    def people(
        self, rule: Rule, order: str = "", limit: int | None = 50, offset: int = 0
    ) -> list[int]:
        """Who fits, by an attribute (`-net_365`: largest first, unknown last), by default by id."""
        ids = self.ids(rule)
        if not order:
            ids = np.sort(ids)
            return [int(each) for each in ids[offset : None if limit is None else offset + limit]]
        name = order.lstrip("-")
        with self._over(ids) as read:
            told = read.table("members").left_join(read.table("attributes"), "person")
            by = (
                told[name].desc(nulls_first=False)
                if order[0] == "-"
                else told[name].asc(nulls_first=False)
            )
            told = told.order_by([by, told.person])
            found = read.run(told.limit(limit, offset=offset).select("person"))
        return [int(each) for each in found["person"].to_pylist()]

    def rows(self, people: Sequence[int], columns: Sequence[str]) -> pa.Table:
        """(person, columns…) of attributes of these people, in their order."""
        ids = np.fromiter(people, np.int64, len(people))
        with self._over(ids) as read:
            told = read.table("members").left_join(read.table("attributes"), "person")
            found = read.run(told.order_by("place").select("person", *columns))
        return found

    def sample(self, rule: Rule, n: int, seed: int = 0) -> list[int]:
        """`n` of those who fit, drawn anew for another seed."""
        ids = np.sort(self.ids(rule))
        chosen = np.random.default_rng(seed).permutation(len(ids))[:n]
        return [int(each) for each in ids[chosen]]

    def ids(self, rule: Rule) -> Ids:
        """Everybody who fits, in no order."""
        return self.generation.persons_at(bits.places(self._exact(rule)))

    def table(self, rule: Rule, read: Reading, name: str = "members") -> ir.Table:
        """(person) of everybody who fits, registered with a reading."""
        return read.register(name, pa.table({"person": np.sort(self.ids(rule))}))

    # ------------------------------------------------------------ inside

    def _over(self, ids: Ids) -> Reading:
        """The attributes of some people."""
        members = pa.table({"person": ids, "place": np.arange(len(ids))})
        base, laid = self.generation.base_attributes, self.generation.laid_attributes(ids)
        if laid is None:
            return engine.over({"members": members, "attributes": base}, timeout=None)
        touched = self.generation.touched
        assert touched is not None
        with engine.over({"members": members, "base": base, "laid": laid}, timeout=None) as read:
            over = read.register("over", pa.table({"person": touched.over}))
            whole = read.table("base").semi_join(read.table("members"), "person")
            whole = whole.anti_join(over, "person").union(read.table("laid").select(whole.columns))
            attributes = read.run(whole)
        return engine.over({"members": members, "attributes": attributes}, timeout=None)

    def _exact(self, rule: Rule) -> Bits:
        """Bits of everybody, however long it takes."""
        self._prepare([rule], patient=True)
        return self._bits(rule)

    def _prepare(self, rules: Sequence[Rule], *, patient: bool = False) -> None:
        """Have a column for every leaf."""
        if patient and self._sampled:
            self._columns.clear()
            self._sampled = False
        missing: dict[str, Leaf] = {}
        for key, leaf in wanting.columns_of(self._named(rules)).items():
            if key in self._columns:
                continue
            if key in self.generation.about["columns"]:
                self._columns[key] = self.generation.column(key)
            else:
                missing[key] = leaf
        if missing:
            found, is_sample = unseen.asked(self.generation, missing, self.now, patient=patient)
            self._columns |= found
            self._sampled |= is_sample

    def _named(self, rules: Sequence[Rule]) -> list[Rule]:
        """Rules, and those of segments they name."""
        found = list(rules)
        seen: set[str] = set()
        for rule in found:
            for leaf in leaves(rule):
                if isinstance(leaf, InSegment) and leaf.slug not in seen:
                    seen.add(leaf.slug)
                    if leaf.slug in self.generation.rules:
                        found.append(self.generation.rules[leaf.slug].rule)
        return found

    def _bits(self, rule: Rule) -> Bits:
        found = bits.fitting(rule, self._everyone(), self._leaf, self._within)
        return found & self._everyone()

    def _everyone(self) -> Bits:
        return self._sample if self._sampled else self.generation.everyone

    @cached_property
    def _sample(self) -> Bits:
        return unseen.sampled(self.generation)

    def _leaf(self, leaf: Leaf) -> Bits:
        return self._columns[key_of_leaf(leaf)]

    def _within(self, slug: str) -> Bits:
        rules: Mapping[str, object] = self.generation.rules
        if slug not in rules:
            return np.zeros_like(self.generation.everyone)
        return self._bits(self.generation.rules[slug].rule)

    def _counted(self, found: Bits) -> Count:
        if not self._sampled:
            return Count.of(bits.count(found))
        share = bits.count(self._sample)
        whole = bits.count(self.generation.everyone)
        number = round(bits.count(found & self._sample) * whole / share) if share else 0
        return Count.of(number, about=True)
