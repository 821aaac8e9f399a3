"""What facts say about who is who at one moment: plain columns of ids, and the same with short numbers for ids.

Stated   as read: 63-bit ids                      Graph   nodes ascending, edges by key, places of 32 bits
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from xiaohe.people.components import Ids, Places
from xiaohe.people.evidence_kinds import KINDS, EvidenceKind, Reach

Codes = NDArray[np.uint16]


class Holder(IntEnum):
    """Whose key it is said to be."""

    BUYER = 0  # somebody in a file of orders
    CONTACT = 1  # somebody in our chat list
    USER = 2  # a user of a site or an app
    DEVICE = 3  # a device nobody is signed in on


class Word(IntEnum):
    """What the owner said last of a pair."""

    TOGETHER = 0
    APART = 1  # this evidence does not make them one person
    TWO = 2  # these are two people, whatever evidence comes


class Level(IntEnum):
    """Evidence in the order in which it is believed."""

    NONE = 0
    ALIAS = 1
    OWN = 2
    PHONES = 3
    ORDERS = 4
    APPS = 5


class Saying(NamedTuple):
    """What an edge says, and of whom."""

    kind: EvidenceKind
    holder: Holder
    scope: str = ""  # of an id that one app or company gives: which one

    @property
    def level(self) -> Level:
        if self.kind.reach < Reach.CERTAIN:
            return Level.NONE
        if self.kind.name == "alias":
            return Level.ALIAS
        if self.kind.reach == Reach.OWN:
            return Level.OWN
        if self.holder in (Holder.USER, Holder.DEVICE):
            return Level.APPS
        return Level.ORDERS if self.kind.name in ("order_no", "claim") else Level.PHONES


def _ids() -> Ids:
    return np.empty(0, np.int64)


def _codes() -> Codes:
    return np.empty(0, np.uint16)


@dataclass(frozen=True)
class Stated:
    """Live statements of one moment; columns of one name are equally long."""

    left: Ids = field(default_factory=_ids)
    right: Ids = field(default_factory=_ids)
    told: Codes = field(default_factory=_codes)  # places in `sayings`
    sayings: tuple[Saying, ...] = ()
    # Whose orders are; a buyer that is the order itself is nobody known.
    order: Ids = field(default_factory=_ids)
    buyer: Ids = field(default_factory=_ids)
    platform: Codes = field(default_factory=_codes)  # places in `platforms`
    platforms: tuple[str, ...] = ()
    # The owner's word, last for each pair.
    hand_left: Ids = field(default_factory=_ids)
    hand_right: Ids = field(default_factory=_ids)
    hand_word: NDArray[np.uint8] = field(default_factory=lambda: np.empty(0, np.uint8))
    # Phones and addresses of our own: they join nobody.
    own: Ids = field(default_factory=_ids)

    @classmethod
    def of(
        cls,
        edges: Iterable[tuple[int, int, str, Holder] | tuple[int, int, str, Holder, str]] = (),
        bought: Iterable[tuple[int, int, str]] = (),
        hand: Iterable[tuple[int, int, Word]] = (),
        own: Sequence[int] = (),
    ) -> Stated:
        """From rows, a handful of them."""
        told = [(edge[0], edge[1], Saying(KINDS[edge[2]], *edge[3:])) for edge in edges]
        sayings = tuple(dict.fromkeys(saying for _left, _right, saying in told))
        orders = list(bought)
        platforms = tuple(dict.fromkeys(platform for _order, _buyer, platform in orders))
        said = list(hand)
        return cls(
            left=np.array([row[0] for row in told], np.int64),
            right=np.array([row[1] for row in told], np.int64),
            told=np.array([sayings.index(row[2]) for row in told], np.uint16),
            sayings=sayings,
            order=np.array([row[0] for row in orders], np.int64),
            buyer=np.array([row[1] for row in orders], np.int64),
            platform=np.array([platforms.index(row[2]) for row in orders], np.uint16),
            platforms=platforms,
            hand_left=np.array([row[0] for row in said], np.int64),
            hand_right=np.array([row[1] for row in said], np.int64),
            hand_word=np.array([row[2] for row in said], np.uint8),
            own=np.array(own, np.int64),
        )


@dataclass(frozen=True)
class Graph:
    """The same with places for ids; edges are by key, orders by number."""

    nodes: Ids  # ascending
    left: Places
    right: Places
    told: Codes
    sayings: tuple[Saying, ...]
    order: Places
    buyer: Places
    platform: Codes
    platforms: tuple[str, ...]
    hand_left: Places
    hand_right: Places
    hand_word: NDArray[np.uint8]
    own: Places


def graph_of(stated: Stated, more: Ids | None = None) -> Graph:
    """Places for ids; `more`: ids to have a place, too."""
    columns = [stated.left, stated.right, stated.order, stated.buyer]
    columns += [stated.hand_left, stated.hand_right, stated.own]
    columns += [] if more is None else [more]
    every = np.concatenate(columns)
    every.sort()
    first = np.ones(len(every), bool)
    np.not_equal(every[1:], every[:-1], out=first[1:])
    nodes = every[first]
    del every, first
    return placed(stated, nodes)


def placed(stated: Stated, nodes: Ids) -> Graph:
    """The statements over nodes that hold all their ids."""
    left, right = places(nodes, stated.left), places(nodes, stated.right)
    by_key = np.argsort(right, kind="stable")
    order, buyer = places(nodes, stated.order), places(nodes, stated.buyer)
    by_order = np.argsort(order, kind="stable")
    return Graph(
        nodes=nodes,
        left=left[by_key],
        right=right[by_key],
        told=stated.told[by_key],
        sayings=stated.sayings,
        order=order[by_order],
        buyer=buyer[by_order],
        platform=stated.platform[by_order],
        platforms=stated.platforms,
        hand_left=places(nodes, stated.hand_left),
        hand_right=places(nodes, stated.hand_right),
        hand_word=stated.hand_word,
        own=places(nodes, stated.own),
    )


def places(nodes: Ids, ids: Ids) -> Places:
    """Where each id stands; all of them are there. Sorted first: looking up neighbours stays in the cache."""
    if len(ids) < 1_000:
        return np.searchsorted(nodes, ids).astype(np.int32)
    by_id = np.argsort(ids)
    found = np.empty(len(ids), np.int32)
    found[by_id] = np.searchsorted(nodes, ids[by_id])
    return found


def known_places(nodes: Ids, ids: Ids) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Where each id would stand, and whether it does; places of those that do not mean nothing."""
    at = np.searchsorted(nodes, ids)
    if not len(nodes):
        return at, np.zeros(len(ids), bool)
    at[at == len(nodes)] = 0
    return at, nodes[at] == ids
