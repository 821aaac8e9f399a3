"""Purchases and their lines: valid orders of the state, and those that facts have touched since, folded again.

state's orders ── not touched ──┐
facts since ─► touched orders ─► folded with all of their facts (traits.orders) ─┴─► purchases ─► lines
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from xiaohe.ledger.engine import prop
from xiaohe.segments.records.facts import home_amount, of_clock, wanting
from xiaohe.segments.records.gone import taken_back
from xiaohe.segments.records.stated import bounded, money, number
from xiaohe.shop import goods
from xiaohe.shop.selling import GoodsGroup
from xiaohe.traits.bills import told_twice
from xiaohe.traits.coming import RECEIVED, parcels
from xiaohe.traits.days import happened_before, shop_time
from xiaohe.traits.orders import STATE_TYPES, folded
from xiaohe.traits.people import persons_of, without
from xiaohe.traits.returns import match_cancellations

if TYPE_CHECKING:
    from xiaohe.segments.query.world import World

REFUNDED, CREATED, ITEM = "order.refunded", "order.created", "order.item"
FOLDED_TYPES = (*STATE_TYPES, REFUNDED)
GROUPED = pa.schema([("item_key", pa.int64()), ("group", pa.string())])
OF_ORDERS = (
    "order_key", "person", "platform", "at", "on", "date_only", "net", "paid", "refunded", "consumed", "currency",
    "quantity", "bulk",
)  # fmt: skip
# The same of one that need not be valid.
EVERY = (*OF_ORDERS, "valid", "was_paid")
# So many touched orders, and the facts about them, are held in memory while questions are asked about them.
KEPT_ORDERS = 20_000
# Where a world keeps what it looked up of everybody's orders.
OF_SHOP = "orders of the shop"
# Where a world keeps (people, subjects): those under which facts of these few people's orders are told, if it knows.
NEAR = "near orders"
# What the order itself says, beside its state.
OF_CREATION = ("store", "staff", "slot", "tender", "coupon", "covers", "discount")


def purchases(world: World, fields: list[str], since: date | None) -> ir.Table:
    """Valid orders of customers; `key_hash` is the order's key."""
    found = bought(world, since)
    found = _with_creation(world, found, [name for name in fields if name in OF_CREATION])
    if "received_on" in fields:
        told = _facts_of_orders(world, [RECEIVED], found)
        sent = parcels(told, world.calendar, world.until).select("order_key", "received_on")
        found = found.left_join(sent, "order_key").drop("order_key_right")
    at_home = found.currency == world.currency
    known = {name: found[name] for name in fields if name in found.columns}
    # What came off stands beside no currency of its own.
    money_of_order = ("paid", "refunded", *(("discount",) if "discount" in fields else ()))
    known |= {
        name: ibis.ifelse(at_home, found[name], ibis.null("int64")) for name in money_of_order
    }
    known["quantity"] = bounded(found.quantity)
    known |= _timed(world, found, fields)
    return found.select("person", "on", **_place(found, found.order_key), **_other(fields, known))


def lines(world: World, fields: list[str], since: date | None) -> ir.Table:
    """Lines of valid orders, at the time of their purchase; `times` is the order's key."""
    found = bought(world, since)
    of_order = [name for name in fields if name in ("platform", "store", "hour", "weekday")]
    found = _with_creation(world, found, [name for name in of_order if name in OF_CREATION])
    found = found.mutate(**_timed(world, found, of_order))
    found = found.select("order_key", "person", "on", "at", *of_order)
    told = _facts_of_orders(world, [ITEM], found)
    rows = told.select(
        "order_key",
        "item_key",
        "props",
        "row_no",
        "key_hash",
        "amount",
        "currency",
        pieces=told.quantity,
    )
    rows = rows.inner_join(found, "order_key")
    if "group" in fields:
        rows = _with_group(world, rows)
    known: dict[str, Any] = {name: rows[name] for name in of_order}
    known |= {name: prop(rows.props, name) for name in ("title", "sku", "category", "brand")}
    known |= {"quantity": bounded(rows.pieces), "amount": home_amount(world, rows)}
    if "group" in fields:
        known["group"] = rows.group
    place = _place(rows, rows.key_hash, rows.row_no)
    return rows.select("person", "on", **place, times=rows.order_key, **_other(fields, known))


def _other(fields: list[str], known: dict[str, Any]) -> dict[str, Any]:
    return wanting([name for name in fields if name != "on"], known)


def _place(rows: ir.Table, key: Any, row: Any = None) -> dict[str, Any]:
    row = ibis.null("int64") if row is None else row
    return {"at": rows["at"], "row_no": row.fill_null(-1), "key_hash": key}


def _timed(world: World, orders: ir.Table, fields: list[str]) -> dict[str, Any]:
    clock = shop_time(orders["at"], orders.date_only, world.calendar)
    return wanting(fields, of_clock(world, clock, orders.date_only))


# ---------------------------------------------------------------- orders as they stand now


def bought(world: World, since: date | None) -> ir.Table:
    """Valid orders of known customers, OF_ORDERS: the state's, but for those touched since, which are folded again."""
    return _as_they_stand(world, since, ibis._.valid).select(*OF_ORDERS)


def every(world: World) -> ir.Table:
    """EVERY of all orders of known customers, whatever has become of them, as they stand now."""
    return _as_they_stand(world, None, ibis.literal(True))


def _as_they_stand(world: World, since: date | None, which: Any) -> ir.Table:
    orders = world.table("orders")
    # Of a moment before the state's the later ones are not seen yet; how the others stood then is not told.
    seen = (orders["at"] <= world.until) & (
        orders.on <= ibis.literal(world.calendar.day_of(world.at))
    )
    orders = orders.filter(which, orders.person.notnull(), seen)
    if since is not None:
        orders = orders.filter(orders.on >= ibis.literal(since))
    orders = orders.select(*EVERY)
    touched = touched_orders(world)
    if touched is None:
        return orders
    fresh = world.whose(_stored(world, touched))
    fresh = fresh.filter(which, fresh.person.notnull())
    if since is not None:
        fresh = fresh.filter(fresh.on >= ibis.literal(since))
    return orders.anti_join(touched, "order_key").union(fresh.select(*EVERY))


def of_shop(world: World) -> dict[str, Any]:
    """What was looked up of the whole shop's orders, whoever the world is about; one of few people may have it, too."""
    found: dict[str, Any] = world.kept.setdefault(OF_SHOP, {})
    return found


def touched_orders(world: World) -> ir.Table | None:
    """(order_key) of the orders about which facts have come, or gone, since the state; None if there are none."""
    known, kept = f"touched {world.at}", of_shop(world)
    if known not in kept:
        facts = world.everybody().seen(FOLDED_TYPES)
        facts = facts.filter(unknown_to_state(world, facts))
        fresh = world.read.run(facts.select("order_key", "key_hash").distinct())
        gone = taken_back(world, FOLDED_TYPES)
        keys = pa.concat_arrays(
            [_whole(each["order_key"].drop_null()) for each in (fresh, gone)]
        ).unique()
        if gone["order_key"].null_count:
            # A cancelled line that is no more took back one of its buyer's orders.
            keys = pa.concat_arrays([keys, _orders_of(world, gone)]).unique()
        if fresh["order_key"].null_count:
            # Cancelled lines that name no order, of one they were found to take back.
            matched, _told = _elsewhere(world)
            taken = matched.filter(pc.is_in(matched["key_hash"], fresh["key_hash"]))
            keys = pa.concat_arrays([_whole(keys), _whole(taken["order_key"])]).unique()
        keys = pa.table([_whole(keys).sort()], names=["order_key"])
        kept[few_touched(world)] = keys.num_rows <= KEPT_ORDERS
        kept[known] = (
            world.read.register(_name_for(world, "touched", keys), keys) if keys.num_rows else None
        )
    found: ir.Table | None = kept[known]
    return found


def whose_are_touched(world: World) -> NDArray[np.int64]:
    """People, each once, whose orders were touched: who had them as the state knows them, and who has them now."""
    touched = touched_orders(world)
    if touched is None:
        return np.empty(0, np.int64)
    known = world.everybody().table("orders").semi_join(touched, "order_key").select("person")
    people = known.union(_stored(world, touched).select("person"))
    found = world.read.run(people.filter(people.person.notnull()).distinct())
    theirs: NDArray[np.int64] = found["person"].to_numpy()
    return theirs


def _orders_of(world: World, cancelled: pa.Table) -> pa.Array:
    """Orders, as the state knows them, of whoever facts without an order are about."""
    about = cancelled.filter(pc.is_null(cancelled["order_key"])).select(["subject"])
    name = _name_for(world, "cancelled_subjects", about)
    persons = world.read.table("state_persons")
    theirs = persons_of(world.read.register(name, about), persons).select("person").distinct()
    orders = world.everybody().table("orders").semi_join(theirs, "person")
    return _whole(world.read.run(orders.select("order_key"))["order_key"])


def _elsewhere(world: World) -> tuple[pa.Table, pa.Table]:
    """Cancelled lines with the orders they take back, and payments on bills that lists tell too, as seen."""
    known, kept = f"elsewhere {world.at}", of_shop(world)
    if known not in kept:
        asks = _Seen(world.everybody())
        kept[known] = (
            match_cancellations(asks, persons=world.table("persons")),
            told_twice(asks, calendar=world.calendar),
        )
    found: tuple[pa.Table, pa.Table] = kept[known]
    return found


def unknown_to_state(world: World, facts: ir.Table) -> Any:
    """Since the state's day began; or told since it was built, where that was of fewer facts."""
    began = facts.occurred_at >= ibis.literal(world.midnight(world.state.on))
    later = ~happened_before(facts, world.calendar, world.state.on)
    version = world.state.version
    if (world.read.version, world.read.tap_version) == (version.lake, version.tap):
        return began & later
    return later | (facts.recorded_at > ibis.literal(world.state.at))


def _stored(world: World, touched: ir.Table) -> ir.Table:
    """`folded_again` of everybody, asked once for all questions of a moment: each of them would fold anew."""
    known, kept = f"folded {world.at}", of_shop(world)
    if known not in kept:
        fresh = folded_again(world.everybody(), touched)
        if kept[few_touched(world)]:
            answer = world.read.run(fresh.select(*EVERY).order_by("order_key"))
            fresh = _registered(world, "folded", answer)
        kept[known] = fresh
    found: ir.Table = kept[known]
    return found


def folded_again(world: World, touched: ir.Table) -> ir.Table:
    """Touched orders from all their facts seen, with `person`; as `traits.build` folds them.

    What is `bulk` is told from everybody's orders: it stays what the state says, and of new ones it says nothing yet.
    """
    shop = world.everybody()
    matched, told = _elsewhere(world)
    facts = shop.seen(FOLDED_TYPES)
    own = facts.semi_join(touched, "order_key")
    returns = None
    if matched.num_rows:
        returns = world.read.register(_name_for(world, "returns", matched), matched)
        returned = facts.filter(facts.type == REFUNDED, facts.order_key.isnull())
        own = own.union(returned.semi_join(returns, "key_hash"))
    orders = folded(
        _at_hand(world, own),
        calendar=world.calendar,
        currency=world.currency,
        returns=returns,
        twice=world.read.register(_name_for(world, "twice", told), told) if told.num_rows else None,
    )
    return _of_customers(world, orders, touched)


def folded_of(world: World, facts: ir.Table, touched: ir.Table) -> ir.Table:
    """The same of touched orders whose facts, all there are, stand in a table; nothing is taken back or told elsewhere."""
    orders = folded(
        facts, calendar=world.calendar, currency=world.currency, returns=None, twice=None
    )
    return _of_customers(world, orders, touched)


def _of_customers(world: World, orders: ir.Table, touched: ir.Table) -> ir.Table:
    shop = world.everybody()
    known = without(persons_of(orders, shop.table("persons")), world.read.table("state_left_out"))
    flags = shop.table("orders").semi_join(touched, "order_key").select("order_key", "bulk")
    known = known.left_join(flags, "order_key").drop("order_key_right")
    return known.mutate(bulk=known.bulk.fill_null(False))


def _at_hand(world: World, own: ir.Table) -> ir.Table:
    """The facts of touched orders, read once: folding looks at them some twenty times, a cluster opens files each time."""
    if not of_shop(world)[few_touched(world)]:
        return own
    facts = world.read.run(own.order_by("key_hash"))
    return _registered(world, "facts_of_touched", facts)


def few_touched(world: World) -> str:
    """Where a world keeps whether so few orders were touched that they are held in memory."""
    return f"few touched {world.at}"


@dataclass(frozen=True)
class _Seen:
    """A reading in which nothing later has happened yet."""

    world: World

    @property
    def facts(self) -> ir.Table:
        return self.world.seen()

    def run(self, expression: ibis.Expr) -> pa.Table:
        return self.world.read.run(expression)

    def scalar(self, expression: ibis.Expr) -> Any:
        return self.world.read.scalar(expression)


# ---------------------------------------------------------------- what orders and goods say of themselves


def _with_creation(world: World, orders: ir.Table, fields: list[str]) -> ir.Table:
    """`orders` with what the facts of their creation say; of several words the smallest."""
    if not fields:
        return orders
    told = _facts_of_orders(world, [CREATED], orders)
    told = told.select("order_key", **{name: _said(world, told, name) for name in fields})
    each = told.group_by("order_key").aggregate(**{name: told[name].min() for name in fields})
    return orders.left_join(each, "order_key").drop("order_key_right")


def _said(world: World, facts: ir.Table, name: str) -> Any:
    text = prop(facts.props, name).nullif("")
    match name:
        case "covers":
            return number(text)
        case "discount":
            at_home = facts.currency.isnull() | (facts.currency == world.currency)
            return ibis.ifelse(at_home, money(text, world.currency), ibis.null("int64"))
    return text


def _facts_of_orders(world: World, types: Sequence[str], orders: ir.Table) -> ir.Table:
    """Facts of these types with an order; of few people only theirs, and their orders'."""
    shop = world.everybody()
    if not world.few:
        facts = shop.seen(types)
        return facts.filter(facts.order_key.notnull())
    whose, near = world.kept.get(NEAR, (None, None))
    if whose is world.people:
        facts = replace(shop, subjects=near, few=True).seen(types)
        return facts.filter(facts.order_key.notnull())
    # A line that names no buyer has its order as subject.
    own = world.read.run(orders.select(subject=orders.order_key))["subject"]
    subjects = world.read.run(world.subjects)["subject"]
    both = pa.chunked_array([*own.chunks, *subjects.chunks], pa.int64()).unique()
    keys = pa.table([both], names=["subject"])
    near = world.read.register(_name_for(world, "of_orders", keys), keys)
    facts = replace(shop, subjects=near, few=True).seen(types)
    return facts.filter(facts.order_key.notnull())


def _with_group(world: World, rows: ir.Table) -> ir.Table:
    """`rows` with the goods group that the merchant has put their article into."""
    grouping = goods.grouping()
    names = dict(GoodsGroup.objects.values_list("pk", "name"))
    of_item = {} if grouping is None else grouping.of_item
    told = pa.table(
        [list(of_item), [names.get(group) for group in of_item.values()]], schema=GROUPED
    )
    groups = world.read.register("goods_grouped", told)
    return rows.left_join(groups, "item_key").drop("item_key_right")


def _whole(column: Any) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _name_for(world: World, what: str, table: pa.Table) -> str:
    column = table.column(0).combine_chunks().to_numpy()
    return world.read.name_for(what, blake2b(column.tobytes(), digest_size=16).digest())


def _registered(world: World, what: str, table: pa.Table) -> ir.Table:
    """An answer as a table to ask further, named by all that is in it."""
    written = pa.BufferOutputStream()
    with pa.ipc.new_stream(written, table.schema) as stream:
        stream.write_table(table)
    digest = blake2b(written.getvalue(), digest_size=16).digest()
    return world.read.register(world.read.name_for(what, digest), table)
