"""A workspace is one data folder with its own stores, lake, secrets and clock.

`main` is the merchant's; `sample` lives in a folder inside it and never meets it: every store, file and id
of a request or job belongs to the workspace that is current in that context.

    HOME/xiaohe.db  lake/  derived/  secret/  spool/  rejects/       main
    HOME/sample/    (the same again)                                 sample
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

MAIN, SAMPLE = "main", "sample"
DEFAULT_HOME = "~/.xiaohe"


@dataclass(frozen=True)
class Workspace:
    """One data folder; `alias` names its control store among Django's databases."""

    name: str
    home: Path

    @property
    def alias(self) -> str:
        return "default" if self.name == MAIN else self.name

    @property
    def lake(self) -> Path:
        """Immutable Parquet files of facts; the control store lists which of them count."""
        return self.home / "lake"

    @property
    def derived(self) -> Path:
        """Everything that can be rebuilt from the lake and the control store."""
        return self.home / "derived"

    @property
    def spool(self) -> Path:
        """Uploaded files while they are read, sealed."""
        return self.home / "spool"

    @property
    def rejects(self) -> Path:
        """Rejected rows of imports, sealed."""
        return self.home / "rejects"

    def secret(self, purpose: str) -> bytes:
        """32 random bytes kept in `HOME/secret/<purpose>.key`, made on first use.

        Raises FileNotFoundError where a workspace beside `main` is gone.
        """
        if self.name != MAIN and not self.home.is_dir():
            raise FileNotFoundError(self.home)
        return _secret(self.home / "secret" / f"{purpose}.key")

    def exists(self) -> bool:
        return (self.home / "secret").is_dir()

    def made(self, folder: Path) -> Path:
        """`folder` of this workspace, made if it is not there; raises FileNotFoundError where the workspace itself is gone.

        Whoever still works for one that was thrown away must not bring a part of it back.
        """
        if not self.home.is_dir():
            raise FileNotFoundError(self.home)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder


# Keys already read, with the file's stamp: a sample shop thrown away and made again has other keys at the same
# path (inodes alone are used again at once).
_known: dict[Path, tuple[tuple[int, int], bytes]] = {}


def _secret(path: Path) -> bytes:
    if not path.exists():
        _make_secret(path)
    found = path.stat()
    stamp = (found.st_ino, found.st_mtime_ns)
    known = _known.get(path)
    if known is None or known[0] != stamp:
        known = _known[path] = (stamp, path.read_bytes())
    return known[1]


def _make_secret(path: Path) -> None:
    """Write aside and link into place: whoever starts at the same time agrees on one key, a crash leaves no half."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_suffix(f".{os.getpid()}-{secrets.token_hex(4)}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as handle:
        handle.write(secrets.token_bytes(32))
        handle.flush()
        os.fsync(handle.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    draft.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def home_path() -> Path:
    """The main data folder: `XIAOHE_HOME`, else `~/.xiaohe`."""
    return Path(os.environ.get("XIAOHE_HOME") or DEFAULT_HOME).expanduser().resolve()


def workspace(name: str = MAIN) -> Workspace:
    home = home_path()
    return Workspace(name, home if name == MAIN else home / name)


_current: ContextVar[Workspace | None] = ContextVar("workspace", default=None)


def current() -> Workspace:
    """The workspace of this request, job or command; `main` unless another was entered."""
    return _current.get() or workspace(MAIN)


@contextmanager
def entered(place: Workspace) -> Iterator[Workspace]:
    """Make `place` the current workspace inside the block."""
    token = _current.set(place)
    try:
        yield place
    finally:
        _current.reset(token)


def discard(place: Workspace) -> None:
    """Delete a workspace's folder; refused for `main`, which only its owner may delete by hand."""
    if place.name == MAIN:
        raise ValueError("the main workspace is never discarded by software")
    # Out of reach at once: whoever writes into it meanwhile would keep a folder from being removed.
    gone = place.home.with_name(f".{place.name}-{secrets.token_hex(4)}")
    try:
        place.home.rename(gone)
    except FileNotFoundError:
        return
    shutil.rmtree(gone, ignore_errors=True)
