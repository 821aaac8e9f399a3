"""Uploads are sealed while they arrive: no plain copy of a customer file ever touches the disk."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.files.uploadhandler import FileUploadHandler, StopUpload

from xiaohe.kernel import workspace
from xiaohe.kernel.gates import Gate
from xiaohe.shop.sealed_files import SealedWriter

# 64 KB pieces keep memory flat at any file size.
CHUNK = 64 * 1024
MOST_BYTES = 4 * 1024**3
# So many requests with files at once (api.limits counts the threads); the rest hear to come again.
GATE = Gate(2)


@dataclass
class SealedUpload:
    """One uploaded file at rest in the spool; `name` is what the person called it."""

    name: str
    path: Path
    size: int
    content_type: str = ""
    field_name: str = ""

    def close(self) -> None:
        """Django closes every file of a request; the writer was closed when the file was complete."""


class SealedUploadHandler(FileUploadHandler):
    """Streams each file of a request into `shop.sealed_files.SealedWriter` under the workspace's spool."""

    chunk_size = CHUNK

    def __init__(self, request: Any = None) -> None:
        super().__init__(request)
        self._writer: SealedWriter | None = None
        self._path: Path | None = None

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        spool = workspace.current().spool
        self._path = spool / f"{uuid.uuid4().hex}.upload"
        self._writer = SealedWriter(self._path)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if start + len(raw_data) > MOST_BYTES:
            raise StopUpload(connection_reset=True)
        assert self._writer is not None
        self._writer.write(raw_data)

    def file_complete(self, file_size: int) -> SealedUpload:  # type: ignore[override]
        assert self._writer is not None
        self._writer.close()
        self._writer = None
        assert self._path is not None
        return SealedUpload(
            self.file_name or "",
            self._path,
            file_size,
            self.content_type or "",
            self.field_name or "",
        )

    def upload_interrupted(self) -> None:
        if self._writer is not None:
            self._writer.abandon()
            self._writer = None
