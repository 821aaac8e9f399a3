"""Backup and restore of one data folder, consistent while everything runs.

    FILE        tar: store/  the control store's copy · lake/  the files that copy lists, of facts and of keys
                     rejects/  rejected rows, sealed · formats/  the merchant's own formats of files
                     manifest.json  sha256 of each
    FILE.keys   the secrets, mode 0600: keep it elsewhere. Without it the identifiers stay sealed for ever

Collection is pinned, the store is copied, then the lake files that very copy lists: facts never change, so they are of
the copy's moment. Restore goes into an empty folder only, and nothing is in place before every hash agreed.

    restore     unpack, compare ─► lake/ rejects/ formats/ secret/ ─► the store, last: from here on the folder holds data

Killed before the store, it leaves its own folder beside what it placed: the next restore clears both away. Killed after
it, everything is back, and that folder goes with the next recovery.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tarfile
import uuid
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from django.utils.translation import gettext_lazy as _

from xiaohe.kernel import disk, workspace
from xiaohe.kernel.errors import BadInput, Conflict
from xiaohe.ledger import archive, crash, durable, lease, processes

FORMAT = 1
MANIFEST = "manifest.json"
STORE, LAKE, REJECTS, SECRET = "store", "lake", "rejects", "secret"
FORMATS = "formats"
RESTORING = ".restoring"
# A new process makes this key before it can restore anything; it protects sessions only.
HARMLESS = {f"{SECRET}/django.key"}


@dataclass(frozen=True)
class Backup:
    """What was saved or restored."""

    file: Path
    keys: Path
    files: int
    bytes: int


class NotABackup(BadInput):
    """The file, or the keys beside it, cannot be restored; nothing was changed."""


def _unreadable() -> NotABackup:
    return NotABackup(
        "backup_unreadable", _("This is not a backup of ours, or only a part of one.")
    )


def _changed() -> NotABackup:
    return NotABackup(
        "backup_changed",
        _("This backup was damaged or changed. Nothing was restored; take another."),
    )


def _other_store(store: str) -> NotABackup:
    return NotABackup(
        "backup_other_store",
        _(
            "This backup was made with %(store)s and can only be restored with it. To change the"
            " database, bring it back with %(store)s, then use “xiaohe export all” and “xiaohe import all”."
        ),
        store=store,
    )


def _no_keys(path: Path) -> NotABackup:
    return NotABackup(
        "backup_without_keys",
        _("The key file %(name)s is missing or damaged. Without it nothing can be restored."),
        name=path.name,
    )


class FolderInUse(Conflict):
    def __init__(self, home: Path) -> None:
        super().__init__(
            "folder_in_use",
            _("%(home)s already holds data. Restore into an empty data folder (--home)."),
            home=str(home),
        )


def backup(file: Path, *, now: datetime) -> Backup:
    """Write FILE and FILE.keys; whole under their names or not at all."""
    place = workspace.current()
    keys = keys_beside(file)
    disk.ask_for_room(place.home, file.parent)
    with lease.held(lease.BACKUP, wait_seconds=0) as pin, lease.kept(pin):
        work = _work_folder(place.derived / "tmp", "backup")
        draft = file.with_name(f".{file.name}.{uuid.uuid4().hex[:8]}")
        try:
            listed = archive.copy_store(work)
            entries = [(each, f"{STORE}/{each.name}") for each in sorted(work.iterdir())]
            entries += [(place.lake / path, f"{LAKE}/{path}") for path in listed]
            entries += _files_below(place.rejects, REJECTS)
            own = sorted((place.home / FORMATS).glob("*.toml"))
            entries += [(each, f"{FORMATS}/{each.name}") for each in own]
            size = _write_archive(draft, entries, now)
            _write_keys(place.home / SECRET, keys)
            os.replace(draft, file)
            durable.sync_folder(file.parent)
        finally:
            draft.unlink(missing_ok=True)
            shutil.rmtree(work, ignore_errors=True)
    return Backup(file, keys, len(entries), size)


def restore(file: Path, *, keys: Path | None = None) -> Backup:
    """Bring a backup back into the current workspace's empty folder (and, with PostgreSQL, empty database)."""
    place = workspace.current()
    keys = keys or keys_beside(file)
    _clear_unfinished(place.home)
    work = _work_folder(place.home, RESTORING)
    try:
        manifest = _unpack(file, work)
        crash.at("restore_unpacked")
        if manifest["store"] != archive.kind():
            raise _other_store(str(manifest["store"]))
        archive.refuse_newer(work / STORE)
        if archive.kind() == archive.POSTGRES and archive.holds_something():
            raise FolderInUse(place.home)
        secrets = _read_keys(keys)
        for part in (LAKE, REJECTS, FORMATS):
            if (work / part).exists():
                shutil.rmtree(place.home / part, ignore_errors=True)
                _sync_folders(work / part)
                os.rename(work / part, place.home / part)
        crash.at("restore_between")
        _place_keys(secrets, place.home / SECRET)
        # Whatever the store lists is on disk by its name before the store is.
        durable.sync_folder(place.home)
        crash.at("restore_before_store")
        archive.restore_store(work / STORE)
        crash.at("restore_after_store")
        durable.sync_folder(place.home)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    entries: dict[str, Any] = manifest["files"]
    return Backup(file, keys, len(entries), sum(each["bytes"] for each in entries.values()))


def keys_beside(file: Path) -> Path:
    return file.with_name(f"{file.name}.keys")


# ---------------------------------------------------------------- writing


def _write_archive(target: Path, entries: list[tuple[Path, str]], now: datetime) -> int:
    files: dict[str, dict[str, Any]] = {}
    with open(target, "xb") as raw:
        os.fchmod(raw.fileno(), 0o600)
        # Parquet is compressed already and a sealed file cannot be.
        with tarfile.open(fileobj=raw, mode="w") as tar:
            for path, name in entries:
                try:
                    files[name] = _add(tar, path, name)
                except FileNotFoundError:
                    # Rejected rows of an import that was given up meanwhile, a format just taken away; the lake's files are pinned.
                    if not name.startswith((f"{REJECTS}/", f"{FORMATS}/")):
                        raise
            manifest = {
                "format": FORMAT,
                "store": archive.kind(),
                "created_at": now.isoformat(),
                "files": files,
            }
            _add_bytes(tar, MANIFEST, json.dumps(manifest, indent=1).encode())
        raw.flush()
        os.fsync(raw.fileno())
        return raw.tell()


def _add(tar: tarfile.TarFile, path: Path, name: str) -> dict[str, Any]:
    with open(path, "rb") as handle:
        reader = _Hashing(handle)
        entry = tarfile.TarInfo(name)
        entry.size = os.fstat(handle.fileno()).st_size
        entry.mode = 0o600
        tar.addfile(entry, reader)
    return {"sha256": reader.digest.hexdigest(), "bytes": entry.size}


def _add_bytes(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    import io

    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), 0o600
    tar.addfile(entry, io.BytesIO(content))


class _Hashing:
    """A file that is hashed while it is read."""

    def __init__(self, handle: Any) -> None:
        self._handle = handle
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        block: bytes = self._handle.read(size)
        self.digest.update(block)
        return block


def _write_keys(secrets: Path, target: Path) -> None:
    content = {each.name: each.read_bytes().hex() for each in sorted(secrets.glob("*.key"))}
    draft = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
        json.dump({"format": FORMAT, "keys": content}, handle)
        handle.flush()
        os.fsync(handle.fileno())
    os.replace(draft, target)


def _files_below(folder: Path, prefix: str) -> list[tuple[Path, str]]:
    found = sorted(each for each in folder.rglob("*") if each.is_file())
    return [(each, f"{prefix}/{each.relative_to(folder).as_posix()}") for each in found]


# ---------------------------------------------------------------- reading


def _unpack(file: Path, work: Path) -> dict[str, Any]:
    """Everything into `work`, each byte compared with the manifest."""
    found: dict[str, dict[str, Any]] = {}
    manifest: dict[str, Any] | None = None
    try:
        with tarfile.open(file, "r:") as tar:
            for entry in tar:
                source = tar.extractfile(entry)
                if source is None or not _is_ours(entry.name):
                    raise _unreadable()
                if entry.name == MANIFEST:
                    manifest = json.loads(source.read())
                else:
                    found[entry.name] = _extract(source, work / entry.name)
    except (tarfile.TarError, OSError, ValueError) as error:
        raise _unreadable() from error
    if manifest is None or manifest.get("format") != FORMAT:
        raise _unreadable()
    if found != manifest["files"]:
        raise _changed()
    return manifest


def _is_ours(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return name == MANIFEST or (
        bool(parts) and parts[0] in {STORE, LAKE, REJECTS, FORMATS} and ".." not in parts
    )


def _extract(source: Any, target: Path) -> dict[str, Any]:
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    reader = _Hashing(source)
    with open(target, "xb") as handle:
        shutil.copyfileobj(reader, handle, 1 << 20)
        handle.flush()
        os.fsync(handle.fileno())
        return {"sha256": reader.digest.hexdigest(), "bytes": handle.tell()}


def _sync_folders(root: Path) -> None:
    for folder, _below, _names in os.walk(root, topdown=False):
        durable.sync_folder(Path(folder))


def _read_keys(path: Path) -> dict[str, bytes]:
    try:
        content = json.loads(path.read_text())
        return {name: bytes.fromhex(value) for name, value in content["keys"].items()}
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise _no_keys(path) from error


def _place_keys(secrets: dict[str, bytes], folder: Path) -> None:
    durable.make_folder(folder)
    for name, value in secrets.items():
        if PurePosixPath(name).name != name:
            raise _unreadable()
        path = folder / name
        path.unlink(missing_ok=True)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as handle:
            handle.write(value)
            handle.flush()
            os.fsync(handle.fileno())
    durable.sync_folder(folder)


def _clear_unfinished(home: Path) -> None:
    """Clear away what a killed restore left.

    Anything but that, empty folders and the key a new process has just made is somebody's data: refused.
    """
    present = {each.relative_to(home) for each in home.rglob("*") if not each.is_dir()}
    data = {each for each in present if each.as_posix() not in HARMLESS}
    left = [each for each in home.glob(f"{RESTORING}-*") if processes.left_behind(each.name)]
    if left:
        # The folder was empty when that restore began, and without a store nobody has used it since.
        its_own = {each.name for each in left} | {LAKE, REJECTS, FORMATS, SECRET}
        data = {each for each in data if each.parts[0] not in its_own}
        if archive.kind() == archive.POSTGRES and archive.holds_something():
            raise FolderInUse(home)
    if data:
        raise FolderInUse(home)
    if not left:
        return
    for each in present:
        if each.parts[0] == SECRET and each.as_posix() not in HARMLESS:
            (home / each).unlink()
    # Its own folder last: it is what says whose the others are.
    for folder in (home / LAKE, home / REJECTS, home / FORMATS, *left):
        shutil.rmtree(folder, ignore_errors=True)


def clear_finished() -> None:
    """Remove the folder of a restore that was killed when everything was back."""
    home = workspace.current().home
    left = [each for each in home.glob(f"{RESTORING}-*") if processes.left_behind(each.name)]
    # With PostgreSQL such a folder may be of one that never came so far: the next restore has to find it.
    if left and (archive.kind() == archive.SQLITE or archive.holds_something()):
        for each in left:
            shutil.rmtree(each, ignore_errors=True)


def _work_folder(parent: Path, name: str) -> Path:
    folder = parent / f"{name}-{processes.mark()}-{uuid.uuid4().hex[:8]}"
    folder.mkdir(parents=True, mode=0o700)
    return folder
