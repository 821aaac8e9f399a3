"""The bulk door: a whole file of facts, seen whole or not at all.

    with bulk.open_import(kind="orders", source="taobao", label=sealed, now=now) as door:
        for facts in parsed: door.stage(facts)
        for rows in door.settle(): report.count(rows)
        door.commit(report.as_dict(), now=now)

    lake/staging/<import>-…/   while it runs; gone afterwards, whatever happens
    lake/imports/<import>/     final files; they count from the moment the control store lists them

One import at a time: the lease is taken at the door and confirmed inside the committing transaction.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from types import TracebackType
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from xiaohe.kernel import disk
from xiaohe.kernel import store as control
from xiaohe.ledger import (
    compaction,
    crash,
    durable,
    engine,
    files,
    lease,
    processes,
    recovery,
    store,
    subscriptions,
)
from xiaohe.ledger.engine import Reading
from xiaohe.ledger.files import Collector
from xiaohe.ledger.lease import Held
from xiaohe.ledger.models import FileRole, Import, ImportState
from xiaohe.ledger.schema import FACT_SCHEMA, INSTANT
from xiaohe.ledger.settle import (
    CHANGED,
    KNOWN,
    LOOKUP_MEMORY,
    NEW,
    ORDER_KNOWN,
    ORDER_PAID,
    OUTCOME,
    Settled,
    settle,
)
from xiaohe.ledger.staging import Staging

WAIT_SECONDS = 30.0
SETTLED_SCHEMA = pa.schema(
    [
        ("row_no", pa.int64()),
        ("facts_new", pa.int64()),
        ("facts_known", pa.int64()),
        ("changed", pa.int64()),
        ("order_was_known", pa.bool_()),
        ("order_was_paid", pa.bool_()),
    ]
)


def open_import(
    *,
    kind: str,
    source: str,
    label: bytes | None = None,
    now: datetime,
    wait_seconds: float = WAIT_SECONDS,
) -> Door:
    """Take the one-importer lease and open a door; `label` arrives sealed. Raises lease.Busy, NearlyFull."""
    disk.ask_for_room()
    held = lease.take(lease.BULK, wait_seconds=wait_seconds)
    try:
        recovery.abandon_dead_imports()
        row = Import(
            kind=kind,
            source=source,
            label=label,
            state=ImportState.STAGING,
            created_at=now,
            holder=str(processes.ourselves()),
        )
        with control.write():
            row.save(force_insert=True)
        return Door(row, held, now)
    except BaseException:
        held.release()
        raise


class Door:
    """One import on its way; leaving the block without `commit()` abandons it."""

    def __init__(self, row: Import, held: Held, now: datetime) -> None:
        self.id = int(row.pk)
        self.folder = files.new_staging_folder(str(self.id))
        self._now = now
        self._lease = held
        self._staging = Staging(self.folder)
        self._collectors = {
            role: Collector(self.folder, role, self.id) for role in (FileRole.FACT, FileRole.SHADOW)
        }
        self._settled = False
        self._over = False

    def __enter__(self) -> Door:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not self._over:
            self.abandon()

    def stage(self, facts: pa.Table) -> None:
        """Keep one slice (STAGED_SCHEMA) on disk; row numbers ascend from slice to slice."""
        self._lease.keep()
        self._staging.add(facts)

    def keep(self) -> None:
        """Stay the one importer through work of the caller's own; cheap enough to call often."""
        self._lease.keep()

    def settle(self) -> Iterator[pa.Table]:
        """What became of each data row (SETTLED_SCHEMA), in slices by row; to be read to its end, once."""
        if self._settled:
            raise RuntimeError("an import is settled once")
        self._settled = True
        self._staging.close()
        with engine.reading(memory=LOOKUP_MEMORY, local=True) as read:
            settled = settle(self._staging, read, self._lease.keep)
        place = 0
        carried = SETTLED_SCHEMA.empty_table()
        for facts in self._staging.slices():
            self._lease.keep()
            outcome = settled.outcome[place : place + facts.num_rows]
            self._sort_out(facts, outcome, settled, place)
            rows = _merged(carried, _rows(facts, outcome))
            place += facts.num_rows
            # A data row's facts may go on in the next slice, so the last one waits.
            carried, ready = rows.slice(rows.num_rows - 1), rows.slice(0, rows.num_rows - 1)
            if ready.num_rows:
                yield ready
        for each in self._collectors.values():
            each.flush()
        if carried.num_rows:
            yield carried

    def staged_view(self) -> Reading:
        """A Reading of the ledger as it will be with this import; only after `settle()` was read to its end."""
        self._finish_settling()
        return engine.reading(extra=[each.path for each in self._collectors[FileRole.FACT].written])

    def commit(
        self,
        report: Mapping[str, Any],
        *,
        now: datetime,
        also: Callable[[], None] | None = None,
        announce_facts: bool = False,
    ) -> int:
        """Make the import count, with its report, in one transaction; returns the new lake version.

        Subscribers to facts hear of an import only when asked to: nobody is welcomed for having been imported.
        """
        self._finish_settling()
        written = [each for collector in self._collectors.values() for each in collector.written]
        crash.at("after_write")
        listed = files.publish(written)
        crash.at("after_fsync")
        with control.write():
            self._lease.confirm()
            store.add_files(listed)
            version = store.bump_lake()
            staged = Import.objects.filter(pk=self.id, state=ImportState.STAGING)
            if not staged.update(
                state=ImportState.COMMITTED,
                report=dict(report),
                committed_at=now,
                lake_version=version,
            ):
                raise lease.LeaseLost(self._lease.name)
            subscriptions.announce(version, import_id=self.id)
            if announce_facts:
                subscriptions.announce_import(self.id)
            if also is not None:
                also()
            store.free_lease(self._lease.name, self._lease.fence)
            crash.at("before_commit")
        durable.note("commit")
        self._over = True
        crash.at("after_commit")
        shutil.rmtree(self.folder, ignore_errors=True)
        compaction.enqueue_if_due()
        return version

    def abandon(self) -> None:
        """Give up: nothing of this import will ever be seen."""
        self._over = True
        self._staging.close()
        with control.write():
            Import.objects.filter(pk=self.id, state=ImportState.STAGING).update(
                state=ImportState.ABANDONED
            )
            store.free_lease(self._lease.name, self._lease.fence)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _finish_settling(self) -> None:
        if not self._settled:
            for _rows_of_slice in self.settle():
                pass

    def _sort_out(
        self, facts: pa.Table, outcome: NDArray[np.uint8], settled: Settled, place: int
    ) -> None:
        """New facts to the fact files, known ones to the shadow files, repeated ones nowhere."""
        kinds = outcome & OUTCOME
        final = self._as_facts(facts, settled, place)
        for value, role in ((NEW, FileRole.FACT), (KNOWN, FileRole.SHADOW)):
            wanted = kinds == value
            if wanted.all():
                self._collectors[role].add(final)
            elif wanted.any():
                self._collectors[role].add(final.filter(pa.array(wanted)))

    def _as_facts(self, facts: pa.Table, settled: Settled, place: int) -> pa.Table:
        keys = settled.keys(place, facts["key_hash"].to_numpy())
        given = {
            "key_hash": pa.array(keys),
            "import_id": pa.repeat(pa.scalar(self.id, pa.int64()), facts.num_rows),
            "recorded_at": pa.repeat(pa.scalar(self._now, INSTANT), facts.num_rows),
        }
        columns = {name: given.get(name) for name in FACT_SCHEMA.names}
        return pa.table(
            {name: facts[name] if column is None else column for name, column in columns.items()}
        )


def _rows(facts: pa.Table, outcome: NDArray[np.uint8]) -> pa.Table:
    """One row per data row of a slice."""
    numbers = facts["row_no"].to_numpy()
    starts = np.flatnonzero(np.concatenate(([True], numbers[1:] != numbers[:-1])))
    new = (outcome & OUTCOME) == NEW
    columns = [
        numbers[starts],
        np.add.reduceat(new.astype(np.int64), starts),
        np.add.reduceat((~new).astype(np.int64), starts),
        np.add.reduceat(((outcome & CHANGED) != 0).astype(np.int64), starts),
        np.logical_or.reduceat((outcome & ORDER_KNOWN) != 0, starts),
        np.logical_or.reduceat((outcome & ORDER_PAID) != 0, starts),
    ]
    return pa.Table.from_arrays([pa.array(each) for each in columns], schema=SETTLED_SCHEMA)


def _merged(carried: pa.Table, rows: pa.Table) -> pa.Table:
    """Both, with a row that goes on from one slice to the next counted once."""
    if not carried.num_rows:
        return rows
    if not rows.num_rows or carried["row_no"][0] != rows["row_no"][0]:
        return pa.concat_tables([carried, rows])
    before, after = carried.to_pylist()[0], rows.slice(0, 1).to_pylist()[0]
    both = {
        name: value
        if name == "row_no"
        else (value or after[name])
        if isinstance(value, bool)
        else value + after[name]
        for name, value in before.items()
    }
    return pa.concat_tables([pa.Table.from_pylist([both], schema=SETTLED_SCHEMA), rows.slice(1)])
