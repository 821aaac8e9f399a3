"""The engine: one connection per read, one question language (Ibis), one moment of the ledger.

    with engine.reading() as read:
        paid = read.facts.filter(read.facts.type == "order.paid")
        read.run(paid.group_by("subject").agg(last=paid.occurred_at.max()))

The connection is DuckDB in this process, in memory, over the Parquet files the control store listed in the
same moment as the inbox. Answers come back with exactly the types the expression promises.

| variable               | default | meaning |
|------------------------|---------|---------|
| XIAOHE_ENGINE_MEMORY   | 256MB   | memory of all ordinary reads of a process; beyond it work goes to disk |
| XIAOHE_ENGINE_THREADS  | 1       | their threads |
| XIAOHE_ENGINE          |         | `spark://host:port`: that cluster answers `reading()` (docs/scaling.md) |
"""

from __future__ import annotations

from xiaohe.ledger.engine.backend import Source
from xiaohe.ledger.engine.errors import LakeBroken, TooSlow
from xiaohe.ledger.engine.props import micros, month_number, prop, prop_inside, timestamp
from xiaohe.ledger.engine.reading import (
    FACTS,
    PAGE_TIMEOUT_SECONDS,
    Reading,
    over,
    reading,
)

__all__ = [
    "FACTS",
    "PAGE_TIMEOUT_SECONDS",
    "LakeBroken",
    "Reading",
    "Source",
    "TooSlow",
    "micros",
    "month_number",
    "over",
    "prop",
    "prop_inside",
    "reading",
    "timestamp",
]
