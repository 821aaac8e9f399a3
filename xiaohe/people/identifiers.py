"""Sealed identifiers on their way in and out of the control store.

    Recorder(import_id).add(…) … flush()      before the import commits; unseen until it does
    values_of(subjects)                       what counts now, unsealed, newest import first
    sweep()                                   forgets what only undone or abandoned imports stated

Values are content-addressed: the same value of the same subject is one row however often it is stated, and the
row remembers which imports stated it. So taking an import back needs no rewriting: what only it stated no
longer counts, and a contact's former name is the newest one again.
"""

from __future__ import annotations

import time
from array import array
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import repeat
from typing import Any, NamedTuple

import numpy as np

from xiaohe.kernel.ids import Hasher, fold
from xiaohe.kernel.store import write
from xiaohe.ledger import lease
from xiaohe.ledger.models import Import, ImportState
from xiaohe.people import grams, keys, store
from xiaohe.people.keys import NAMESPACE_OF, Kind, Namespace
from xiaohe.people.runs import Pairs, Runs, Sealed, unique_pairs
from xiaohe.people.store import StoredValue
from xiaohe.shop import vault

# Values held in memory before they are sealed and set aside; an import with fewer writes them directly.
RUN = 50_000
# How many values already handed in are remembered (8 bytes each), to skip a buyer's second order.
REMEMBERED = 1 << 20
SHARED = (Kind.RECEIVER, Kind.CITY, Kind.MASKED_PHONE)
MOST_SHARED = 10_000
SLICE_SECONDS = 0.025  # half of what one transaction may hold the write lock
SMALLEST_SLICE, LARGEST_SLICE = 200, 20_000
SWEEP_BATCH = 200
BATCHES_PER_LEASE = 20
SWEEP_WAITS_SECONDS = 2.0
BY_HAND = 0  # the import number of what somebody typed in the console


class Value(NamedTuple):
    """One unsealed value of a subject and the newest import that counts and stated it."""

    subject: int
    kind: Kind
    key_hash: int
    text: str
    import_id: int


class Recorder:
    """Takes the identifiers of one import, at any number in little memory; `flush()` before the import commits."""

    def __init__(self, import_id: int = BY_HAND) -> None:
        self._import_id = import_id
        self._pending: list[tuple[int, Kind, str]] = []
        self._seen = array("q", bytes(8 * REMEMBERED))
        self._slice = _Slices()
        self._blinded = grams.Blinded()
        self._runs: Runs | None = None

    def add(
        self, subject: int, namespace: Namespace, value: str, *, kind: Kind | str | None = None
    ) -> None:
        """Hand in one value of a subject; blanks are ignored, masked values are kept only to be shown."""
        mark = hash((subject, namespace, kind, value))
        slot = mark & (REMEMBERED - 1)
        if self._seen[slot] == mark:
            return
        self._seen[slot] = mark
        kind = Kind(kind) if kind is not None else _KIND_OF[namespace]
        if not value.strip() or (kind == Kind.PHONE and keys.normalise_phone(value) is None):
            return
        self._pending.append((subject, kind, value.strip()))
        if len(self._pending) >= RUN:
            self._set_aside()

    def flush(self, keep_alive: Callable[[], None] = lambda: None) -> None:
        """Write everything handed in so far, in transactions of at most some tens of milliseconds."""
        if not self._runs:
            self._write(*_sealed(self._pending, self._blinded))
            self._pending = []
            return
        self._set_aside()
        for values in self._runs.values():
            keep_alive()
            self._slice.each(values, self._add_values)
        for pairs in self._runs.grams():
            keep_alive()
            self._slice.each(pairs, _add_grams)
        self._runs.close()
        self._runs = None

    def _set_aside(self) -> None:
        if self._runs is None:
            self._runs = Runs(sorted(Kind))
        self._runs.add(*_sealed(self._pending, self._blinded))
        self._pending = []

    def _write(self, values: Sequence[Sealed], pairs: Pairs) -> None:
        self._slice.each(values, self._add_values)
        self._slice.each(pairs, _add_grams)

    def _add_values(self, part: Sequence[Sealed]) -> None:
        with write():
            store.add_identifiers(part, self._import_id)


def remember(told: Sequence[tuple[int, Kind, str]], at: datetime) -> None:
    """Keep what events told, the latest first; inside the caller's transaction, a handful at a time."""
    if not told:
        return
    values, pairs = _sealed(told, grams.Blinded())
    with write():
        store.add_told(values, int(at.timestamp()))
        if len(pairs):
            store.add_grams(pairs.tolist())


def _add_grams(part: Pairs) -> None:
    with write():
        store.add_grams(part.tolist())


class _Slices:
    """Cuts work into transactions, as long as the time one may take allows."""

    def __init__(self) -> None:
        self._size = 1_000

    def each(self, work: Any, do: Callable[[Any], None]) -> None:
        start = 0
        while start < len(work):
            part = work[start : start + self._size]
            began = time.perf_counter()
            do(part)
            took = time.perf_counter() - began
            start += len(part)
            wanted = int(self._size * min(2.0, SLICE_SECONDS / max(took, 1e-6)))
            self._size = max(SMALLEST_SLICE, min(LARGEST_SLICE, wanted))


_KIND_OF = {
    **{namespace: kind for kind, namespace in NAMESPACE_OF.items()},
    Namespace.NAME: Kind.CONTACT,
    Namespace.CONTACT: Kind.CONTACT,
}


def _key_hash(hashed: Hasher, kind: Kind, value: str) -> int:
    """What a value is addressed by: its key where it is one, else a hash of what it says."""
    namespace = NAMESPACE_OF.get(kind)
    if namespace is None:
        return hashed(f"{Namespace.NAME}.{kind}", value)
    return hashed(namespace, keys.normalise(namespace, value) or fold(value))


def _sealed(
    pending: Sequence[tuple[int, Kind, str]], blinded: grams.Blinded
) -> tuple[list[Sealed], Pairs]:
    """Values once each in the order of their index, and their grams in the order of theirs."""
    values: dict[tuple[int, str, int], str] = {}
    left, right = array("q"), array("q")
    keyed = keys.hasher()
    # Masked to the family name, or to a few digits: many people share one.
    shared: dict[Kind, dict[str, tuple[int, list[int]]]] = {kind: {} for kind in SHARED}
    for subject, kind, text in pending:
        known = shared.get(kind)
        told = known.get(text) if known is not None else None
        if told is None:
            told = _key_hash(keyed, kind, text), blinded(kind, text)
            if known is not None and len(known) < MOST_SHARED:
                known[text] = told
        key, pieces = told
        values[subject, kind.value, key] = text
        left.extend(pieces)
        right.extend(repeat(subject, len(pieces)))
    kinds = {kind.value for _subject, kind, _text in pending}
    seal = {kind: vault.sealer(kind) for kind in kinds}
    sealed = [(*place, seal[place[1]](values[place])) for place in sorted(values)]
    pairs = np.stack([np.frombuffer(left, np.int64), np.frombuffer(right, np.int64)], axis=1)
    return sealed, unique_pairs(pairs)


# ---------------------------------------------------------------- what counts now


def live_imports() -> frozenset[int]:
    """Imports whose statements count; what was typed by hand always does."""
    committed = Import.objects.filter(state=ImportState.COMMITTED).values_list("id", flat=True)
    return frozenset([BY_HAND, store.BY_EVENT, *committed])


def values_of(subjects: Sequence[int], kinds: Sequence[Kind] = ()) -> dict[int, list[Value]]:
    """The values of each subject that count, unsealed; stated last first, then by kind and hash."""
    live, unseal = live_imports(), vault.unsealer()
    found: dict[int, list[Value]] = defaultdict(list)
    for stored in store.values_of(subjects, kinds):
        stated = [each for each in stored.import_ids if each in live]
        if stated:
            text = unseal(stored.sealed, stored.kind)
            kind = Kind(stored.kind)
            found[stored.subject].append(
                Value(
                    stored.subject,
                    kind,
                    stored.key_hash,
                    text,
                    _newest(stated, stored.last_import),
                )
            )
    for values in found.values():
        values.sort(key=lambda value: (-value.import_id, value.kind, value.key_hash))
    return found


def _newest(stated: Sequence[int], last_import: int) -> int:
    """The newest statement; what an event told is newer than any file, what was typed by hand newer than both."""
    if BY_HAND in stated:
        return _NEWER_THAN_ANY_FILE
    # Minus the second it was told: larger than the number of any import.
    return -last_import if last_import < 0 else max(stated)


_NEWER_THAN_ANY_FILE = 1 << 62


# ---------------------------------------------------------------- forgetting


def sweep() -> int:
    """Forget values that only undone or abandoned imports stated; returns how many.

    Held back while somebody imports, a few batches at a time, so nobody states a value while it is forgotten;
    what an import keeps it from is forgotten by the next sweep, and unseen meanwhile.
    """
    over = Import.objects.filter(state__in=[ImportState.UNDONE, ImportState.ABANDONED])
    dead = sorted(over.values_list("id", flat=True))
    gone = 0
    after: store.Place | None = store.FIRST if dead else None
    while after is not None:
        try:
            with lease.held(lease.BULK, wait_seconds=SWEEP_WAITS_SECONDS):
                some, after = _sweep_on(dead, after)
        except lease.Busy:
            break
        gone += some
    return gone


def _sweep_on(dead: Sequence[int], after: store.Place) -> tuple[int, store.Place | None]:
    """A few batches from a place on; where to go on, None at the end."""
    gone = 0
    for _batch in range(BATCHES_PER_LEASE):
        found = store.stated_last_by(dead, after, SWEEP_BATCH)
        gone += _forget([each for each in found if not set(each.import_ids) - set(dead)])
        if len(found) < SWEEP_BATCH:
            return gone, None
        after = found[-1].place
    return gone, after


def _forget(values: Sequence[StoredValue]) -> int:
    """Delete values, and the grams that no other value of their subjects has."""
    if not values:
        return 0
    unused = {(gram, value.subject) for value in values for gram in _grams_of(value)}
    with write():
        store.forget(values)
        for kept in store.values_of(sorted({value.subject for value in values})):
            unused -= {(gram, kept.subject) for gram in _grams_of(kept)}
        store.forget_grams(sorted(unused))
    return len(values)


def _grams_of(value: StoredValue) -> set[int]:
    blinded = grams.hasher()
    text = vault.unseal(value.sealed, value.kind)
    return {blinded("gram", piece) for piece in grams.pieces(Kind(value.kind), text)}
