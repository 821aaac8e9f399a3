"""Rhythms by group of goods: one per person and group, where the merchant has set groups.

    order lines ─► held (order, group) ─► occasions ─► paces ─► cycles, p, m ─► rhythms (person, group)
                                                                                   └─► best(): the group a list shows

An order counts in each group it holds; lines of goods in no group, and orders without lines, are in group 0, "the
rest". Without groups nothing here runs: the whole shop is one group, and `rhythm` says all there is to say.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from xiaohe.kernel.clock import ShopCalendar
from xiaohe.shop.goods import Groups
from xiaohe.stats.rhythm import (
    CONSUMABLE_LEAST,
    CONSUMABLE_MOST,
    DUE_FROM,
    MIN_GROUP_PEOPLE,
    OVER_FROM,
    USUAL_FROM_ORDERS,
)
from xiaohe.stats.value import MIN_GROUP_PEOPLE as MIN_VALUE_PEOPLE
from xiaohe.stats.value import PRIOR_OCCASIONS
from xiaohe.traits import rhythm
from xiaohe.traits.days import happened_before
from xiaohe.traits.quantity import thousandths
from xiaohe.traits.rhythm import Asks, GroupPace, Spans
from xiaohe.traits.value import half_even

REST = 0
PAIR = ("person", "group_id")
ITEM_SCHEMA = pa.schema([("item_key", pa.int64()), ("group_id", pa.int64())])
PACES_SCHEMA = pa.schema(
    [
        ("group_id", pa.int64()),
        ("then_on", pa.date32()),
        ("median_days", pa.float64()),
        ("group_preset", pa.bool_()),
        ("first_return_days", pa.float64()),
    ]
)
RHYTHMS_SCHEMA = pa.schema(
    [
        ("person", pa.int64()),
        ("group_id", pa.int64()),
        ("occasions", pa.int64()),
        ("gaps", pa.int64()),
        ("own_median", pa.float64()),
        ("first_on", pa.date32()),
        ("last_on", pa.date32()),
        ("factor", pa.float64()),
        ("cycle", pa.float64()),
        ("preset", pa.bool_()),
        ("days_since", pa.int64()),
        ("basis", pa.string()),
        ("ratio", pa.float64()),
        ("due_on", pa.date32()),
        ("value", pa.int64()),
        ("chance", pa.float64()),
        ("chance_preset", pa.bool_()),
        ("ev", pa.int64()),
    ]
)
# The same in the engine's words: whether a bound is int32 or int64 is an engine's guess.
RHYTHMS_TYPES = {
    each.name: {pa.int64(): "int64", pa.float64(): "float64", pa.bool_(): "boolean", pa.date32(): "date"}.get(
        each.type, "string"
    )
    for each in RHYTHMS_SCHEMA
}  # fmt: skip
# What a list shows of a person is that of one group; the rest of the row is the whole shop's.
OF_THE_GROUP = (
    "gaps", "own_median", "last_on", "cycle", "preset", "days_since", "basis", "ratio", "due_on",
    "value", "chance", "chance_preset", "ev",
)  # fmt: skip


@dataclass(frozen=True)
class Held:
    """Which groups each order holds, stored, and the terms of the groups."""

    table: ir.Table  # order_key, group_id, pieces (thousandths; null where no line states any)
    terms: Groups

    def of(self, orders: ir.Table) -> ir.Table:
        """`orders` once per group they hold, with `group_id` and `pieces` of that group."""
        joined = orders.left_join(self.table, "order_key").drop("order_key_right")
        whole = thousandths(joined.quantity)
        return joined.mutate(
            pieces=ibis.ifelse(joined.group_id.isnull(), whole, joined.pieces),
            group_id=joined.group_id.fill_null(REST),
        )


def held(facts: ir.Table, items: ir.Table, *, calendar: ShopCalendar, before: date) -> ir.Table:
    """(order_key, group_id, pieces) from the order lines before shop day `before`; `items` says item → group."""
    lines = facts.filter(
        (facts.type == "order.item")
        & facts.order_key.notnull()
        & happened_before(facts, calendar, before)
    )
    lines = lines.left_join(items, "item_key")
    lines = lines.select(
        "order_key",
        group_id=lines.group_id.fill_null(REST),
        pieces=thousandths(lines.quantity),
    )
    return lines.group_by("order_key", "group_id").aggregate(pieces=lines.pieces.sum())


def items_table(terms: Groups) -> pa.Table:
    pairs = sorted(terms.of_item.items())
    return pa.table([[key for key, _ in pairs], [group for _, group in pairs]], schema=ITEM_SCHEMA)


def occasions(orders: ir.Table) -> ir.Table:
    """(person, group_id, on, net, rhythmic) per person, group and shop day of valid orders `held` by group."""
    orders = orders.filter(orders.person.notnull())
    return orders.group_by(*PAIR, "on").aggregate(
        net=orders.net.sum().cast("int64"),
        rhythmic=(~orders.bulk).cast("int8").max() == 1,
    )


def paces(orders: ir.Table, terms: Groups, closed: Spans = ()) -> ir.Table:
    """`rhythm.paces` per person and group, with `factor`: how much longer the last purchase lasts than usual."""
    people = rhythm.paces(occasions(orders), closed, by=PAIR)
    if not terms.consumable:
        return people.mutate(factor=ibis.literal(1.0))
    joined = people.left_join(_factors(orders, people, terms), list(PAIR))
    return joined.select(*people.columns, factor=joined.factor.fill_null(1.0))


def _factors(orders: ir.Table, people: ir.Table, terms: Groups) -> ir.Table:
    """(person, group_id, factor) of consumable groups: clamp(last ÷ usual, 0.5, 3).

    Last: pieces of the group in the orders of the last occasion; usual: the median over the valid orders of
    earlier days, from three on.
    """
    used = orders.filter(
        orders.group_id.isin(sorted(terms.consumable))
        & orders.pieces.notnull()
        & orders.person.notnull()
    )
    used = used.select(*PAIR, "on", "bulk", "pieces")
    used = used.inner_join(people.select(*PAIR, "last_on"), list(PAIR))
    ends = used.filter((used.on == used.last_on) & ~used.bulk)
    last = ends.group_by(*PAIR).aggregate(last=ends.pieces.sum())
    early = used.filter(used.on < used.last_on)
    usual = early.group_by(*PAIR).aggregate(usual=early.pieces.median(), before=early.count())
    both = last.inner_join(usual, list(PAIR))
    both = both.filter((both.before >= USUAL_FROM_ORDERS) & (both.usual > 0) & (both["last"] > 0))
    share = both["last"].cast("float64") / both.usual.cast("float64")
    return both.select(*PAIR, factor=share.clip(lower=CONSUMABLE_LEAST, upper=CONSUMABLE_MOST))


class PaceQuestions:
    """What every group's pace is read from, put together once for any number of days."""

    def __init__(self, people: ir.Table, on: Any, terms: Groups, closed: Spans = ()) -> None:
        self._terms = terms
        steady = people.filter(people.gaps >= 2)
        self._voted = steady.group_by("group_id").aggregate(
            people=steady.count(), median=steady.own_median.median()
        )
        self._returns = rhythm.first_returns(people, on, closed, by=("group_id",))

    def ask(self, read: Asks, preset_days: float) -> dict[int, GroupPace]:
        """The pace of each group somebody bought of; a group's preset is its own, else the shop's."""
        votes = {row["group_id"]: row for row in read.run(self._voted).to_pylist()}
        spans: dict[int, list[dict[str, Any]]] = {}
        for row in read.run(self._returns).to_pylist():
            spans.setdefault(row["group_id"], []).append(row)
        found = {}
        for group in spans.keys() | votes.keys():
            vote = votes.get(group)
            enough = vote is not None and vote["people"] >= MIN_GROUP_PEOPLE
            preset = self._terms.preset_days.get(group, preset_days)
            found[group] = GroupPace(
                median_days=float(vote["median"] if vote and enough else preset),
                preset=not enough,
                first_return_days=rhythm.median_days(spans.get(group, [])),
            )
        return found


def as_table(found: dict[int, GroupPace], on: date) -> pa.Table:
    rows = [
        {
            "group_id": group,
            "then_on": on,
            "group_preset": pace.preset,
            **{name: value for name, value in asdict(pace).items() if name != "preset"},
        }
        for group, pace in sorted(found.items())
    ]
    return pa.Table.from_pylist(rows, schema=PACES_SCHEMA)


def cycles(people: ir.Table, pace: ir.Table) -> ir.Table:
    """`rhythm.cycles` per person and group, at the rows of `as_table`."""
    joined = people.inner_join(pace, "group_id")
    joined = joined.drop(*(name for name in joined.columns if name.endswith("_right")))
    turning = rhythm.turning(
        joined,
        median_days=joined.median_days,
        first=joined.first_return_days,
        preset=joined.group_preset,
        on=joined.then_on,
        factor=joined.factor,
    )
    return turning.drop("median_days", "first_return_days", "group_preset", "then_on")


def values(bought: ir.Table, shop_wide: ir.Table) -> ir.Table:
    """(person, group_id, value): as `value.values`, of the days on which orders held the group.

    Shrunk to the group's median over people, from 30 on, else to the shop's of all its occasions (`shop_wide`).
    """
    paid = bought.filter(bought.net.notnull())
    own = paid.group_by(*PAIR).aggregate(days=paid.count(), median=paid.net.median())
    votes = own.group_by("group_id").aggregate(people=own.count(), vote=own["median"].median())
    every = shop_wide.filter(shop_wide.net.notnull())
    terms = votes.cross_join(every.aggregate(pooled=every.net.median()))
    terms = terms.select(
        "group_id",
        typical=ibis.ifelse(terms.people >= MIN_VALUE_PEOPLE, terms.vote, terms.pooled).cast(
            "float64"
        ),
    )
    joined = own.inner_join(terms, "group_id")
    shrunk = (joined.days * joined["median"] + PRIOR_OCCASIONS * joined.typical) / (
        joined.days + PRIOR_OCCASIONS
    )
    return joined.select("person", "group_id", value=half_even(shrunk))


def best(rhythms: ir.Table) -> ir.Table:
    """One row per person: of the groups that are due, else of all, the one with the highest expected value.

    Ties: the one bought last, then the smaller number of the group.
    """
    due = ((rhythms.ratio >= DUE_FROM) & (rhythms.ratio < OVER_FROM)).fill_null(False)
    ranked = rhythms.mutate(rank_due=due.cast("int8"), rank_ev=rhythms.ev.fill_null(-1))
    first = ibis.window(
        group_by=ranked.person,
        order_by=[
            ibis.desc(ranked.rank_due),
            ibis.desc(ranked.rank_ev),
            ibis.desc(ranked.last_on),
            ranked.group_id,
        ],
    )
    ranked = ranked.mutate(place=ibis.row_number().over(first))
    return ranked.filter(ranked.place == 0).select("person", "group_id", *OF_THE_GROUP)


def shown(people: ir.Table, chosen: ir.Table) -> ir.Table:
    """The standing of each buyer with what the chosen group says in place of the whole shop's."""
    of_group = chosen.rename({f"group_{name}": name for name in OF_THE_GROUP})
    joined = people.left_join(of_group, "person")
    has_group = joined.group_id.notnull()
    told = {
        # Whoever only bought in bulk has no group: the whole shop's row stands.
        name: ibis.ifelse(has_group, joined[f"group_{name}"], joined[name])
        for name in OF_THE_GROUP
    }
    rest = [name for name in people.columns if name not in OF_THE_GROUP]
    return joined.select(*rest, "group_id", **told)
