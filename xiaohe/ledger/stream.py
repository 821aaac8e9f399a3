"""The stream door: facts in small calls, each once, safe on disk when the call returns, readable at once.

    record ──► inbox keys + a batch, one commit ──► read with the lake ──► drain.py ──► a file and a run of keys

Known is what the keys of the inbox, the runs of recent keys (recent.py) or, for late facts, the lake know. A fact is late
if it was stated before what the runs can tell for certain: it waits unseen until drain has compared it with the lake.

Everything that tells one fact from another happens under the lock of the ledger's state, so between looking a key up and
putting it down no drain moves it from the inbox to a run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from django.utils.translation import gettext_lazy as _
from numpy.typing import NDArray

from xiaohe import jobs
from xiaohe.kernel import store as control
from xiaohe.kernel.clock import utc_now
from xiaohe.kernel.errors import RetryLater
from xiaohe.ledger import catalogue, crash, inbox, keys, recent, recent_upkeep, store, subscriptions
from xiaohe.ledger.instants import DAY_US, to_us
from xiaohe.ledger.schema import FACT_SCHEMA, INSTANT
from xiaohe.ledger.store import BatchRow, Moment

# Bounded: readers load the inbox, and a stopped drain must be noticed.
INBOX_LIMIT = 200_000
LONGEST_WAIT = timedelta(minutes=10)
DRAIN_AT = 20_000
DRAIN_AFTER = timedelta(seconds=60)
RECORDED = FACT_SCHEMA.get_field_index("recorded_at")
_FIELDS = tuple((field.name, field.type) for field in FACT_SCHEMA)


class Fact(NamedTuple):
    """One fact as a caller states it; `key` is unique within `source`, columns as in schema.py.

    A tuple: a tenth of a frozen dataclass's cost to make, and many of them are turned into columns at once.
    """

    source: str
    key: str
    type: str
    occurred_at: datetime
    subject: int
    date_only: bool = False
    order_key: int | None = None
    other: int | None = None
    item_key: int | None = None
    account_id: int | None = None
    amount: int | None = None
    currency: str | None = None
    quantity: float | None = None
    content: int | None = None
    props: Mapping[str, Any] | None = None
    # The client's own time, the same in every repetition, where `occurred_at` was corrected; it alone decides how a
    # repetition is recognised.
    stated_at: datetime | None = None


@dataclass(frozen=True)
class Recorded:
    """What became of the facts of one call."""

    inserted: int
    duplicates: int
    # Of each given fact: whether it was not known before.
    new: tuple[bool, ...] = ()
    # The first batch they went to; None when nothing was new.
    batch: int | None = None


class InboxFull(RetryLater):
    status = 429

    def __init__(self) -> None:
        super().__init__("inbox_full", _("Too much is waiting to be filed. Try again in a minute."))


def key_hash(fact: Fact) -> int:
    """Under which key a fact is, or will be, in the ledger; what `take_back` asks for."""
    return keys.key_hash(fact.source, fact.key)


def record(
    facts: Sequence[Fact],
    now: datetime,
    *,
    also: Callable[[Recorded], None] | None = None,
) -> Recorded:
    """Record facts, each at most once; what returned is on disk. Joins the caller's transaction if there is one.

    `also` runs in the same transaction, only when something was new. Raises InboxFull with nothing recorded.
    """
    if not facts:
        return Recorded(0, 0)
    given = _Given(facts, to_us(now))
    subscriptions.discover()
    # Before the lock, so that nobody waits for pages of a file; looked up again under it if the runs changed.
    runs = recent.current()
    known = runs.known(given.keys)
    if not known.any():
        given.encode()
    with control.write():
        moment = store.locked_moment()
        _refuse_if_full(moment, len(facts), given.now_us)
        if runs.version != moment.key_version:
            known = recent.at(moment.key_version).known(given.keys)
        given.keep(_put_down(given, known))
        first = _add_batches(given, moment)
        recorded = Recorded(given.inserted, len(facts) - given.inserted, given.new, first)
        if given.inserted:
            _ask_for_drain(moment.inbox_rows, given)
            if also is not None:
                also(recorded)
        crash.at("record_before_commit")
    crash.at("record_after_commit")
    return recorded


def take_back(key_hash: int, now: datetime) -> bool:
    """Retract one fact of the stream door; False if there is nothing recent of that key. It may be stated again."""
    with control.write():
        moment = store.locked_moment()
        waits = store.in_inbox(key_hash)
        if not waits and (
            store.is_freed(key_hash) or not recent.is_known(key_hash, moment.key_version)
        ):
            return False
        # The clock may have gone back since it was recorded.
        store.retract_key(key_hash, max(moment.newest_us, to_us(now)), store.now_us())
        store.remove_inbox_keys([key_hash])
        store.free_key(key_hash)
        store.bump_taps()
        subscriptions.announce_taken_back()
    return True


def forget_old_keys(now: datetime) -> int:
    """Stop looking among keys that no retry comes of any more; how many."""
    return recent_upkeep.expire(now)


def ask_for_next_drain() -> None:
    """After a drain: a minute later there is one for what waits still."""
    if store.moment().inbox_rows:
        jobs.enqueue("ledger.drain", dedupe="ledger.drain", run_at=utc_now() + DRAIN_AFTER)


class _Given:
    """The facts of one call as columns; after `keep` only those that are new."""

    def __init__(self, facts: Sequence[Fact], now_us: int) -> None:
        self.now_us = now_us
        columns = dict(zip(Fact._fields, zip(*facts, strict=True), strict=True))
        self._types = columns["type"]
        props = list(map(catalogue.checked_json, self._types, columns["props"]))
        occurred = list(map(to_us, columns["occurred_at"]))
        self._key_of = keys.key_hashes(zip(columns["source"], columns["key"], strict=True))
        self._stated_us = np.array(
            [
                at if stated is None else to_us(stated)
                for at, stated in zip(occurred, columns["stated_at"], strict=True)
            ],
            dtype=np.int64,
        )
        # Ascending, so that two calls put the same keys down in the same order; of one key the first fact counts.
        self.keys, self._first = np.unique(self._key_of, return_index=True)
        self._facts = _batch(columns, self._key_of, occurred, props, now_us)
        self.inserted = 0
        self.new: tuple[bool, ...] = ()
        self._encoded: tuple[pa.RecordBatch, bytes] | None = None

    def encode(self) -> None:
        """Do before the lock what need not be done under it: most calls bring only what is new."""
        self._encoded = self._facts, inbox.encode(self._facts)

    def encoded(self, facts: pa.RecordBatch) -> bytes:
        """One of the parts as it is stored."""
        if self._encoded is not None and self._encoded[0] is facts:
            return self._encoded[1]
        return inbox.encode(facts)

    def keep(self, new_keys: dict[int, int]) -> None:
        """Leave the facts of these keys, each with the instant it is recorded at."""
        if len(new_keys) == len(self._key_of):
            self._kept: NDArray[np.int64] | None = None
            self.new = (True,) * len(self._key_of)
            self.inserted = len(self._key_of)
        else:
            is_new = np.isin(self.keys, np.fromiter(new_keys, np.int64, len(new_keys)))
            self._kept = np.sort(self._first[is_new])
            marked = np.zeros(len(self._key_of), dtype=bool)
            marked[self._kept] = True
            self.new = tuple(marked.tolist())
            self.inserted = len(self._kept)
        recorded = [new_keys[key] for key in self._key_of.tolist() if key in new_keys]
        if any(at != self.now_us for at in new_keys.values()):
            column = [new_keys.get(key, self.now_us) for key in self._key_of.tolist()]
            instants = pa.array(column, pa.int64()).cast(INSTANT)
            self._facts = self._facts.set_column(RECORDED, FACT_SCHEMA.field(RECORDED), instants)
        self.newest_us = max(recorded, default=self.now_us)

    def parts(self, keys_since_us: int) -> Iterator[tuple[pa.RecordBatch, bool, int]]:
        """Facts that go together, whether they are late, and until when their keys are asked for."""
        if not self.inserted:
            return
        kept = np.arange(len(self._key_of)) if self._kept is None else self._kept
        stated = self._stated_us[kept]
        late = stated < keys_since_us + DAY_US
        # One fact dated ahead must not keep the keys of all others until its day is past.
        ahead = stated > self.now_us + DAY_US
        for is_late, is_ahead in ((False, False), (False, True), (True, False), (True, True)):
            wanted = (late == is_late) & (ahead == is_ahead)
            chosen = kept[wanted]
            for start in range(0, len(chosen), inbox.BATCH_ROWS):
                part = chosen[start : start + inbox.BATCH_ROWS]
                whole = len(part) == len(self._key_of)
                until_us = max(self.newest_us, int(self._stated_us[part].max()))
                yield self._facts if whole else self._facts.take(pa.array(part)), is_late, until_us

    def types(self) -> set[str]:
        return {name for name, new in zip(self._types, self.new, strict=True) if new}


def _batch(
    columns: Mapping[str, Sequence[Any]],
    key_of: NDArray[np.int64],
    occurred: list[int],
    props: list[str | None],
    now_us: int,
) -> pa.RecordBatch:
    rows = len(props)
    known: dict[str, pa.Array] = {
        "key_hash": pa.array(key_of),
        "occurred_at": pa.array(occurred, INSTANT),
        "recorded_at": pa.repeat(pa.scalar(now_us, INSTANT), rows),
        "import_id": pa.nulls(rows, pa.int64()),
        # By the batch's number, which is not known yet: see inbox.decode.
        "row_no": pa.nulls(rows, pa.int64()),
        "props": pa.array(props, pa.string()),
    }
    arrays = [
        known[name] if name in known else pa.array(columns[name], kind) for name, kind in _FIELDS
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=FACT_SCHEMA)


def _refuse_if_full(moment: Moment, more: int, now_us: int) -> None:
    if moment.inbox_rows + more > INBOX_LIMIT:
        raise InboxFull
    if moment.inbox_rows > DRAIN_AT:
        first_us = store.first_waiting_us()
        if first_us is not None and now_us - first_us > LONGEST_WAIT // timedelta(microseconds=1):
            raise InboxFull


def _put_down(given: _Given, known: NDArray[np.bool_]) -> dict[int, int]:
    """Put down the keys nobody knows; each with the instant its fact is recorded at."""
    retracted: dict[int, int] = {}
    freed: set[int] = set()
    for key, until_us in store.marks(given.keys.tolist()):
        if until_us is None:
            freed.add(key)
        else:
            retracted[key] = until_us
    if freed:
        known = known & ~np.isin(given.keys, np.array(sorted(freed), dtype=np.int64))
    wanted = (given.keys if not known.any() else given.keys[~known]).tolist()
    if not wanted:
        return {}
    new = store.add_inbox_keys(wanted)
    if freed & new:
        store.unfree_keys(sorted(freed & new))
    # Stated again after it was taken back, it must not look as if it had been there before.
    return {key: max(given.now_us, retracted.get(key, -1) + 1) for key in new}


def _add_batches(given: _Given, moment: Moment) -> int | None:
    first: int | None = None
    for facts, is_late, until_us in given.parts(moment.keys_since_us):
        number = store.next_batch(facts.num_rows, given.newest_us)
        row = BatchRow(number, given.now_us, facts.num_rows, is_late, until_us)
        store.add_batch(row, given.encoded(facts))
        if is_late:
            # Not known to be new yet: drain tells the subscribers.
            jobs.enqueue("ledger.drain", dedupe="ledger.drain")
        else:
            subscriptions.announce_batch(number, given.types)
        first = number if first is None else first
    return first


def _ask_for_drain(waited: int, given: _Given) -> None:
    """When enough waits, and a minute after the first fact that finds the inbox empty."""
    if (waited + given.inserted) // DRAIN_AT > waited // DRAIN_AT:
        jobs.enqueue("ledger.drain", dedupe="ledger.drain")
    elif not waited:
        jobs.enqueue("ledger.drain", dedupe="ledger.drain", run_at=utc_now() + DRAIN_AFTER)
