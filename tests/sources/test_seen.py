"""What a file has shown already: against Python's own sets, in memory and on disk."""

from __future__ import annotations

import numpy as np
import pytest

from xiaohe.kernel.workspace import Workspace
from xiaohe.sources import seen


@pytest.mark.parametrize("held", [50, 1 << 18])
def test_different_ids_are_counted_in_memory_and_on_disk(
    place: Workspace, monkeypatch: pytest.MonkeyPatch, held: int
) -> None:
    monkeypatch.setattr(seen, "HELD", held)
    chance = np.random.default_rng(3)
    distinct, all_ids = seen.Distinct(), set()
    for _slice in range(40):
        ids = chance.integers(0, 700, 30)
        distinct.add(ids)
        all_ids |= set(ids.tolist())

    assert len(distinct) == len(all_ids)
    assert len(distinct) == len(all_ids)  # asking changes nothing


def test_a_first_time_is_never_missed_and_a_second_one_at_once_is_known() -> None:
    recent = seen.Recent()
    assert recent.first_time(np.array([0, 5, 5, 7, 0])).tolist() == [True, True, False, True, False]
    assert recent.first_time(np.array([7, 0, 9])).tolist() == [False, False, True]

    # Two ids of one place: the later one is remembered, the other counts as new again.
    other = 7 + seen.REMEMBERED
    assert recent.first_time(np.array([other, other, 7])).tolist() == [True, False, False]
    assert recent.first_time(np.array([other])).tolist() in ([True], [False])
