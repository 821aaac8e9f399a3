"""What would glue people who contradict one another, and the edges that are left out for it.

Two keys of one *scope* that no stronger evidence made one (two ids of one company's WeCom, two member names on one platform, two people
of whom the owner said so) contradict. Where a level of evidence hangs such clusters together, every edge on a way
between them is left out: which of them is wrong, nobody here can know. Edges beside those ways stay.

The ways are what is left when everything that ends nowhere is pruned, again and again. That is one set, whatever
the order of edges.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from xiaohe.people.components import Mask, Places, hooked


@dataclass(frozen=True)
class Scope:
    """Nodes of which one person has one, unless `same` says two of them are the same person's."""

    nodes: Places
    same: Places  # a label for every node of the graph


@dataclass(frozen=True)
class Cut:
    """What one level came to."""

    label: Places  # with what may join
    dropped: Mask  # of the given edges
    # For each component that contradicts itself: its edges left out, and the nodes that contradict.
    conflicts: tuple[tuple[Places, Places], ...] = ()


def cut(
    label: Places,
    left: Places,
    right: Places,
    scopes: Iterable[Scope],
    pairs: tuple[Places, Places],
) -> Cut:
    """Join `label` by these edges as far as nothing of a scope, and none of the pairs, becomes one by it."""
    joined = hooked(label, left, right)
    dropped = np.zeros(len(left), bool)
    if not len(left):
        return Cut(joined, dropped)
    bad, terminals = _contradicting(joined, label, scopes, pairs)
    if not len(terminals):
        return Cut(joined, dropped)
    a, b = label[left], label[right]
    concerned = np.flatnonzero(bad[joined[a]] & (a != b))
    ends = set(label[terminals].tolist())
    kept = _between(a[concerned], b[concerned], ends)
    dropped[concerned[kept]] = True
    conflicts = _conflicts(joined, left, np.flatnonzero(dropped).astype(np.int32), terminals)
    return Cut(hooked(label, left[~dropped], right[~dropped]), dropped, conflicts)


def _contradicting(
    joined: Places, label: Places, scopes: Iterable[Scope], pairs: tuple[Places, Places]
) -> tuple[Mask, Places]:
    """Components that hold two of a scope, and these nodes."""
    bad = np.zeros(len(joined), bool)
    terminals: list[Places] = []
    some = np.empty(len(joined), np.int32)
    for scope in scopes:
        at, same = joined[scope.nodes], scope.same[scope.nodes]
        # Any one of a component's: who differs from it contradicts it.
        some[at] = same
        differs = some[at] != same
        if differs.any():
            inside = np.zeros(len(joined), bool)
            inside[at[differs]] = True
            terminals.append(scope.nodes[inside[at]])
            bad |= inside
    one, two = pairs
    glued = (joined[one] == joined[two]) & (label[one] != label[two])
    if glued.any():
        terminals += [one[glued], two[glued]]
        bad[joined[one[glued]]] = True
    found = np.unique(np.concatenate(terminals)) if terminals else np.empty(0, np.int32)
    return bad, found


def _between(a: Places, b: Places, ends: set[int]) -> Mask:
    """Which edges are left when whatever ends nowhere is pruned; parallel ones count once."""
    beside: dict[int, set[int]] = defaultdict(set)
    for one, two in zip(a.tolist(), b.tolist(), strict=True):
        beside[one].add(two)
        beside[two].add(one)
    loose = deque(node for node, others in beside.items() if len(others) == 1 and node not in ends)
    while loose:
        node = loose.popleft()
        for other in beside.pop(node):
            beside[other].discard(node)
            if len(beside[other]) == 1 and other not in ends:
                loose.append(other)
    kept = (
        one in beside and two in beside[one]
        for one, two in zip(a.tolist(), b.tolist(), strict=True)
    )
    return np.fromiter(kept, bool, len(a))


def _conflicts(
    joined: Places, left: Places, dropped: Places, terminals: Places
) -> tuple[tuple[Places, Places], ...]:
    edges: dict[int, list[int]] = defaultdict(list)
    nodes: dict[int, list[int]] = defaultdict(list)
    for edge, component in zip(dropped.tolist(), joined[left[dropped]].tolist(), strict=True):
        edges[component].append(edge)
    for node, component in zip(terminals.tolist(), joined[terminals].tolist(), strict=True):
        nodes[component].append(node)
    return tuple((np.array(edges[each]), np.array(nodes[each])) for each in sorted(edges))
