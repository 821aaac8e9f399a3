"""Orders as they stand in a delta: as the delta before left them, but for those about which news came, folded again.

Every question about purchases stands on the orders that facts have touched since the shop's state was built: a few by
morning, many by night. Here what was folded of them is kept in memory with the name of the generation it was folded for;
of the next one only orders that its news name are read and folded. Whoever has nothing to go on from folds all.

What is prepared is put into the world (`purchases.of_shop`) under names that are always the same, so that questions made
of it are put together once (`few`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from xiaohe.ledger.schema import FACT_SCHEMA
from xiaohe.segments.attributes.present import has
from xiaohe.segments.query.world import World
from xiaohe.segments.records import purchases, spells
from xiaohe.segments.records.gone import taken_back
from xiaohe.segments.records.purchases import EVERY, FOLDED_TYPES, REFUNDED
from xiaohe.segments.state.asking import SAME_NAMES, end_of_day
from xiaohe.segments.state.generation import Generation, Ids
from xiaohe.traits.bills import SCHEMA as TWICE
from xiaohe.traits.returns import MATCH_SCHEMA

if TYPE_CHECKING:
    from xiaohe.segments.state.dirty import Dirty

TOUCHED, FOLDED, NEAR = "orders_touched", "orders_folded", "orders_near"
BILLED = "order.billed"
# So many are kept at most; some 100 bytes each.
MOST_KEPT = 300_000


@dataclass(frozen=True)
class Stood:
    """Orders touched since the state, at the end of the day: their keys, ascending, and EVERY of them."""

    keys: Ids
    rows: pa.Table


@dataclass(frozen=True)
class Came:
    """What a delta's news are about: facts of orders, from the first to the last, if all of them are known to be here."""

    facts: pa.Table

    @property
    def tell_discounts(self) -> bool:
        """Whether one of these orders may state a coupon or a discount."""
        told = self.facts.filter(pc.equal(self.facts["type"], purchases.CREATED))["props"]
        said = pc.match_substring_regex(told, '"(coupon|discount)"')
        return bool(pc.any(said).as_py())

    def are_of(self, world: World) -> bool:
        """Whether every word about them is of the world's day: no day before knows of them."""
        began = world.calendar.start_of(world.on)
        at, date_only = self.facts["occurred_at"], self.facts["date_only"]
        later = pc.greater_equal(at, pa.scalar(began, at.type))
        return bool(pc.all(pc.and_not(later, date_only.fill_null(False))).as_py())


# (generation, state) → orders as they stood in it; of the latest alone.
_kept: dict[tuple[str, str], Stood] = {}


def prepare(world: World, before: Generation, touched: Dirty) -> tuple[Stood | None, Came | None]:
    """Put orders as they stand at the day's end into the world, if nobody touched has a fact dated ahead.

    Given are these, to be kept (`keep`) when their generation counts, and what came about orders where that is all.
    """
    known = _kept.get((before.name, world.state.id))
    if known is None and touched.news.types.isdisjoint(FOLDED_TYPES):
        # Who needs them looks them up.
        return None, None
    day = replace(world, at=end_of_day(world))
    news = _news(day, known, before, touched)
    if known is None or news is None:
        known, news = _all(day), None
    elif news.facts.num_rows:
        known = _laid_over(day, known, news.facts)
    if known is not None:
        _show(day, known)
    return known, news


def keep(name: str, state: str, stood: Stood | None) -> None:
    """Keep what was prepared for the generation that counts now."""
    _kept.clear()
    if stood is not None:
        _kept[name, state] = stood


def buyers(before: Generation, state: str, keys: Ids) -> Ids | None:
    """Whose of these orders were, as they stood in a generation; None: this process does not know it."""
    known = _kept.get((before.name, state))
    if known is None:
        return None
    there = pa.array(np.isin(known.rows["order_key"].to_numpy(), keys))
    found: Ids = known.rows.filter(there)["person"].drop_null().to_numpy()
    return found


def warm(world: World, stood: Stood) -> None:
    """Put together the question that folds orders of which news came."""
    _laid_over(replace(world, at=end_of_day(world)), stood, FACT_SCHEMA.empty_table())


def show(narrow: World, stood: Stood) -> None:
    """Say to a world of few people what was prepared, and under which subjects facts of their orders are told."""
    names = {"state_orders", *((TOUCHED, FOLDED) if len(stood.keys) else ())}
    if narrow.few:
        _show_near(narrow, stood)
        names.add(NEAR)
    if spells.are_as_stated(narrow):
        names.add("state_spells")
    narrow.kept[SAME_NAMES] = frozenset(names)


def _show_near(narrow: World, stood: Stood) -> None:
    read = narrow.read
    assert narrow.subjects is not None
    assert narrow.people is not None
    theirs = read.run(narrow.table("orders").select("order_key"))["order_key"].to_numpy()
    people = read.run(narrow.people)["person"].to_numpy()
    mine = np.isin(stood.rows["person"].to_numpy(zero_copy_only=False), people)
    fresh = stood.rows["order_key"].to_numpy()[mine]
    subjects = read.run(narrow.subjects)["subject"].to_numpy()
    every = np.unique(np.concatenate([theirs, fresh, subjects]))
    near = read.register(NEAR, pa.table({"subject": every}))
    narrow.kept[purchases.NEAR] = narrow.people, near


# ---------------------------------------------------------------- what came


def _news(day: World, known: Stood | None, before: Generation, touched: Dirty) -> Came | None:
    """All facts of orders about which news came; None: of others, too, something may be new."""
    told = touched.news.facts
    if known is None or told is None or len(touched.back) or len(touched.state):
        return None
    if before.traits.id != day.state.id:
        return None
    mine = told.filter(pc.is_in(told["type"], pa.array(sorted(FOLDED_TYPES))))
    if mine["order_key"].null_count or BILLED in touched.news.types:
        return None
    if mine.num_rows:
        came = day.read.register("orders_came", mine)
        unknown = came.filter(purchases.unknown_to_state(day, came)).select("order_key")
        keys = day.read.run(unknown.distinct())
        if keys.num_rows:
            return Came(_facts_of(day, day.read.register("orders_named", keys), mine))
    return Came(mine.slice(0, 0))


def _facts_of(day: World, keys: ir.Table, news: pa.Table) -> pa.Table:
    """All facts of these orders; of most there are none but the news, which shows by their keys alone."""
    facts = day.everybody().seen(FOLDED_TYPES).semi_join(keys, "order_key")
    told = day.read.run(facts.select("key_hash"))["key_hash"]
    if pc.all(pc.is_in(told, news["key_hash"])).as_py():
        return news.filter(pc.is_in(news["key_hash"], told)).sort_by("key_hash")
    return day.read.run(facts.order_by("key_hash"))


# ---------------------------------------------------------------- folded


def _all(day: World) -> Stood | None:
    """Everything touched since the state; None where orders cannot be looked at one by one."""
    if has(day, [BILLED]) or taken_back(day, FOLDED_TYPES).num_rows or _some_unlinked(day):
        return None
    touched = purchases.touched_orders(day)
    if touched is None:
        return Stood(np.empty(0, np.int64), _none(day))
    keys = day.read.run(touched)["order_key"].to_numpy()
    if len(keys) > MOST_KEPT:
        return None
    rows = day.read.run(purchases.folded_again(day, touched).select(*EVERY))
    return Stood(keys, rows)


def _some_unlinked(day: World) -> bool:
    """Whether a cancelled line names no order: it may take back any of its buyer's."""
    facts = day.everybody().seen([REFUNDED])
    return bool(day.read.run(facts.filter(facts.order_key.isnull()).select("subject")).num_rows)


def _laid_over(day: World, known: Stood, facts: pa.Table) -> Stood | None:
    keys = np.unique(facts["order_key"].to_numpy())
    told = day.read.register("orders_told", facts)
    named = day.read.register("orders_told_of", pa.table({"order_key": keys}))
    rows = day.read.run(_question(day, told, named))
    stays = known.rows.filter(pa.array(~np.isin(known.rows["order_key"].to_numpy(), keys)))
    every = np.union1d(known.keys, keys)
    return Stood(every, pa.concat_tables([stays, rows])) if len(every) <= MOST_KEPT else None


_questions: dict[tuple[Any, ...], ir.Table] = {}


def _question(day: World, told: ir.Table, named: ir.Table) -> ir.Table:
    """Built once: to put it together takes longer than to answer it."""
    about = (day.on, day.calendar, day.currency)
    if about not in _questions:
        _questions.clear()
        _questions[about] = purchases.folded_of(day, told, named).select(*EVERY)
    return _questions[about]


def _none(day: World) -> pa.Table:
    orders = day.everybody().table("orders").limit(0)
    told = day.read.run(orders.select(*EVERY))
    return told


def _show(day: World, stood: Stood) -> None:
    kept = purchases.of_shop(day)
    touched = pa.table({"order_key": stood.keys})
    kept[purchases.few_touched(day)] = True
    kept[f"elsewhere {day.at}"] = (MATCH_SCHEMA.empty_table(), TWICE.empty_table())
    kept[f"touched {day.at}"] = day.read.register(TOUCHED, touched) if len(stood.keys) else None
    kept[f"folded {day.at}"] = day.read.register(FOLDED, stood.rows)
