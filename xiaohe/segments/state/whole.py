"""Everybody is asked about: who there is, what is known of them, a column of bits per leaf."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from xiaohe.segments.attributes import kept
from xiaohe.segments.query.world import World
from xiaohe.segments.rules.tree import Leaf
from xiaohe.segments.state.accumulated import Group
from xiaohe.segments.state.columns import columns


def everybody(world: World, wanted: Mapping[str, Leaf], folder: Path, name: str) -> list[Group]:
    """Write everybody, their evidence and attributes and a column per leaf into the draft of `name`.

    What measures have added up is kept beside; those groups are given.
    """
    path = folder / "persons.parquet"
    world.read.write(world.population().order_by("person"), path)
    persons = pq.read_table(path)["person"].to_numpy()
    world = replace(world, known_population=world.read.register("everyone", path))
    kept.write(world, persons, folder)
    known = world.read.register("attributes", folder / kept.ATTRIBUTES)
    groups = columns(replace(world, known_attributes=known), persons, wanted, folder, keep_as=name)
    np.save(folder / "persons.npy", persons)
    path.unlink()
    return groups
