"""Rebuilding the table of likely pairs from one moment of the ledger.

    both sides ─► candidates ─► levels ─► weights ─► chances (a contact is at most one buyer) ─► the best few of each
                     certain, answered and random pairs ─► model ┘
    buyers of two platforms with one phone ─► platforms.py ─► the same table

Asks about contacts of whom the certain join knows no order. Nothing here joins anybody.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from xiaohe.ledger import engine
from xiaohe.people import marks
from xiaohe.people import overlay as overlays
from xiaohe.people.joined import reading
from xiaohe.people.likely import blocking, model, platforms, table
from xiaohe.people.likely.blocking import Pairs
from xiaohe.people.likely.comparing import Comparer, rows_of
from xiaohe.people.likely.model import Model
from xiaohe.people.likely.records import Both, Buyers, Ints, buyers_named, read_both
from xiaohe.people.likely.said import Said, said_in
from xiaohe.people.overlay import Overlay
from xiaohe.stats import fellegi_sunter as fs
from xiaohe.stats.fellegi_sunter import LEAST_PAIRS, Levels

LEAST_CHANCE = 0.02
# Until the shop's own certain pairs tell: many contacts are noted in words no order knows.
PRESET_MISSED = 0.5
MOST_OF_ONE = 3
MOST_KEPT = 20_000
# Random pairs are drawn with a fixed seed: the same facts give the same table.
SEED = 20_250_630


def rebuild() -> int:
    """Weigh all candidate pairs anew and keep the likely ones; returns how many. Safe to run twice."""
    with engine.reading() as read:
        overlay = overlays.overlay_of(read)
        both = read_both(read, overlay.table, left_out(read, overlay))
        said = said_in(read, overlay)
        told = {each for pair in (*said.together, *said.apart) for each in pair}
        named = buyers_named(read, [each for one in told for each in overlay.subjects(one)])
        own = reading.own(reading.words(read))
    found = weigh(both, said, overlay)
    across = weigh_platforms(both.buyers, named, own, said, overlay)
    pairs = pa.concat_tables([found.pairs, across])
    table.write(pairs, {**found.about, "platforms": across.num_rows})
    return int(pairs.num_rows)


def weigh_platforms(
    buyers: Buyers, named: Buyers, own: Ints, said: Said, overlay: Overlay
) -> pa.Table:
    """Likely pairs of buyers of two platforms; `named`: buyers the owner spoke of, by subject."""
    found = platforms.weigh(
        buyers,
        platforms.candidates(buyers, own, said, overlay),
        *platforms.told(named, said, overlay, own),
    )
    return pa.table(
        {
            "left": buyers.person[found.pairs.left],
            "right": buyers.person[found.pairs.right],
            "weight": found.weight,
            "chance": found.chance,
            "because": pa.array(platforms.codes(found.levels), pa.list_(pa.string())),
            "between": pa.array([table.PLATFORMS] * len(found.pairs), pa.string()),
        },
        schema=table.SCHEMA,
    )


def left_out(read: engine.Reading, overlay: Overlay) -> Ints:
    """Persons marked as staff, test or own."""
    people: Ints = marks.left_out(read, overlay.table)["person"].to_numpy()
    return people


def weigh(both: Both, said: Said, overlay: Overlay) -> table.Likely:
    """The likely pairs of both sides, and the model they were weighed by."""
    contacts, buyers = both.contacts, both.buyers
    comparer = Comparer(both)
    joined = np.isin(contacts.person, buyers.person)
    found = blocking.candidates(contacts, buyers)
    missed = _missed(both, found, joined)
    pairs = _askable(both, found, joined, said)
    compared = comparer.compare(pairs.contact, pairs.buyer)
    certain = _certain(both, comparer, joined, said)
    apart, apart_at = _apart(both, comparer, said)
    fields = model.learn(
        certain,
        apart,
        _random(both, comparer),
        compared.levels,
        contacts=int((~joined).sum()),
    )
    weight = model.weigh(fields, compared)
    # Contacts that meet nobody belong to the share as well: `groups` counts all of them.
    _rows, group = np.unique(pairs.contact, return_inverse=True)
    share = fs.share_among(weight, group, int((~joined).sum()), len(buyers), missed=missed)
    learned = _with_answers(Model(fields, share), both, comparer, said, apart_at, overlay)
    chance = fs.chance_among(weight, group, share, len(buyers), missed=missed)
    chance = fs.shifted(chance, learned.offset)
    kept = _best(chance, group)
    return table.Likely(
        pa.table(
            {
                "left": contacts.person[pairs.contact[kept]],
                "right": buyers.person[pairs.buyer[kept]],
                "weight": weight[kept],
                "chance": chance[kept],
                "because": pa.array(model.codes(compared.levels[kept]), pa.list_(pa.string())),
                "between": pa.array([table.CONTACT] * len(kept), pa.string()),
            },
            schema=table.SCHEMA,
        ),
        {
            "model": learned.as_json(),
            "contacts": len(contacts),
            "buyers": len(buyers),
            "compared": len(pairs.contact),
            "too_common": pairs.skipped,
            "missed": round(missed, 4),
            "certain": len(certain),
        },
    )


def _askable(both: Both, found: Pairs, joined: np.ndarray, said: Said) -> Pairs:
    """Candidates about contacts of whom no order is known, without pairs said to be two people."""
    keep = ~joined[found.contact]
    left = both.contacts.person[found.contact]
    right = both.buyers.person[found.buyer]
    keep &= left != right
    if said.apart:
        named = np.array(sorted({each for pair in said.apart for each in pair}), np.int64)
        for at in np.flatnonzero(keep & np.isin(left, named) & np.isin(right, named)).tolist():
            keep[at] = not said.is_apart(int(left[at]), int(right[at]))
    return Pairs(found.contact[keep], found.buyer[keep], found.skipped)


def _missed(both: Both, found: Pairs, joined: np.ndarray) -> float:
    """The chance that blocking misses a true pair: how many of the certain ones it would have missed."""
    rows = np.flatnonzero(joined)
    if len(rows) < LEAST_PAIRS:
        return PRESET_MISSED
    true = rows * len(both.buyers) + rows_of(both.buyers, both.contacts.person[rows])
    return float(1 - np.isin(true, found.contact * len(both.buyers) + found.buyer).mean())


def _certain(both: Both, comparer: Comparer, joined: np.ndarray, said: Said) -> Levels:
    """Levels of people who stand on both sides; their phones count only where a human joined them."""
    rows = np.flatnonzero(joined)
    if len(rows) > model.MOST_CERTAIN:
        rows = np.random.default_rng(SEED).choice(rows, model.MOST_CERTAIN, replace=False)
    levels = comparer.compare(rows, rows_of(both.buyers, both.contacts.person[rows])).levels
    return model.without_phone(levels)


def _apart(both: Both, comparer: Comparer, said: Said) -> tuple[Levels, Pairs]:
    """Levels of pairs that somebody said are two people."""
    pairs = [tuple(pair) for pair in sorted(map(sorted, said.apart)) if len(pair) == 2]
    ends = np.array(pairs, np.int64).reshape(-1, 2)
    both_ways = np.concatenate([ends, ends[:, ::-1]])
    contact = rows_of(both.contacts, both_ways[:, 0])
    buyer = rows_of(both.buyers, both_ways[:, 1])
    kept = (contact >= 0) & (buyer >= 0)
    contact, buyer = contact[kept], buyer[kept]
    return comparer.compare(contact, buyer).levels, Pairs(contact, buyer, 0)


def _random(both: Both, comparer: Comparer) -> Levels:
    contacts, buyers = both.contacts, both.buyers
    drawn = np.random.default_rng(SEED)
    count = model.RANDOM_PAIRS if len(contacts) and len(buyers) else 0
    contact = drawn.integers(0, max(len(contacts), 1), count)
    buyer = drawn.integers(0, max(len(buyers), 1), count)
    other = contacts.person[contact] != buyers.person[buyer]
    return comparer.compare(contact[other], buyer[other]).levels


def _with_answers(
    learned: Model, both: Both, comparer: Comparer, said: Said, apart: Pairs, overlay: Overlay
) -> Model:
    """Shift by what was answered: what the model would have said of those pairs, each for itself."""
    # They are one person by now, on both sides.
    persons = np.unique([overlay.person(low) for low, _high in said.together]).astype(np.int64)
    contact, buyer = rows_of(both.contacts, persons), rows_of(both.buyers, persons)
    kept = (contact >= 0) & (buyer >= 0)
    contact = np.concatenate([contact[kept], apart.contact])
    buyer = np.concatenate([buyer[kept], apart.buyer])
    if not len(contact):
        return learned
    is_match = np.arange(len(contact)) < int(kept.sum())
    weight = model.weigh(learned.fields, comparer.compare(contact, buyer))
    alone = fs.chance_among(weight, np.arange(len(weight)), learned.share, len(both.buyers))
    return model.with_answers(learned, alone, is_match)


def _best(chance: np.ndarray, group: np.ndarray) -> Ints:
    """The likeliest pairs, some of each contact, by falling chance."""
    order = np.lexsort((np.arange(len(chance)), -chance, group))
    first = np.ones(len(order), np.bool_)
    first[1:] = group[order][1:] != group[order][:-1]
    starts = np.flatnonzero(first)
    rank = np.arange(len(order)) - np.repeat(starts, np.diff(np.append(starts, len(order))))
    kept = order[(rank < MOST_OF_ONE) & (chance[order] >= LEAST_CHANCE)]
    found: Ints = kept[np.argsort(-chance[kept], kind="stable")][:MOST_KEPT]
    return found
