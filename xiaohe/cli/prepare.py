"""Bring a data folder to this version: back up, then migrate; a folder of a newer version is refused untouched."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from xiaohe import __version__
from xiaohe.cli import folder
from xiaohe.cli.folder import Folder, make_home
from xiaohe.cli.output import Output
from xiaohe.cli.words import gettext as _
from xiaohe.kernel import store, workspace
from xiaohe.kernel.clock import utc_now
from xiaohe.kernel.errors import Conflict
from xiaohe.kernel.workspace import MAIN, SAMPLE, Workspace

__all__ = ["ensure", "make_home"]


def ensure(out: Output | None = None) -> None:
    """Make every store of the data folder fit this version; needs Django set up. Safe to call by many at once."""
    home = make_home()
    if folder.state(home) == Folder.READY:
        return
    with _alone(home):
        for place in _places():
            with workspace.entered(place):
                _bring_up(place, out)


def refuse_newer() -> Conflict:
    return Conflict(
        "newer_folder",
        _(
            "This data folder was written by a newer Xiaohe than this one (%(version)s)."
            " Install the newer one; nothing was changed."
        ),
        version=__version__,
    )


def _bring_up(place: Workspace, out: Output | None) -> None:
    from django.core.management import call_command
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(store.connection())
    known = set(executor.loader.disk_migrations)
    if set(executor.loader.applied_migrations) - known:
        raise refuse_newer()
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not plan:
        return
    if executor.loader.applied_migrations and place.name == MAIN:
        saved = _back_up(place)
        if out is not None:
            out.say(_("Saved a copy first: %(file)s") % {"file": saved})
    call_command("migrate", database=place.alias, verbosity=0, interactive=False)
    store.connection().close()


def _back_up(place: Workspace) -> Path:
    """A whole backup beside the data, before the first statement of a migration."""
    from xiaohe.ledger import backup

    backups = place.home / "backups"
    backups.mkdir(exist_ok=True, mode=0o700)
    target = backups / f"before-{__version__}-{utc_now():%Y%m%d-%H%M%S}.tar"
    backup.backup(target, now=utc_now())
    return target


def _places() -> Iterator[Workspace]:
    yield workspace.workspace(MAIN)
    sample = workspace.workspace(SAMPLE)
    if (sample.home / "xiaohe.db").exists():
        yield sample


@contextmanager
def _alone(home: Path) -> Iterator[Any]:
    """One process migrates; the others wait and find it done."""
    with open(home / "prepare.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock
