"""The manifest of an export: what is in the folder, byte for byte, and which keys belong to it."""

from __future__ import annotations

import hashlib
import json
import os
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath

from xiaohe.kernel import workspace
from xiaohe.ledger import durable
from xiaohe.ledger.moving import errors

# Raised when an older Xiaohe could no longer read the folder rightly.
FORMAT = 1
NAME = "manifest.json"
README = "README.md"
FACTS, TABLES, PRIVATE = "facts", "tables", "private"
# Under these the same phone becomes the same subject, and the same people stay held out. All others are made anew.
KEYS = ("hash", "salt")


@dataclass(frozen=True)
class Entry:
    """One file."""

    sha256: str
    bytes: int
    rows: int | None = None


@dataclass
class Manifest:
    version: str
    created_at: str
    store: str
    versions: dict[str, int]
    keys: str
    identifiers: bool
    facts: int = 0
    shadows: int = 0
    # Columns of each table, as they are in its file.
    tables: dict[str, list[str]] = field(default_factory=dict)
    files: dict[str, Entry] = field(default_factory=dict)
    format: int = FORMAT

    def add(self, folder: Path, path: Path, rows: int | None = None) -> None:
        """List a finished file, after bringing it to disk."""
        durable.sync_file(path)
        entry = Entry(_sha256(path), path.stat().st_size, rows)
        self.files[path.relative_to(folder).as_posix()] = entry

    def write(self, folder: Path) -> None:
        path = folder / NAME
        path.write_text(json.dumps(asdict(self), indent=1, ensure_ascii=False), encoding="utf-8")
        durable.sync_file(path)


def read(folder: Path) -> Manifest:
    """The manifest of a whole folder of ours, every byte compared; raises NotAnExport."""
    try:
        told = json.loads((folder / NAME).read_text(encoding="utf-8"))
        if told["format"] > FORMAT:
            raise errors.newer(told["version"])
        files = {name: Entry(**each) for name, each in told.pop("files").items()}
        manifest = Manifest(**told, files=files)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise errors.not_whole(folder) from error
    for name, entry in manifest.files.items():
        _compare(folder, name, entry)
    for table in manifest.tables:
        if not {f"{TABLES}/{table}.csv", f"{PRIVATE}/{table}.csv"} & set(manifest.files):
            raise errors.not_whole(folder)
    return manifest


def _compare(folder: Path, name: str, entry: Entry) -> None:
    parts = PurePosixPath(name).parts
    path = folder / name
    if not parts or parts[0] == "/" or ".." in parts or not path.is_file():
        raise errors.changed(name)
    if path.stat().st_size != entry.bytes or _sha256(path) != entry.sha256:
        raise errors.changed(name)


# ---------------------------------------------------------------- keys


def keys_beside(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.keys")


def our_keys() -> dict[str, bytes]:
    return {name: workspace.current().secret(name) for name in KEYS}


def fingerprint(keys: Mapping[str, bytes]) -> str:
    """Tells keys apart and gives none away: each is 32 random bytes."""
    told = hashlib.sha256(b"xiaohe export keys")
    for name in KEYS:
        told.update(keys[name])
    return told.hexdigest()


def write_keys(path: Path) -> None:
    content = {name: value.hex() for name, value in our_keys().items()}
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
        json.dump({"format": FORMAT, "keys": content}, handle)
        handle.flush()
        os.fsync(handle.fileno())
    os.replace(draft, path)


def are_ours(path: Path) -> bool:
    """Whether a key file holds exactly this workspace's keys."""
    try:
        return _keys_in(path) == our_keys()
    except (OSError, ValueError, KeyError, TypeError):
        return False


def read_keys(path: Path, manifest: Manifest) -> dict[str, bytes]:
    """The keys of exactly this export."""
    try:
        keys = _keys_in(path)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise errors.no_keys(path) from error
    if fingerprint(keys) != manifest.keys:
        raise errors.other_keys(path)
    return keys


def _keys_in(path: Path) -> dict[str, bytes]:
    told = json.loads(path.read_text())["keys"]
    return {name: bytes.fromhex(told[name]) for name in KEYS}


def _sha256(path: Path) -> str:
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def listed(manifest: Manifest, folder: str) -> Iterator[str]:
    """Names of the files in one folder of the export, in order."""
    return (name for name in sorted(manifest.files) if name.startswith(f"{folder}/"))


def table_file(manifest: Manifest, table: str) -> str:
    """Where a table of this export is."""
    return next(
        name
        for name in manifest.files
        if name in (f"{TABLES}/{table}.csv", f"{PRIVATE}/{table}.csv")
    )


def rows(manifest: Manifest) -> dict[str, int]:
    """How many rows each table has."""
    return {name: manifest.files[table_file(manifest, name)].rows or 0 for name in manifest.tables}
