"""What measures have added up so far, kept per person: what comes later is added to it, and nothing is read again.

    <generation>/accumulated/<group>.arrow    (person ascending, parts…) of whoever has a record; sparse

A group is the leaves of one kind of record that were asked in one question; parts are those of `query.additive`, named
`<key of the leaf>__<part>`. In the manifest, under `accumulated`:

    {<group>: {"of": kind of record, "keys": [keys of leaves], "base": path, "laid": path or null}}

`base` is of everybody, written when the leaves were asked of everybody; `laid` is of those who were touched since, and
counts instead of their rows there. Who has a row without parts there has no record. Paths are within `generation.root()`.

    groups(one)                            every group of a generation, by name
    kept_of(one, name, persons)            rows of these people, of those who have one
    whole_of(one, name)                    rows of everybody
    write(folder, called, of, …)          a base's file → what stands in the manifest
    lay_over(before, name, rows, folder, called)    the next generation's file over the base → the same

Together with `additive.carried_on` that is all a delta needs; of retractions, joins and facts dated ahead rows are
accumulated anew and laid over.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from xiaohe.segments.query import additive
from xiaohe.segments.rules.tree import Leaf, Measure
from xiaohe.segments.state import generation
from xiaohe.segments.state.generation import Generation, Ids

FOLDER = "accumulated"
_NARROW = (pa.uint8(), pa.uint16(), pa.uint32())


@dataclass(frozen=True)
class Group:
    """Leaves whose parts stand in one file."""

    name: str
    of: str
    keys: tuple[str, ...]
    base: str
    laid: str | None

    @classmethod
    def of_told(cls, name: str, told: Mapping[str, Any]) -> Group:
        return cls(name, told["of"], tuple(told["keys"]), told["base"], told["laid"])

    def told(self) -> dict[str, Any]:
        return {"of": self.of, "keys": list(self.keys), "base": self.base, "laid": self.laid}


def groups(one: Generation) -> dict[str, Group]:
    return {
        name: Group.of_told(name, told) for name, told in one.about.get("accumulated", {}).items()
    }


def keepable(leaves: Mapping[str, Leaf]) -> dict[str, Measure]:
    """Those leaves whose parts can be carried on."""
    return {
        key: leaf
        for key, leaf in leaves.items()
        if isinstance(leaf, Measure) and additive.is_additive(leaf)
    }


def write(
    folder: Path, called: str, of: str, leaves: Mapping[str, Measure], found: pa.Table
) -> Group:
    """Write a group into a draft that will be `called` so; `found` is of everybody, ascending."""
    name = blake2b(",".join(sorted(leaves)).encode(), digest_size=10).hexdigest()
    _save(found.select(["person", *columns_of(leaves, found)]), folder / FOLDER / f"{name}.arrow")
    return Group(name, of, tuple(leaves), f"{called}/{FOLDER}/{name}.arrow", None)


def columns_of(leaves: Mapping[str, Measure], found: pa.Table) -> list[str]:
    """The parts of these leaves among the columns of `found`."""
    return [
        each for each in found.column_names if each.partition("__")[0] in leaves and "__" in each
    ]


def kept_of(one: Generation, name: str, persons: Ids) -> pa.Table:
    """(person, parts…) of those of `persons` who have a row, ascending."""
    group, wanted = groups(one)[name], np.unique(persons)
    base = _load(group.base)
    if group.laid is None:
        return _wide(_rows(base, wanted))
    laid = _load(group.laid)
    rest = wanted[~np.isin(wanted, laid["person"].to_numpy())]
    return joined([_rows(base, rest), _rows(laid, wanted)])


def whole_of(one: Generation, name: str) -> pa.Table:
    """(person, parts…) of everybody who has a row, ascending."""
    group = groups(one)[name]
    base = _load(group.base)
    if group.laid is None:
        return _wide(base)
    laid = _load(group.laid)
    over = np.isin(base["person"].to_numpy(), laid["person"].to_numpy())
    return joined([base.filter(pa.array(~over)), laid])


def lay_over(before: Generation, name: str, rows: pa.Table, folder: Path, called: str) -> Group:
    """The group of the next generation, whose draft is `folder` and will be `called` so: `rows` (person, parts…) count from now on.

    Whoever has no record any more has a row whose parts are null.
    """
    group = groups(before)[name]
    if group.laid is not None:
        old = _load(group.laid)
        stays = ~np.isin(old["person"].to_numpy(), rows["person"].to_numpy())
        rows = joined([old.filter(pa.array(stays)), rows.select(old.column_names)])
    else:
        rows = rows.select(_load(group.base).column_names).sort_by("person")
    _save(rows, folder / FOLDER / f"{name}.arrow")
    return Group(name, group.of, group.keys, group.base, f"{called}/{FOLDER}/{name}.arrow")


def linked(group: Group, folder: Path, called: str) -> Group:
    """The same rows in the next generation, so that the one before may go."""
    assert group.laid is not None
    path = folder / FOLDER / f"{group.name}.arrow"
    path.parent.mkdir(exist_ok=True, mode=0o700)
    os.link(generation.root() / group.laid, path)
    return replace(group, laid=f"{called}/{FOLDER}/{path.name}")


def narrow(table: pa.Table, order: NDArray[np.int64] | None = None) -> pa.Table:
    """Rows in this order, whole numbers no wider than the largest of them needs."""
    columns = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        small = column if name == "person" else _narrow(column)
        columns[name] = small if order is None else small.take(pa.array(order))
    return pa.table(columns)


def joined(tables: list[pa.Table]) -> pa.Table:
    """Rows of several tables of the same parts, ascending by person."""
    wide = [_wide(each) for each in tables]
    return pa.concat_tables([each.cast(wide[0].schema) for each in wide]).sort_by("person")


# ---------------------------------------------------------------- files


def _rows(table: pa.Table, persons: Ids) -> pa.Table:
    """Rows of these people (ascending), of those who have one."""
    known = table["person"].to_numpy()
    at = np.searchsorted(known, persons)
    at[at == len(known)] = 0
    there = known[at] == persons if len(known) else np.zeros(len(persons), bool)
    return table.take(pa.array(at[there]))


def _save(table: pa.Table, path: Path) -> None:
    """As one batch that is mapped, not read: whole numbers no wider than the largest of them needs."""
    path.parent.mkdir(exist_ok=True, mode=0o700)
    small = narrow(table).combine_chunks()
    with pa.OSFile(str(path), "wb") as out, pa.ipc.new_file(out, small.schema) as file:
        file.write_table(small)


def _load(path: str) -> pa.Table:
    """Mapped: what nobody looks at is not read."""
    with pa.ipc.open_file(pa.memory_map(str(generation.root() / path))) as file:
        return file.read_all()


def _narrow(column: Any) -> Any:
    if not pa.types.is_int64(column.type):
        return column
    told = pc.min_max(column).as_py()
    low, high = told["min"] or 0, told["max"] or 0
    for kind in _NARROW:
        if low >= 0 and high < 2**kind.bit_width:
            return column.cast(kind)
    return column


def _wide(table: pa.Table) -> pa.Table:
    """Whole numbers as the engine has them: of 64 bits."""
    schema = pa.schema(
        (each.name, pa.int64() if pa.types.is_integer(each.type) else each.type)
        for each in table.schema
    )
    return table.cast(schema)
