"""After a crash: what was half done never was, and what nobody lists is collected.

Nothing has to be repaired for reads to be right; this only frees names and disk space.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from xiaohe.kernel import store as control
from xiaohe.kernel import workspace
from xiaohe.ledger import crash, durable, files, lease, processes, store
from xiaohe.ledger.instants import to_us
from xiaohe.ledger.models import Import, ImportState

# Longer than any read, export, backup or upload takes.
KEEP = timedelta(days=1)
# Folders of the lake whose files are all listed somewhere.
FOLDERS = (files.IMPORTS, files.STREAM, files.COMPACTED, files.SUBJECTS, files.KEYS)
# An uploaded file waits as long for somebody to say how it is to be read.
UPLOAD_WAITS = timedelta(days=7)


@dataclass(frozen=True)
class Recovered:
    """What a recovery found."""

    abandoned: list[int]
    folders_removed: int
    files_collected: int
    # Lists of rejected rows whose import never was, and uploads nobody came back to.
    sealed_removed: int


def recover(now: datetime) -> Recovered:
    """Clear up after dead processes; `now` is real time. Safe to run at any moment, beside anything."""
    abandoned = abandon_dead_imports()
    folders = _remove_orphan_folders() + _remove_dead_temporaries()
    sealed = _remove_orphan_rejects() + _remove_old_uploads(now)
    return Recovered(abandoned, folders, collect(now), sealed)


def abandon_dead_imports() -> list[int]:
    """Staging imports whose process is gone become abandoned."""
    dead = [
        each.pk
        for each in Import.objects.filter(state=ImportState.STAGING).only("pk", "holder")
        if processes.is_gone(each.holder) or _lost_its_lease(each.holder)
    ]
    if dead:
        with control.write():
            Import.objects.filter(pk__in=dead, state=ImportState.STAGING).update(
                state=ImportState.ABANDONED
            )
    return dead


def collect(now: datetime) -> int:
    """Delete retired files and files nobody lists, a day after; nothing while a backup copies."""
    if lease.is_held(lease.BACKUP):
        return 0
    return _delete_retired(now) + _delete_unlisted(now)


def _lost_its_lease(holder: str) -> bool:
    """On another host only the lease tells: who imports without it cannot commit."""
    return store.lease_holder(lease.BULK)[0] != holder


def _remove_orphan_folders() -> int:
    root = workspace.current().lake / files.STAGING
    # Listed before asking who is alive: a folder made in between belongs to the living.
    folders = list(root.iterdir()) if root.is_dir() else []
    alive = {
        str(pk)
        for pk in Import.objects.filter(state=ImportState.STAGING).values_list("pk", flat=True)
    }
    orphans = [each for each in folders if _is_orphan(each.name, alive)]
    for each in orphans:
        shutil.rmtree(each, ignore_errors=True)
    return len(orphans)


def _is_orphan(name: str, alive: set[str]) -> bool:
    """Folders of imports begin with their number; those of undo and drain carry their process."""
    owner = name.partition("-")[0]
    return owner not in alive if owner.isdigit() else processes.left_behind(name)


def _remove_dead_temporaries() -> int:
    root = workspace.current().derived / "tmp"
    folders = list(root.iterdir()) if root.is_dir() else []
    dead = [each for each in folders if processes.left_behind(each.name)]
    for each in dead:
        shutil.rmtree(each, ignore_errors=True)
    return len(dead)


def _remove_orphan_rejects() -> int:
    """Rejected rows of imports that never counted: `<import>.csv.sealed`."""
    root = workspace.current().rejects
    # Listed before asking who is alive, as above.
    found = [each for each in root.glob("*.sealed") if each.name.partition(".")[0].isdigit()]
    over = Import.objects.exclude(state=ImportState.ABANDONED)
    kept = {str(pk) for pk in over.values_list("pk", flat=True)}
    orphans = [each for each in found if each.name.partition(".")[0] not in kept]
    for each in orphans:
        each.unlink(missing_ok=True)
    return len(orphans)


def _remove_old_uploads(now: datetime) -> int:
    """Uploads that broke off (a body without its card), and those nobody came back to."""
    found = [each for each in workspace.current().spool.glob("*") if each.is_file()]
    dead = [each for each in found if now.timestamp() - each.stat().st_mtime > _waits(each)]
    for each in dead:
        each.unlink(missing_ok=True)
    return len(dead)


def _waits(upload: Path) -> float:
    is_complete = upload.suffix == ".card" or upload.with_suffix(".card").exists()
    return (UPLOAD_WAITS if is_complete else KEEP).total_seconds()


def _delete_retired(now: datetime) -> int:
    retired = store.retired_before(to_us(now - KEEP))
    lake = workspace.current().lake
    for _id, path in retired:
        (lake / path).unlink(missing_ok=True)
    crash.at("collect_before_forget")
    if retired:
        with control.write():
            store.forget_files([id for id, _path in retired])
    return len(retired)


def unlisted(now: datetime) -> list[str]:
    """Files a day old and older that nobody lists, by their paths inside the lake."""
    lake = workspace.current().lake
    # Files first, list second: a file listed in between is not taken for an orphan.
    found = [
        str(each.relative_to(lake))
        for part in FOLDERS
        for each in (lake / part).rglob("*")
        if each.is_file() and each.stat().st_mtime < (now - KEEP).timestamp()
    ]
    listed = store.all_paths() | store.all_run_paths()
    return [each for each in found if each not in listed]


def _delete_unlisted(now: datetime) -> int:
    orphans = [workspace.current().lake / each for each in unlisted(now)]
    for each in orphans:
        each.unlink(missing_ok=True)
        durable.note("collect", each)
    return len(orphans)
