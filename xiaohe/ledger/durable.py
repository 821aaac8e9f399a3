"""Getting files to disk for good: data first, then the name, then the folder, and only then the control store.

A Parquet writer syncs nothing (measured: 0 fsync calls by DuckDB and pyarrow), so a file is durable only
if we do it. After a failed fsync a file is dead: the error leaves, nothing lists the file, it is collected.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

_record: ContextVar[list[tuple[str, str]] | None] = ContextVar("durable_record", default=None)


@contextmanager
def recorded() -> Iterator[list[tuple[str, str]]]:
    """Collect (step, path) of everything done in this context: how tests see the order of steps."""
    steps: list[tuple[str, str]] = []
    token = _record.set(steps)
    try:
        yield steps
    finally:
        _record.reset(token)


def note(step: str, path: Path | str = "") -> None:
    steps = _record.get()
    if steps is not None:
        steps.append((step, str(path)))


def sync_file(path: Path) -> None:
    """Bring a file's bytes to disk."""
    _sync(path, os.O_RDONLY)
    note("fsync", path)


def sync_folder(path: Path) -> None:
    """Bring the names inside a folder to disk."""
    _sync(path, os.O_RDONLY | os.O_DIRECTORY)
    note("fsync_folder", path)


def _sync(path: Path, flags: int) -> None:
    handle = os.open(path, flags)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_folder(path: Path) -> None:
    """Create a folder and its missing parents, each name on disk before it is used."""
    missing = []
    while not path.is_dir():
        missing.append(path)
        path = path.parent
    for each in reversed(missing):
        each.mkdir(exist_ok=True, mode=0o700)
        sync_folder(each.parent)


def publish(files: dict[Path, Path]) -> None:
    """Move written and synced files to their final, never used names, and sync the folders they land in."""
    folders = sorted({target.parent for target in files.values()})
    for folder in folders:
        make_folder(folder)
    for source, target in files.items():
        os.rename(source, target)
        note("rename", target)
    for folder in folders:
        sync_folder(folder)
