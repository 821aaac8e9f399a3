"""Everybody is asked about: who there is, their attributes in parts that fit into memory, a column of bits per leaf."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from xiaohe.segments.query.world import World
from xiaohe.segments.rules.tree import Leaf
from xiaohe.segments.state.accumulated import Group
from xiaohe.segments.state.asking import only
from xiaohe.segments.state.columns import columns
from xiaohe.segments.state.generation import Ids

# People of one question; a part of them needs some 300 MB at twenty facts each.
PART = 500_000


def everybody(world: World, wanted: Mapping[str, Leaf], folder: Path, name: str) -> list[Group]:
    """Write persons.npy, attributes.parquet and a column per leaf of the whole shop, into the draft of `name`.

    What measures have added up is kept beside; those groups are given.
    """
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
    kept = columns(world, persons, wanted, folder, keep_as=name)
    _one_file(files, folder / "attributes.parquet")
    (folder / "persons.parquet").unlink()
    np.save(folder / "persons.npy", persons)
    return kept


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
