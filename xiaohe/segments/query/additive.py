"""Measures as sums that can be carried on: what came later is added to what was known, and nothing is read again.

    facts ─► accumulate ─┐
                         ├─► merge ─► finalise ─► values of measures ─► passed ─► truths
    facts ─► accumulate ─┘

One definition for all: leaves of a query, of the state and of a preview go through `accumulate` and `finalise`, so
live and batch answers cannot differ. Tables have one row per person and several columns per leaf, `<leaf>__<part>`:

| fold | parts |
|------|-------|
| count | n |
| sum | s: minor units, or a decimal of millionths |
| average | s, n |
| min, max | m |
| first, last | v, and its place: at, row_no, key_hash |
| days since first, last | d: the day; of the last one none that is too old to pass |
| distinct | n, which cannot be merged |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import lru_cache
from math import ceil
from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir

from xiaohe.segments.query.values import fits
from xiaohe.segments.query.windows import cycle_of, during, needs_from, with_cycle
from xiaohe.segments.records.registry import PLACE, kind_named
from xiaohe.segments.records.stated import number
from xiaohe.segments.rules.kinds import ALWAYS_KNOWN, result
from xiaohe.segments.rules.tree import (
    All,
    AnyOf,
    Compare,
    Fold,
    Leaf,
    Measure,
    Not,
    Op,
    Records,
    Where,
)
from xiaohe.segments.rules.vocabulary import Field, Kind, RecordKind
from xiaohe.segments.rules.windows import Ever, Last, Unit, Window, is_hours, is_of_cycles

if TYPE_CHECKING:
    from xiaohe.segments.query.world import World

Leaves = Mapping[str, Measure]
# Sums of numbers are exact: of floats the order of adding would decide.
EXACT = "decimal(38, 6)"
# Whoever asks for more days than these asks for all.
MOST_DAYS = 36_500
_EARLY = {Fold.FIRST, Fold.MIN, Fold.DAYS_SINCE_FIRST}


# ---------------------------------------------------------------- which


def is_additive(leaf: Leaf) -> bool:
    """Whether new facts can be added to what is known, and days of windows end with shop days."""
    if not isinstance(leaf, Measure) or leaf.fold is Fold.DISTINCT:
        return False
    window = leaf.records.window
    kind = kind_named(leaf.records.of)
    return bool(kind and kind.types) and not is_hours(window) and not is_of_cycles(window)


# ---------------------------------------------------------------- accumulate


def accumulate(world: World, leaves: Leaves) -> ir.Table:
    """(person, parts…) of everybody who has a record of one of the leaves; one pass per kind of records."""
    tables = [
        _accumulated(world, records, {name: leaves[name] for name in names})
        for records, names in by_records(leaves).items()
    ]
    return beside(tables)


def by_records(leaves: Leaves) -> dict[str, list[str]]:
    """Names of leaves by the records they are made of."""
    found: dict[str, list[str]] = {}
    for name, leaf in leaves.items():
        found.setdefault(leaf.records.of, []).append(name)
    return found


def beside(tables: list[ir.Table]) -> ir.Table:
    """Tables of people as one: everybody who is in one of them."""
    first, *rest = tables
    if not rest:
        return first
    people = first.select("person")
    for each in rest:
        people = people.union(each.select("person"))
    joined = people.distinct()
    for each in tables:
        joined = joined.left_join(each, "person").drop("person_right")
    return joined


def _accumulated(world: World, of: str, leaves: Leaves) -> ir.Table:
    kind = kind_named(of)
    if kind is None:
        raise KeyError(of)
    asked = [each.records for each in leaves.values()]
    windows = [each.window for each in asked]
    fields = {each.field for each in leaves.values() if each.field}
    fields |= {name for each in asked for name in fields_of(each.where)}
    since = needs_from(world, [_telling(each) for each in leaves.values()])
    rows = world.records(of, sorted(fields), since=since)
    rows = with_cycle(world, rows, windows)
    # Several leaves look at the same rows, each at its own; what one alone does not count need not be grouped.
    if len(leaves) == 1 and (only := counts(world, rows, kind, asked[0])) is not None:
        rows = rows.filter(only)
    columns: dict[str, Any] = {}
    for name, leaf in leaves.items():
        counted = counts(world, rows, kind, leaf.records) if len(leaves) > 1 else None
        columns |= {
            f"{name}__{part}": made for part, made in _parts(rows, kind, leaf, counted).items()
        }
    return rows.group_by("person").aggregate(**columns)


def _telling(leaf: Measure) -> Window:
    """The days whose records may tell whether a leaf is true: of `days since last < 14` none before these is looked at."""
    own, test = leaf.records.window, leaf.test
    if leaf.fold is not Fold.DAYS_SINCE_LAST or not isinstance(own, Ever):
        return own
    if test.op not in (Op.LESS, Op.AT_MOST, Op.BETWEEN):
        return own
    most = test.values[-1]
    if not isinstance(most, Decimal) or most > MOST_DAYS:
        return own
    return Last(max(0, ceil(most)), Unit.DAYS)


def counts(world: World, rows: ir.Table, kind: RecordKind, records: Records) -> Any:
    """Whether each row is one of these records; None where all are."""
    conditions = []
    if (inside := during(world, records.window, rows.on, rows["at"], cycle_of(rows))) is not None:
        conditions.append(inside)
    if records.where is not None:
        conditions.append(_where(world, rows, kind, records.where))
    return ibis.and_(*conditions) if conditions else None


def fields_of(where: Where | None) -> set[str]:
    match where:
        case None:
            return set()
        case Compare(name, _):
            return {name}
        case Not(inner):
            return fields_of(inner)  # type: ignore[arg-type]
        case All(rules) | AnyOf(rules):
            return {name for each in rules for name in fields_of(each)}  # type: ignore[arg-type]
    raise ValueError(f"not a condition on a record: {where!r}")


def _where(world: World, rows: ir.Table, kind: RecordKind, where: Any) -> Any:
    match where:
        case Compare(name, test):
            return fits(world, kind.fields[name].kind, rows[name], test)
        case Not(inner):
            return ~_where(world, rows, kind, inner)
        case All(rules):
            return ibis.and_(*(_where(world, rows, kind, each) for each in rules))
        case AnyOf(rules):
            return ibis.or_(*(_where(world, rows, kind, each) for each in rules))
    raise ValueError(f"not a condition on a record: {where!r}")


def _parts(rows: ir.Table, kind: RecordKind, leaf: Measure, counted: Any) -> dict[str, Any]:
    fold = leaf.fold
    if fold is Fold.COUNT:
        if kind.times:
            return {"n": rows.times.nunique(where=counted)}
        return {"n": rows.count(where=counted)}
    if fold in (Fold.DAYS_SINCE_FIRST, Fold.DAYS_SINCE_LAST):
        return {"d": _extreme(fold, rows.on, counted)}
    field = kind.fields[leaf.field]
    value = _foldable(fold, field, rows[leaf.field])
    known = value.notnull() if counted is None else counted & value.notnull()
    match fold:
        case Fold.SUM:
            return {"s": _exact(field, value).sum(where=known)}
        case Fold.AVERAGE:
            return {"s": _exact(field, value).sum(where=known), "n": rows.count(where=known)}
        case Fold.MIN | Fold.MAX:
            return {"m": _extreme(fold, value, known)}
        case Fold.DISTINCT:
            return {"n": value.nunique(where=known)}
    place = ibis.struct({part: rows[part] for part in PLACE})
    place = ibis.ifelse(known, place, ibis.null(place.type()))
    return _placed(fold, {"v": value, **{part: rows[part] for part in PLACE}}, place)


def _foldable(fold: Fold, field: Field, column: Any) -> Any:
    as_stated = field.kind is not Kind.STATED or fold in (Fold.FIRST, Fold.LAST, Fold.DISTINCT)
    return column if as_stated else number(column)


def _exact(field: Field, value: Any) -> Any:
    return value.cast("int64") if field.kind is Kind.MONEY else value.cast(EXACT)


def _extreme(fold: Fold, value: Any, where: Any = None) -> Any:
    return value.min(where=where) if fold in _EARLY else value.max(where=where)


def _placed(fold: Fold, parts: Mapping[str, Any], place: Any) -> dict[str, Any]:
    """Of several rows the parts of the one that comes first or last by its place; rows without a place are none."""
    return {
        name: _by(fold in _EARLY, part.type(), place.type())(part, place)
        for name, part in parts.items()
    }


@lru_cache(maxsize=64)
def _by(earliest: bool, value_type: Any, place_type: Any) -> Callable[..., Any]:
    def by(value: Any, place: Any) -> Any:
        """Every engine's own function."""

    types = ((value_type, place_type), value_type)
    made: Callable[..., Any] = ibis.udf.agg.builtin(
        by, name="min_by" if earliest else "max_by", signature=types
    )
    return made


# ---------------------------------------------------------------- merge


def merge(one: ir.Table, other: ir.Table, leaves: Leaves) -> ir.Table:
    """What both have accumulated, of different facts. Raises ValueError for a leaf that cannot be carried on."""
    both = one.union(other.select(*one.columns))
    columns: dict[str, Any] = {}
    for name, leaf in leaves.items():
        columns |= _merged(both, name, leaf.fold)
    return both.group_by("person").aggregate(**columns)


def _merged(both: ir.Table, name: str, fold: Fold) -> dict[str, Any]:
    def part(of: str) -> Any:
        return both[f"{name}__{of}"]

    match fold:
        case Fold.COUNT:
            return {f"{name}__n": part("n").sum()}
        case Fold.SUM:
            return {f"{name}__s": _sum_of_sums(part("s"))}
        case Fold.AVERAGE:
            return {f"{name}__s": _sum_of_sums(part("s")), f"{name}__n": part("n").sum()}
        case Fold.MIN | Fold.MAX:
            return {f"{name}__m": _extreme(fold, part("m"))}
        case Fold.DAYS_SINCE_FIRST | Fold.DAYS_SINCE_LAST:
            return {f"{name}__d": _extreme(fold, part("d"))}
        case Fold.FIRST | Fold.LAST:
            place = ibis.struct({each: part(each) for each in PLACE})
            known = ibis.ifelse(part("at").notnull(), place, ibis.null(place.type()))
            parts = {each: part(each) for each in ("v", *PLACE)}
            return {f"{name}__{each}": made for each, made in _placed(fold, parts, known).items()}
    raise ValueError(f"{fold} of records cannot be carried on")


def _sum_of_sums(sums: Any) -> Any:
    return sums.sum().cast(sums.type())


# ---------------------------------------------------------------- finalise


def finalise(world: World, accumulated: ir.Table, leaves: Leaves, *also: str) -> ir.Table:
    """(person, value per leaf, columns of `also`) of a table of parts; a person's missing parts mean no record."""
    values = {name: _value(world, accumulated, name, leaf.fold) for name, leaf in leaves.items()}
    return accumulated.select("person", *also, **values)


def _value(world: World, table: ir.Table, name: str, fold: Fold) -> Any:
    match fold:
        case Fold.COUNT | Fold.DISTINCT:
            return table[f"{name}__n"].fill_null(0)
        case Fold.SUM:
            total = table[f"{name}__s"]
            return (
                total.fill_null(0)
                if total.type().is_integer()
                else total.cast("float64").fill_null(0.0)
            )
        case Fold.AVERAGE:
            return table[f"{name}__s"].cast("float64") / table[f"{name}__n"].nullif(0).cast(
                "float64"
            )
        case Fold.DAYS_SINCE_FIRST | Fold.DAYS_SINCE_LAST:
            return ibis.literal(world.on).delta(table[f"{name}__d"], unit="day").cast("int64")
        case Fold.MIN | Fold.MAX:
            return table[f"{name}__m"]
    return table[f"{name}__v"]


def with_truths(world: World, accumulated: ir.Table, leaves: Leaves) -> ir.Table:
    """`accumulated` with one truth per leaf beside, under the leaf's name."""
    values = finalise(world, accumulated, leaves, *accumulated.columns[1:])
    return values.select(*accumulated.columns, **passed(world, values, leaves))


def carried_on(world: World, kept: ir.Table, leaves: Leaves) -> ir.Table:
    """`kept` (person, parts…) with what came since, and one truth per leaf beside; `world.facts`: what came since.

    Everybody who is in `kept` or has a new record. Raises ValueError for a leaf that cannot be carried on.
    """
    return with_truths(world, merge(kept, accumulate(world, leaves), leaves), leaves)


def kind_of(leaf: Measure) -> Kind:
    """What kind of value a measure is compared as."""
    kind = kind_named(leaf.records.of)
    if kind is None:
        raise KeyError(leaf.records.of)
    found = result(leaf.fold, kind.fields.get(leaf.field))
    if found is None:
        raise ValueError(f"{leaf.fold} of {leaf.field} makes no value")
    return found.kind


def passed(world: World, values: ir.Table, leaves: Leaves) -> dict[str, Any]:
    """Per leaf whether its value, the column of its name, passes its test."""
    return {
        name: fits(world, kind_of(leaf), values[name], leaf.test) for name, leaf in leaves.items()
    }


def passed_without_records(world: World, leaves: Leaves) -> dict[str, Any]:
    """Per leaf whether whoever has no record passes its test: with a count or sum of 0, or nothing known."""
    return {
        name: fits(world, kind_of(leaf), ibis.literal(0, "int64"), leaf.test)
        if leaf.fold in ALWAYS_KNOWN
        else False
        for name, leaf in leaves.items()
    }
