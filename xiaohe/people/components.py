"""Connected components as arrays, without any store."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]
# Positions in a column of nodes: half the memory of ids, and enough for two thousand million keys.
Places = NDArray[np.int32]
Mask = NDArray[np.bool_]


def components(left: Ids, right: Ids) -> tuple[Ids, Places]:
    """Nodes, ascending, and for each the position of its component's smallest node."""
    nodes, place = np.unique(np.concatenate([left, right]), return_inverse=True)
    places: Places = place.astype(np.int32)
    root: Places = np.arange(len(nodes), dtype=np.int32)
    return nodes, hooked(root, places[: len(left)], places[len(left) :])


def hooked(root: Places, left: Places, right: Places) -> Places:
    """`root` with more pairs joined: each node's component, named by its smallest node; `root` itself is not changed.

    Hooking and pointer jumping (Shiloach & Vishkin 1982): each round hooks the larger root of an edge under
    the smaller one, then flattens; a few rounds whatever the shape, and every step is one array operation.
    """
    a, b = root[left], root[right]
    apart = a != b
    a, b = a[apart], b[apart]
    root = root.copy()
    while len(a):
        low, high = np.minimum(a, b), np.maximum(a, b)
        np.minimum.at(root, high, low)
        while not np.array_equal(flat := root[root], root):
            root = flat
        a, b = root[a], root[b]
        still = a != b
        a, b = a[still], b[still]
    return root
