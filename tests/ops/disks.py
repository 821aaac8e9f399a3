"""A disk of its own, small enough to be filled: real errors of a real file system."""

from __future__ import annotations

import contextlib
import os
import subprocess
from pathlib import Path

MEGABYTES = 24


class SmallDisk:
    """A tmpfs at `root`; fill it, make it read-only, and back."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @classmethod
    def mounted(cls, root: Path) -> SmallDisk | None:
        """None where mounting is not permitted."""
        root.mkdir()
        options = f"size={MEGABYTES}m,mode=0700"
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(root)], capture_output=True
        )
        return None if done.returncode else cls(root)

    def fill(self, *, leaving: int = 0) -> None:
        """Leave so many bytes free."""
        found = os.statvfs(self.root)
        wanted = found.f_bavail * found.f_frsize - leaving
        with open(self.root / "filler", "ab") as filler, contextlib.suppress(OSError):
            filler.write(b"\0" * max(0, wanted))
            filler.flush()

    def free(self) -> None:
        (self.root / "filler").unlink()

    def read_only(self, yes: bool) -> None:
        how = "ro" if yes else "rw"
        subprocess.run(["mount", "-o", f"remount,{how}", str(self.root)], check=True)

    def unmount(self) -> None:
        subprocess.run(["umount", "-l", str(self.root)], check=True)
