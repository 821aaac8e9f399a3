"""`xiaohe doctor`: is this data folder in order, and this machine fit for it?"""

from __future__ import annotations

import argparse
import sqlite3
import stat
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path

from xiaohe import __version__
from xiaohe.cli import folder, inside
from xiaohe.cli.folder import Folder
from xiaohe.cli.output import EXIT_REFUSED, Output
from xiaohe.cli.words import gettext as _
from xiaohe.kernel import workspace

# An import writes its facts beside the old ones, a backup a whole copy: below this, either may fail.
LOW_DISK_BYTES = 1_000_000_000
OLDEST_SQLITE = (3, 40)
EARLIEST_YEAR = 2026
PARTS = ("Django", "granian", "duckdb", "ibis-framework", "pyarrow", "cryptography")


class Mark(StrEnum):
    GOOD = "good"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True)
class Finding:
    about: str
    mark: Mark
    sentence: str


def summary() -> str:
    return _("Check the data folder and this machine.")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    pass


def run(arguments: argparse.Namespace, out: Output) -> int:
    home = workspace.home_path()
    findings = list(_examined(home))
    bad = [each for each in findings if each.mark == Mark.BAD]
    signs = {Mark.GOOD: "✓", Mark.WARN: "!", Mark.BAD: "✗"}
    out.answer(
        {"home": home, "ok": not bad, "findings": findings},
        [f"{signs[each.mark]} {each.sentence}" for each in findings],
    )
    return EXIT_REFUSED if bad else 0


def _examined(home: Path) -> Iterator[Finding]:
    yield _versions()
    yield _sqlite()
    yield _clock()
    if not home.is_dir():
        yield _warn("folder", _("There is no data folder at %(home)s yet.") % {"home": home})
        return
    yield _permissions(home)
    yield _keys(home)
    yield _disk(home)
    yield _store(home)
    if folder.state(home) in (Folder.READY, Folder.UNKNOWN):
        yield from _inside()


def _versions() -> Finding:
    parts = ", ".join(f"{part} {version(part)}" for part in PARTS)
    python = sys.version.split()[0]
    return _good("versions", f"Xiaohe {__version__}, Python {python}, {parts}")


def _sqlite() -> Finding:
    if sqlite3.sqlite_version_info[:2] < OLDEST_SQLITE:
        return _bad(
            "sqlite",
            _("SQLite %(version)s is too old; 3.40 or newer is needed.")
            % {"version": sqlite3.sqlite_version},
        )
    return _good("sqlite", f"SQLite {sqlite3.sqlite_version}")


def _clock() -> Finding:
    # Rhythms are counted in days: a machine that thinks it is 1970 would list nobody for fifty years.
    if time.gmtime().tm_year < EARLIEST_YEAR:
        return _bad("clock", _("This machine's clock stands at %(day)s.") % {"day": _today()})
    return _good("clock", _("The clock says %(day)s.") % {"day": _today()})


def _today() -> str:
    return time.strftime("%Y-%m-%d %H:%M %Z")


def _permissions(home: Path) -> Finding:
    mode = stat.S_IMODE(home.stat().st_mode)
    if mode & 0o077:
        return _bad(
            "permissions",
            _("Others on this machine can look into %(home)s. Run: chmod 700 %(home)s")
            % {"home": home},
        )
    return _good("permissions", _("Only you can read %(home)s.") % {"home": home})


def _keys(home: Path) -> Finding:
    keys = sorted((home / "secret").glob("*.key"))
    broken = [key.name for key in keys if key.stat().st_size != 32]
    if broken:
        return _bad("keys", _("Damaged key files: %(files)s") % {"files": ", ".join(broken)})
    open_to_others = [key.name for key in keys if stat.S_IMODE(key.stat().st_mode) & 0o077]
    if open_to_others:
        return _bad(
            "keys",
            _("Others can read these keys: %(files)s") % {"files": ", ".join(open_to_others)},
        )
    if not keys and (home / "xiaohe.db").exists():
        return _bad("keys", _("The key files are missing: names and numbers cannot be read."))
    return _good("keys", _("%(count)d key files, whole.") % {"count": len(keys)})


def _disk(home: Path) -> Finding:
    from xiaohe.kernel import disk

    used = disk.usage(home)
    if used.is_over:
        return _warn(
            "disk",
            _(
                "The disk is %(used)d %% full: from %(limit)d %% on imports and backups wait. Make room."
            )
            % {"used": used.percent, "limit": used.limit},
        )
    said = _("%(gigabytes).1f GB of disk are free.") % {"gigabytes": used.free / 1e9}
    return _warn("disk", said) if used.free < LOW_DISK_BYTES else _good("disk", said)


def _store(home: Path) -> Finding:
    sentences = {
        Folder.READY: (_good, _("The store fits this version.")),
        Folder.UNKNOWN: (_good, _("The store is on a database server.")),
        Folder.UNPREPARED: (_warn, _("The store will be made or migrated at the next start.")),
        Folder.NEWER: (_bad, _("The store was written by a newer Xiaohe: install that one.")),
    }
    mark, sentence = sentences[folder.state(home)]
    return mark("store", sentence)


def _inside() -> Iterator[Finding]:
    """What only the stores themselves can tell."""
    inside.enter()
    inside.quietly()
    yield _integrity()
    yield _lake()
    yield _jobs()
    yield _inbox()
    yield _worker()


def _integrity() -> Finding:
    from xiaohe.kernel import store

    if store.is_postgres():
        return _good("integrity", _("PostgreSQL answers."))
    answer = store.rows("PRAGMA quick_check")[0][0]
    if answer != "ok":
        return _bad("integrity", _("The store is damaged: restore a backup."))
    return _good("integrity", _("The store is whole."))


def _lake() -> Finding:
    from xiaohe.ledger import snapshot

    taken = snapshot.take()
    if broken := taken.broken_files():
        return _bad(
            "lake",
            _("Files of the lake are missing or damaged: %(files)s. Restore a backup.")
            % {"files": ", ".join(broken)},
        )
    count = len(taken.files)
    return _good("lake", _("%(count)d files in the lake, all there.") % {"count": count})


def _jobs() -> Finding:
    from xiaohe.jobs import store

    dead = store.count_by_state().get("dead", 0)
    if dead:
        return _warn("jobs", _("%(count)d jobs were given up.") % {"count": dead})
    return _good("jobs", _("No job was given up."))


def _inbox() -> Finding:
    from xiaohe.ledger import numbers

    waiting = numbers.waiting()
    age = numbers.age_seconds(waiting)
    if age > numbers.INBOX_AGE_LIMIT_SECONDS:
        return _warn(
            "inbox",
            _(
                "%(rows)d facts wait to be filed, the oldest for %(minutes)d minutes. Is Xiaohe running?"
            )
            % {"rows": waiting.rows, "minutes": age // 60},
        )
    return _good("inbox", _("%(rows)d facts wait to be filed.") % {"rows": waiting.rows})


def _worker() -> Finding:
    from xiaohe.jobs import store

    ms = store.ms_since_a_worker()
    if ms is None:
        return _good("worker", _("No worker is running."))
    return _good(
        "worker",
        _("A worker last said %(seconds)d seconds ago that it is alive.") % {"seconds": ms // 1000},
    )


def _finding(mark: Mark) -> Callable[[str, str], Finding]:
    return lambda about, sentence: Finding(about, mark, sentence)


_good, _warn, _bad = _finding(Mark.GOOD), _finding(Mark.WARN), _finding(Mark.BAD)
