"""`export all`: one moment of the workspace in open formats, while everything runs."""

from __future__ import annotations

import glob
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.parquet as pq

from xiaohe import __version__
from xiaohe.kernel import belongings, disk, memory
from xiaohe.kernel import store as control
from xiaohe.kernel.belongings import Files, Part
from xiaohe.ledger import archive, crash, durable, engine, lease, processes, store
from xiaohe.ledger.export import NotEmpty
from xiaohe.ledger.moving import cells, errors, facts, manifest, readme, waiting
from xiaohe.ledger.moving.manifest import Manifest
from xiaohe.shop import audit
from xiaohe.shop.models import AuditAct

# What the engine may hold while facts stream through: the promise is 400 MB for the whole process.
MEMORY = "96MB"
AUDIT_PAGE = "export all"


@dataclass(frozen=True)
class Left:
    """What was written."""

    folder: Path
    keys: Path
    facts: int
    tables: dict[str, int]
    files: int
    bytes: int
    identifiers: bool


def move_out(
    folder: Path, *, now: datetime, identifiers: bool = True, user_id: int | None = None
) -> Left:
    """Write everything into a new or empty folder, whole under its name or not at all, and its keys beside it."""
    folder = folder.absolute()
    keys = manifest.keys_beside(folder)
    _refuse(folder, keys)
    disk.ask_for_room(folder)
    belongings.discover()
    with lease.held(lease.BACKUP, wait_seconds=0) as pin, lease.kept(pin):
        if identifiers:
            _note(now, user_id)
        with _draft(folder) as draft:
            told = _write(draft, now, identifiers=identifiers)
            told.write(draft)
            _sync_folders(draft)
            crash.at("after_write")
            manifest.write_keys(keys)
            crash.at("before_commit")
            os.replace(draft, folder)
            durable.sync_folder(folder.parent)
    size = sum(each.bytes for each in told.files.values())
    return Left(folder, keys, told.facts, manifest.rows(told), len(told.files), size, identifiers)


def _refuse(folder: Path, keys: Path) -> None:
    if folder.exists() and any(folder.iterdir()):
        raise NotEmpty(folder)
    # Our own are what an export left that was killed between the two names.
    if keys.exists() and not manifest.are_ours(keys):
        raise errors.keys_exist(keys)


def _note(now: datetime, user_id: int | None) -> None:
    """In the audit before the first name leaves, so that the entry is part of the export."""
    people = max([each.people() for each in belongings.parts() if each.people], default=0)
    with control.write():
        audit.record(AuditAct.EXPORTED, now=now, user_id=user_id, page=AUDIT_PAGE, people=people)


@contextmanager
def _draft(folder: Path) -> Iterator[Path]:
    """A folder beside the final one; gone unless it took its name, at the latest with the next export there."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    for each in folder.parent.glob(f".{glob.escape(folder.name)}-*"):
        if processes.left_behind(each.name):
            shutil.rmtree(each, ignore_errors=True)
    draft = folder.with_name(f".{folder.name}-{processes.mark()}-{uuid.uuid4().hex[:8]}")
    draft.mkdir(mode=0o700)
    try:
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _write(root: Path, now: datetime, *, identifiers: bool) -> Manifest:
    with control.read_snapshot(), engine.reading(memory=MEMORY, local=True) as read:
        told = Manifest(
            version=__version__,
            created_at=now.isoformat(),
            store=archive.kind(),
            versions=store.all_versions()._asdict(),
            keys=manifest.fingerprint(manifest.our_keys()),
            identifiers=identifiers,
        )
        facts.write(root, read, waiting.late_facts(), told)
        for part in belongings.parts():
            if identifiers or not part.is_private:
                _write_table(root, part, told)
        if identifiers:
            for each in belongings.all_files():
                _write_files(root, each, told)
        _write_views(root, read, told)
        text = readme.text(told)
    path = root / manifest.README
    path.write_text(text, encoding="utf-8")
    told.add(root, path)
    return told


def _write_table(root: Path, part: Part, told: Manifest) -> None:
    path = _private(root) if part.is_private else root / manifest.TABLES
    path.mkdir(mode=0o700, exist_ok=True)
    path = path / f"{part.name}.csv"
    count = cells.write(path, part.columns, part.rows())
    if part.is_private:
        path.chmod(0o600)
    told.tables[part.name] = [each.name for each in part.columns]
    told.add(root, path, count)


def _write_files(root: Path, one: Files, told: Manifest) -> None:
    folder = _private(root) / one.name
    for name, blocks in one.each():
        folder.mkdir(mode=0o700, exist_ok=True)
        path = folder / name
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as handle:
            handle.writelines(blocks)
        told.add(root, path)


def _write_views(root: Path, read: engine.Reading, told: Manifest) -> None:
    built: dict[str, Any] = {}
    for each in belongings.views():
        answer = each.build(read, built)
        table = read.run(answer) if isinstance(answer, ibis.Table) else answer
        assert isinstance(table, pa.Table)
        built[each.name] = table
        path = root / f"{each.name}.parquet"
        pq.write_table(table, path, compression="zstd", compression_level=1, store_schema=False)
        told.add(root, path, table.num_rows)
    built.clear()
    memory.give_back()


def _private(root: Path) -> Path:
    folder = root / manifest.PRIVATE
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _sync_folders(root: Path) -> None:
    for path in [*root.rglob("*"), root]:
        if path.is_dir():
            durable.sync_folder(path)
