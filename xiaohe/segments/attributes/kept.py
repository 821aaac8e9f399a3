"""Evidence and attributes in files: of everybody with a base, of those touched since laid over it.

    <base>/evidence/<part>.arrow      (person, the part's columns), mapped (`rows`); who has none is not in it
    <base>/attributes.parquet         (person, conclude.COLUMNS) of everybody
    <later>/evidence/<number>.arrow   (person, evidence.COLUMNS) of those asked again since the base, in lots (`rows`)
    <later>/evidence/came.json        the types of facts that have come since the base, of whomever

All ascending by person. A base: `write(world, persons, folder)`. People touched since:

    kept = Kept(base_folder, folder_before or None)
    if types is None or concerned(types):
        new = renewed(narrow, people, kept, types, news)     attributes: `new.attributes`
    lay_over(kept, new.evidence, types, folder)              SCHEMA.empty_table(): nobody was asked again

A generation must keep the base's `evidence/` as long as anything is laid over it, and each later one its own folder.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from xiaohe.ledger.engine import Reading
from xiaohe.segments.attributes import conclude, cuts, evidence
from xiaohe.segments.attributes import rows as mapped
from xiaohe.segments.attributes.cuts import Cuts
from xiaohe.segments.attributes.evidence import PARTS, Part
from xiaohe.segments.records import spells

if TYPE_CHECKING:
    from xiaohe.segments.query.world import World

Ids = NDArray[np.int64]
FOLDER, ATTRIBUTES, CAME = "evidence", "attributes.parquet", "came.json"
# People of whom everything is concluded at once: some 700 bytes each.
LOT = 250_000
ROWS = "evidence_rows"
_TYPES: Mapping[str, pa.DataType] = {
    "int64": pa.int64(),
    "float64": pa.float64(),
    "string": pa.string(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
}
SCHEMA = pa.schema(
    [("person", pa.int64()), *((name, _TYPES[kind]) for name, kind in evidence.COLUMNS.items())]
)
Tables = Mapping[str, pa.Table]


# ---------------------------------------------------------------- everybody


def write(world: World, persons: Ids, folder: Path) -> None:
    """Ask each part of everybody and write it into `folder`, then everybody's attributes.

    `persons`: the population, ascending. Each part is a question of its own, so the largest bounds the memory.
    """
    begin(world, folder)
    for part in evidence.asked_for(world):
        write_part(world, part, folder)
    write_attributes(world, persons, folder)


def begin(world: World, folder: Path) -> None:
    """Make the folder, and look up once what several parts ask for."""
    (folder / FOLDER).mkdir(mode=0o700)
    cuts.of(world)
    spells.are_as_stated(world)


def write_part(world: World, part: Part, folder: Path, rows: pa.Table | None = None) -> None:
    """Ask a part of everybody and write it into the folder that was begun; `rows`: what it was told already."""
    schema = _schema(part)
    found = world.read.run(part.make(world)) if rows is None else rows
    mapped.save(found.select(schema.names).cast(schema), _path(folder, part))


def write_attributes(world: World, persons: Ids, folder: Path) -> None:
    """Everybody's attributes, of all the parts that were written; slice by slice."""
    told, path = cuts.of(world), folder / ATTRIBUTES
    there = evidence.asked_for(world)
    nobody = _of_nobody(world.read, told, world.on)
    with pq.ParquetWriter(path, nobody, compression="zstd", compression_level=1, write_statistics=["person"]) as out:  # fmt: skip
        for begin in range(0, len(persons), LOT):
            lot = persons[begin : begin + LOT]
            parts = {
                part.name: mapped.between(_path(folder, part), lot[0], lot[-1]) for part in there
            }
            out.write_table(concluded(world.read, _aligned(lot, parts), told, world.on))


def _of_nobody(read: Reading, told: Cuts, on: date) -> pa.Schema:
    return concluded(read, SCHEMA.empty_table(), told, on).schema


def _path(folder: Path, part: Part) -> Path:
    return folder / FOLDER / f"{part.name}.arrow"


def _schema(part: Part) -> pa.Schema:
    return pa.schema([SCHEMA.field("person"), *(SCHEMA.field(name) for name in part.columns)])


# ---------------------------------------------------------------- few people


@dataclass(frozen=True)
class Renewed:
    """Of people who are known, ascending: (person, evidence.COLUMNS) and (person, conclude.COLUMNS)."""

    evidence: pa.Table
    attributes: pa.Table

    @cached_property
    def persons(self) -> Ids:
        found: Ids = self.evidence["person"].to_numpy()
        return found


@dataclass(frozen=True)
class Kept:
    """Where evidence of everybody is, and of those asked again since, whose rows count instead."""

    base: Path
    over: Path | None = None

    def of(self, people: Ids, parts: Iterable[Part]) -> Tables:
        """The rows of these people in these parts."""
        laid = self.laid(people)
        rest = people[~np.isin(people, laid["person"].to_numpy())]
        found = {}
        for part in parts:
            rows = laid.select(["person", *part.columns])
            path = _path(self.base, part)
            if path.exists() and len(rest):
                rows = pa.concat_tables([rows, mapped.of(path, rest, rows.schema)])
            found[part.name] = rows
        return found

    def laid(self, people: Ids | None = None) -> pa.Table:
        """Evidence of those asked again since the base."""
        return mapped.laid(self._lots, SCHEMA, people)

    def came(self) -> frozenset[str] | None:
        """The types of facts that came since the base, of whomever; None: anything may have."""
        if self._lots is None or not (self._lots / CAME).exists():
            return frozenset()
        found = json.loads((self._lots / CAME).read_text())
        return None if found is None else frozenset(found)

    @property
    def _lots(self) -> Path | None:
        """The folder of those asked again."""
        return None if self.over is None else self.over / FOLDER


def concerned(types: Iterable[str]) -> bool:
    """Whether facts of these types may change anybody's evidence."""
    return any(not set(types).isdisjoint(part.reads) for part in PARTS)


def renewed(
    narrow: World,
    people: Ids,
    kept: Kept,
    types: frozenset[str] | None,
    news: ir.Table | None = None,
    *,
    of_today: Set[str] = frozenset(),
    built: Callable[[Part, World], ir.Table] | None = None,
) -> Renewed:
    """Evidence and attributes of `people`, ascending, about whom alone the world `narrow` is.

    `types`: nothing but facts of these types came of them since they were kept, all of them are known, and the world's
    day and state are the same; None: anything may have happened, and who is not known any more is left out. `news`
    (FACT_SCHEMA): exactly the facts that came of them since, for what adds up; None: it is asked again. `of_today`: of
    these types facts came that are about nothing but orders of the world's day that were not known before. `built` puts
    the question of a part together in whoever's stead.
    """
    told = cuts.of(narrow)
    if types is None:
        found = narrow.read.run(narrow.population().order_by("person"))
        people = found["person"].to_numpy()
    there = evidence.asked_for(narrow)
    again = [each for each in there if _is_due(each, types, kept, of_today)]
    added = [] if types is None or news is None else [each for each in again if each.adds_up]
    same = [] if types is None else [each for each in PARTS if each not in again or each in added]
    tables = dict(kept.of(people, same)) if same else {}
    since = replace(narrow, facts=news)
    for part in again:
        world = since if part in added else narrow
        rows = narrow.read.run(part.make(world) if built is None else built(part, world))
        tables[part.name] = _added(part, tables[part.name], rows) if part in added else rows
    rows = _aligned(people, tables)
    return Renewed(rows, concluded(narrow.read, rows, told, narrow.on))


def _is_due(part: Part, types: frozenset[str] | None, kept: Kept, of_today: Set[str]) -> bool:
    """Whether new facts may change a part; where it goes through other people, also those that came of them before."""
    if types is None:
        return True
    if part.days_over:
        types = types - of_today
    if part.of_others:
        came = kept.came()
        return came is None or not (types | came).isdisjoint(part.reads)
    return not types.isdisjoint(part.reads)


def lay_over(kept: Kept, rows: pa.Table, types: frozenset[str] | None, folder: Path) -> None:
    """Write the evidence of those asked again since the base: now (`rows`), or before. `types`: of all new facts."""
    came = kept.came()
    mapped.lay(kept._lots, rows.cast(SCHEMA), folder / FOLDER)
    told = None if types is None or came is None else sorted(types | came)
    (folder / FOLDER / CAME).write_text(json.dumps(told))


def carry_on(kept: Kept, folder: Path) -> None:
    """Nobody was asked again: the next generation has the same."""
    if kept._lots is None:
        return
    mapped.lay(kept._lots, SCHEMA.empty_table(), folder / FOLDER)
    if (kept._lots / CAME).exists():
        os.link(kept._lots / CAME, folder / FOLDER / CAME)


def _added(part: Part, kept: pa.Table, since: pa.Table) -> pa.Table:
    """The part of facts kept and of facts since, as if it were asked of all of them."""
    people = np.union1d(kept["person"].to_numpy(), since["person"].to_numpy())
    one, two = (_columns(people, each, part) for each in (kept, since))
    both = {}
    for name, how in part.adds_up.items():
        if how == "max":
            both[name] = pc.max_element_wise(one[name], two[name])
        else:
            total = pc.add(one[name].fill_null(0), two[name].fill_null(0))
            unknown = pc.and_(one[name].is_null(), two[name].is_null())
            both[name] = pc.if_else(unknown, pa.scalar(None, total.type), total)
    return pa.table({"person": people, **both})


# ---------------------------------------------------------------- both


def concluded(read: Reading, rows: pa.Table, told: Cuts, on: date) -> pa.Table:
    """(person, conclude.COLUMNS) of rows of evidence (SCHEMA), ascending by person."""
    table = read.register(ROWS, rows)
    found = read.run(_conclusion(table, told, on))
    if not np.array_equal(found["person"].to_numpy(), rows["person"].to_numpy()):
        found = found.sort_by("person")
    return found


def _conclusion(table: ir.Table, told: Cuts, on: date) -> ir.Table:
    """Built once for the same cuts and day: it takes longer than to answer it of few people."""
    key = f"{on} {json.dumps(told.as_json())}"
    if key not in _conclusions:
        if len(_conclusions) > 8:
            _conclusions.clear()
        every = conclude.concluded(table, told, on)
        _conclusions[key] = every.select("person", *conclude.COLUMNS)
    return _conclusions[key]


_conclusions: dict[str, ir.Table] = {}


def _aligned(people: Ids, tables: Tables) -> pa.Table:
    """(person, evidence.COLUMNS) of `people` in their order, which ascends; unknown is what no table says."""
    columns: dict[str, Any] = {"person": people}
    for part in PARTS:
        if part.name in tables:
            columns |= _columns(people, tables[part.name], part)
        else:
            columns |= {name: pa.nulls(len(people), _TYPES[kind]) for name, kind in part.columns.items()}  # fmt: skip
    return pa.table(columns, schema=SCHEMA)


def _columns(people: Ids, rows: pa.Table, part: Part) -> dict[str, Any]:
    theirs = rows["person"].to_numpy()
    if len(theirs) > 1 and not (theirs[1:] > theirs[:-1]).all():
        order = np.argsort(theirs)
        rows, theirs = rows.take(order), theirs[order]
    at = np.searchsorted(theirs, people)
    at[at == len(theirs)] = 0
    there = theirs[at] == people if len(theirs) else np.zeros(len(people), bool)
    places = pa.array(at, mask=~there)
    # Narrow columns, and texts that are numbers, are moved before they are made wide.
    return {
        name: _whole(rows[name]).take(places).cast(_TYPES[kind])
        for name, kind in part.columns.items()
    }


def _whole(column: Any) -> Any:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
