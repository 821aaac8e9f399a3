"""Sealed files: what a customer file or a list of rejected rows looks like while it lies on our disk.

    "XHS1" | file id (16, random) | frame 0 | frame 1 | … | last frame

Each frame is 64 KiB of plain text under AES-256-GCM with a key of its own file (HKDF of the vault key and the
file id), its index as nonce, and "last or not" authenticated with it (the STREAM construction, Hoang et al.
2015): a file that was cut, extended, reordered or changed cannot be read to its end without an error.
"""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from xiaohe.kernel import workspace
from xiaohe.shop.vault import Unsealable

MAGIC = b"XHS1"
FILE_ID = 16
HEADER = len(MAGIC) + FILE_ID
FRAME = 64 * 1024
TAG = 16
MORE, LAST = b"more", b"last"


def _cipher(file_id: bytes) -> AESGCM:
    secret = workspace.current().secret("vault")
    return AESGCM(HKDF(SHA256(), 32, salt=file_id, info=b"xiaohe sealed file").derive(secret))


def _nonce(index: int) -> bytes:
    return index.to_bytes(12, "big")


class SealedWriter(io.RawIOBase):
    """A binary file for writing once, start to end; without `close()` (or on an error) it is never readable."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        file_id = os.urandom(FILE_ID)
        self.path = path
        self._cipher = _cipher(file_id)
        self._index = 0
        self._pending = bytearray()
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self._file: BinaryIO = os.fdopen(handle, "wb")
        self._file.write(MAGIC + file_id)

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        size = len(data)
        self._pending += data
        # A full frame is held back until more follows: only then is it known not to be the last.
        taken = 0
        while len(self._pending) - taken > FRAME:
            self._frame(bytes(self._pending[taken : taken + FRAME]), MORE)
            taken += FRAME
        if taken:
            del self._pending[:taken]
        return size

    def close(self) -> None:
        """Write the last frame and make the file durable."""
        if self.closed:
            return
        try:
            self._frame(bytes(self._pending), LAST)
            self._file.flush()
            os.fsync(self._file.fileno())
        finally:
            self._file.close()
            super().close()

    def abandon(self) -> None:
        """Give the file up: it is removed."""
        if not self._file.closed:
            self._file.close()
        super().close()
        self.path.unlink(missing_ok=True)

    def __exit__(self, kind: Any, *rest: Any) -> None:
        if kind is None:
            self.close()
        else:
            self.abandon()

    def __del__(self) -> None:
        # A writer that was dropped without close() must not finish its file.
        if not self._file.closed:
            self._file.close()

    def _frame(self, plain: bytes, place: bytes) -> None:
        self._file.write(self._cipher.encrypt(_nonce(self._index), plain, place))
        self._index += 1


class _Frames(io.RawIOBase):
    """Unbuffered, seekable view of the plain text; raises Unsealable at the first frame that is not genuine."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._file: BinaryIO = open(path, "rb")  # noqa: SIM115 (closed with this object)
        try:
            self._open()
        except BaseException:
            self._file.close()
            raise

    def _open(self) -> None:
        header = self._file.read(HEADER)
        sealed = os.fstat(self._file.fileno()).st_size - HEADER
        if len(header) < HEADER or not header.startswith(MAGIC) or sealed < TAG:
            raise Unsealable
        self._cipher = _cipher(header[len(MAGIC) :])
        self._frames = -(-sealed // (FRAME + TAG))
        self._size = sealed - self._frames * TAG
        self._at = 0
        self._held = -1
        self._plain = b""
        self._load(self._frames - 1)  # a file that was cut short is refused before anything is read

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError("negative seek position")
        self._at = base + offset
        return self._at

    def readinto(self, buffer: Any) -> int:
        if self._at >= self._size:
            return 0
        index, skip = divmod(self._at, FRAME)
        self._load(index)
        piece = self._plain[skip : skip + len(buffer)]
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)

    def close(self) -> None:
        self._file.close()
        super().close()

    def _load(self, index: int) -> None:
        if index == self._held:
            return
        self._file.seek(HEADER + index * (FRAME + TAG))
        sealed = self._file.read(FRAME + TAG)
        place = LAST if index == self._frames - 1 else MORE
        try:
            self._plain = self._cipher.decrypt(_nonce(index), sealed, place)
        except (InvalidTag, ValueError):
            raise Unsealable from None
        self._held = index


class SealedReader(io.BufferedReader):
    """The plain text as a seekable binary file; give it to anything that reads files."""

    def __init__(self, path: Path) -> None:
        super().__init__(_Frames(path), FRAME)
