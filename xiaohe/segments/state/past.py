"""Who fits a rule at a moment of which no state is kept: everybody is asked from the facts, a small question at a time.

A rule may have hundreds of conditions; as one question no engine would plan it, nor anything compile it.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from xiaohe.segments.attributes import kept
from xiaohe.segments.query.compile import atoms
from xiaohe.segments.query.world import World
from xiaohe.segments.rules.tree import Been, Everyone, Leaf, Rank, Rule
from xiaohe.segments.state import bits, generation
from xiaohe.segments.state.asking import by_attributes
from xiaohe.segments.state.bits import Bits
from xiaohe.segments.state.columns import columns
from xiaohe.segments.state.generation import Ids
from xiaohe.segments.state.keys import key_of_leaf


def fitting(world: World, rule: Rule) -> Ids:
    """Everybody who fits, ascending."""
    wanted = {
        key_of_leaf(each): each for each in atoms(world, rule) if not isinstance(each, Everyone)
    }
    told = world.read.run(world.population().select("person").order_by("person"))
    persons = told["person"].to_numpy()
    world = replace(world, known_population=world.read.register("everyone", told))
    with TemporaryDirectory(dir=generation.root(), prefix=".") as name:
        folder = Path(name)
        (folder / "columns").mkdir()
        if any(isinstance(each, Rank | Been) or by_attributes(each) for each in wanted.values()):
            kept.write(world, persons, folder)
            known = world.read.register("attributes", folder / kept.ATTRIBUTES)
            world = replace(world, known_attributes=known)
        columns(world, persons, wanted, folder)

        def look(leaf: Leaf) -> Bits:
            found: Bits = np.load(folder / "columns" / f"{key_of_leaf(leaf)}.npy")
            return found

        def within(slug: str) -> Bits:
            return bits.fitting(world.segment(slug), everyone, look, within)

        everyone = bits.packed(np.ones(len(persons), bool))
        fits = bits.fitting(rule, everyone, look, within)
    found: Ids = persons[bits.places(fits)]
    return found
