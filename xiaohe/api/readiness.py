"""The checks behind /readyz: each looks at one thing, is cheap, and fails closed."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import DatabaseError

from xiaohe.jobs import store as jobs
from xiaohe.kernel import disk, store, workspace
from xiaohe.ledger import numbers

# Three pulses and a pause for breath.
WORKER_SEEN_SECONDS = 45.0


@dataclass(frozen=True)
class Check:
    """What was looked at, whether it is well, and the numbers behind that."""

    name: str
    ok: bool
    values: dict[str, Any]

    def told(self) -> dict[str, Any]:
        return {"ok": self.ok, **self.values}


def checks() -> list[Check]:
    return [_safely(name, look) for name, look in LOOKS.items()]


def _safely(name: str, look: Callable[[], tuple[bool, dict[str, Any]]]) -> Check:
    try:
        ok, values = look()
    except (DatabaseError, OSError) as error:
        # The kind alone: a store's words may hold a path, an address, a value.
        return Check(name, False, {"error": type(error).__name__})
    return Check(name, ok, values)


def _store() -> tuple[bool, dict[str, Any]]:
    missing = len(_our_migrations() - store.applied_migrations())
    return not missing, {"migrations_missing": missing}


@cache
def _our_migrations() -> frozenset[tuple[str, str]]:
    from django.db.migrations.loader import MigrationLoader

    return frozenset(MigrationLoader(None, ignore_no_migrations=True).disk_migrations)


def _lake() -> tuple[bool, dict[str, Any]]:
    lake = workspace.current().lake
    # A shop without a single import has no lake folder yet: then its parent must take one.
    folder = lake if lake.is_dir() else workspace.current().home
    with tempfile.TemporaryFile(dir=folder) as probe:
        probe.write(b"?")
        probe.flush()
        os.fsync(probe.fileno())
    return True, {}


def _disk() -> tuple[bool, dict[str, Any]]:
    used = disk.usage()
    values = {
        "used_percent": round(used.percent, 1),
        "limit_percent": used.limit,
        "free_bytes": used.free,
    }
    return not used.is_over, values


def _worker() -> tuple[bool, dict[str, Any]]:
    ms = jobs.ms_since_a_worker()
    if ms is None:
        return False, {"seen_seconds": None}
    return ms / 1000 <= WORKER_SEEN_SECONDS, {"seen_seconds": round(ms / 1000, 1)}


def _inbox() -> tuple[bool, dict[str, Any]]:
    waiting = numbers.waiting()
    age = numbers.age_seconds(waiting)
    values = {"rows": waiting.rows, "oldest_seconds": round(age, 1)}
    return age <= numbers.INBOX_AGE_LIMIT_SECONDS, values


LOOKS = {"store": _store, "lake": _lake, "disk": _disk, "worker": _worker, "inbox": _inbox}
