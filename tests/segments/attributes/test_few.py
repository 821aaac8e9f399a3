"""The same lines for the whole shop and for a few people, over random facts with joins, undos and what was taken back."""

from __future__ import annotations

import random
from typing import Any

from tests.segments.query.made import asked, build
from xiaohe.segments.attributes import cuts, ready
from xiaohe.segments.attributes.table import evidence, table


def test_few_people_are_told_as_everybody_is(place: Any) -> None:
    seed = 7
    made = build(seed, "Asia/Shanghai", "04:00")
    with asked(made) as (world, _twin):
        rows = world.read.run(evidence(world)).to_pylist()
        whole = {row["person"]: row for row in rows}
        some = random.Random(seed).sample(sorted(whole), 4)
        few = world.read.run(table(world.only([*some, 12345]))).to_pylist()
        told = cuts.of(world)

    assert len(rows) == len(whole)
    assert {row["person"] for row in few} == set(some)
    for row in few:
        assert row == {name: whole[row["person"]][name] for name in row}
    for row in rows:
        scores = ready.explained(row, told).scores
        assert {name: each and each.points for name, each in scores.items()} == {name: row[name] for name in scores}  # fmt: skip
