"""Stage, tier and vip from one generation to the next: who is another now, and what it came from.

`because`, the first that fits:

| said | when |
|------|------|
| joined | who is who changed |
| a purchase · a refund | the latest purchase, or what all of them came to, is another; less than before is a refund |
| a link · a signal | linked is another; they were heard of later than before |
| others | the shop's lines moved, as others bought |
| time | nothing but the day |

Whoever is new has a first word too (`from` is null), unless nothing is so of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from xiaohe.ledger import engine
from xiaohe.ledger.instants import from_us
from xiaohe.segments.attributes import cuts
from xiaohe.segments.query.logged import CHANGED
from xiaohe.segments.query.world import World
from xiaohe.segments.state.changes import JOINED, SCHEMA, TIME, Why
from xiaohe.segments.state.generation import Generation, Ids
from xiaohe.shop import queries

PURCHASE, REFUND, LINK, SIGNAL, OTHERS = "a purchase", "a refund", "a link", "a signal", "others"
_TOLD_BY = ("last_on", "net_total", "linked", "last_signal_on")
_COLUMNS = ("person", *CHANGED, *_TOLD_BY)
# What hangs on the shop's lines; of a stage only whether the lost may come back does.
_BY_LINES = frozenset({"tier", "vip"})


def between(before: Generation, after: Generation, some: Ids | None, why: Why) -> pa.Table:
    """Changes (`changes.SCHEMA`) of some people or everybody; whoever is gone did not change."""
    lines_moved = before.about["cuts"] != after.about["cuts"]
    with engine.over(
        {"old": attributes_of(before, _COLUMNS, some), "new": attributes_of(after, _COLUMNS, some)},
        timeout=None,
    ) as read:
        old = read.table("old")
        old = old.rename({f"{name}_before": name for name in _COLUMNS})
        both = read.table("new").left_join(old, [("person", "person_before")])
        changed = ibis.or_(*(_is_other(both, name) for name in CHANGED))
        rows = read.run(both.filter(changed).order_by("person"))
    parts = [_changes(rows, name, why, lines_moved) for name in CHANGED]
    return pa.concat_tables([SCHEMA.empty_table(), *parts])


def _is_other(both: ir.Table, name: str) -> ir.Value:
    """Of newcomers the word they begin with; nothing and no are none."""
    now, was = both[name].cast("string"), both[f"{name}_before"].cast("string")
    if both[name].type().is_boolean():
        was = was.fill_null("false")
    return ~now.identical_to(was)


def _changes(rows: pa.Table, name: str, why: Why, lines_moved: bool) -> pa.Table:
    now, was = _words(rows[name]), _words(rows[f"{name}_before"])
    new = pc.is_null(rows["person_before"]).to_numpy()
    if pa.types.is_boolean(rows.schema.field(name).type):
        was = np.where(new, "false", was)
    other = now != was
    rows, new = rows.filter(pa.array(other)), new[other]
    persons = rows["person"].to_numpy()
    because = np.full(
        len(persons), OTHERS if lines_moved and name in _BY_LINES else TIME, dtype=object
    )
    for cause, told in _causes(rows):
        because[told] = cause
    # Of a newcomer everything the state says is new.
    because[np.isin(persons, why.moved) & ~new] = JOINED
    nothing = pa.nulls(len(persons), pa.string())
    return pa.table(
        {
            "type": [CHANGED[name]] * len(persons),
            "segment": nothing,
            "version": pa.nulls(len(persons), pa.int64()),
            "person": persons,
            "because": because.tolist(),
            "before": pa.array(was[other], pa.string(), mask=new),
            "after": pa.array(now[other], pa.string()),
        },
        schema=SCHEMA,
    )


def _causes(rows: pa.Table) -> Iterator[tuple[str, np.ndarray]]:
    """Causes with the rows they fit, those that weigh most last."""

    def of(name: str) -> tuple[np.ndarray, np.ndarray]:
        return _plain(rows[name]), _plain(rows[f"{name}_before"])

    now, was = of("last_signal_on")
    yield SIGNAL, now != was
    now, was = of("linked")
    yield LINK, now.astype(bool) != was.astype(bool)
    day, day_before = of("last_on")
    net, net_before = (np.where(each == None, 0, each) for each in of("net_total"))  # noqa: E711
    bought = (day != day_before) | (net != net_before)
    yield PURCHASE, bought
    yield REFUND, bought & (net < net_before)


def _words(column: pa.ChunkedArray) -> np.ndarray:
    """As text; of truths `true` and `false`."""
    return _plain(column.cast(pa.string()))


def _plain(column: pa.ChunkedArray) -> np.ndarray:
    return np.array([*column.to_pylist(), None], object)[:-1]


def attributes_of(one: Generation, columns: Sequence[str], some: Ids | None = None) -> pa.Table:
    """These attributes (`person` among them) of some people or everybody, as far as a generation knows them."""
    base, more = one.attribute_files
    with engine.over({"base": base}, timeout=None) as read:
        told = read.table("base").select(*columns)
        if some is not None:
            wanted = read.register("wanted", pa.table({"person": some}))
            told = told.semi_join(wanted, "person")
        whole = read.run(told)
    if more is None:
        return whole
    assert one.touched is not None
    rest = whole.filter(pc.invert(pc.is_in(whole["person"], pa.array(one.touched.over))))
    laid = pq.read_table(more, columns=list(columns)).cast(rest.schema)
    if some is not None:
        laid = laid.filter(pc.is_in(laid["person"], pa.array(some)))
    return pa.concat_tables([rest, laid])


# ---------------------------------------------------------------- for whoever asks beside the state


def first_days(one: Generation | None) -> Callable[[str], date | None]:
    """Since which shop day an attribute of CHANGED, or a segment, is written down; None: it never was."""
    calendar = queries.calendar()

    def first_day(name: str) -> date | None:
        if one is None:
            return None
        if name in CHANGED:
            return calendar.day_of(from_us(int(one.about["began_us"])))
        return calendar.day_of(from_us(one.rules[name].first_us)) if name in one.rules else None

    return first_day


def with_kept(world: World, one: Generation | None) -> World:
    """The world with what a generation of the same state and day has reckoned: the shop's cuts, everybody's attributes."""
    if one is None or one.on != world.on or one.traits.id != world.state.id:
        return world
    world.kept.setdefault(cuts.KEPT, cuts.Cuts.from_json(one.about["cuts"]))
    base, more = one.attribute_files
    known = world.read.register("kept_attributes", base)
    if more is not None:
        assert one.touched is not None
        over = world.read.register("kept_over", pa.table({"person": one.touched.over}))
        laid = world.read.register("kept_laid", more)
        known = known.anti_join(over, "person").union(laid.select(*known.columns))
    return replace(world, known_attributes=known)
