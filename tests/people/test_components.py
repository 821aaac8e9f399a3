"""Components as arrays: long chains, wide stars, and a million edges."""

import time

import numpy as np

from xiaohe.people.components import components


def test_long_chains_and_wide_stars_come_out_whole():
    line = np.arange(50_000)
    nodes, root = components(line[:-1], line[1:])
    assert len(nodes) == 50_000
    assert not root.any()
    shuffled = np.random.default_rng(7).permutation(50_000)
    _nodes, root = components(shuffled[:-1], shuffled[1:])
    assert not root.any()


def test_a_million_edges_take_seconds():
    rng = np.random.default_rng(1)
    left, right = rng.integers(0, 1 << 62, (2, 1_000_000))
    right[::3] = left[np.roll(np.arange(1_000_000), 1)][::3]
    began = time.perf_counter()
    components(left, right)
    assert time.perf_counter() - began < 8
