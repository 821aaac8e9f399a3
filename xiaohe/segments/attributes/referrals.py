"""Who brought whom: people whose orders somebody else's word brought, as order files tell.

    promoter of an order (order.referred, other)             ─┐
    whoever opened the group purchase the order joined in     ─┴─► brought (by, person, on)

Valid is a referral whose order is: paid, not closed, not wholly refunded. Nobody brings themselves. Everybody's are
looked at whoever is asked about, once per world: there are few, and a chain goes through other people.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from xiaohe.ledger.engine import prop
from xiaohe.traits.people import persons_of, without

if TYPE_CHECKING:
    from xiaohe.segments.query.world import World

REFERRED = "order.referred"
# How platforms say that somebody opened the group purchase.
OPENED = ("开团", "团长", "opened", "opener", "leader")
KEPT = "referrals"
# Beyond it each is walked by itself, which ends in circles too.
LONG_CHAIN = 64
SCHEMA = pa.schema(
    [
        ("person", pa.int64()),
        ("referrals", pa.int64()),
        ("referred_on", pa.date32()),
        ("was_referred", pa.bool_()),
        ("chain_depth", pa.int64()),
    ]
)


def referrals(world: World) -> ir.Table:
    """(person, referrals, referred_on, was_referred, chain_depth) of whoever brought somebody or was brought.

    `referrals`: how many people; `referred_on`: the latest day on which one they brought bought. `chain_depth`: how many
    people stand before them in the chain, each brought by the first who brought them; in a circle, its length.
    """
    if KEPT not in world.kept:
        shop = world.everybody()
        found = shop.read.run(_brought(shop).order_by("on", "by", "person"))
        world.kept[KEPT] = world.read.register(KEPT, _standing(found))
    table: ir.Table = world.kept[KEPT]
    return world.whose(table)


def _brought(shop: World) -> ir.Table:
    """(by, person, on) per pair of people, on the first and the latest day."""
    told = shop.of_people(shop.seen([REFERRED]))
    told = told.filter(told.order_key.notnull())
    told = told.select("person", "other", "order_key", "source", group=prop(told.props, "group"), role=prop(told.props, "role"))  # fmt: skip
    persons, left_out = shop.read.table("state_persons"), shop.read.table("state_left_out")
    named = told.filter(told.other.notnull()).select("order_key", subject=told.other)
    named = without(persons_of(named, persons), left_out)
    named = named.select("order_key", by=named.person)
    grouped = told.filter(told.group.notnull())
    is_opener = ibis.or_(*(grouped.role.lower().contains(word) for word in OPENED))
    openers = grouped.filter(is_opener.fill_null(False))
    openers = openers.group_by("source", "group").aggregate(by=openers.person.min())
    joined = grouped.inner_join(openers, ["source", "group"]).select("order_key", "by")
    by = named.union(joined).distinct()
    # A promoter's key is a person only where the shop knows them by it.
    known = shop.population().select(by=ibis._.person)
    by = by.semi_join(known, "by")
    orders = shop.records("purchase", [])
    orders = orders.select("person", "on", order_key=orders.key_hash)
    both = orders.inner_join(by, "order_key")
    both = both.filter(both.person != both.by, both.on <= ibis.literal(shop.on))
    days = both.group_by("by", "person").aggregate(first_on=both.on.min(), last_on=both.on.max())
    firsts = days.select("by", "person", on=days.first_on)
    lasts = days.select("by", "person", on=days.last_on)
    return firsts.union(lasts).distinct()


def _standing(brought: pa.Table) -> pa.Table:
    if not brought.num_rows:
        return SCHEMA.empty_table()
    by = brought["by"].to_numpy()
    person = brought["person"].to_numpy()
    people = np.union1d(by, person)
    upper, lower = np.searchsorted(people, by), np.searchsorted(people, person)
    pairs = np.unique(np.stack([upper, lower]), axis=1)
    count = np.bincount(pairs[0], minlength=len(people))
    days = brought["on"].cast(pa.int32()).to_numpy()
    latest = np.full(len(people), np.iinfo(np.int32).min, np.int32)
    np.maximum.at(latest, upper, days)
    before = np.full(len(people), -1, np.int64)
    # In the order of days: the first who brought somebody counts.
    before[lower[::-1]] = upper[::-1]
    return pa.table(
        {
            "person": people,
            "referrals": count,
            "referred_on": pa.array(
                [date.fromordinal(d + _EPOCH) if n else None for d, n in zip(latest.tolist(), count, strict=True)],
                pa.date32(),
            ),
            "was_referred": before >= 0,
            "chain_depth": depths(before),
        },
        schema=SCHEMA,
    )  # fmt: skip


_EPOCH = date(1970, 1, 1).toordinal()


def depths(before: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many stand before each; whoever stands in a circle, or behind one, is as deep as steps lead to new people."""
    found = np.zeros(len(before), np.int64)
    at = before.copy()
    walking = at >= 0
    for _step in range(LONG_CHAIN):
        if not walking.any():
            return found
        found[walking] += 1
        at[walking] = before[at[walking]]
        walking = at >= 0
    for place in np.flatnonzero(walking).tolist():
        found[place] = _steps(before, place)
    return found


def _steps(before: NDArray[np.int64], place: int) -> int:
    seen, at = {place}, int(before[place])
    while at >= 0 and at not in seen:
        seen.add(at)
        at = int(before[at])
    return len(seen) - 1
