"""From what the ledger tells its subscribers to deliveries: one per endpoint and occurrence, whoever asks how often.

A job of a batch may run twice; the id of a message is made from the endpoint and the occurrence and is unique in the
table, so the second run adds nothing. Deliveries and the job's end are one commit.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import pyarrow as pa

from xiaohe.channels.models import Endpoint, OffReason
from xiaohe.channels.webhook import endpoints, events, payload, store
from xiaohe.channels.webhook.store import NewDelivery
from xiaohe.kernel import workspace
from xiaohe.ledger.instants import to_us
from xiaohe.ledger.models import Import
from xiaohe.people import overlay
from xiaohe.people.overlay import Overlay

# More than this waiting for one endpoint is not a queue any more: it is switched off, and said.
MOST_WAITING = 50_000

# A join made by hand shows in messages after so long.
FRESH_SECONDS = 5.0

_kept: tuple[Path, float, Overlay] | None = None

Row = Mapping[str, Any]
Person = Callable[[int], int]


def facts(tables: Iterable[pa.Table]) -> list[NewDelivery]:
    """Deliveries of the facts of recorded batches, whether they are read from the inbox or from files."""
    told = endpoints.outbound()
    found: list[NewDelivery] = []
    if not told:
        return found
    person = _who_is_who().person
    for table in tables:
        rows = table.to_pylist()
        for one in told:
            wanted = [row for row in rows if events.wants(one.types, row["type"])]
            make = _batches if one.batched else _singles
            found += make(one, wanted, person)
    return found


def is_asked(present: Iterable[str]) -> bool:
    """Whether any endpoint wants to be told of facts of one of these types; asked for every batch, so in one look."""
    for kept in store.asked_types():
        # PostgreSQL's driver reads JSON by itself.
        types = json.loads(kept) if isinstance(kept, str) else kept
        if any(events.wants(types, each) for each in present):
            return True
    return False


def import_changed(import_id: int, lake_version: int) -> list[NewDelivery]:
    """Deliveries about one commit or undo of an import."""
    row = Import.objects.filter(pk=import_id).first()
    if row is None:
        return []
    is_commit = row.lake_version == lake_version
    at = row.committed_at if is_commit else row.undone_at
    about: dict[str, dict[str, Any]] = {
        events.LAKE_COMMITTED: {"lake_version": lake_version},
        events.IMPORT_COMMITTED if is_commit else events.IMPORT_UNDONE: {
            "import": import_id,
            "kind": row.kind,
            "source": row.source,
            "lake_version": lake_version,
        },
    }
    return [
        (
            one.id,
            payload.message_id(one.id, name, import_id, lake_version),
            name,
            payload.body(name, at or row.created_at, data),
        )
        for one in endpoints.outbound()
        for name, data in about.items()
        if events.wants(one.types, name)
    ]


def put_down(many: list[NewDelivery], now: datetime) -> int:
    """Put deliveries down inside the caller's transaction; an endpoint with far too many waiting is switched off."""
    added = store.add(many, to_us(now))
    for endpoint_id in sorted({each[0] for each in many}):
        if store.waiting(endpoint_id) > MOST_WAITING:
            endpoints.disable(endpoint_id, now, why=OffReason.OVERRUN)
    return added


def _who_is_who() -> Overlay:
    """The overlay, at most some seconds old: looking again after every batch would cost more than the batch."""
    global _kept
    place, now = workspace.current().home, time.monotonic()
    if _kept is None or _kept[0] != place or now - _kept[1] > FRESH_SECONDS:
        _kept = (place, now, overlay.current())
    return _kept[2]


def _singles(one: Endpoint, rows: list[Row], person: Person) -> Iterator[NewDelivery]:
    for row in rows:
        name = payload.message_id(one.id, *_occurrence(row))
        text = payload.body(row["type"], row["occurred_at"], payload.of_fact(row, person))
        yield one.id, name, row["type"], text


def _batches(one: Endpoint, rows: list[Row], person: Person) -> Iterator[NewDelivery]:
    """Facts that arrived together, so many to a message."""
    ordered = sorted(rows, key=lambda row: (_arrival(row), row["row_no"] or 0, row["key_hash"]))
    for _together, arrived in groupby(ordered, key=_arrival):
        group = list(arrived)
        for start in range(0, len(group), payload.BATCH):
            part = group[start : start + payload.BATCH]
            name = payload.message_id(one.id, *(x for row in part for x in _occurrence(row)))
            text = payload.body(
                events.FACTS, part[-1]["recorded_at"], payload.of_batch(part, person)
            )
            yield one.id, name, events.FACTS, text


def _occurrence(row: Row) -> tuple[object, ...]:
    """What tells one statement of a fact from its next: taken back and stated again, it arrives under another number."""
    return row["import_id"], row["row_no"], row["key_hash"]


def _arrival(row: Row) -> tuple[int, int]:
    """The import, or the batch of the stream door: the upper bits of its facts' numbers."""
    if row["import_id"] is not None:
        return row["import_id"], 0
    return 0, (row["row_no"] or 0) >> 16
