"""What can be made whole again of a damaged lake, and what cannot.

    1  a file that a backup still has, with the very bytes that are listed        fetched
    2  compacted facts                 from the files by subject                   written anew
    3  files by subject                from the compacted facts                    written anew
    4  order, times and types          from the file itself                        written anew, listed right
    5  recent keys                     from the facts of the stream                written anew

What is rebuilt from the other layout is exactly what is missing in this one. If both are damaged, nobody can tell what is
missing: then nothing is rebuilt, and reads go on to refuse an answer rather than give a short one.
"""

from __future__ import annotations

import os
import shutil
import tarfile
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.utils.translation import gettext as _

from xiaohe.kernel import store as control
from xiaohe.kernel import workspace
from xiaohe.kernel.errors import BadInput
from xiaohe.ledger import (
    check,
    compaction,
    crash,
    durable,
    engine,
    files,
    lease,
    recent,
    recent_upkeep,
    recovery,
    rewriting,
    store,
)
from xiaohe.ledger.check import DAMAGE, Checked, What
from xiaohe.ledger.files import Written
from xiaohe.ledger.lease import Held
from xiaohe.ledger.models import FileRole
from xiaohe.ledger.recent import Overtaken
from xiaohe.ledger.store import FileRow

# Where a backup (backup.py) keeps the lake.
IN_BACKUP = "lake/"
# Where a test may kill a repair (see crash.py). Nothing but the last step of each makes anything count.
FETCH_POINTS = ("repair_before_rename", "repair_after_rename")
REWRITE_POINTS = (
    "repair_after_write",
    "repair_after_fsync",
    "compact_before_commit",
    "repair_after_commit",
)
LIST_POINTS = ("repair_list_before_commit", "repair_list_after_commit")


@dataclass(frozen=True)
class Repaired:
    """What was done, in sentences; `left` is how things are now."""

    done: list[str]
    left: Checked


class NoBackup(BadInput):
    def __init__(self, file: Path) -> None:
        super().__init__(
            "no_backup",
            _("%(file)s cannot be read as a backup."),
            file=str(file),
        )


def repair(now: datetime, *, backup: Path | None = None) -> Repaired:
    """Repair what can be repaired; `now` is real time. Raises CompactionRuns while files are put in order."""
    try:
        held = lease.take(compaction.LEASE, wait_seconds=0)
    except lease.Busy as error:
        raise compaction.CompactionRuns from error
    done: list[str] = []
    try:
        if collected := recovery.collect(now):
            done.append(_("%(count)d files that nobody lists were deleted.") % {"count": collected})
        if backup is not None:
            _fetch(backup, _damaged(check.take().files), held, done)
        _rebuild_layouts(held, done)
        _set_right(held, done)
        _rebuild_keys(done)
        return Repaired(done, check.check(now, keep_alive=held.keep))
    finally:
        held.release()


def _damaged(rows: Sequence[FileRow]) -> list[FileRow]:
    return [each for each in rows if any(fault.what in DAMAGE for fault in check.of_file(each))]


# ---------------------------------------------------------------- from a backup


def _fetch(backup: Path, wanted: Sequence[FileRow], held: Held, done: list[str]) -> None:
    """Bring back files by their paths, if the backup has their very bytes."""
    by_name = {f"{IN_BACKUP}{each.path}": each for each in wanted}
    if not by_name:
        return
    try:
        with tarfile.open(backup, "r:") as tar, _staged() as folder:
            for entry in tar:
                held.keep()
                row = by_name.get(entry.name)
                source = tar.extractfile(entry) if row else None
                if row and source:
                    found = folder / Path(row.path).name
                    with open(found, "xb") as handle:
                        shutil.copyfileobj(source, handle, 1 << 20)
                    if _put_back(row, found):
                        done.append(_("%(path)s came from the backup.") % {"path": row.path})
    except (tarfile.TarError, OSError) as error:
        raise NoBackup(backup) from error


def _put_back(row: FileRow, found: Path) -> bool:
    if found.stat().st_size != row.bytes or (row.sha256 and files.sha256(found) != row.sha256):
        return False
    target = workspace.current().lake / row.path
    durable.make_folder(target.parent)
    durable.sync_file(found)
    crash.at("repair_before_rename")
    os.replace(found, target)
    durable.sync_folder(target.parent)
    crash.at("repair_after_rename")
    return True


# ---------------------------------------------------------------- from the other layout


def _rebuild_layouts(held: Held, done: list[str]) -> None:
    listed = check.take()
    bad_facts, bad_subjects = _damaged(listed.covered), _damaged(listed.subjects)
    if bad_facts and bad_subjects:
        return
    if bad_facts:
        _rebuild(FileRole.FACT, bad_facts, listed.covered, listed.subjects, held, done)
    elif bad_subjects:
        _rebuild(FileRole.SUBJECT, bad_subjects, listed.subjects, listed.covered, held, done)
    elif not check.same_facts(listed):
        # Every compacted file is what it was when it was listed; the second layout follows it.
        _rebuild(FileRole.SUBJECT, listed.subjects, listed.subjects, listed.covered, held, done)


def _rebuild(
    role: FileRole,
    damaged: Sequence[FileRow],
    same: Sequence[FileRow],
    other: Sequence[FileRow],
    held: Held,
    done: list[str],
) -> None:
    """In this layout anew what the other one has and this one's sound files have not."""
    sound = [each for each in same if each not in damaged]
    taken = rewriting.look()
    with _staged() as folder:
        written: list[Written] = []
        if other:
            with engine.over({}, memory=rewriting.MEMORY, timeout=None) as read:
                wanted = rewriting.counting(read, rewriting.facts_in(read, "other", other), taken)
                if sound:
                    known = rewriting.counting(
                        read, rewriting.facts_in(read, "sound", sound), taken
                    )
                    # Of what counts, each key is there once.
                    wanted = wanted.anti_join(known.select("key_hash"), "key_hash")
                written = rewriting.lay_out(
                    read, wanted, (role,), folder, held.keep, level=1, folded=taken.last
                )
        _put_in_place(held, damaged, written)
    for each in damaged:
        done.append(_("%(path)s was written anew from the other layout.") % {"path": each.path})


# ---------------------------------------------------------------- from the file itself


def _set_right(held: Held, done: list[str]) -> None:
    """Sort what is out of order, and list times and types as they are."""
    for row in check.take().files:
        held.keep()
        whats = {fault.what for fault in check.of_file(row)}
        if What.UNSORTED in whats and not whats & DAMAGE:
            _sort(row, held)
            done.append(_("%(path)s was sorted.") % {"path": row.path})
        elif What.SPAN in whats and not whats & DAMAGE:
            role = FileRole(row.role)
            span = files.described(workspace.current().lake / row.path, role, row.import_id)
            with control.write():
                store.set_span(
                    row._replace(
                        occurred_min_us=span.occurred_min_us,
                        occurred_max_us=span.occurred_max_us,
                        recorded_min_us=span.recorded_min_us,
                        recorded_max_us=span.recorded_max_us,
                        type=span.type,
                    )
                )
                crash.at("repair_list_before_commit")
            crash.at("repair_list_after_commit")
            done.append(_("Times and types of %(path)s are listed right.") % {"path": row.path})


def _sort(row: FileRow, held: Held) -> None:
    role = FileRole(row.role)
    with _staged() as folder:
        if row.mixed:
            written = rewriting.rewrite([row], (role,), folder, held.keep)
        else:
            with engine.over({}, memory=rewriting.MEMORY, timeout=None) as read:
                facts = rewriting.facts_in(read, "unsorted", [row])
                written = [
                    files.write(part, folder, role, row.import_id, level=row.level)
                    for part in read.batches(facts, rows=files.FILE_ROWS)
                ]
        _put_in_place(held, [row], written)


def _put_in_place(held: Held, old: Sequence[FileRow], written: Sequence[Written]) -> None:
    crash.at("repair_after_write")
    listed = files.publish(written)
    crash.at("repair_after_fsync")
    compaction.replace(held, old, listed)
    crash.at("repair_after_commit")


# ---------------------------------------------------------------- keys


def _rebuild_keys(done: list[str]) -> None:
    """Runs of keys again from the facts of the stream; sound runs stay."""
    listed = check.take()
    broken = set(recent.broken())
    bad = [each for each in listed.runs if each.path in broken]
    whole = [each for each in listed.runs if each.path not in broken]
    sound = [each for each in listed.facts + listed.shadows if each not in _damaged([each])]
    missing = list(check.unknown_keys(listed, sound, whole, moved=bool(bad)))
    if not bad and not missing:
        return
    try:
        count = recent_upkeep.collect_again(bad, missing)
    except Overtaken:
        # The list changed meanwhile; the look that follows tells what is left to do.
        return
    done.append(_("%(count)d recent keys were collected again from the facts.") % {"count": count})


def _staged() -> AbstractContextManager[Path]:
    return recent.staged("repair")
