"""`import all`: an export of everything into an empty workspace, seen whole or not at all.

    every byte compared ─► fact files, synced, listed by nobody ─► keys, sealed files ─► ONE transaction:
    every table, the file list, the versions, the jobs of subscribers

Killed before that commit, the workspace is still empty and the same command may be given again; what was written is
collected like any other orphan.
"""

from __future__ import annotations

import os
import shutil
import uuid
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from xiaohe.kernel import belongings, disk, workspace
from xiaohe.kernel import store as control
from xiaohe.kernel.belongings import Part
from xiaohe.ledger import (
    archive,
    crash,
    durable,
    files,
    lease,
    processes,
    recent,
    snapshot,
    store,
    subscriptions,
)
from xiaohe.ledger.instants import to_us
from xiaohe.ledger.lease import Held
from xiaohe.ledger.moving import cells, errors, facts, manifest, waiting
from xiaohe.ledger.moving.manifest import Manifest
from xiaohe.ledger.store import FileRow, RunRow

# Subscribers are told of a change that no single import made.
NO_IMPORT = 0


@dataclass(frozen=True)
class Arrived:
    """What came in."""

    folder: Path
    facts: int
    tables: dict[str, int]
    identifiers: bool
    lake_version: int


def move_in(folder: Path, *, keys: Path | None = None, now: datetime) -> Arrived:
    """Bring a whole export into the current, empty workspace; raises NotAnExport or WorkspaceInUse."""
    folder = folder.absolute()
    disk.ask_for_room()
    belongings.discover()
    told = manifest.read(folder)
    secrets = manifest.read_keys(keys or manifest.keys_beside(folder), told)
    _check_tables(folder, told)
    with lease.held(lease.BULK, wait_seconds=0) as held:
        _refuse_data()
        staged = files.new_staging_folder(f"move-{processes.mark()}")
        try:
            names = manifest.listed(told, manifest.FACTS)
            brought = facts.bring(folder, names, staged, _until_us(told, now), held.keep)
            crash.at("after_write")
            listed = files.publish(brought.files), recent.publish(brought.runs)
            _place_keys(secrets)
            _put_files(folder, told, held)
            # What an empty workspace derived for itself may bear the very version that comes in.
            shutil.rmtree(workspace.current().derived / "state", ignore_errors=True)
            crash.at("after_fsync")
            version = _commit(folder, told, listed, held)
            crash.at("after_commit")
        finally:
            shutil.rmtree(staged, ignore_errors=True)
    return Arrived(folder, told.facts, manifest.rows(told), told.identifiers, version)


def _until_us(told: Manifest, now: datetime) -> int:
    """Keys that came in are recent ones from now on, however old they are."""
    return max(to_us(now), told.versions["newest_us"])


def _commit(
    folder: Path, told: Manifest, listed: tuple[list[FileRow], list[RunRow]], held: Held
) -> int:
    with control.write():
        held.confirm()
        _refuse_data()
        store.add_files(listed[0])
        store.add_runs(listed[1])
        for part in belongings.parts():
            if part.name in told.tables:
                _put_table(folder, part, told)
        for statement in archive.sequence_resets():
            control.execute(statement)
        versions = store.Versions(**told.versions)
        store.set_versions(versions)
        subscriptions.announce(versions.lake_version, import_id=NO_IMPORT)
        crash.at("before_commit")
    durable.note("commit")
    return versions.lake_version


def _refuse_data() -> None:
    """An empty workspace has its settings and whoever signed in, and nothing else."""
    full = [each.name for each in belongings.parts() if not each.gives_way and not each.is_empty()]
    if full or not snapshot.take().is_empty or waiting.late_facts().num_rows:
        raise errors.WorkspaceInUse(full)


def _check_tables(folder: Path, told: Manifest) -> None:
    """Columns an older export lacks take their defaults; what we do not know, a newer one wrote."""
    known = {each.name: {column.name for column in each.columns} for each in belongings.parts()}
    for name, columns in told.tables.items():
        if not set(columns) <= known.get(name, set()):
            raise errors.newer(told.version)
        path = folder / manifest.table_file(told, name)
        if cells.header(path) != columns:
            raise errors.changed(path.name)


def _put_table(folder: Path, part: Part, told: Manifest) -> None:
    by_name = {each.name: each for each in part.columns}
    names = told.tables[part.name]
    path = folder / manifest.table_file(told, part.name)
    part.put(names, cells.read(path, [by_name[name] for name in names]))


def _put_files(folder: Path, told: Manifest, held: Held) -> None:
    for one in belongings.all_files():
        for name in manifest.listed(told, f"{manifest.PRIVATE}/{one.name}"):
            held.keep()
            with open(folder / name, "rb") as handle:
                one.put(Path(name).name, handle)


def _place_keys(secrets: dict[str, bytes]) -> None:
    """Before the commit: what was hashed with them must never be there without them."""
    folder = workspace.current().home / "secret"
    durable.make_folder(folder)
    for name, value in secrets.items():
        draft = folder / f"{name}.{uuid.uuid4().hex[:8]}"
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as handle:
            handle.write(value)
            handle.flush()
            os.fsync(handle.fileno())
        os.replace(draft, folder / f"{name}.key")
    durable.sync_folder(folder)
