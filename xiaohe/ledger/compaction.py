"""Compaction: files as they came become files in the order in which they are asked for, with nothing retracted in them.

    fresh files ──► compacted FACT files + SUBJECT files      one commit: the fresh ones retire
    runs of a shelf ──► fewer                                 each layout for itself: the facts are the same
    files that hold what was taken back ──► the same without it ──► its retraction is forgotten

The compacted FACT files together and the SUBJECT files together always hold the same facts that count. Nothing here
changes what a read sees, so no version moves. It waits for nobody and nobody waits for it, but for its short commits: these
retire exactly the files that were read, and if one of them was retired meanwhile (an undo), the work is thrown away.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from xiaohe import jobs
from xiaohe.kernel import disk, memory
from xiaohe.kernel import store as control
from xiaohe.kernel.clock import utc_now
from xiaohe.kernel.errors import RetryLater
from xiaohe.ledger import crash, durable, files, layout, lease, processes, rewriting, store
from xiaohe.ledger.instants import DAY_US
from xiaohe.ledger.lease import Held
from xiaohe.ledger.models import FileRole
from xiaohe.ledger.store import FileRow

LEASE = "compaction"
# Fresh files are folded when there are so many of them, or so many rows in them.
FRESH_FILES = 8
FRESH_ROWS = 200_000
# Of one merge: what is thrown away if an undo was faster.
STEP_ROWS = 4_000_000
# Of one fold: the more are laid out together, the less there is to merge. A rest that is smaller than half of it comes
# along: alone it would make files that are merged with nearly all the others at once.
FOLD_ROWS = 8_000_000
# Of one run of the job, so that others have their turn.
RUN_ROWS = 8_000_000
# What was taken back is looked for in all files a day later; earlier only where files are rewritten anyway.
FOLD_AFTER_US = DAY_US
WAIT = timedelta(minutes=1)
POINTS = tuple(f"compact_{point}" for point in crash.POINTS)


@dataclass
class Compacted:
    """What a run did."""

    rows: int = 0
    files_retired: int = 0
    files_written: int = 0
    # Facts taken back that stand in no file any more.
    left_out: int = 0
    retractions_forgotten: int = 0
    # There is more to do.
    more: bool = False


class CompactionRuns(RetryLater):
    def __init__(self) -> None:
        super().__init__("compaction_runs", _("The files are being put in order already."))


class Overtaken(RetryLater):
    """A file that was read is not live any more."""

    def __init__(self) -> None:
        super().__init__("files_changed", _("The files changed meanwhile. Try again."))


@dataclass
class _Run:
    """One run: its lease, what it may still read, what it did."""

    held: Held
    rows_left: int
    force: bool
    done: Compacted = field(default_factory=Compacted)

    def can_take(self) -> bool:
        if self.rows_left > 0:
            return True
        self.done.more = True
        return False


def enqueue_if_due() -> None:
    """Ask for a run in a while: after an import its readers come first."""
    if is_due():
        jobs.enqueue("ledger.compact", dedupe="ledger.compact", run_at=utc_now() + WAIT)


def is_due() -> bool:
    """Whether a run would find something to do; cheap."""
    facts = store.live_files(FileRole.FACT)
    return (
        _is_fresh_enough([each for each in facts if not each.covered])
        or bool(_crowded(FileRole.FACT, force=False))
        or bool(_crowded(FileRole.SUBJECT, force=False))
        or bool(_crowded(FileRole.SHADOW, force=False))
        or _must_look(force=False)
    )


def compact(*, force: bool = False, most_rows: int = RUN_ROWS) -> Compacted:
    """Put files in order as far as it is due (or all, with `force`); raises CompactionRuns, NearlyFull. Safe beside anything."""
    disk.ask_for_room()
    try:
        held = lease.take(LEASE, wait_seconds=0)
    except lease.Busy as error:
        raise CompactionRuns from error
    run = _Run(held, most_rows, force)
    try:
        _fold_fresh(run)
        for role in (FileRole.FACT, FileRole.SUBJECT, FileRole.SHADOW):
            _merge(run, role)
        _fold_taken_back(run)
    finally:
        held.release()
        memory.give_back()
    return run.done


def compact_all() -> Compacted:
    """Run after run, until everything is in order; what all of them did."""
    total = Compacted()
    while True:
        done = compact(force=True)
        total.rows += done.rows
        total.files_retired += done.files_retired
        total.files_written += done.files_written
        total.left_out += done.left_out
        total.retractions_forgotten += done.retractions_forgotten
        if not done.more:
            return total


# ---------------------------------------------------------------- what to do


def _fold_fresh(run: _Run) -> None:
    while run.can_take():
        fresh = [each for each in store.live_files(FileRole.FACT) if not each.covered]
        if not fresh or not (run.force or _is_fresh_enough(fresh)):
            return
        inputs = _oldest(fresh)
        if not _step(run, inputs, (FileRole.FACT, FileRole.SUBJECT)):
            return


def _merge(run: _Run, role: FileRole) -> None:
    while run.can_take() and (inputs := _crowded(role, force=run.force)):
        if not _step(run, inputs, (role,)):
            return


def _fold_taken_back(run: _Run) -> None:
    """Rewrite what holds something taken back, and forget the retractions nothing holds any more."""
    if not _must_look(force=run.force):
        _forget(run)
        return
    taken = rewriting.look()
    for role in (FileRole.FACT, FileRole.SUBJECT, FileRole.SHADOW):
        for file in _not_folded(role, taken.last):
            if not run.can_take():
                return
            run.held.keep()
            if not rewriting.holds(file, taken):
                with control.write():
                    store.mark_folded([file.id], taken.last)
                continue
            is_fresh = role == FileRole.FACT and not file.covered
            _step(run, [file], (FileRole.FACT, FileRole.SUBJECT) if is_fresh else (role,))
    _forget(run)


def _forget(run: _Run) -> None:
    if not store.last_retraction():
        return
    with control.write():
        store.lock_versions()
        run.done.retractions_forgotten += store.forget_retractions(store.inbox_oldest_us())


def _is_fresh_enough(fresh: Sequence[FileRow]) -> bool:
    return len(fresh) > FRESH_FILES or sum(each.rows for each in fresh) >= FRESH_ROWS


def _must_look(*, force: bool) -> bool:
    first_us = store.first_retracted_us()
    return first_us is not None and (force or first_us <= store.now_us() - FOLD_AFTER_US)


def _crowded(role: FileRole, *, force: bool) -> list[FileRow]:
    live = store.live_files(role)
    if role == FileRole.FACT:
        live = [each for each in live if each.covered]
    if role == FileRole.SHADOW:
        # What an import states again stays with it, so that its undo can find it.
        live = [each for each in live if each.import_id is None]
    return layout.crowd(live, most_rows=STEP_ROWS, force=force)


def _oldest(fresh: list[FileRow]) -> list[FileRow]:
    if sum(each.rows for each in fresh) <= FOLD_ROWS * 3 // 2:
        return fresh
    chosen, rows = fresh[:1], fresh[0].rows
    for each in fresh[1:]:
        rows += each.rows
        if rows > FOLD_ROWS:
            break
        chosen.append(each)
    return chosen


def _not_folded(role: FileRole, last: int) -> list[FileRow]:
    return [
        each
        for each in store.live_files(role)
        if each.folded < last and (each.mixed or each.import_id is None)
    ]


# ---------------------------------------------------------------- one step: read, write, commit


def _step(run: _Run, inputs: Sequence[FileRow], roles: Sequence[FileRole]) -> bool:
    """Write these files' facts anew; False if somebody else was faster."""
    rows = sum(each.rows for each in inputs)
    run.rows_left -= rows
    with _staged() as folder:
        written = rewriting.rewrite(inputs, roles, folder, run.held.keep)
        crash.at("compact_after_write")
        listed = files.publish(written)
        crash.at("compact_after_fsync")
        try:
            replace(run.held, inputs, listed)
        except Overtaken:
            run.done.more = True
            return False
    crash.at("compact_after_commit")
    run.done.rows += rows
    run.done.files_retired += len(inputs)
    run.done.files_written += len(listed)
    run.done.left_out += rows - sum(each.rows for each in written if each.role == roles[0])
    return True


def replace(held: Held, inputs: Sequence[FileRow], listed: Sequence[FileRow]) -> None:
    """List the new files and retire the others, all or nothing; raises Overtaken."""
    ids = sorted(each.id for each in inputs)
    with control.write():
        held.confirm()
        # An undo retires files as well: one after the other.
        store.lock_versions()
        if store.retire_files(ids, store.now_us()) != len(ids):
            raise Overtaken
        store.add_files(listed)
        crash.at("compact_before_commit")
    durable.note("commit")


@contextmanager
def _staged() -> Iterator[Path]:
    folder = files.new_staging_folder(f"compact-{processes.mark()}")
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
