"""Connected components of certain evidence, as arrays: the thinking part of the join, without any store.

    phone edges ─┐
    order edges ─┼─ minus what the owner took apart ─ minus quarantined phones ─► components ─► one id each
    by hand     ─┘

A phone seen with more than one buyer's member name says nothing certain (a family, a reception desk, an
office): every edge to it is left out. That depends only on which edges are live, so neither the order of
imports nor an undo in between changes who belongs together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Evidence:
    """Live facts of one moment about who is who; columns of one name are equally long."""

    # A buyer or a contact was seen with a phone.
    phone_subject: Ids
    phone: Ids
    phone_of_contact: Mask
    # A contact's text names an order; one row per buyer subject of that order.
    order_contact: Ids
    order_key: Ids
    order_buyer: Ids
    # What the owner said last about a pair: together or apart.
    hand_left: Ids
    hand_right: Ids
    hand_together: Mask


def joined_pairs(evidence: Evidence) -> tuple[Ids, Ids]:
    """The pairs of ids that certainly belong to one person."""
    apart = _pairs(
        evidence.hand_left[~evidence.hand_together], evidence.hand_right[~evidence.hand_together]
    )
    seen = ~_among(_pairs(evidence.phone_subject, evidence.phone), apart)
    seen &= ~np.isin(evidence.phone, quarantined_phones(evidence))
    mentioned = ~_among(_pairs(evidence.order_contact, evidence.order_key), apart)
    together = evidence.hand_together
    left = [
        evidence.phone_subject[seen],
        evidence.order_contact[mentioned],
        evidence.hand_left[together],
    ]
    right = [evidence.phone[seen], evidence.order_buyer[mentioned], evidence.hand_right[together]]
    return np.concatenate(left), np.concatenate(right)


def quarantined_phones(evidence: Evidence) -> Ids:
    """Phones seen with two or more buyers, not counting pairs the owner took apart; ascending."""
    apart = _pairs(
        evidence.hand_left[~evidence.hand_together], evidence.hand_right[~evidence.hand_together]
    )
    kept = ~evidence.phone_of_contact & ~_among(
        _pairs(evidence.phone_subject, evidence.phone), apart
    )
    pairs = np.unique(
        np.stack([evidence.phone[kept], evidence.phone_subject[kept]], axis=1), axis=0
    )
    phones, buyers = np.unique(pairs[:, 0], return_counts=True)
    return phones[buyers > 1]


def components(left: Ids, right: Ids) -> tuple[Ids, NDArray[np.intp]]:
    """Nodes, ascending, and for each the position of its component's smallest node.

    Hooking and pointer jumping (Shiloach & Vishkin 1982): each round hooks the larger root of an edge under
    the smaller one, then flattens; a few rounds whatever the shape, and every step is one array operation.
    """
    nodes, place = np.unique(np.concatenate([left, right]), return_inverse=True)
    a, b = place[: len(left)], place[len(left) :]
    root = np.arange(len(nodes))
    while len(a):
        low, high = np.minimum(root[a], root[b]), np.maximum(root[a], root[b])
        np.minimum.at(root, high, low)
        while not np.array_equal(flat := root[root], root):
            root = flat
        still = root[a] != root[b]
        a, b = a[still], b[still]
    return nodes, root


def _pairs(left: Ids, right: Ids) -> NDArray[Any]:
    """Unordered pairs as one comparable column."""
    pairs = np.empty(len(left), dtype=[("low", np.int64), ("high", np.int64)])
    pairs["low"], pairs["high"] = np.minimum(left, right), np.maximum(left, right)
    return pairs


def _among(pairs: NDArray[Any], others: NDArray[Any]) -> Mask:
    """Which pairs occur in a (short) list of others."""
    if not len(others):
        return np.zeros(len(pairs), dtype=bool)
    # Only pairs whose lower end occurs at all are worth comparing.
    hit = np.isin(pairs["low"], others["low"])
    wanted = set(others.tolist())
    hit[hit] = [pair in wanted for pair in pairs[hit].tolist()]
    return hit
