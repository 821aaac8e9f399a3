"""Connected components of certain evidence, as arrays: the thinking part of the join, without any store.

    phone edges ─┐
    order edges ─┼─ minus what the owner took apart ─ minus quarantined phones ─► components ─► one id each
    by hand     ─┘

A phone seen with more than one buyer's member name says nothing certain (a family, a reception desk, an
office): every edge to it is left out. That depends only on which edges are live, so neither the order of
imports nor an undo in between changes who belongs together.

What a site or an app tells follows the same rule on its own side: a phone, an e-mail or a device seen with two of
its users is left out for all of them, and where two users still hang together by a chain of such keys, the whole chain
is. Only an alias, which says that two ids are one user, joins users. Files and the owner's word are not touched by it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]
Mask = NDArray[np.bool_]


class Told(IntEnum):
    """Who a site or an app names in an edge."""

    ALIAS = 0  # subject, a user, was other before
    USER = 1  # subject, a user, has other: a device, a phone, an e-mail
    DEVICE = 2  # subject, a device nobody is signed in on, has other


def _none() -> Ids:
    return np.empty(0, np.int64)


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
    # What sites and apps told; `app_told` holds values of Told.
    app_subject: Ids = field(default_factory=_none)
    app_key: Ids = field(default_factory=_none)
    app_told: Ids = field(default_factory=_none)


def joined_pairs(evidence: Evidence) -> tuple[Ids, Ids]:
    """The pairs of ids that certainly belong to one person."""
    apart = _pairs(
        evidence.hand_left[~evidence.hand_together], evidence.hand_right[~evidence.hand_together]
    )
    seen = ~_among(_pairs(evidence.phone_subject, evidence.phone), apart)
    seen &= ~np.isin(evidence.phone, quarantined_phones(evidence))
    mentioned = ~_among(_pairs(evidence.order_contact, evidence.order_key), apart)
    together = evidence.hand_together
    app = joining_app_edges(evidence)
    left = [
        evidence.phone_subject[seen],
        evidence.order_contact[mentioned],
        evidence.hand_left[together],
        evidence.app_subject[app],
    ]
    right = [
        evidence.phone[seen],
        evidence.order_buyer[mentioned],
        evidence.hand_right[together],
        evidence.app_key[app],
    ]
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


def joining_app_edges(evidence: Evidence) -> Mask:
    """Which edges of sites and apps join: those by which no two users hang together, aliases aside."""
    subject, key, told = evidence.app_subject, evidence.app_key, evidence.app_told
    if not len(subject):
        return np.zeros(0, dtype=bool)
    apart = _pairs(
        evidence.hand_left[~evidence.hand_together], evidence.hand_right[~evidence.hand_together]
    )
    live = ~_among(_pairs(subject, key), apart) & ~np.isin(key, quarantined_phones(evidence))
    alias = live & (told == Told.ALIAS)
    alias &= ~np.isin(key, _shared(key[alias], subject[alias]))
    # A user under every id that an alias gave them is one user.
    user = _rooted(subject, subject[alias], key[alias])
    by_user = live & (told == Told.USER)
    shared = _shared(key[by_user], user[by_user])
    kept = live & (told != Told.ALIAS) & ~np.isin(key, shared) & ~np.isin(subject, shared)
    nodes, root = components(
        np.concatenate([subject[kept], subject[alias]]), np.concatenate([key[kept], key[alias]])
    )
    users = np.unique(np.concatenate([subject[by_user & kept], subject[alias], key[alias]]))
    users = users[np.isin(users, nodes)]
    chain = root[np.searchsorted(nodes, users)]
    glued = _shared(chain, _rooted(users, subject[alias], key[alias]))
    kept[kept] = ~np.isin(root[np.searchsorted(nodes, subject[kept])], glued)
    return kept | alias


def _shared(key: Ids, holder: Ids) -> Ids:
    """Keys with two different holders or more, ascending."""
    pairs = np.unique(np.stack([key, holder], axis=1), axis=0)
    keys, holders = np.unique(pairs[:, 0], return_counts=True)
    return keys[holders > 1]


def _rooted(ids: Ids, left: Ids, right: Ids) -> Ids:
    """Each id, or the smallest it is tied to by these pairs."""
    nodes, root = components(left, right)
    if not len(nodes):
        return ids
    at = np.searchsorted(nodes, ids)
    at[at == len(nodes)] = 0
    return np.where(nodes[at] == ids, nodes[root[at]], ids)


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
