"""What waits in the inbox, as facts: batches are Arrow streams, decoded once per process and group.

    batch (id, blob) ──decode──► facts with row_no = id << 16 | place in the batch

A blob names its own columns. One of the present schema is decoded without looking at the names; one written by an
earlier or a later version is matched by name: what it lacks is null, what we do not know is left out.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable
from itertools import groupby
from typing import Any

import numpy as np
import pyarrow as pa

from xiaohe.kernel import workspace
from xiaohe.ledger import store
from xiaohe.ledger.schema import FACT_SCHEMA

# Facts of one batch: their places fit into sixteen bits.
BATCH_ROWS = 1 << 16
ROW_NO = FACT_SCHEMA.get_field_index("row_no")
# Batches that are decoded, joined and remembered together.
GROUP_BITS = 6
# Remembered per process: about 30 MB of facts.
MOST_ROWS = 100_000

_lock = threading.Lock()
_groups: OrderedDict[tuple[Any, ...], pa.Table] = OrderedDict()


def encode(facts: pa.RecordBatch) -> bytes:
    """A batch's facts as they are stored."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, facts.schema) as writer:
        writer.write_batch(facts)
    found: bytes = sink.getvalue().to_pybytes()
    return found


def decode(id: int, blob: bytes) -> pa.RecordBatch:
    """The facts of one batch (FACT_SCHEMA), numbered by arrival."""
    if blob.startswith(_OURS):
        facts = pa.ipc.read_record_batch(pa.py_buffer(blob)[len(_OURS) :], FACT_SCHEMA)
        arrays = facts.columns
    else:
        facts = pa.ipc.open_stream(blob).read_next_batch()
        names = set(facts.schema.names)
        arrays = [
            facts.column(field.name).cast(field.type)
            if field.name in names
            else pa.nulls(facts.num_rows, field.type)
            for field in FACT_SCHEMA
        ]
    arrays[ROW_NO] = pa.array(np.arange(facts.num_rows, dtype=np.int64) + (id << 16))
    return pa.RecordBatch.from_arrays(arrays, schema=FACT_SCHEMA)


def visible() -> pa.Table:
    """What every read sees of the inbox, in the order of arrival; inside the caller's snapshot."""
    ids = store.visible_batches()
    place = workspace.current()
    if not ids:
        return FACT_SCHEMA.empty_table()
    # The key of the folder's hashes tells a sample shop from the one that was thrown away before it.
    where = (str(place.home), place.alias, place.secret("hash")[:8])
    groups = [tuple(group) for _number, group in groupby(ids, key=lambda id: id >> GROUP_BITS)]
    with _lock:
        known = {group: _groups.get((*where, group)) for group in groups}
        for group in groups:
            if known[group] is not None:
                _groups.move_to_end((*where, group))
    missing = [id for group in groups if known[group] is None for id in group]
    fetched = dict(store.batch_facts(missing)) if missing else {}
    tables = []
    for group in groups:
        table = known[group]
        if table is None:
            table = table_of((id, fetched[id]) for id in group if id in fetched)
            if all(id in fetched for id in group):
                _remember((*where, group), table)
        tables.append(table)
    return pa.concat_tables(tables)


def late() -> pa.Table:
    """What is acknowledged but not read yet: late facts, some of which the lake may know."""
    ids = [each.id for each in store.claimable_batches(with_late=True) if each.late]
    return table_of(store.batch_facts(ids))


def table_of(batches: Iterable[tuple[int, bytes]]) -> pa.Table:
    """Stored batches as one table without seams."""
    decoded = [decode(id, blob) for id, blob in batches]
    return pa.Table.from_batches(decoded, schema=FACT_SCHEMA).combine_chunks()


def _remember(key: tuple[Any, ...], table: pa.Table) -> None:
    with _lock:
        _groups[key] = table
        rows = sum(each.num_rows for each in _groups.values())
        while rows > MOST_ROWS and len(_groups) > 1:
            rows -= _groups.popitem(last=False)[1].num_rows


def _schema_message() -> bytes:
    """What a stream of the present schema begins with."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, FACT_SCHEMA):
        pass
    # An empty stream ends with a mark of eight bytes.
    whole: bytes = sink.getvalue().to_pybytes()
    return whole[:-8]


_OURS = _schema_message()
