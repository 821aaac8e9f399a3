"""Which evidence joins: level by level, the stronger first; the same whatever the order of imports.

    the owner's word, aliases ─► ids of one human ─► phones, e-mails ┬─► what sites and apps tell
                                                  orders, claims ────┘
At each level a key with more holders than one person explains is left out for all of them; holders are counted as
people of the levels before. Then what would glue contradictions is left out (cutting.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum

import numpy as np

from xiaohe.people.components import Mask, Places, hooked
from xiaohe.people.joined.cutting import Cut, Scope, cut
from xiaohe.people.joined.stated import Graph, Holder, Level, Word

NOBODY = np.empty(0, np.int32)


class Reason(StrEnum):
    """Why evidence waits for the owner's word."""

    CONTRADICTION = "contradiction"  # it would glue people who contradict one another
    ONE_ORDER = "one_order"  # several contacts name one order or one claim word


@dataclass(frozen=True)
class Found:
    """One conflict, in places of the graph."""

    reason: Reason
    nodes: Places
    edges: Places


@dataclass(frozen=True)
class Labels:
    """Who is one person after each level; a label is a place."""

    said: Places  # the owner's word and aliases
    own: Places  # ids of one human
    phones: Places  # those and phones: by these the contacts that name an order are counted
    files: Places
    person: Places


@dataclass(frozen=True)
class Joined:
    """The answer in places of the graph."""

    labels: Labels
    quarantined: Places
    # Of the edges: left out, though alone they would join.
    unused: Mask
    conflicts: tuple[Found, ...]
    # Keys of too many people, by the level that counts them.
    over: dict[Level, Mask] = field(default_factory=dict)


def resolve(graph: Graph, forced: Mask | None = None) -> Joined:
    """Who is one person. `forced`: keys of too many, some of whose holders are not in this graph."""
    return _Resolving(graph, forced).joined()


class _Resolving:
    def __init__(self, graph: Graph, forced: Mask | None) -> None:
        self._graph = graph
        self._size = len(graph.nodes)
        self._forced = np.zeros(self._size, bool) if forced is None else forced
        level_of = np.array([int(each.level) for each in graph.sayings] or [0], np.uint8)
        self._level = level_of[graph.told]
        self._level[~self._live()] = Level.NONE
        self._unused = np.zeros(len(graph.left), bool)
        self._conflicts: list[Found] = []
        self._quarantined = np.zeros(self._size, bool)
        self._over: dict[Level, Mask] = {}
        two = graph.hand_word == Word.TWO
        self._pairs = (graph.hand_left[two], graph.hand_right[two])

    def joined(self) -> Joined:
        said = self._said()
        own = self._own(said)
        phones, files = self._files(own)
        person = self._apps(files)
        return Joined(
            Labels(said, own, phones, files, person),
            np.flatnonzero(self._quarantined).astype(np.int32),
            self._unused,
            tuple(self._conflicts),
            self._over,
        )

    # ------------------------------------------------------------ levels

    def _live(self) -> Mask:
        """Edges that the owner did not take back, to keys that are not our own."""
        graph = self._graph
        live = np.ones(len(graph.left), bool)
        parted = graph.hand_word != Word.TOGETHER
        if parted.any():
            apart = np.concatenate(
                [
                    _pairs(graph.hand_left[parted], graph.hand_right[parted]),
                    _pairs(graph.hand_right[parted], graph.hand_left[parted]),
                ]
            )
            ends = np.zeros(self._size, bool)
            ends[graph.hand_left[parted]] = ends[graph.hand_right[parted]] = True
            near = np.flatnonzero(ends[graph.left] & ends[graph.right])
            live[near] = ~np.isin(_pairs(graph.left[near], graph.right[near]), apart)
        if len(graph.own):
            ours = np.zeros(self._size, bool)
            ours[graph.own] = True
            live &= ~ours[graph.right]
        return live

    def _said(self) -> Places:
        graph = self._graph
        nobody = np.arange(self._size, dtype=np.int32)
        alias = self._at(Level.ALIAS)
        over = self._too_many(Level.ALIAS, alias, nobody)
        self._unused[alias[over[graph.right[alias]]]] = True
        alias = alias[~over[graph.right[alias]]]
        one, other = self._whole_people()
        return hooked(
            nobody,
            np.concatenate([one, graph.left[alias]]),
            np.concatenate([other, graph.right[alias]]),
        )

    def _whole_people(self) -> tuple[Places, Places]:
        """Pairs that the owner's "one person" makes one: all that each of the two is without these words.

        The words name one key of either; were only these joined, what hangs on them (two member names of one platform)
        would contradict and fall off.
        """
        graph = self._graph
        together = graph.hand_word == Word.TOGETHER
        left, right = graph.hand_left[together], graph.hand_right[together]
        if not len(left):
            return left, right
        unsaid = replace(
            graph,
            hand_left=graph.hand_left[~together],
            hand_right=graph.hand_right[~together],
            hand_word=graph.hand_word[~together],
        )
        whole = hooked(resolve(unsaid, self._forced).labels.person, left, right)
        theirs = np.flatnonzero(np.isin(whole, whole[left])).astype(np.int32)
        return theirs, whole[theirs]

    def _own(self, said: Places) -> Places:
        edges = self._few(Level.OWN, said)
        return self._cut(said, edges, self._scopes(said, None))

    def _files(self, own: Places) -> tuple[Places, Places]:
        graph = self._graph
        phones = self._few(Level.PHONES, own)
        by_phone = hooked(own, graph.left[phones], graph.right[phones])
        named = self._named(by_phone)
        orders, buyers = self._bought(named)
        left = np.concatenate([graph.left[named], orders])
        right = np.concatenate([graph.right[named], buyers])
        # What one contact's text says belongs together: two member names may be one person's.
        by_text = hooked(own, left, right)
        edges = np.concatenate([phones, named, np.full(len(orders), -1, np.int32)])
        left, right = (
            np.concatenate([graph.left[phones], left]),
            np.concatenate([graph.right[phones], right]),
        )
        done = cut(own, left, right, self._scopes(own, by_text), self._pairs)
        self._note(done, edges)
        return by_phone, done.label

    def _apps(self, files: Places) -> Places:
        graph = self._graph
        edges = self._at(Level.APPS)
        if not len(edges):
            return files
        over = self._too_many(Level.APPS, edges, files)
        self._over[Level.APPS] = over
        shared = over | self._over.get(Level.PHONES, over)
        kept = ~shared[graph.right[edges]] & ~shared[graph.left[edges]]
        self._unused[edges[~kept]] = True
        edges = edges[kept]
        users = self._nodes_of((Level.APPS, Level.ALIAS), Holder.USER)
        return self._cut(files, edges, [*self._scopes(files, files), Scope(users, files)])

    # ------------------------------------------------------------ steps of a level

    def _at(self, level: Level) -> Places:
        return np.flatnonzero(self._level == level).astype(np.int32)

    def _few(self, level: Level, labels: Places) -> Places:
        """Edges of a level without those to keys of too many, who are put on the list."""
        edges = self._at(level)
        over = self._too_many(level, edges, labels)
        self._over[level] = over
        gone = over[self._graph.right[edges]]
        self._quarantined |= over
        self._unused[edges[gone]] = True
        return edges[~gone]

    def _named(self, by_phone: Places) -> Places:
        """Edges to orders that exist and to claim words, each named by one person only."""
        graph = self._graph
        edges = self._at(Level.ORDERS)
        exists = np.zeros(self._size, bool)
        exists[graph.order] = True
        is_claim = np.array([each.kind.name == "claim" for each in graph.sayings] or [False])
        edges = edges[exists[graph.right[edges]] | is_claim[graph.told[edges]]]
        over = self._too_many(Level.ORDERS, edges, by_phone)
        self._over[Level.ORDERS] = over
        gone = over[graph.right[edges]]
        self._quarantined |= over
        self._unused[edges[gone]] = True
        self._several(edges[gone])
        return edges[~gone]

    def _several(self, edges: Places) -> None:
        """Keys named by several contacts are for the owner to decide."""
        keys = self._graph.right[edges]
        starts = (
            np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]])) if len(keys) else keys
        )
        for theirs in np.split(edges, starts[1:]) if len(keys) else ():
            holders = np.unique(self._graph.left[theirs])
            self._conflicts.append(Found(Reason.ONE_ORDER, holders, theirs))

    def _bought(self, named: Places) -> tuple[Places, Places]:
        """Orders that somebody names, and their buyers."""
        graph = self._graph
        wanted = np.zeros(self._size, bool)
        wanted[graph.left[named]] = wanted[graph.right[named]] = True
        rows = wanted[graph.order]
        return graph.order[rows], graph.buyer[rows]

    def _cut(self, labels: Places, edges: Places, scopes: list[Scope]) -> Places:
        graph = self._graph
        done = cut(labels, graph.left[edges], graph.right[edges], scopes, self._pairs)
        self._note(done, edges)
        return done.label

    def _note(self, done: Cut, edges: Places) -> None:
        gone = edges[done.dropped]
        self._unused[gone[gone >= 0]] = True
        for at, nodes in done.conflicts:
            cut_ones = edges[at]
            self._conflicts.append(
                Found(Reason.CONTRADICTION, nodes.astype(np.int32), cut_ones[cut_ones >= 0])
            )

    # ------------------------------------------------------------ too many

    def _too_many(self, level: Level, edges: Places, labels: Places) -> Mask:
        """Keys with more holders, as people so far, than their kind allows."""
        over = self._forced & self._keys_at(level)
        told = self._graph.told[edges]
        for code, limit in self._limits(level):
            some = edges[np.isin(told, code)]
            over[_held_by_more(self._graph.right[some], labels[self._graph.left[some]], limit)] = (
                True
            )
        return over

    def _limits(self, level: Level) -> Iterator[tuple[list[int], int]]:
        """Which sayings are counted together, and up to how many."""
        groups: dict[tuple[str, Holder, int], list[int]] = {}
        for code, each in enumerate(self._graph.sayings):
            is_contact = each.holder == Holder.CONTACT
            limit = each.kind.most_contacts if is_contact else each.kind.most_buyers
            if each.level == level and limit is not None and each.holder != Holder.DEVICE:
                groups.setdefault((each.kind.joins, each.holder, limit), []).append(code)
        for (_kind, _holder, limit), codes in groups.items():
            yield codes, limit

    def _keys_at(self, level: Level) -> Mask:
        keys = np.zeros(self._size, bool)
        if self._forced.any():
            keys[self._graph.right[self._level == level]] = True
        return keys

    # ------------------------------------------------------------ what contradicts

    def _scopes(self, labels: Places, named: Places | None) -> list[Scope]:
        """Keys of which one human has one; with `named`, member names on one platform, too."""
        graph = self._graph
        found = []
        scopes: dict[tuple[str, str], list[int]] = {}
        for code, each in enumerate(graph.sayings):
            # An openid of nobody knows which app may be a second one of the same human.
            if each.level == Level.OWN and (each.scope or each.kind.name != "openid"):
                scopes.setdefault((each.kind.name, each.scope), []).append(code)
        for _scope, codes in sorted(scopes.items()):
            found.append(Scope(graph.right[np.isin(graph.told, codes)], labels))
        if named is None:
            return found
        is_member = ~self._is_key()[graph.buyer]
        for code in range(len(graph.platforms)):
            members = graph.buyer[is_member & (graph.platform == code)]
            found.append(Scope(members, named))
        return found

    def _is_key(self) -> Mask:
        """Nodes that are a phone, an order, an id of one human: what buys under no name of a platform."""
        graph = self._graph
        names = [each.kind.name in ("alias", "device") for each in graph.sayings] or [False]
        is_key = np.zeros(self._size, bool)
        is_key[graph.right[~np.array(names)[graph.told]]] = True
        is_key[graph.order] = True
        return is_key

    def _nodes_of(self, levels: tuple[Level, ...], holder: Holder) -> Places:
        graph = self._graph
        codes = [
            code
            for code, each in enumerate(graph.sayings)
            if each.holder == holder and each.level in levels
        ]
        return np.unique(graph.left[np.isin(graph.told, codes)])


def _held_by_more(keys: Places, holders: Places, limit: int) -> Places:
    """Keys (ascending, as given) with more different holders than this."""
    if not len(keys):
        return NOBODY
    starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
    if limit == 1:
        several = np.minimum.reduceat(holders, starts) != np.maximum.reduceat(holders, starts)
        return keys[starts[several]]
    sizes = np.diff(np.append(starts, len(keys)))
    many = np.repeat(sizes > limit, sizes)
    pairs = np.unique(_pairs(keys[many], holders[many]))
    found, count = np.unique(pairs >> 32, return_counts=True)
    return found[count > limit].astype(np.int32)


def _pairs(left: Places, right: Places) -> np.ndarray:
    """Pairs of places as one number each."""
    return (left.astype(np.int64) << 32) | right
