"""Everybody is asked about: a file of people, their attributes and a column of bits per leaf.

In parts, so that memory is bounded however many people there are; leaves of one kind of record are one question, so
that each type of fact is read once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from xiaohe.segments.query.compile import leaf_table
from xiaohe.segments.query.world import World
from xiaohe.segments.rules.tree import Leaf, Rank
from xiaohe.segments.state.asking import groups_of, only
from xiaohe.segments.state.bits import packed
from xiaohe.segments.state.generation import Ids

# People of one question; a part of them needs some 300 MB at twenty facts each.
PART = 500_000


def everybody(world: World, wanted: Mapping[str, Leaf], folder: Path) -> Ids:
    """Write persons.npy, attributes.parquet and a column per leaf of the whole shop; who there is."""
    persons = _population(world, folder)
    world = replace(
        world, known_population=world.read.register("everyone", folder / "persons.parquet")
    )
    parts = _parts(persons)
    files = []
    for number, part in enumerate(parts):
        path = folder / f"attributes-{number}.parquet"
        files.append(path)
        world.read.write(_of(world, part, len(parts)).attributes().order_by("person"), path)
    world = replace(world, known_attributes=world.read.register("attributes", files))
    columns(world, persons, wanted, folder)
    _one_file(files, folder / "attributes.parquet")
    (folder / "persons.parquet").unlink()
    np.save(folder / "persons.npy", persons)
    return persons


def columns(
    world: World,
    persons: Ids,
    wanted: Mapping[str, Leaf],
    folder: Path,
    *,
    whole: bool = False,
) -> None:
    """A column of bits per leaf, of `persons` (ascending); `world` knows its population and attributes.

    `whole`: not in parts, for what must be quick.
    """
    parts = [persons] if whole else _parts(persons)
    for group in groups_of(wanted):
        flags = {key: np.zeros(len(persons), bool) for key in group}
        together = any(isinstance(each, Rank) for each in group.values())
        for part in parts[:1] if together else parts:
            some = world if together else _of(world, part, len(parts))
            found = world.read.run(leaf_table(some, group))
            places = np.searchsorted(persons, found["person"].to_numpy())
            for key in group:
                flags[key][places] = np.asarray(found[key])
        for key, of in flags.items():
            np.save(folder / "columns" / f"{key}.npy", packed(of))


def _population(world: World, folder: Path) -> Ids:
    path = folder / "persons.parquet"
    world.read.write(world.population().order_by("person"), path)
    found: Ids = pq.read_table(path)["person"].to_numpy()
    return found


def _parts(persons: Ids) -> list[Ids]:
    """People by a hash of the person, which their ids are."""
    count = -(-len(persons) // PART) or 1
    return [persons] if count == 1 else [persons[persons % count == each] for each in range(count)]


def _of(world: World, part: Ids, parts: int) -> World:
    return world if parts == 1 else only(world, part)


def _one_file(files: list[Path], target: Path) -> None:
    if len(files) == 1:
        files[0].rename(target)
        return
    with pq.ParquetWriter(target, pq.read_schema(files[0]), compression="zstd") as out:
        for each in files:
            for batch in pq.ParquetFile(each).iter_batches():
                out.write_batch(batch)
            each.unlink()
