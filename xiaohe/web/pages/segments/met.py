"""Values that occur among people, the most frequent first; read once per base of the segments' state."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import ibis

from xiaohe.ledger import engine
from xiaohe.segments.attributes.registry import ATTRIBUTES
from xiaohe.segments.records.registry import LINE, PURCHASE
from xiaohe.segments.rules.vocabulary import Kind
from xiaohe.segments.state import generation

MOST = 60
# Codes are as many as cards printed: nobody picks from them.
STANDING_FOR = {
    (LINE, "category"): "category_1",
    (LINE, "store"): "store",
    (PURCHASE, "store"): "store",
    (LINE, "platform"): "first_platform",
    (PURCHASE, "platform"): "first_platform",
}
NOT_OFFERED = frozenset({"first_code", "last_code", "rfm"})


def values(record: str, field: str) -> tuple[str, ...]:
    """Of a text attribute, or of a field of records that an attribute stands for; reading the lake would take too long."""
    if record:
        field = STANDING_FOR.get((record, field), "")
    told = ATTRIBUTES.get(field)
    if told is None or told.kind is not Kind.TEXT or field in NOT_OFFERED:
        return ()
    found = generation.newest()
    if found is None:
        return ()
    return _of(found.base_attributes, field)


@lru_cache(maxsize=256)
def _of(path: Path, field: str) -> tuple[str, ...]:
    with engine.over({"attributes": path}) as read:
        table = read.table("attributes")
        if field not in table.columns:
            return ()
        known = table.select(value=table[field])
        known = known.filter(known.value.notnull() & (known.value != ""))
        counted = known.group_by("value").aggregate(n=known.count())
        rows = read.run(counted.order_by([ibis.desc("n"), "value"]).limit(MOST)).to_pylist()
    return tuple(row["value"] for row in rows)
