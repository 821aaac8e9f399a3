"""Uploaded files waiting to be read: the sealed body, and beside it a sealed card with the name it came under.

spool/<id>.upload    the file                  written by `uploads.SealedUploadHandler`
spool/<id>.card      {"name": …}, sealed       a file's name may hold a person's
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from xiaohe.kernel import workspace
from xiaohe.kernel.errors import NotFound
from xiaohe.shop.sealed_files import SealedReader, SealedWriter
from xiaohe.web.uploads import SealedUpload

_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Waiting:
    """One file in the spool."""

    id: str
    name: str
    path: Path


def keep(upload: SealedUpload) -> Waiting:
    """Give an upload its card."""
    waiting = Waiting(upload.path.stem, upload.name, upload.path)
    with SealedWriter(_card(waiting.id)) as card:
        card.write(json.dumps({"name": waiting.name}).encode())
    return waiting


def waiting(upload_id: str) -> Waiting:
    """A file by its id; raises NotFound once it was read or dropped."""
    if not _ID.fullmatch(upload_id) or not _card(upload_id).exists():
        raise NotFound("no_such_upload", _("This file is not waiting any more. Drop it in again."))
    with SealedReader(_card(upload_id)) as card:
        name = json.loads(card.read())["name"]
    return Waiting(upload_id, name, workspace.current().spool / f"{upload_id}.upload")


def forget_body(upload_id: str) -> None:
    """The file was read: only its card stays, so the page can still name it."""
    if _ID.fullmatch(upload_id):
        (workspace.current().spool / f"{upload_id}.upload").unlink(missing_ok=True)


def drop(upload_id: str) -> None:
    """Forget a file and its card; harmless when they are gone."""
    if _ID.fullmatch(upload_id):
        (workspace.current().spool / f"{upload_id}.upload").unlink(missing_ok=True)
        _card(upload_id).unlink(missing_ok=True)


def _card(upload_id: str) -> Path:
    return workspace.current().spool / f"{upload_id}.card"
