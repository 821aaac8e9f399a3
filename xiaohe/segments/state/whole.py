"""Everybody is asked about: who there is, what is known of them, a column of bits per leaf."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from xiaohe.segments.attributes import acts, evidence, kept
from xiaohe.segments.attributes.evidence import Part
from xiaohe.segments.query.world import World
from xiaohe.segments.rules.tree import Leaf, Measure, Sequence
from xiaohe.segments.state import lanes
from xiaohe.segments.state.accumulated import Group
from xiaohe.segments.state.asking import by_attributes
from xiaohe.segments.state.columns import answer, questions, without_records
from xiaohe.segments.state.generation import Ids


def everybody(world: World, wanted: Mapping[str, Leaf], folder: Path, name: str) -> list[Group]:
    """Write everybody, their evidence and attributes and a column per leaf into the draft of `name`.

    What measures have added up is kept beside; those groups are given. Leaves of facts alone are asked while
    attributes are concluded.
    """
    kept.begin(world, folder)
    parts = evidence.asked_for(world)
    persons = _persons(world, parts, folder)
    np.save(folder / "persons.npy", persons)
    everyone = world.read.register("everyone", pa.table({"person": persons}))
    world = replace(world, known_population=everyone)
    without = without_records(world, wanted)
    groups: dict[int, Group] = {}

    def ask(number: int, leaves: Mapping[str, Leaf], world: World) -> None:
        found = answer(world, persons, leaves, without, folder, keep_as=name)
        if found is not None:
            groups[number] = found

    asked = list(enumerate(questions(wanted)))
    of_facts = {number for number, leaves in asked if _are_of_facts(leaves)}
    lanes.ask(
        world,
        [partial(_write_part, part, folder) for part in parts],
        lambda world: kept.write_attributes(world, persons, folder),
        [partial(ask, number, leaves) for number, leaves in asked if number in of_facts],
    )
    known = world.read.register("attributes", folder / kept.ATTRIBUTES)
    world = replace(world, known_attributes=known)
    for number, leaves in asked:
        if number not in of_facts:
            ask(number, leaves, world)
    return [groups[number] for number in sorted(groups)]


def _persons(world: World, parts: list[Part], folder: Path) -> Ids:
    """Everybody, ascending; what the same look at all facts tells beside is written, and no more among `parts`."""
    signals = next((part for part in parts if part.name == acts.SIGNALS), None)
    if signals is None:
        ids = world.read.run(world.population())["person"].to_numpy()
        return np.sort(ids)
    found = world.read.run(acts.known_and_signals(world))
    kept.write_part(world, signals, folder, found.filter(pc.is_valid(found["signal_on"])))
    parts.remove(signals)
    return np.sort(found.filter(found["known"])["person"].to_numpy())


def _write_part(part: Part, folder: Path, world: World) -> None:
    kept.write_part(world, part, folder)


def _are_of_facts(leaves: Mapping[str, Leaf]) -> bool:
    """Whether none of them looks at attributes."""
    return all(
        isinstance(each, Measure | Sequence) and not by_attributes(each) for each in leaves.values()
    )
