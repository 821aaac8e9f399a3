"""The join after a few more statements: only people whom they can touch are resolved anew, and the answer is the whole one's.

    what is new ─► whoever it names ─► everybody who is one person with them, or by a contradiction ┐
                        ▲                                                                          │ resolved together
                        └── a key of too many that would be of few by it: all its holders ◄────────┘

Keys of too many whose holders are not all looked at stay what they are, if they would: their holders are counted as
people of the level that counts them, whoever is looked at by the new labels, all others by the stored ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xiaohe.people.components import Ids, Places
from xiaohe.people.joined.rule import Joined, resolve
from xiaohe.people.joined.stated import Graph, Holder, Level, Saying, Stated, graph_of, known_places
from xiaohe.people.joined.stored import Stored, rows_of

MOST_ROUNDS = 50


@dataclass(frozen=True)
class Grown:
    """What was resolved anew: its own graph and answer, and the stored nodes it stands for."""

    graph: Graph
    joined: Joined
    region: Places
    # Stored edges that are in the new graph.
    edges: NDArray[np.int64]
    # Everything the new statements name; and keys whose holders are not all in the graph.
    named: Ids
    forced: Ids


def grow(base: Stored, more: Stated) -> Grown:
    """The join of everything stored and `more`, as far as it may differ from what is stored."""
    told = _Growing(base, more)
    region = told.touched()
    for _round in range(MOST_ROUNDS):
        region = told.closed(region)
        grown, beside = told.resolved(region)
        if not len(beside):
            return grown
        region = np.union1d(region, beside)
    raise RuntimeError("the join does not settle")


class _Growing:
    def __init__(self, base: Stored, more: Stated) -> None:
        self._base, self._more = base, more
        every = [more.left, more.right, more.order, more.buyer, more.hand_left, more.hand_right]
        self._named = np.unique(np.concatenate([*every, more.own]))
        self._codes, self._sayings = _together(base.sayings, more.sayings)
        self._platform_codes, self._platforms = _together(base.platforms, more.platforms)

    def touched(self) -> Places:
        return self._places(self._named)

    def closed(self, region: Places) -> Places:
        """With everybody who is joined with them, and everything a contradiction hangs on."""
        base = self._base
        while True:
            size = len(region)
            labels = np.unique(base.person[region])
            members = base.by_person[rows_of(_by(base, "person"), labels)]
            edges = self._edges(members)
            hanging = edges[base.cut[edges]]
            orders = self._named_orders(members)
            buyers = base.buyer[rows_of(base.order, orders)]
            region = np.unique(
                np.concatenate([members, base.left[hanging], base.right[hanging], buyers])
            ).astype(np.int32)
            if len(region) == size:
                return region

    def resolved(self, region: Places) -> tuple[Grown, Places]:
        """The answer within a region, and whoever has to be looked at, too."""
        base, more = self._base, self._more
        edges = self._edges(region)
        bought = self._bought(region)
        stated = Stated(
            left=np.concatenate([base.nodes[base.left[edges]], more.left]),
            right=np.concatenate([base.nodes[base.right[edges]], more.right]),
            told=np.concatenate([base.told[edges], self._codes[more.told]]).astype(np.uint16),
            sayings=self._sayings,
            order=np.concatenate([base.nodes[base.order[bought]], more.order]),
            buyer=np.concatenate([base.nodes[base.buyer[bought]], more.buyer]),
            platform=np.concatenate(
                [base.platform[bought], self._platform_codes[more.platform]]
            ).astype(np.uint16),
            platforms=self._platforms,
            hand_left=more.hand_left,
            hand_right=more.hand_right,
            hand_word=more.hand_word,
            own=more.own,
        )
        graph = graph_of(stated, base.nodes[region])
        keys = self._half_known(region, edges)
        forced = np.zeros(len(graph.nodes), bool)
        forced[np.searchsorted(graph.nodes, base.nodes[keys])] = True
        joined = resolve(graph, forced)
        freed = self._freed(keys, graph, joined, region)
        return Grown(graph, joined, region, edges, self._named, base.nodes[keys]), freed

    # ------------------------------------------------------------ what hangs on what

    def _places(self, ids: Ids) -> Places:
        """The stored places of those ids that are stored."""
        at, known = known_places(self._base.nodes, ids)
        return at[known].astype(np.int32)

    def _edges(self, region: Places) -> NDArray[np.int64]:
        """Stored edges with an end in the region."""
        base = self._base
        of_left = base.by_left[rows_of(_by(base, "left"), region)]
        return np.unique(np.concatenate([of_left, rows_of(base.right, region)]))

    def _named_orders(self, region: Places) -> Places:
        """Those that are orders somebody names, or names now."""
        base = self._base
        edges = self._edges(region)
        ends = np.unique(np.concatenate([base.left[edges], base.right[edges]]))
        new = self._places(np.unique(np.concatenate([self._more.left, self._more.right])))
        return region[np.isin(region, np.union1d(ends, new))]

    def _bought(self, region: Places) -> NDArray[np.int64]:
        base = self._base
        of_buyer = base.by_buyer[rows_of(_by(base, "buyer"), region)]
        return np.unique(np.concatenate([of_buyer, rows_of(base.order, region)]))

    # ------------------------------------------------------------ keys of too many

    def _half_known(self, region: Places, edges: NDArray[np.int64]) -> Places:
        """Keys with an edge here of which an end is outside."""
        base = self._base
        inside = np.isin(base.left[edges], region) & np.isin(base.right[edges], region)
        return np.unique(base.right[edges[~inside]])

    def _freed(self, keys: Places, graph: Graph, joined: Joined, region: Places) -> Places:
        """The holders of keys that are of few after all, as far as they are outside."""
        base, more = self._base, self._more
        rows = rows_of(base.right, keys)
        left = np.concatenate([base.nodes[base.left[rows]], more.left])
        right = np.concatenate([base.nodes[base.right[rows]], more.right])
        told = np.concatenate([base.told[rows], self._codes[more.told]])
        by_key = np.argsort(right, kind="stable")
        left, right, told = left[by_key], right[by_key], told[by_key]
        found: list[Ids] = []
        for key in base.nodes[keys].tolist():
            low, high = np.searchsorted(right, key, "left"), np.searchsorted(right, key, "right")
            theirs = left[low:high]
            if not self._is_over(theirs, told[low:high], key, graph, joined, region):
                found += [theirs, np.array([key], np.int64)]
        if not found:
            return np.empty(0, np.int32)
        places = self._places(np.unique(np.concatenate(found)))
        return places[~np.isin(places, region)]

    def _is_over(
        self,
        left: Ids,
        told: NDArray[np.uint16],
        key: int,
        graph: Graph,
        joined: Joined,
        region: Places,
    ) -> bool:
        """Whether a key joins nobody: it has too many holders, or is an order that does not exist."""
        groups: dict[tuple[str, Holder, Level, int], list[int]] = {}
        levels = set()
        for code in set(told.tolist()):
            each = self._sayings[code]
            levels.add(each.level)
            is_contact = each.holder == Holder.CONTACT
            limit = each.kind.most_contacts if is_contact else each.kind.most_buyers
            if limit is not None and each.holder != Holder.DEVICE:
                groups.setdefault((each.kind.joins, each.holder, each.level, limit), []).append(
                    code
                )
        over = set()
        for (_kind, _holder, level, limit), codes in groups.items():
            some = np.unique(left[np.isin(told, codes)])
            if len(some) > limit and self._people(some, level, graph, joined, region) > limit:
                over.add(level)
        if Level.ORDERS in levels and Level.ORDERS not in over and not self._exists(key, told):
            over.add(Level.ORDERS)
        # A phone of too many in files is left out of what apps tell, too.
        if Level.PHONES in over:
            over.add(Level.APPS)
        return levels <= over

    def _exists(self, key: int, told: NDArray[np.uint16]) -> bool:
        is_claim = any(self._sayings[code].kind.name == "claim" for code in set(told.tolist()))
        is_new = bool((self._more.order == key).any())
        return (
            is_claim or is_new or len(rows_of(self._base.order, self._places(np.array([key])))) > 0
        )

    def _people(self, ids: Ids, level: Level, graph: Graph, joined: Joined, region: Places) -> int:
        """How many people, by the labels that this level counts by."""
        labels = joined.labels
        new = {Level.OWN: labels.said, Level.PHONES: labels.own, Level.ORDERS: labels.phones}
        old = {Level.OWN: "said", Level.PHONES: "own", Level.ORDERS: "phones"}
        fresh: Places = new.get(level, labels.files)
        if level == Level.ALIAS:
            return len(ids)
        at, here = known_places(graph.nodes, ids)
        places = self._places(ids)
        outside = ids[np.isin(ids, self._base.nodes[places[~np.isin(places, region)]])]
        here &= ~np.isin(ids, outside)
        stored: Places = getattr(self._base, old.get(level, "files"))
        return len(np.unique(fresh[at[here]])) + len(np.unique(stored[self._places(outside)]))


def _by(base: Stored, name: str) -> NDArray[np.int32]:
    """A column in its sorted order, mapped like the others."""
    ordered: NDArray[np.int32] = getattr(base, f"{name}_sorted")
    return ordered


def _together(
    old: Sequence[Saying] | Sequence[str], new: Sequence[Saying] | Sequence[str]
) -> tuple[NDArray[np.uint16], tuple]:
    """One list of both, and where the new ones stand in it."""
    every = list(old)
    places = []
    for each in new:
        if each not in every:
            every.append(each)
        places.append(every.index(each))
    return np.array(places, np.uint16), tuple(every)
