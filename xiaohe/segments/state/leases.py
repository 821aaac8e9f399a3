"""Who reads a generation holds it, so that its files stay however many come after it.

A lease is a shared lock on the manifest of the folder; it ends with whoever has it, also if its process is killed.
"""

from __future__ import annotations

import os
import shutil
import weakref
from fcntl import LOCK_EX, LOCK_NB, LOCK_SH, flock
from pathlib import Path

MANIFEST = "manifest.json"


class Lease:
    """The folder is not removed as long as this object lives."""

    def __init__(self, handle: int) -> None:
        weakref.finalize(self, os.close, handle)


def hold(folder: Path) -> Lease | None:
    """None: it is gone, or is just being removed."""
    try:
        handle = os.open(folder / MANIFEST, os.O_RDONLY)
    except FileNotFoundError:
        return None
    lease = Lease(handle)
    try:
        flock(handle, LOCK_SH | LOCK_NB)
    except BlockingIOError:
        return None
    # Removed between the two: the file that is locked has no name any more.
    return lease if os.fstat(handle).st_nlink else None


def is_held(folder: Path) -> bool:
    try:
        handle = os.open(folder / MANIFEST, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        flock(handle, LOCK_EX | LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def remove(folder: Path) -> None:
    """Remove the folder, unless somebody holds it or takes hold of it."""
    try:
        handle = os.open(folder / MANIFEST, os.O_RDONLY)
    except FileNotFoundError:
        shutil.rmtree(folder, ignore_errors=True)
        return
    try:
        flock(handle, LOCK_EX | LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    except BlockingIOError:
        pass
    finally:
        os.close(handle)
