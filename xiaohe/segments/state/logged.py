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

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from xiaohe.ledger.instants import from_us
from xiaohe.segments.attributes import cuts
from xiaohe.segments.attributes import kept as evidence
from xiaohe.segments.attributes import rows as mapped
from xiaohe.segments.query.logged import CHANGED
from xiaohe.segments.query.world import World
from xiaohe.segments.rules.tree import Leaf, Rank
from xiaohe.segments.state import generation
from xiaohe.segments.state.changes import JOINED, SCHEMA, TIME, Why
from xiaohe.segments.state.generation import Generation, Ids
from xiaohe.shop import queries

PURCHASE, REFUND, LINK, SIGNAL, OTHERS = "a purchase", "a refund", "a link", "a signal", "others"
_TOLD_BY = ("last_on", "net_total", "linked", "last_signal_on")
# Of everybody in a base, mapped (`attributes.rows`).
COMPARED = "compared.arrow"
_COLUMNS = ("person", *CHANGED, *_TOLD_BY)
# What hangs on the shop's lines; of a stage only whether the lost may come back does.
_BY_LINES = frozenset({"tier", "vip"})


def between(before: Generation, after: Generation, some: Ids | None, why: Why) -> pa.Table:
    """Changes (`changes.SCHEMA`) of some people or everybody; whoever is gone did not change."""
    lines_moved = before.about["cuts"] != after.about["cuts"]
    new = attributes_of(after, _COLUMNS, some).sort_by("person")
    old = attributes_of(before, _COLUMNS, some).sort_by("person")
    at, known = mapped.places_of(new["person"].to_numpy(), old["person"].to_numpy())
    was = old.take(pa.array(at, mask=~known)).rename_columns(
        [f"{name}_before" for name in _COLUMNS]
    )
    both = pa.table([*new.columns, *was.columns], names=[*new.column_names, *was.column_names])
    changed = np.zeros(both.num_rows, bool)
    for name in CHANGED:
        changed |= _is_other(both, name)
    rows = both.filter(pa.array(changed))
    parts = [_changes(rows, name, why, lines_moved) for name in CHANGED]
    return pa.concat_tables([SCHEMA.empty_table(), *parts])


def _is_other(both: pa.Table, name: str) -> NDArray[np.bool_]:
    """Of newcomers the word they begin with; nothing and no are none."""
    now, was = (both[each].cast(pa.string()) for each in (name, f"{name}_before"))
    if pa.types.is_boolean(both.schema.field(name).type):
        was = was.fill_null("false")
    unlike = pc.fill_null(pc.not_equal(now, was), pc.xor(pc.is_null(now), pc.is_null(was)))
    found: NDArray[np.bool_] = unlike.to_numpy()
    return found


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
    rest = _of_base(one, columns, some)
    laid = one.laid_attributes(some, columns)
    if laid is None:
        return rest
    assert one.touched is not None
    rest = rest.filter(pc.invert(pc.is_in(rest["person"], pa.array(one.touched.over))))
    return pa.concat_tables([rest, laid.cast(rest.schema)])


def _of_base(one: Generation, columns: Sequence[str], some: Ids | None) -> pa.Table:
    """As they were in the base; of few people without reading everybody's, if they are what generations are compared by."""
    kept = one.base_folder / COMPARED
    if some is None or not kept.exists() or not mapped.columns_of(kept).issuperset(columns):
        whole = pq.read_table(one.base_attributes, columns=list(columns))
        return whole if some is None else whole.filter(pc.is_in(whole["person"], pa.array(some)))
    schema = generation.schema_of(one.base_attributes)
    schema = pa.schema([schema.field(name) for name in columns])
    return mapped.of(kept, np.unique(some), schema)


def keep(folder: Path, wanted: Mapping[str, Leaf]) -> None:
    """Keep of everybody's attributes in a base's draft what later generations are compared by, and those people are placed by."""
    ranks = [each for each in wanted.values() if isinstance(each, Rank)]
    fields = [name for each in ranks for name in (each.field, each.per) if name]
    columns = list(dict.fromkeys([*_COLUMNS, *fields]))
    told = pq.read_table(folder / evidence.ATTRIBUTES, columns=columns)
    mapped.save(told.select(columns), folder / COMPARED)


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
    known = world.read.register("kept_attributes", one.base_attributes)
    if (more := one.laid_attributes()) is not None:
        assert one.touched is not None
        over = world.read.register("kept_over", pa.table({"person": one.touched.over}))
        laid = world.read.register("kept_laid", more)
        known = known.anti_join(over, "person").union(laid.select(*known.columns))
    return replace(world, known_attributes=known)
