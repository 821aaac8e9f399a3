"""What can be said about a data folder without Django: is its store as this version wants it?"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from enum import StrEnum
from pathlib import Path

from xiaohe.kernel import workspace

PACKAGE = Path(__file__).resolve().parent.parent


class Folder(StrEnum):
    READY = "ready"
    UNPREPARED = "unprepared"  # empty, or of an older version
    NEWER = "newer"
    UNKNOWN = "unknown"  # on a database server: only Django can tell


def make_home() -> Path:
    """The data folder, readable by its owner alone."""
    home = workspace.home_path()
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    return home


def state(home: Path) -> Folder:
    """Compare the migrations applied in the folder's stores with the ones this version brings."""
    if os.environ.get("XIAOHE_DATABASE_URL"):
        return Folder.UNKNOWN
    found = _state_of(home / "xiaohe.db")
    sample = home / workspace.SAMPLE / "xiaohe.db"
    if found == Folder.READY and sample.exists():
        return _state_of(sample)
    return found


def our_migrations() -> frozenset[tuple[str, str]]:
    files = PACKAGE.glob("*/migrations/0*.py")
    return frozenset((path.parent.parent.name, path.stem) for path in files)


def _state_of(database: Path) -> Folder:
    if not database.exists():
        return Folder.UNPREPARED
    wanted = our_migrations()
    rooms = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    try:
        with closing(sqlite3.connect(database, timeout=15)) as store:
            applied = set(store.execute("SELECT app, name FROM django_migrations"))
    except sqlite3.OperationalError:
        return Folder.UNPREPARED
    ours = {row for row in applied if row[0] in rooms}
    if ours - wanted:
        return Folder.NEWER
    return Folder.READY if ours == wanted else Folder.UNPREPARED
