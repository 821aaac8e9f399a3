"""What a move may be refused for; nothing was changed then."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

from xiaohe.kernel.errors import BadInput, Conflict


class NotAnExport(BadInput):
    """The folder, or the keys beside it, cannot be brought in."""


class WorkspaceInUse(Conflict):
    def __init__(self, tables: Sequence[str]) -> None:
        super().__init__(
            "workspace_in_use",
            _(
                "This workspace already holds data. Everything can only be brought into an empty one:"
                " name another data folder (--home), or another database."
            ),
            tables=list(tables),
        )


def not_whole(folder: Path) -> NotAnExport:
    return NotAnExport(
        "export_unreadable",
        _("%(folder)s is not an export of everything, or only a part of one."),
        folder=str(folder),
    )


def changed(file: str) -> NotAnExport:
    return NotAnExport(
        "export_changed",
        _(
            "%(file)s is missing or was changed after the export. Nothing was brought in; export again."
        ),
        file=file,
    )


def newer(version: Any) -> NotAnExport:
    return NotAnExport(
        "export_newer",
        _(
            "This export was written by a newer Xiaohe (%(version)s). Install that one; nothing was brought in."
        ),
        version=str(version),
    )


def no_keys(path: Path) -> NotAnExport:
    return NotAnExport(
        "export_without_keys",
        _(
            "The key file %(name)s is missing or damaged. Without it the next import would take every"
            " customer for a new one; say where it is with --keys."
        ),
        name=path.name,
    )


def other_keys(path: Path) -> NotAnExport:
    return NotAnExport(
        "export_other_keys", _("The keys in %(name)s belong to another export."), name=path.name
    )


def keys_exist(path: Path) -> BadInput:
    return BadInput(
        "keys_exist",
        _("%(file)s already exists. Name another folder, or put that file away."),
        file=str(path),
    )
