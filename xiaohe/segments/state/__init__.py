"""Who is in which segment, kept ready: a base per shop day, those touched since laid over it, and what changed as facts.

    current(now) -> Standing      counts, people, what each condition removes; unseen leaves are asked and kept
    refresh(now)                  bring it up to the ledger of this moment
    members(slug) · since(slug, person) · sizes(slug)

generation    what is on disk, and which one counts
leases        whoever reads a generation keeps its files
touched       rows of those touched since the base
position      what of the ledger it has seen
asking        what both share: the world, whose it is, which leaves go together
whole         everybody asked: people, evidence and attributes, leaves
lanes         two questions at a time
columns       a column of bits per leaf
accumulated   what measures have added up, kept per person and carried on
orders        orders as they stand, carried on from delta to delta
built         questions about few people, put together once
warming       those of a look, when a worker begins
few           few people asked: what may have changed of them
dirty         whom to look at again
building      base and delta
unseen        leaves of no saved segment
compared      two generations side by side
changes       who entered and left, and why
entered       since when those who entered have been there
logged        whose stage, tier or vip became another, and why
recording     those as facts
standing      answers
past          answers of another day, from the facts
"""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from xiaohe.ledger.instants import from_us
from xiaohe.segments.rules.tree import InSegment
from xiaohe.segments.state import building, entered, generation, history
from xiaohe.segments.state.generation import Generation
from xiaohe.segments.state.history import sizes
from xiaohe.segments.state.standing import Count, Overlap, Standing, Step
from xiaohe.shop.queries import calendar
from xiaohe.traits import state as traits

__all__ = [
    "Count",
    "Overlap",
    "Standing",
    "Step",
    "current",
    "members",
    "refresh",
    "since",
    "sizes",
]


def current(now: datetime) -> Standing:
    """The newest state there is, which may be of an hour before; built here if there is none yet."""
    found = generation.newest()
    return Standing(found if found is not None else _first(now), now)


def refresh(now: datetime, *, anew: bool = False, quickly: bool = False) -> Generation | None:
    """Bring the state up to the ledger of this moment, and note sizes; None while what it stands on is not ready.

    `anew`: from the facts, whatever there is. `quickly`: see `building.advance`.
    """
    before = generation.newest()
    if before is not None and before.on != calendar().day_of(now):
        # Whatever a day's last generation was, its sizes are the day's.
        history.note(before)
    made = building.advance(now, anew=anew, quickly=quickly)
    if made is not None and made is not before and made.is_base:
        history.note(made)
    return made


def members(slug: str) -> pa.Table:
    """(person, since): who is in a saved segment, and the instant from which on."""
    found = generation.newest()
    if found is None or slug not in found.rules:
        return pa.table({"person": pa.array([], pa.int64()), "since": pa.array([], _INSTANT)})
    ids = np.sort(Standing(found, found.at).ids(InSegment(slug)))
    us = np.full(len(ids), found.rules[slug].first_us)
    told = _since(found, slug)
    at = np.searchsorted(ids, told["person"].to_numpy())
    us[at] = told["us"].to_numpy()
    return pa.table({"person": ids, "since": pa.array(us).cast(_INSTANT)})


def since(slug: str, person: int) -> datetime | None:
    """Since when a person has been in a saved segment; None if they are not. At the earliest since it was first filled."""
    found = generation.newest()
    if found is None or slug not in found.rules:
        return None
    if not Standing(found, found.at).contains(person, InSegment(slug)):
        return None
    told = _since(found, slug)
    mine = told.filter(pc.equal(told["person"], person))["us"].to_pylist()
    return from_us(mine[0] if mine else found.rules[slug].first_us)


_INSTANT = pa.timestamp("us", tz="UTC")


def _since(found: Generation, slug: str) -> pa.Table:
    return entered.told(found.folder, slug)


def _first(now: datetime) -> Generation:
    made = refresh(now)
    if made is None:
        traits.refresh(now)
        made = refresh(now)
    if made is None:
        raise RuntimeError("the state of segments just built is not there")
    return made
