"""One version of the derived tables, from one reading of the ledger into one folder.

    facts ─► orders ─► occasions ─► paces ─► standing ─┐
                 └──► p table (month-ends) ──────┘     ├─► rhythm
    persons ─► links, signals ─────────────────────────┘
    left out: no row of any table but persons and itself

| file     | one row per | rebuilt when |
|----------|-------------|--------------|
| orders   | order       | order facts, persons or the day changed |
| standing | buyer       | the same |
| rhythms  | buyer and group of goods; empty while there are no groups | the same |
| persons, left_out, links, signals, rhythm | re-pointed subject; person who is no customer; link; person and day; buyer | always: a tap must show at once |
| parcels, told, spells, came | order that was sent; card, scan, claim or cost; time a link was live; person | always |

Where nothing that any of them is built of has changed, all files of a former version are taken over (`unchanged`).
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from xiaohe.kernel.clock import ShopCalendar
from xiaohe.people import spells as people_spells
from xiaohe.shop.goods import Groups
from xiaohe.traits import chance, coming, groups, rhythm, signals, unchanged
from xiaohe.traits.bills import told_twice
from xiaohe.traits.bulk import suspects, with_bulk
from xiaohe.traits.occasions import occasions
from xiaohe.traits.orders import folded, with_void_day
from xiaohe.traits.people import persons_of, without
from xiaohe.traits.returns import match_cancellations
from xiaohe.traits.rhythm import Spans
from xiaohe.traits.stage import stage, year_standing
from xiaohe.traits.value import half_even, values

TABLES = ("orders", "persons", "links", "signals", "rhythm", "parcels", "told", "spells", "came")
# What a change of links alone leaves as it is.
LASTING = ("orders", "standing", "rhythms", "chance.json")
LEFT_OUT_SCHEMA = pa.schema([("person", pa.int64())])
PERSONS_SCHEMA = pa.schema([("subject", pa.int64()), ("person", pa.int64())])

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Terms:
    """What the shop's settings say about reading its facts."""

    calendar: ShopCalendar
    currency: str
    preset_days: float
    # Days on which nobody could buy; and the groups of goods, None while the whole shop is one.
    closed: Spans = ()
    groups: Groups | None = None


@dataclass(frozen=True)
class Moment:
    """`on`: purchases before the start of this shop day count; `at`: links and taps up to this instant do."""

    on: date
    at: datetime

    @classmethod
    def start_of(cls, on: date, calendar: ShopCalendar) -> Moment:
        """The last instant before shop day `on`."""
        return cls(on, calendar.start_of(on) - timedelta(microseconds=1))


def build(
    read: Any,
    folder: Path,
    *,
    moment: Moment,
    terms: Terms,
    persons: pa.Table,
    links: pa.Table,
    spells: pa.Table | None = None,
    left_out: pa.Table | None = None,
    former: Path | None = None,
    progress: Progress = lambda step: None,
) -> None:
    """Write every table of a version into the empty `folder`.

    `spells`: every spell of the links, by default their latest ones with nothing known of where from.
    `left_out`: who is no customer, and stands in no table. `former`: a version of the same facts and day; its
    orders and standings are taken over if its persons, and those left out, are these.
    """
    persons, gone = in_order(persons, left_out)
    _write_table(persons, folder / "persons.parquet")
    _write_table(gone, folder / "left_out.parquet")
    links = _customers_of(links, gone)
    _write_table(links, folder / "links.parquet")
    read.register("left_out", folder / "left_out.parquet")
    if former is not None and unchanged.is_same(persons, gone, former):
        for name in LASTING:
            file = name if "." in name else f"{name}.parquet"
            os.link(former / file, folder / file)
        read.register("orders", folder / "orders.parquet")
    else:
        _orders_and_standing(read, folder, moment=moment, terms=terms, progress=progress)
    progress("links")
    _rhythm(read, folder, moment=moment, terms=terms)
    progress("river")
    begun = people_spells.of_links(links, moment.at) if spells is None else spells
    _write_table(_customers_of(begun, gone), folder / "begun.parquet")
    coming.write(read, folder, folder / "begun.parquet", calendar=terms.calendar, until=moment.at)
    (folder / "begun.parquet").unlink()


def in_order(persons: pa.Table, left_out: pa.Table | None) -> tuple[pa.Table, pa.Table]:
    """Who is who and who is no customer, as a version keeps them."""
    gone = LEFT_OUT_SCHEMA.empty_table() if left_out is None else left_out
    kept = persons.select(PERSONS_SCHEMA.names).cast(PERSONS_SCHEMA).sort_by("subject")
    return kept, gone.cast(LEFT_OUT_SCHEMA).sort_by("person")


def _customers_of(table: pa.Table, gone: pa.Table) -> pa.Table:
    """Rows of people who are not left out."""
    if not gone.num_rows:
        return table
    return table.filter(pc.invert(pc.is_in(table["person"], gone["person"].combine_chunks())))


def _orders_and_standing(
    read: Any, folder: Path, *, moment: Moment, terms: Terms, progress: Progress
) -> None:
    on, calendar = moment.on, terms.calendar
    persons = read.register("persons", folder / "persons.parquet")
    progress("orders")
    matched = match_cancellations(read, on, calendar=calendar, persons=persons)
    returns = read.register("returns", matched) if matched.num_rows else None
    told = told_twice(read, on, calendar=calendar)
    twice = read.register("twice", told) if told.num_rows else None
    raw = folded(
        read.facts,
        calendar=calendar,
        currency=terms.currency,
        before=on,
        returns=returns,
        twice=twice,
    )
    known = without(persons_of(raw, persons), read.table("left_out"))
    with _kept(read, known, folder / "folded.parquet") as everything:
        progress("rhythm")
        valid = everything.filter(everything.valid)
        flags = with_bulk(valid, suspects(valid)).select("order_key", "bulk")
        orders = with_void_day(
            everything, read.facts, calendar=calendar, before=on, returns=returns, twice=twice
        )
        orders = orders.left_join(flags, "order_key").drop("order_key_right")
        orders = orders.mutate(bulk=orders.bulk.fill_null(False))
        read.write(orders, folder / "orders.parquet")
    orders = read.register("orders", folder / "orders.parquet")
    progress("chance")
    past = _chance_table(read, orders, folder, on=on, terms=terms)
    with _rhythms(read, orders, past, folder, on=on, terms=terms) as (past, chosen):
        (folder / "chance.json").write_text(json.dumps(past.as_json()))
        progress("standing")
        with _kept(
            read, occasions(orders.filter(orders.valid)), folder / "occasions.parquet"
        ) as bought:
            _standing(read, bought, past, folder, on=on, terms=terms, chosen=chosen)


@contextmanager
def _rhythms(
    read: Any, orders: ir.Table, past: chance.ChanceTable, folder: Path, *, on: date, terms: Terms
) -> Iterator[tuple[chance.ChanceTable, ir.Table | None]]:
    """Rhythms by group of goods: the p table to use, and each person's group to show; None without groups."""
    path = folder / "rhythms.parquet"
    if terms.groups is None:
        _write_table(groups.RHYTHMS_SCHEMA.empty_table(), path)
        yield past, None
        return
    items = read.register("items", groups.items_table(terms.groups))
    lines = groups.held(read.facts, items, calendar=terms.calendar, before=on)
    with _kept(read, lines, folder / "held.parquet") as table:
        held = groups.Held(table, terms.groups)
        by_group = _chance_table(read, orders, folder, on=on, terms=terms, held=held)
        past = replace(by_group, long_gone=past.long_gone)
        valid = orders.filter(orders.valid)
        with _kept(read, held.of(valid), folder / "held_orders.parquet") as bought:
            _write_rhythms(read, bought, occasions(valid), past, folder, on=on, terms=terms)
        yield past, groups.best(read.register("rhythms", path))


def _write_rhythms(
    read: Any,
    bought: ir.Table,
    shop_wide: ir.Table,
    past: chance.ChanceTable,
    folder: Path,
    *,
    on: date,
    terms: Terms,
) -> None:
    assert terms.groups is not None
    people = groups.paces(bought, terms.groups, terms.closed)
    with _kept(read, people, folder / "group_paces.parquet") as paces:
        questions = groups.PaceQuestions(paces, ibis.literal(on), terms.groups, terms.closed)
        found = questions.ask(read, terms.preset_days)
        pace = read.register("group_pace", groups.as_table(found, on))
        turning = groups.cycles(paces, pace).drop("second_on")
        worth = groups.values(groups.occasions(bought), shop_wide)
        joined = turning.left_join(worth, list(groups.PAIR)).drop("person_right", "group_id_right")
        joined = chance.with_chance(joined, read.register("shares", chance.shares(past)))
        joined = joined.mutate(ev=half_even(joined.chance * joined.value))
        told = joined.select(*groups.RHYTHMS_SCHEMA.names).order_by("person", "group_id")
        read.write(told.cast(groups.RHYTHMS_TYPES), folder / "rhythms.parquet")


def _chance_table(
    read: Any,
    orders: ir.Table,
    folder: Path,
    *,
    on: date,
    terms: Terms,
    held: groups.Held | None = None,
) -> chance.ChanceTable:
    # A name of its own for each: the engine remembers the footer of a file by its name.
    name = "month_end" if held is None else "month_end_of_groups"
    paths = (folder / f"{name}-{number}.parquet" for number in count())
    kept: list[Path] = []

    def keep(people: ir.Table) -> ir.Table:
        _forget(kept)
        kept.append(next(paths))
        read.write(people, kept[0])
        return read.register(name, kept[0])

    past = chance.table(
        read,
        orders,
        on=on,
        preset_days=terms.preset_days,
        keep=keep,
        closed=terms.closed,
        held=held,
    )
    _forget(kept)
    return past


def _forget(kept: list[Path]) -> None:
    while kept:
        kept.pop().unlink(missing_ok=True)


def _standing(
    read: Any,
    bought: ir.Table,
    past: chance.ChanceTable,
    folder: Path,
    *,
    on: date,
    terms: Terms,
    chosen: ir.Table | None,
) -> None:
    """One row per buyer: of the whole shop, and with groups what the `chosen` one says of rhythm and value."""
    with _kept(read, rhythm.paces(bought, terms.closed), folder / "paces.parquet") as people:
        day = ibis.literal(on)
        pace = rhythm.group_pace(
            read, people, on=day, preset_days=terms.preset_days, closed=terms.closed
        )
        turning = rhythm.cycles(people, read.register("pace", pace.as_table(on)))
        turning = turning.drop("second_on")
        worth = values(bought)
        year = year_standing(bought, on=on)
        joined = year.left_join(turning, "person").drop("person_right")
        joined = joined.left_join(worth, "person").drop("person_right")
        # Whoever only ever bought in bulk has no rhythm; their stage follows the last purchase.
        since = ibis.literal(on).delta(joined.bought_on, unit="day").cast("int64")
        joined = joined.mutate(
            occasions=joined.occasions.fill_null(0),
            gaps=joined.gaps.fill_null(0),
            preset=joined.preset.fill_null(False),
            days_since=joined.days_since.fill_null(since),
        )
        joined = chance.with_chance(joined, read.register("shares", chance.shares(past)))
        joined = joined.mutate(
            ev=half_even(joined.chance * joined.value),
            stage=stage(joined, past.may_return()),
            # What the stage was told from, whichever group is shown.
            shop_cycle=joined.cycle,
            shop_last_on=joined.last_on.fill_null(joined.bought_on),
        )
        if chosen is None:
            joined = joined.mutate(group_id=ibis.null("int64"))
        else:
            joined = groups.shown(joined, chosen)
        read.write(joined, folder / "standing.parquet")


def _rhythm(read: Any, folder: Path, *, moment: Moment, terms: Terms) -> None:
    """Standings with what may change within a day: links, and who has bought since the day began."""
    persons = read.register("persons", folder / "persons.parquet")
    standing = read.register("standing", folder / "standing.parquet")
    links = read.register("links", folder / "links.parquet")
    orders = read.register("orders", folder / "orders.parquet")
    acts = signals.signals(
        read.facts,
        orders,
        persons,
        calendar=terms.calendar,
        day_began=terms.calendar.start_of(moment.on),
        moment=moment.at,
    )
    acts = without(acts, read.table("left_out"))
    read.write(acts.order_by("person", "on", "kind"), folder / "signals.parquet")
    acts = read.register("signals", folder / "signals.parquet")
    seen = acts.filter(acts.kind == signals.Kind.ORDER.value)
    seen = seen.group_by("person").aggregate(last_seen=seen.on.max())
    people = standing.left_join(seen, "person").drop("person_right")
    live = signals.live_links(links, moment.at)
    people = people.left_join(live, "person").drop("person_right")
    people = people.mutate(linked=people.linked.fill_null(False))
    read.write(people.order_by("person"), folder / "rhythm.parquet")


@contextmanager
def _kept(read: Any, expression: ir.Table, path: Path) -> Iterator[ir.Table]:
    """The answer on disk for as long as the block asks it again and again."""
    read.write(expression, path)
    yield read.register(path.stem, path)
    path.unlink()


def _write_table(table: pa.Table, path: Path) -> None:
    pq.write_table(table, path, compression="zstd")
    with open(path, "rb") as handle:
        os.fsync(handle.fileno())
