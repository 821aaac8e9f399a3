"""Everything there is about one person, read once and put into a small world of their own.

Whatever is asked of them afterwards reads no file: their facts and their orders' lines, their rows of the state's
tables, and what hangs on other people (who brought whom, the shop's cuts) as the whole shop says it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

import pyarrow as pa

from xiaohe.ledger import engine
from xiaohe.segments.attributes import cuts, referrals
from xiaohe.segments.attributes.population import NOBODY, OF_NOBODY
from xiaohe.segments.attributes.present import has
from xiaohe.segments.query.world import PERSON, STATE, SUBJECT, World
from xiaohe.segments.records.purchases import every, touched_orders
from xiaohe.segments.records.spells import as_stated, came, spells

# How far ahead is told.
HORIZON = timedelta(days=400)
# Of these as they stand now.
FOLDED = {"spells": spells, "came": came}
ROWS_OF_STATE = ("rhythm", "came", "spells")


@dataclass(frozen=True)
class Person:
    """`orders`: valid ones as they stand now; `every`: whatever became of them. `known_from`: their first fact."""

    id: int
    facts: pa.Table
    orders: pa.Table
    every: pa.Table
    tables: dict[str, pa.Table]
    referrals: pa.Table
    known_from: datetime | None

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """Their facts, as rows."""
        found: list[dict[str, Any]] = self.facts.to_pylist()
        return found

    @property
    def is_known(self) -> bool:
        return self.known_from is not None


def read_of(whole: World, person: int) -> Person:
    """Read what there is of a person (an id of today); facts dated ahead too."""
    read = whole.read
    people = read.register("explained_people", pa.table([pa.array([person])], schema=PERSON))
    persons = read.run(whole.table("persons").semi_join(people, "person"))
    subjects = sorted({person, *persons["subject"].to_pylist()})
    shown = read.register("explained_subjects", pa.table([pa.array(subjects)], schema=SUBJECT))
    one = replace(
        whole, people=people, subjects=shown, few=True, known_population=None, known_attributes=None
    )
    every_order = _as_they_stand(one)
    orders = every_order.filter(every_order["valid"]) if every_order.num_rows else every_order
    # A line that names no buyer has its order as subject.
    keys = sorted({*subjects, *orders["order_key"].to_pylist()})
    near = read.register("explained_near", pa.table([pa.array(keys)], schema=SUBJECT))
    ahead = replace(one, subjects=near, people=None, at=one.at + HORIZON)
    facts = read.run(ahead.seen())
    left_out = read.run(read.table(f"{STATE}left_out").semi_join(people, "person"))
    tables = {"persons": persons, "left_out": left_out}
    for name in ROWS_OF_STATE:
        tables[name] = read.run(FOLDED[name](one) if name in FOLDED else one.table(name))
    brought = _brought(one)
    return Person(
        person, facts, orders, every_order, tables, brought, _known_from(whole, facts, left_out)
    )


def _brought(one: World) -> pa.Table:
    if not has(one, (referrals.REFERRED,)):
        return referrals.SCHEMA.empty_table()
    found: pa.Table = one.read.run(referrals.referrals(one))
    return found


def _as_they_stand(one: World) -> pa.Table:
    """Rows of the state's table `orders` with what has come since it was built."""
    stated = one.read.run(one.table("orders"))
    if touched_orders(one) is None:
        return stated
    at = dict(zip(stated["order_key"].to_pylist(), stated.to_pylist(), strict=True))
    nothing: dict[str, Any] = dict.fromkeys(stated.column_names)
    rows = [
        {**nothing, **at.get(row["order_key"], {}), **row}
        for row in one.read.run(every(one)).to_pylist()
    ]
    return pa.Table.from_pylist(rows, schema=stated.schema)


def _known_from(whole: World, facts: pa.Table, left_out: pa.Table) -> datetime | None:
    """When the first fact about them was seen; None: they are nobody the shop knows."""
    if left_out.num_rows:
        return None
    told = facts.select(["type", "subject", "order_key", "occurred_at", "date_only"]).to_pylist()
    seen = [seen_at(whole, row) for row in told if _makes_known(row)]
    first = min(seen, default=None)
    return first if first is not None and first <= whole.at else None


def _makes_known(row: dict[str, Any]) -> bool:
    return (
        row["type"] not in OF_NOBODY
        and row["subject"] != NOBODY
        and row["subject"] != row["order_key"]
    )


def is_known_without(world: World, of: Person, key: int) -> bool:
    """Whether they were anybody the shop knows without one of their facts."""
    return any(
        _makes_known(row) and row["key_hash"] != key and seen_at(world, row) <= world.at
        for row in of.rows
    )


def seen_at(world: World, row: dict[str, Any]) -> datetime:
    """From when on a fact counts: of a day without a time from where its shop day begins."""
    at: datetime = row["occurred_at"]
    return world.calendar.start_of(world.calendar.local(at).date()) if row["date_only"] else at


def first_ahead(world: World, of: Person, types: Collection[str]) -> datetime | None:
    """When the first of their facts of these types is seen that is dated later than now."""
    words = (seen_at(world, each) for each in of.rows if each["type"] in types)
    return min((at for at in words if at > world.at), default=None)


def small(whole: World, of: Person) -> World:
    """The same moment, of nobody else; its own reading holds what was read."""
    read = engine.over({}, threads=1, timeout=None)
    for name, table in {**of.tables, "orders": of.every}.items():
        read.register(f"{STATE}{name}", table)
    facts = read.register("facts_of_one", of.facts)
    known = read.register("one", pa.table([pa.array([of.id])], schema=PERSON))
    read.ask_at(whole.at)
    return replace(
        whole,
        read=read,
        people=None,
        subjects=None,
        few=False,
        facts=facts,
        known_population=known,
        known_attributes=None,
        kept={
            **{name: each for name, each in whole.kept.items() if name == cuts.KEPT},
            referrals.KEPT: read.register(referrals.KEPT, of.referrals),
            f"touched {whole.at}": None,
            **as_stated(whole.at),
        },
    )


__all__ = ["HORIZON", "Person", "first_ahead", "is_known_without", "read_of", "seen_at", "small"]
