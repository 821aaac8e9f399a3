"""Columns of leaves no saved segment has: asked when somebody tries them, and kept beside the base.

    HOME/derived/segments/extra/<base>/<key>.npz    who fits, and the moment it was asked at

A column counts for generations of its moment or before; a later delta that knows it takes it over. What takes longer
than a person waits is asked of a sixteenth of the people, by a hash of the person, and then of everybody in the background.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa

from xiaohe import jobs
from xiaohe.ledger import engine
from xiaohe.ledger.engine import Reading, TooSlow
from xiaohe.segments.attributes import cuts
from xiaohe.segments.rules import jsonform
from xiaohe.segments.rules.tree import Leaf, Rank
from xiaohe.segments.state import asking, generation
from xiaohe.segments.state.bits import Bits, Flags, packed, unpacked
from xiaohe.segments.state.columns import columns
from xiaohe.segments.state.generation import Generation, Ids
from xiaohe.segments.state.position import late_batches, position_of

EXACT = "segments.leaf"
PATIENCE_SECONDS = 2.0
# A sixteenth: whose id ends in this hexadecimal digit.
SHARE, DIGIT = 16, 7
MEMORY = "800MB"


@dataclass(frozen=True)
class Column:
    """Who fits one leaf at one moment: bits over the base's people, and who else."""

    base: Bits
    more: Ids
    tap: int
    lake: int
    state: str

    def counts_for(self, one: Generation) -> bool:
        here = one.position
        return self.lake == here.lake and self.tap >= here.tap and self.state == one.traits.id

    def of(self, one: Generation, persons: Ids) -> Flags:
        base = one.base_persons
        at = np.searchsorted(base, persons)
        at[at == len(base)] = 0
        known = base[at] == persons if len(base) else np.zeros(len(persons), bool)
        found = np.isin(persons, self.more)
        places = at[known]
        found[known] = ((self.base[places >> 3] >> (7 - (places & 7))) & 1).astype(bool)
        return found

    def bits(self, one: Generation) -> Bits:
        flags = np.zeros(one.size, bool)
        flags[: len(one.base_persons)] = unpacked(self.base, len(one.base_persons))
        flags[len(one.base_persons) :] = np.isin(one.newcomers, self.more)
        return packed(flags) & one.everyone


def known(one: Generation, key: str) -> Column | None:
    """What was asked before, if it counts for this generation."""
    path = _path(one, key)
    try:
        with np.load(path) as told:
            found = Column(
                told["base"], told["more"], int(told["tap"]), int(told["lake"]), str(told["state"])
            )
    except (OSError, ValueError, KeyError):
        return None
    return found if found.counts_for(one) else None


def adopted(one: Generation, wanted: Mapping[str, Leaf], folder: Path) -> dict[str, Column]:
    """Columns at hand for leaves a segment has now, written into the draft of the next generation."""
    found = {}
    for key, leaf in wanted.items():
        column = known(one, key) if not _moves_alone(leaf) else None
        if column is not None:
            np.save(folder / "columns" / f"{key}.npy", column.base)
            found[key] = column
    return found


def asked(
    one: Generation, wanted: Mapping[str, Leaf], now: datetime, *, patient: bool = False
) -> tuple[dict[str, Bits], bool]:
    """Bits of leaves, and whether they are of a sixteenth of the people only; the exact ones follow by a job then."""
    found = {key: column.bits(one) for key in wanted if (column := known(one, key)) is not None}
    missing = {key: leaf for key, leaf in wanted.items() if key not in found}
    if not missing:
        return found, False
    late = late_batches()
    try:
        with _reading(None if patient else PATIENCE_SECONDS) as read:
            found |= _keep(one, read, missing, late, now)
        return found, False
    except TooSlow:
        if patient:
            raise
    for key, leaf in missing.items():
        payload = {"leaf": jsonform.to_json(leaf)}
        jobs.enqueue(EXACT, payload, dedupe=f"{EXACT}:{key}")
    with _reading(PATIENCE_SECONDS * 4) as read:
        world = _world(one, read, now)
        persons = one.persons_at(np.arange(one.size))
        some = persons[persons % SHARE == DIGIT]
        found |= _bits(one, asking.only(world, some), missing)
    return found, True


def sampled(one: Generation) -> Bits:
    """Who is in the sixteenth."""
    persons = one.persons_at(np.arange(one.size))
    return packed(persons % SHARE == DIGIT) & one.everyone


def _keep(
    one: Generation, read: Reading, wanted: Mapping[str, Leaf], late: list[int], now: datetime
) -> dict[str, Bits]:
    assert read.snapshot is not None
    here = position_of(read.snapshot, late)
    found = _bits(one, _world(one, read, now), wanted)
    if here.lake != one.position.lake:
        return found
    for key, bits in found.items():
        flags = unpacked(bits, one.size)
        size = len(one.base_persons)
        path = _path(one, key)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_name(f".{uuid.uuid4().hex}.npz")
        np.savez(
            draft,
            base=packed(flags[:size]),
            more=one.newcomers[flags[size:]],
            # Asked of this generation's people: newcomers since are touched by what made them known.
            tap=here.tap,
            lake=here.lake,
            state=one.traits.id,
        )
        os.replace(draft, path)
    return found


def _bits(one: Generation, world: asking.World, wanted: Mapping[str, Leaf]) -> dict[str, Bits]:
    found = {}
    persons = one.persons_at(np.arange(one.size))
    # The base's people ascend; whoever came since stands behind them.
    order = np.argsort(persons) if len(one.newcomers) else None
    with TemporaryDirectory(dir=generation.root(), prefix=".") as name:
        folder = Path(name)
        (folder / "columns").mkdir()
        columns(world, persons if order is None else persons[order], wanted, folder, whole=True)
        for key in wanted:
            bits = np.load(folder / "columns" / f"{key}.npy")
            if order is not None:
                flags = np.zeros(one.size, bool)
                flags[order] = unpacked(bits, one.size)
                bits = packed(flags)
            found[key] = bits & one.everyone
    return found


def _world(one: Generation, read: Reading, now: datetime) -> asking.World:
    """The generation's people and attributes, and all facts of this moment."""
    began = int(one.about["began_us"])
    world = asking.world_at(read, one.traits, max(now, one.at), one.rules, began)
    world.kept[cuts.KEPT] = cuts.Cuts.from_json(one.about["cuts"])
    there = one.persons_at(np.flatnonzero(unpacked(one.everyone, one.size)))
    population = read.register("everyone", pa.table({"person": there}))
    attributes = read.register("attributes_base", one.base_attributes)
    if (laid := one.laid_attributes()) is not None:
        assert one.touched is not None
        over = read.register("touched_over", pa.table({"person": one.touched.over}))
        more = read.register("attributes_touched", laid)
        attributes = attributes.anti_join(over, "person").union(more.select(attributes.columns))
    return replace(world, on=one.on, known_population=population, known_attributes=attributes)


def _reading(seconds: float | None) -> Reading:
    return engine.reading(timeout=seconds, threads=os.cpu_count() or 1, memory=MEMORY)


def _moves_alone(leaf: Leaf) -> bool:
    return isinstance(leaf, Rank) or bool(asking.of_hours([leaf]))


def _path(one: Generation, key: str) -> Path:
    return generation.root() / "extra" / str(one.about["base"]) / f"{key}.npz"
