"""What a version was built of, in short: where a later one would be built of the very same, its files are taken over.

Many a fact is read by no table here: who looked at goods is the same buyer, link and source as before. What is looked at
is counted, and its keys are added up, all of it and what had happened at the moment: a fact dated ahead falls due.
"""

from __future__ import annotations

import os
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ibis
import pyarrow as pa
import pyarrow.parquet as pq

from xiaohe.people.spells import WORDS
from xiaohe.shop import zones
from xiaohe.shop.accounts import register
from xiaohe.traits import coming

if TYPE_CHECKING:
    from xiaohe.traits.build import Moment

# Beside everything about orders.
READ = ("message.in", *WORDS, *coming.OF_PEOPLE, *coming.OF_NOBODY, *coming.SENT)
ORDERS = "order."
# A sum of a billion keys within it fits 64 bits.
_WITHIN = 2**31 - 1


def told(read: Any, moment: Moment) -> str:
    """Of the facts that tables are built of, and of the accounts they are read by."""
    facts = read.facts
    facts = facts.filter(facts.type.isin(READ) | facts.type.startswith(ORDERS))
    facts = facts.select(
        "type", key=facts.key_hash % _WITHIN, seen=facts.occurred_at <= ibis.literal(moment.at)
    )
    each = facts.group_by("type").aggregate(
        n=facts.count(),
        keys=facts.key.sum(),
        n_seen=facts.count(where=facts.seen),
        keys_seen=facts.key.sum(where=facts.seen),
    )
    rows = sorted(tuple(row.values()) for row in read.run(each).to_pylist())
    table = zones.table()
    accounts = sorted(
        (each.id, each.is_private, zones.zone_of_account(each, table).value) for each in register()
    )
    said = repr((rows, read.snapshot.retracted.num_rows, accounts))
    return blake2b(said.encode(), digest_size=16).hexdigest()


def is_same(persons: pa.Table, left_out: pa.Table, former: Path) -> bool:
    """Whether a version has these people, and leaves out these; both as it keeps them."""
    return persons.equals(pq.read_table(former / "persons.parquet")) and left_out.equals(
        pq.read_table(former / "left_out.parquet")
    )


def take_over(former: Path, folder: Path) -> None:
    """Every file of a version but its manifest, which lives as long as either."""
    for path in former.iterdir():
        if path.name != "manifest.json":
            os.link(path, folder / path.name)
