"""The disk of the data folder: how full it is, what may still be written, and what its errors mean.

Above the limit (95 %, or XIAOHE_DISK_LIMIT) everything large stops: imports, exports, backups, the sample shop and
compaction. The rest of the disk is kept for what cannot wait: the stream door, callbacks, and filing them. Below the
limit all of it goes on by itself.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from xiaohe.kernel import workspace
from xiaohe.kernel.errors import Postponed, XiaoheError

LIMIT_PERCENT = 95.0
LIMIT = "XIAOHE_DISK_LIMIT"
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_UNWRITABLE = frozenset({errno.EROFS})
# What SQLite, PostgreSQL, DuckDB and Arrow say of the same, each in words of its own.
_SAY_FULL = ("disk is full", "no space left", "disk quota exceeded", "file too large")
_SAY_UNWRITABLE = (
    "readonly database",
    "read-only file system",
    "read-only transaction",
)
# SQLite says these of a full disk, of a read-only one and of others: the disk itself is asked which it is.
_SAY_LITTLE = ("disk i/o error", "unable to open database file")
_NOTHING_LEFT_BYTES = 1_000_000


class NearlyFull(Postponed):
    """Something large was not begun."""

    status = 507

    def __init__(self, used: Usage) -> None:
        super().__init__(
            "disk_nearly_full",
            _(
                "The disk is %(used)d %% full. Above %(limit)d %% only what arrives by itself is still written."
                " Make room: then this goes on."
            ),
            used=int(used.percent),
            limit=int(used.limit),
        )


class NoSpace(Postponed):
    """A write failed for want of room; nothing of it was acknowledged."""

    status = 503

    def __init__(self) -> None:
        super().__init__(
            "no_space", _("The disk is full, so this was not kept. Make room and try again.")
        )


class Unwritable(Postponed):
    status = 503

    def __init__(self) -> None:
        super().__init__(
            "unwritable",
            _(
                "The data folder cannot be written to, so this was not kept."
                " Make it writable and try again."
            ),
        )


@dataclass(frozen=True)
class Usage:
    """How full a disk is for us; what only root may fill counts as used."""

    percent: float
    free: int
    limit: float

    @property
    def is_over(self) -> bool:
        return self.percent >= self.limit


def usage(folder: Path | None = None) -> Usage:
    """Of the disk under a folder that may still be made; else under the current workspace's."""
    place = (folder or workspace.current().home).absolute()
    while not place.exists():
        place = place.parent
    found = shutil.disk_usage(place)
    percent = 100.0 * found.used / max(1, found.used + found.free)
    return Usage(percent, found.free, limit())


def limit() -> float:
    """From where on nothing large is written, in percent."""
    try:
        chosen = float(os.environ.get(LIMIT, ""))
    except ValueError:
        return LIMIT_PERCENT
    return chosen if 0 < chosen <= 100 else LIMIT_PERCENT


def ask_for_room(*targets: Path) -> None:
    """Before anything large is written, below these folders or in the data folder; raises NearlyFull."""
    for each in targets or (workspace.current().home,):
        used = usage(each)
        if used.is_over:
            raise NearlyFull(used)


def explained(error: BaseException) -> XiaoheError | None:
    """The refusal behind an error, if it is the disk's doing; of causes too."""
    for each in _with_causes(error):
        if isinstance(each, NoSpace | Unwritable):
            return each
        if isinstance(each, XiaoheError):
            return None
        number = each.errno if isinstance(each, OSError) else None
        # Only the words of errors that come from a store: another's text may say anything.
        said = str(each).lower() if _is_of_a_store(each) else ""
        if number in _FULL or any(words in said for words in _SAY_FULL):
            return NoSpace()
        if number in _UNWRITABLE or any(words in said for words in _SAY_UNWRITABLE):
            return Unwritable()
        if any(words in said for words in _SAY_LITTLE):
            return _what_is_the_matter()
    return None


def _what_is_the_matter() -> XiaoheError | None:
    home = workspace.current().home
    try:
        if os.statvfs(home).f_flag & os.ST_RDONLY or not os.access(home, os.W_OK):
            return Unwritable()
        return NoSpace() if usage().free < _NOTHING_LEFT_BYTES else None
    except OSError:
        return Unwritable()


def _is_of_a_store(error: BaseException) -> bool:
    maker = type(error).__module__.split(".")[0]
    return isinstance(error, OSError) or maker in {
        "django", "sqlite3", "psycopg", "duckdb", "_duckdb", "pyarrow",
    }  # fmt: skip


def _with_causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or current.__context__
